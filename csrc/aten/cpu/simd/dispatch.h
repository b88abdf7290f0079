// Which of the compiled SIMD targets runs: the best one the processor has, unless TINY_TORCH_CPU_CAPABILITY
// (default, avx2 or avx512) or a test asks for less.
#pragma once

#include <type_traits>

#include "c10/macros.h"

namespace tiny_torch::simd {

enum class Capability : int { Default = 0, Avx2 = 1, Avx512 = 2 };

/// The capability in force.
TORCH_API Capability capability();
/// The best this processor offers; Default without Highway.
TORCH_API Capability best_capability();
/// For tests: later dispatches use at most `c`. Not thread safe; returns what is in force now.
TORCH_API Capability set_capability(Capability c);

/// The version to run out of those compiled; a target that was not compiled is null.
template <class Fn>
Fn* pick(Fn* avx512, Fn* avx2, Fn* baseline) {
  const Capability c = capability();
  if (avx512 && c >= Capability::Avx512) return avx512;
  return avx2 && c >= Capability::Avx2 ? avx2 : baseline;
}

}  // namespace tiny_torch::simd

/// A pointer to the version of FUNCTION, defined inside HWY_NAMESPACE, for the capability in force.
#define SIMD_DISPATCH(FUNCTION)                                                              \
  ::tiny_torch::simd::pick<std::remove_pointer_t<decltype(&HWY_STATIC_DISPATCH(FUNCTION))>>( \
      HWY_CHOOSE_AVX3(FUNCTION), HWY_CHOOSE_AVX2(FUNCTION), &HWY_STATIC_DISPATCH(FUNCTION))

/// Defines `const TABLE<T>& NAME<T>()` for T = float or double: the functions for the capability in force at the first call.
/// FLOAT and DOUBLE, defined inside HWY_NAMESPACE, return the table of their target.
#define SIMD_FUNCTION_TABLE(NAME, TABLE, FLOAT, DOUBLE)               \
  template <class T>                                                  \
  const TABLE<T>& NAME() {                                            \
    if constexpr (std::is_same_v<T, float>) {                         \
      static const TABLE<float> functions = SIMD_DISPATCH(FLOAT)();   \
      return functions;                                               \
    } else {                                                          \
      static const TABLE<double> functions = SIMD_DISPATCH(DOUBLE)(); \
      return functions;                                               \
    }                                                                 \
  }
