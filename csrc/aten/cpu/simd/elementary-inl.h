// The words of aten/pointwise/elementary.h for Vec: lane by lane. The files generated from elementary.yaml include it.
#if defined(TINY_TORCH_SIMD_ELEMENTARY_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef TINY_TORCH_SIMD_ELEMENTARY_INL_H
#undef TINY_TORCH_SIMD_ELEMENTARY_INL_H
#else
#define TINY_TORCH_SIMD_ELEMENTARY_INL_H
#endif

#include "aten/cpu/simd/vec-inl.h"
#include "aten/pointwise/elementary.h"

HWY_BEFORE_NAMESPACE();
namespace tiny_torch::simd {
namespace HWY_NAMESPACE {

#define SIMD_LANEWISE(name)                                            \
  template <class T>                                                   \
  HWY_INLINE Vec<T> name(Vec<T> x) {                                   \
    return map_lanes([](T lane) { return pointwise::name(lane); }, x); \
  }
SIMD_LANEWISE(asin)
SIMD_LANEWISE(acos)
SIMD_LANEWISE(atan)
SIMD_LANEWISE(sinh)
SIMD_LANEWISE(cosh)
SIMD_LANEWISE(asinh)
SIMD_LANEWISE(acosh)
SIMD_LANEWISE(atanh)
#undef SIMD_LANEWISE

#define SIMD_LANEWISE_OF_TWO(name)                                          \
  template <class T>                                                        \
  HWY_INLINE Vec<T> name(Vec<T> a, Vec<T> b) {                              \
    return map_lanes([](T x, T y) { return pointwise::name(x, y); }, a, b); \
  }
SIMD_LANEWISE_OF_TWO(atan2)
SIMD_LANEWISE_OF_TWO(hypot)
SIMD_LANEWISE_OF_TWO(gcd)
SIMD_LANEWISE_OF_TWO(lcm)
#undef SIMD_LANEWISE_OF_TWO

template <class T>
HWY_INLINE Mask<T> signbit(Vec<T> x) {
  if constexpr (std::is_floating_point_v<T>)
    return copysign(Vec<T>(T(1)), x) < T(0);
  else
    return x < T(0);
}

}  // namespace HWY_NAMESPACE
}  // namespace tiny_torch::simd
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
