// sin, cos and tan of Vec<float> and Vec<double>: included by math-inl.h, which holds the contract.
//
// x = n pi/2 + r with pi/2 in three parts, each subtracted by one fma. Lanes too large for that go to libm one by one.
#if defined(TINY_TORCH_SIMD_TRIG_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef TINY_TORCH_SIMD_TRIG_INL_H
#undef TINY_TORCH_SIMD_TRIG_INL_H
#else
#define TINY_TORCH_SIMD_TRIG_INL_H
#endif

HWY_BEFORE_NAMESPACE();
namespace tiny_torch::simd {
namespace HWY_NAMESPACE {

namespace detail {
/// r in [-pi/4, pi/4] and, in the low bits of `quadrant`, n.
template <class T>
HWY_INLINE Vec<T> trig_reduce(Vec<T> x, IntVec<T>& quadrant) {
  using C = MathConstants<T>;
  const Vec<T> shifted = fma(x, T(C::kTwoOverPi), rounding_magic<T>());
  quadrant = to_bits<T>(shifted);
  const Vec<T> n = shifted - rounding_magic<T>();
  return fnma(n, T(C::kPiOver2[2]), fnma(n, T(C::kPiOver2[1]), fnma(n, T(C::kPiOver2[0]), x)));
}
template <class T>
HWY_INLINE Vec<T> sin_kernel(Vec<T> r, Vec<T> z) {
  return fma(r * z, polynomial(z, MathConstants<T>::kSin), r);
}
/// 1 - z/2 is split exactly so that only the last addition rounds.
template <class T>
HWY_INLINE Vec<T> cos_kernel(Vec<T> z) {
  const Vec<T> half = T(0.5) * z;
  const Vec<T> first = T(1) - half;
  return first + fma(z * z, polynomial(z, MathConstants<T>::kCos), (T(1) - first) - half);
}
template <class T>
HWY_INLINE Mask<T> is_odd(IntVec<T> n) {
  return rebind<T>((n & 1) != 0);
}
/// Flips the sign where bit 1 of n is set.
template <class T>
HWY_INLINE Vec<T> flip_by_bit1(Vec<T> x, IntVec<T> n) {
  return from_bits<T>(to_bits<T>(x) ^ IntVec<T>(hn::ShiftLeft<sizeof(T) * 8 - 2>((n & 2).raw)));
}
// Rarely needed and long: kept out of line.
#define SIMD_TRIG_FALLBACK(name)                                                                      \
  template <class T>                                                                                  \
  HWY_NOINLINE Vec<T> name##_lanes(Vec<T> x) {                                                        \
    return map_lanes([](T lane) { return static_cast<T>(std::name(static_cast<double>(lane))); }, x); \
  }
SIMD_TRIG_FALLBACK(sin)
SIMD_TRIG_FALLBACK(cos)
SIMD_TRIG_FALLBACK(tan)
#undef SIMD_TRIG_FALLBACK
}  // namespace detail

template <class T>
HWY_INLINE Vec<T> sin(Vec<T> x) {
  if (any(abs(x) > MathConstants<T>::kTrigLimit)) return detail::sin_lanes(x);
  IntVec<T> n;
  const Vec<T> r = detail::trig_reduce(x, n);
  const Vec<T> z = r * r;
  const Vec<T> value = select(detail::is_odd<T>(n), detail::cos_kernel(z), detail::sin_kernel(r, z));
  return select(x == T(0), x, detail::flip_by_bit1(value, n));
}

template <class T>
HWY_INLINE Vec<T> cos(Vec<T> x) {
  if (any(abs(x) > MathConstants<T>::kTrigLimit)) return detail::cos_lanes(x);
  IntVec<T> n;
  const Vec<T> r = detail::trig_reduce(x, n);
  const Vec<T> z = r * r;
  const Vec<T> value = select(detail::is_odd<T>(n), detail::sin_kernel(r, z), detail::cos_kernel(z));
  return detail::flip_by_bit1(value, n + 1);
}

template <class T>
HWY_INLINE Vec<T> tan(Vec<T> x) {
  using C = MathConstants<T>;
  if (any(abs(x) > C::kTrigLimit)) return detail::tan_lanes(x);
  const Vec<T> shifted = fma(x, T(C::kTwoOverPi), detail::rounding_magic<T>());
  const IntVec<T> n = to_bits<T>(shifted);
  const Vec<T> count = shifted - detail::rounding_magic<T>();
  // r + low: tan amplifies the rounding of r too much to drop it.
  const Vec<T> first = fnma(count, T(C::kPiOver2[0]), x);
  const Vec<T> middle = count * T(C::kPiOver2[1]), middle_low = fma(count, T(C::kPiOver2[1]), -middle);
  const Vec<T> second = first - middle;
  const Vec<T> rest = fnma(count, T(C::kPiOver2[2]), ((first - second) - middle) - middle_low);
  const Vec<T> r = second + rest, low = (second - r) + rest;
  const Vec<T> z = r * r;
  const Vec<T> value = r + fma(r * z, polynomial(z, C::kTan), fma(low, z, low));
  return select(x == T(0), x, select(detail::is_odd<T>(n), T(-1) / value, value));
}

}  // namespace HWY_NAMESPACE
}  // namespace tiny_torch::simd
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
