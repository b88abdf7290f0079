// Transcendental functions of Vec<float> and Vec<double>: exp exp2 expm1 log log2 log10 log1p sigmoid tanh erf erfc
// here, sin cos tan in trig-inl.h, pow in pow-inl.h (both included below).
//
// Contract: within 2 ulp (erfc: 2.1), with IEEE special values, subnormal arguments and results, signed zeros and
// infinities as in C's math library.
// The reductions rely on fma being one rounding, which holds for every target with vectors (AVX2, AVX-512, NEON).
#if defined(TINY_TORCH_SIMD_MATH_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef TINY_TORCH_SIMD_MATH_INL_H
#undef TINY_TORCH_SIMD_MATH_INL_H
#else
#define TINY_TORCH_SIMD_MATH_INL_H
#endif

#include <iterator>

#include "aten/cpu/simd/math_constants.h"
#include "aten/cpu/simd/vec-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tiny_torch::simd {
namespace HWY_NAMESPACE {

#if SIMD_ONE_LANE

#define SIMD_FORWARD(name)           \
  template <class T>                 \
  HWY_INLINE Vec<T> name(Vec<T> x) { \
    return pointwise::name(x.raw);   \
  }
SIMD_FORWARD(exp)
SIMD_FORWARD(exp2)
SIMD_FORWARD(expm1)
SIMD_FORWARD(log)
SIMD_FORWARD(log2)
SIMD_FORWARD(log10)
SIMD_FORWARD(log1p)
SIMD_FORWARD(sigmoid)
SIMD_FORWARD(tanh)
SIMD_FORWARD(erf)
SIMD_FORWARD(erfc)
SIMD_FORWARD(sin)
SIMD_FORWARD(cos)
SIMD_FORWARD(tan)
#undef SIMD_FORWARD
template <class T>
HWY_INLINE Vec<T> pow(Vec<T> x, VecArg<T> y) {
  return pointwise::pow(x.raw, y.raw);
}

#else  // vectors

template <class T>
using IntVec = Vec<typename MathConstants<T>::Int>;

template <class T>
HWY_INLINE IntVec<T> to_bits(Vec<T> x) {
  return hn::BitCast(typename IntVec<T>::D(), x.raw);
}
template <class T>
HWY_INLINE Vec<T> from_bits(IntVec<T> x) {
  return hn::BitCast(typename Vec<T>::D(), x.raw);
}
template <class T>
HWY_INLINE Mask<T> rebind(Mask<typename MathConstants<T>::Int> m) {
  return {hn::RebindMask(typename Vec<T>::D(), m.raw)};
}

/// c[0] + c[1] x + ... by Horner's rule.
template <class T, size_t N, size_t I = 0>
HWY_INLINE Vec<T> polynomial(Vec<T> x, const T (&c)[N]) {
  if constexpr (I + 1 == N)
    return Vec<T>(c[I]);
  else
    return fma(polynomial<T, N, I + 1>(x, c), x, Vec<T>(c[I]));
}

namespace detail {
// Adding this to a number below 2^(mantissa - 2) rounds it to an integer, which then stands in the low bits.
template <class T>
constexpr T rounding_magic() {
  return static_cast<T>(int64_t{3} << (MathConstants<T>::kMantissaBits - 1));
}

/// 2^n for an integral n whose result is a normal number.
template <class T>
HWY_INLINE Vec<T> pow2(Vec<T> n) {
  using C = MathConstants<T>;
  const auto biased = to_bits<T>(n + (rounding_magic<T>() + C::kExponentBias));
  return from_bits<T>(IntVec<T>(hn::ShiftLeft<C::kMantissaBits>(biased.raw)));
}

/// x * 2^n for an integral n of at most twice the exponent range, with gradual underflow.
template <class T>
HWY_INLINE Vec<T> scale(Vec<T> x, Vec<T> n) {
#if HWY_TARGET == HWY_AVX3
  if constexpr (std::is_same_v<T, float>)
    return Vec<T>(hn::Vec<hn::ScalableTag<T>>{_mm512_scalef_ps(x.raw.raw, n.raw.raw)});
  else
    return Vec<T>(hn::Vec<hn::ScalableTag<T>>{_mm512_scalef_pd(x.raw.raw, n.raw.raw)});
#else
  const Vec<T> half = floor(n * T(0.5));
  return x * pow2(half) * pow2(n - half);
#endif
}

/// exp(r) - 1 - r for |r| <= ln(2) / 2. Callers add r last: it is the part that must not be rounded early.
template <class T>
HWY_INLINE Vec<T> exp_tail(Vec<T> r) {
  return r * r * polynomial(r, MathConstants<T>::kExp);
}

/// x = n ln(2) + r.
template <class T>
HWY_INLINE Vec<T> exp_reduce(Vec<T> x, Vec<T>& n) {
  using C = MathConstants<T>;
  n = fma(x, T(C::kLog2e), rounding_magic<T>()) - rounding_magic<T>();
  return fnma(n, T(C::kLn2Low), fnma(n, T(C::kLn2High), x));
}

/// (a + a_low) / (sum + lost), corrected for the rounding of the quotient.
template <class T>
HWY_INLINE Vec<T> divide_by_sum(Vec<T> a, Vec<T> a_low, Vec<T> sum, Vec<T> lost) {
  const Vec<T> inverse = T(1) / sum;
  const Vec<T> quotient = a * inverse;
  return fma(fnma(quotient, lost, fnma(quotient, sum, a)) + a_low, inverse, quotient);
}

/// Keeps nan.
template <class T>
HWY_INLINE Vec<T> clamp_keep_nan(Vec<T> x, T low, T high) {
  return select(x < low, low, select(x > high, high, x));
}
}  // namespace detail

template <class T>
HWY_INLINE Vec<T> exp(Vec<T> x) {
  using C = MathConstants<T>;
  Vec<T> n;
  const Vec<T> r = detail::exp_reduce(detail::clamp_keep_nan(x, C::kExpLow, C::kExpHigh), n);
  return detail::scale(T(1) + (r + detail::exp_tail(r)), n);
}

template <class T>
HWY_INLINE Vec<T> exp2(Vec<T> x) {
  constexpr T limit = static_cast<T>(MathConstants<T>::kExponentBias + MathConstants<T>::kMantissaBits + 2);
  x = detail::clamp_keep_nan(x, -limit, limit);
  const Vec<T> n = round(x);
  const Vec<T> r = (x - n) * T(0.69314718055994530942);
  return detail::scale(T(1) + (r + detail::exp_tail(r)), n);
}

template <class T>
HWY_INLINE Vec<T> expm1(Vec<T> x) {
  using C = MathConstants<T>;
  Vec<T> n;
  const Vec<T> r = detail::exp_reduce(detail::clamp_keep_nan(x, C::kExpm1Low, C::kExpHigh), n);
  // Half of the result first: 2^n itself overflows for the largest arguments.
  const Vec<T> s = detail::pow2(n - T(1));
  const Vec<T> half = fma(detail::exp_tail(r), s, fma(r, s, s - T(0.5)));
  return select(x == T(0), x, half + half);
}

/// e / (1 + e) or 1 / (1 + e) with e = exp(-|x|).
template <class T>
HWY_INLINE Vec<T> sigmoid(Vec<T> x) {
  const Vec<T> e = exp(-abs(x));
  const Vec<T> numerator = select(x < T(0), e, T(1));
  const Vec<T> sum = T(1) + e, lost = (T(1) - sum) + e;
  return detail::divide_by_sum(numerator, Vec<T>(T(0)), sum, lost);
}

/// 1 - 2 / (exp(2|x|) + 1), and an odd polynomial below 0.625 where that would cancel.
template <class T>
HWY_INLINE Vec<T> tanh(Vec<T> x) {
  using C = MathConstants<T>;
  const Vec<T> a = abs(x), z = x * x;
  const Vec<T> small = fma(x * z, polynomial(z, C::kTanh), x);
  const Vec<T> y = select(a > C::kTanhOne, C::kTanhOne, a);
  Vec<T> n;
  const Vec<T> r = detail::exp_reduce(y + y, n);
  const Vec<T> e = (T(1) + (r + detail::exp_tail(r))) * detail::pow2(n);
  return copysign(select(a < T(0.625), small, T(1) - T(2) / (e + T(1))), x);
}

namespace detail {
/// x = 2^e m with m in [sqrt(1/2), sqrt(2)), for positive finite x; returns m - 1.
template <class T>
HWY_INLINE Vec<T> log_reduce(Vec<T> x, Vec<T>& e) {
  using C = MathConstants<T>;
  using Int = typename C::Int;
  constexpr T shift = static_cast<T>(Int{1} << (C::kMantissaBits + 2));
  const Mask<T> subnormal = x < std::numeric_limits<T>::min();
  x = select(subnormal, x * shift, x);
  // Counting exponents from sqrt(1/2) puts the mantissa into [sqrt(1/2), sqrt(2)); the offset keeps them positive.
  constexpr Int root_half = std::is_same_v<T, float> ? Int{0x3f3504f3} : static_cast<Int>(0x3fe6a09e667f3bcdLL);
  constexpr Int offset = static_cast<Int>(C::kExponentBias) << C::kMantissaBits;
  const IntVec<T> counted = to_bits<T>(x) + (offset - root_half);
  const IntVec<T> mantissa = (counted & ((Int{1} << C::kMantissaBits) - 1)) + root_half;
  // The biased exponent as a number: its bits below those of 2^mantissa.
  constexpr T unit = static_cast<T>(Int{1} << C::kMantissaBits);
  const IntVec<T> biased(hn::ShiftRight<C::kMantissaBits>(counted.raw));
  const Vec<T> exponent = from_bits<T>(biased | to_bits<T>(Vec<T>(unit))) - (unit + T(C::kExponentBias));
  e = select(subnormal, exponent - T(C::kMantissaBits + 2), exponent);
  return from_bits<T>(mantissa) - T(1);
}

/// log(1 + f) - f: with s = f / (2 + f), log(1 + f) = 2 s + s^3 P(s^2) = f - f^2/2 + s (f^2/2 + s^2 P(s^2)).
template <class T>
HWY_INLINE Vec<T> log1p_tail(Vec<T> f, Vec<T> low) {
  const Vec<T> s = f / (T(2) + f);
  const Vec<T> z = s * s;
  const Vec<T> half_square = T(0.5) * f * f;
  return fma(s, fma(z, polynomial(z, MathConstants<T>::kLog), half_square), low) - half_square;
}

/// The values at 0 (-inf), below (nan), inf and nan.
template <class T>
HWY_INLINE Vec<T> log_special(Vec<T> x, Vec<T> result) {
  constexpr T inf = std::numeric_limits<T>::infinity();
  result = select(x == T(0), -inf, result);
  result = select(x < inf, result, x);
  return select(x < T(0), std::numeric_limits<T>::quiet_NaN(), result);
}
}  // namespace detail

template <class T>
HWY_INLINE Vec<T> log(Vec<T> x) {
  using C = MathConstants<T>;
  Vec<T> e;
  const Vec<T> f = detail::log_reduce(x, e);
  const Vec<T> tail = detail::log1p_tail(f, e * T(C::kLn2Low));
  return detail::log_special(x, fma(e, T(C::kLn2High), f + tail));
}

template <class T>
HWY_INLINE Vec<T> log2(Vec<T> x) {
  constexpr T inverse = T(1.44269504088896340736), inverse_low = T(1.44269504088896340736L - inverse);
  Vec<T> e;
  const Vec<T> f = detail::log_reduce(x, e);
  const Vec<T> tail = detail::log1p_tail(f, Vec<T>(T(0)));
  const Vec<T> low = fma(f + tail, inverse_low, tail * inverse);
  return detail::log_special(x, e + fma(f, inverse, low));
}

template <class T>
HWY_INLINE Vec<T> log10(Vec<T> x) {
  constexpr T inverse = T(0.434294481903251827651L), inverse_low = T(0.434294481903251827651L - inverse);
  constexpr T two = T(0.301029995663981195214L), two_low = T(0.301029995663981195214L - two);
  Vec<T> e;
  const Vec<T> f = detail::log_reduce(x, e);
  const Vec<T> tail = detail::log1p_tail(f, Vec<T>(T(0)));
  const Vec<T> low = fma(f + tail, inverse_low, fma(tail, inverse, e * two_low));
  // e log10(2) and f / ln(10) as sums of two numbers each, added from the small end.
  const Vec<T> high = e * two, high_low = fma(e, two, -high);
  return detail::log_special(x, high + fma(f, inverse, low + high_low));
}

template <class T>
HWY_INLINE Vec<T> log1p(Vec<T> x) {
  using C = MathConstants<T>;
  const Vec<T> u = T(1) + x;
  // What rounding 1 + x lost, relative to u.
  const Vec<T> lost = select(x < T(1), x - (u - T(1)), T(1) - (u - x)) / u;
  Vec<T> e;
  const Vec<T> f = detail::log_reduce(u, e);
  const Vec<T> tail = detail::log1p_tail(f, fma(e, T(C::kLn2Low), lost));
  const Vec<T> result = detail::log_special(u, fma(e, T(C::kLn2High), f + tail));
  // Below half an ulp of 1 the result is x, signed zero included.
  return select(abs(x) < std::numeric_limits<T>::epsilon() * T(0.25), x, result);
}

namespace detail {
/// erfc(a) for a >= 0.75: exp(-a^2) / (1 + 2 a) times a polynomial in (a - c) / (a + c), scaled last so that it can
/// underflow. After Shepherd and Laframboise (1981): the polynomial stays near 1, so nothing cancels.
template <class T>
HWY_INLINE Vec<T> erfc_large(Vec<T> a) {
  using C = MathConstants<T>;
  const Vec<T> square = a * a;
  const Vec<T> lost = fma(a, a, -square);
  Vec<T> n;
  const Vec<T> r = exp_reduce(-square, n);
  const Vec<T> tail = exp_tail(r);
  const Vec<T> p = r + (tail - fma(r + tail, lost, lost));
  const Vec<T> t = (a - C::kErfCentre) / (a + C::kErfCentre);
  const Vec<T> slope = polynomial<T, std::size(C::kErfcx), 1>(t, C::kErfcx);
  const Vec<T> value = fma(slope, t, C::kErfcx[0]);
  const Vec<T> sum = fma(a, T(2), T(1));
  const Vec<T> factor = divide_by_sum(value, fma(slope, t, C::kErfcx[0] - value), sum, (a + a) - (sum - T(1)));
  return scale(fma(p, factor, factor), n);
}
/// erfc(a) for a in [0.75, kErfOne] with the absolute error that erf needs: two to the power of a polynomial.
template <class T>
HWY_INLINE Vec<T> erfc_coarse(Vec<T> a) {
  const Vec<T> p = polynomial(a, MathConstants<T>::kErfcLog2);
  const Vec<T> n = round(p);
  const Vec<T> r = (p - n) * T(0.69314718055994530942);
  return (T(1) + (r + exp_tail(r))) * pow2(n);
}
template <class T>
HWY_INLINE Vec<T> erf_small(Vec<T> x) {
  return fma(x, polynomial(x * x, MathConstants<T>::kErf), x);
}
}  // namespace detail

template <class T>
HWY_INLINE Vec<T> erf(Vec<T> x) {
  using C = MathConstants<T>;
  const Vec<T> a = abs(x);
  const Vec<T> large = T(1) - detail::erfc_coarse(select(a > C::kErfOne, C::kErfOne, a));
  return copysign(select(a < T(0.75), detail::erf_small(a), large), x);
}

template <class T>
HWY_INLINE Vec<T> erfc(Vec<T> x) {
  const Vec<T> a = abs(x);
  const Vec<T> tail = detail::erfc_large(select(a > MathConstants<T>::kErfcZero, MathConstants<T>::kErfcZero, a));
  return select(a < T(0.75), T(1) - detail::erf_small(x), select(x < T(0), T(2) - tail, tail));
}

#endif  // SIMD_ONE_LANE

}  // namespace HWY_NAMESPACE
}  // namespace tiny_torch::simd
HWY_AFTER_NAMESPACE();

#if !SIMD_ONE_LANE
#include "aten/cpu/simd/pow-inl.h"
#include "aten/cpu/simd/trig-inl.h"
#endif

#endif  // per-target include guard
