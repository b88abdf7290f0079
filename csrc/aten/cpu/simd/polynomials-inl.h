// The words of aten/pointwise/polynomials.h for Vec: lane by lane. The files generated from polynomials.yaml include it.
#if defined(TINY_TORCH_SIMD_POLYNOMIALS_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef TINY_TORCH_SIMD_POLYNOMIALS_INL_H
#undef TINY_TORCH_SIMD_POLYNOMIALS_INL_H
#else
#define TINY_TORCH_SIMD_POLYNOMIALS_INL_H
#endif

#include "aten/cpu/simd/vec-inl.h"
#include "aten/pointwise/polynomials.h"

HWY_BEFORE_NAMESPACE();
namespace tiny_torch::simd {
namespace HWY_NAMESPACE {

#define SIMD_POLYNOMIAL(name)                                                            \
  template <class T>                                                                     \
  HWY_INLINE Vec<T> name(Vec<T> x, Vec<T> n) {                                           \
    return map_lanes([](T a, T b) { return pointwise::polynomials::name(a, b); }, x, n); \
  }
SIMD_POLYNOMIAL(chebyshev_t)
SIMD_POLYNOMIAL(chebyshev_u)
SIMD_POLYNOMIAL(chebyshev_v)
SIMD_POLYNOMIAL(chebyshev_w)
SIMD_POLYNOMIAL(shifted_chebyshev_t)
SIMD_POLYNOMIAL(shifted_chebyshev_u)
SIMD_POLYNOMIAL(shifted_chebyshev_v)
SIMD_POLYNOMIAL(shifted_chebyshev_w)
SIMD_POLYNOMIAL(hermite_h)
SIMD_POLYNOMIAL(hermite_he)
SIMD_POLYNOMIAL(laguerre)
SIMD_POLYNOMIAL(legendre)
#undef SIMD_POLYNOMIAL

}  // namespace HWY_NAMESPACE
}  // namespace tiny_torch::simd
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
