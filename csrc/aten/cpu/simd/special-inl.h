// The words of aten/pointwise/special.h for Vec: lane by lane, in double. The files generated from special.yaml include it.
#if defined(TINY_TORCH_SIMD_SPECIAL_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef TINY_TORCH_SIMD_SPECIAL_INL_H
#undef TINY_TORCH_SIMD_SPECIAL_INL_H
#else
#define TINY_TORCH_SIMD_SPECIAL_INL_H
#endif

#include "aten/cpu/simd/vec-inl.h"
#include "aten/pointwise/special.h"

HWY_BEFORE_NAMESPACE();
namespace tiny_torch::simd {
namespace HWY_NAMESPACE {

#define SIMD_LANEWISE(name)                                                                     \
  template <class T>                                                                            \
  HWY_INLINE Vec<T> name(Vec<T> x) {                                                            \
    return map_lanes([](T lane) { return static_cast<T>(pointwise::special::name(lane)); }, x); \
  }
SIMD_LANEWISE(lgamma)
SIMD_LANEWISE(digamma)
SIMD_LANEWISE(erfinv)
SIMD_LANEWISE(erfcx)
SIMD_LANEWISE(log_ndtr)
SIMD_LANEWISE(ndtri)
SIMD_LANEWISE(airy_ai)
SIMD_LANEWISE(bessel_j0)
SIMD_LANEWISE(bessel_j1)
SIMD_LANEWISE(bessel_y0)
SIMD_LANEWISE(bessel_y1)
SIMD_LANEWISE(bessel_i0)
SIMD_LANEWISE(bessel_i1)
SIMD_LANEWISE(bessel_i0e)
SIMD_LANEWISE(bessel_i1e)
SIMD_LANEWISE(bessel_k0)
SIMD_LANEWISE(bessel_k1)
SIMD_LANEWISE(bessel_k0e)
SIMD_LANEWISE(bessel_k1e)
SIMD_LANEWISE(frexp_mantissa)
SIMD_LANEWISE(frexp_exponent)
#undef SIMD_LANEWISE

#define SIMD_LANEWISE_OF_TWO(name)                                                                   \
  template <class T>                                                                                 \
  HWY_INLINE Vec<T> name(Vec<T> a, Vec<T> b) {                                                       \
    return map_lanes([](T x, T y) { return static_cast<T>(pointwise::special::name(x, y)); }, a, b); \
  }
SIMD_LANEWISE_OF_TWO(zeta)
SIMD_LANEWISE_OF_TWO(gammainc)
SIMD_LANEWISE_OF_TWO(gammaincc)
#undef SIMD_LANEWISE_OF_TWO

}  // namespace HWY_NAMESPACE
}  // namespace tiny_torch::simd
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
