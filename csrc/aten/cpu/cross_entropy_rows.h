// Row functions of the fused cross entropy, one set per SIMD target and type.
#pragma once

#include <cstdint>

namespace tiny_torch::simd {

template <class T>
struct CrossEntropyFns {
  /// The row's maximum, and the log of the sum of exp(x - maximum).
  void (*state)(const T* x, int64_t n, T* peak, T* log_sum);
  /// out = factor * softmax(x).
  void (*scaled_softmax)(const T* x, T* out, int64_t n, T peak, T log_sum, T factor);
};

}  // namespace tiny_torch::simd
