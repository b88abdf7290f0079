// Compiles the including .cpp once per SIMD target (baseline, AVX2, AVX-512) without -m flags.
//
//   #undef HWY_TARGET_INCLUDE
//   #define HWY_TARGET_INCLUDE "aten/cpu/my_kernel.cpp"     // the file itself, as found from csrc/
//   #include "aten/cpu/simd/foreach_target.h"               // before other SIMD headers, so a block of its own
//
//   #include "aten/cpu/simd/vec-inl.h"                      // and math-inl.h, block-inl.h as needed
//   HWY_BEFORE_NAMESPACE();
//   namespace tiny_torch { namespace HWY_NAMESPACE {
//   void scale(float* x, int64_t n) {...}                   // once per target
//   }}
//   HWY_AFTER_NAMESPACE();
//   #if HWY_ONCE
//   void scale_kernel(float* x, int64_t n) { SIMD_DISPATCH(scale)(x, n); }
//   #endif
//
// Without Highway there is one target, N_SCALAR, and Vec<T> has one lane; x86 without AVX2 runs that code as well.
#include "generated/config.h"

#if TINY_TORCH_HAVE_HIGHWAY
#if !defined(HWY_DISABLED_TARGETS) && (defined(__x86_64__) || defined(_M_X64))
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL)
#endif
#ifndef HWY_IS_DEBUG_BUILD
#define HWY_IS_DEBUG_BUILD 0
#endif
#include <hwy/foreach_target.h>
#else
#define HWY_NAMESPACE N_SCALAR
#define HWY_ONCE 1
#define HWY_BEFORE_NAMESPACE() static_assert(true, "")
#define HWY_AFTER_NAMESPACE() static_assert(true, "")
#define HWY_INLINE inline
#define HWY_ATTR
#define HWY_STATIC_DISPATCH(FUNCTION) N_SCALAR::FUNCTION
#define HWY_CHOOSE_AVX3(FUNCTION) nullptr
#define HWY_CHOOSE_AVX2(FUNCTION) nullptr
#endif

#include "aten/cpu/simd/dispatch.h"
