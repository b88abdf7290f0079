// pow of Vec<float>, Vec<double> and Vec<int64_t>: included by math-inl.h, which holds the contract.
//
// |x|^y = exp(y log|x|), where log and the product carry about 2^-68 relative error for double (a sum of two doubles)
// and, for float, are simply done in double.
#if defined(TINY_TORCH_SIMD_POW_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef TINY_TORCH_SIMD_POW_INL_H
#undef TINY_TORCH_SIMD_POW_INL_H
#else
#define TINY_TORCH_SIMD_POW_INL_H
#endif

HWY_BEFORE_NAMESPACE();
namespace tiny_torch::simd {
namespace HWY_NAMESPACE {

namespace detail {
/// A number as high + low, |low| below half an ulp of high.
struct Pair {
  Vec<double> high, low;
};
HWY_INLINE Pair fast_two_sum(Vec<double> a, Vec<double> b) {
  const Vec<double> sum = a + b;
  return {sum, b - (sum - a)};
}
HWY_INLINE Pair product(Pair a, Pair b) {
  const Vec<double> high = a.high * b.high;
  const Vec<double> low = fma(a.high, b.high, -high) + fma(a.high, b.low, a.low * b.high);
  return {high, low};
}

/// log(x) for positive finite x: e ln(2) + 2 s + s^3 (2/3 + s^2 P(s^2)) with s = (m - 1) / (m + 1).
HWY_INLINE Pair log_pair(Vec<double> x) {
  using C = MathConstants<double>;
  Vec<double> e;
  const Vec<double> f = log_reduce(x, e);
  const Vec<double> d = f + 2.0, d_low = f - (d - 2.0);
  const Vec<double> s = f / d;
  const Pair sp{s, (fnma(s, d, f) - s * d_low) / d};
  const Pair z = product(sp, sp);
  const Pair inner =
      fast_two_sum(Vec<double>(2.0 / 3.0), fma(z.high, polynomial(z.high, C::kLogTail), 3.7007434154171886e-17));
  const Pair tail = product(product(sp, z), inner);
  const Pair ln2 = fast_two_sum(e * C::kLn2High, e * C::kLn2Low);
  const Pair main = fast_two_sum(ln2.high, sp.high + sp.high);
  // For e = 0 the larger of the two is 2 s.
  const Mask<double> near_one = e == 0.0;
  const Vec<double> high = select(near_one, sp.high + sp.high, main.high);
  const Vec<double> high_low = select(near_one, 0.0, main.low + ln2.low);
  const Vec<double> low = high_low + (sp.low + sp.low + tail.low);
  const Pair sum = fast_two_sum(high, tail.high);
  return fast_two_sum(sum.high, sum.low + low);
}

/// x^y for x >= 0 and any y.
HWY_INLINE Vec<double> pow_positive(Vec<double> x, Vec<double> y) {
  constexpr double inf = std::numeric_limits<double>::infinity();
  Pair l = log_pair(x);
  const Mask<double> ordinary = x > 0.0 && x < inf;
  l.high = select(ordinary, l.high, select(x == 0.0, -inf, x));
  const Vec<double> high = y * l.high;
  const Mask<double> in_range = abs(high) < 800.0;
  const Vec<double> low = select(in_range && ordinary, fma(y, l.high, -high) + y * l.low, 0.0);
  Vec<double> n;
  const Vec<double> r =
      exp_reduce(clamp_keep_nan(high, MathConstants<double>::kExpLow, MathConstants<double>::kExpHigh), n);
  const Vec<double> tail = exp_tail(r);
  return scale(1.0 + (r + (tail + fma(r + tail, low, low))), n);
}

HWY_INLINE Vec<float> pow_positive(Vec<float> x, Vec<float> y) {
  const Vec<double>::D dd;
  const hn::Half<Vec<float>::D> dh;
  const auto half = [](Vec<double> a, Vec<double> b) HWY_ATTR {
    constexpr double inf = std::numeric_limits<double>::infinity();
    Vec<double> e;
    const Vec<double> f = log_reduce(a, e);
    const Vec<double> log_a = fma(e, 0.69314718055994530942, f + log1p_tail(f, Vec<double>(0.0)));
    const Vec<double> p = b * select(a > 0.0 && a < inf, log_a, select(a == 0.0, -inf, a));
    Vec<double> n;
    const Vec<double> r = exp_reduce(clamp_keep_nan(p, -200.0, 200.0), n);
    return (1.0 + (r + exp_tail(r))) * pow2(n);
  };
  const auto low = half(hn::PromoteTo(dd, hn::LowerHalf(dh, x.raw)), hn::PromoteTo(dd, hn::LowerHalf(dh, y.raw)));
  const auto high = half(hn::PromoteTo(dd, hn::UpperHalf(dh, x.raw)), hn::PromoteTo(dd, hn::UpperHalf(dh, y.raw)));
  return hn::Combine(Vec<float>::D(), hn::DemoteTo(dh, high.raw), hn::DemoteTo(dh, low.raw));
}
}  // namespace detail

template <class T>
HWY_INLINE Vec<T> pow(Vec<T> x, VecArg<T> y) {
  if constexpr (!std::is_floating_point_v<T>) {
    return map_lanes([](T a, T b) { return pointwise::pow(a, b); }, x, y);
  } else {
    const Vec<T> a = abs(x);
    Vec<T> result = detail::pow_positive(a, y);
    const Mask<T> integral = y == trunc(y);
    const Vec<T> half = y * T(0.5);
    // An infinite y counts as even.
    const Mask<T> odd = integral && is_finite(y) && half != trunc(half);
    const Vec<T> sign_source = select(odd, x, T(1));
    result = copysign(result, sign_source);
    result = select(x < T(0) && !integral && is_finite(x), std::numeric_limits<T>::quiet_NaN(), result);
    return select(x == T(1) || y == T(0) || (x == T(-1) && is_inf(y)), T(1), result);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace tiny_torch::simd
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
