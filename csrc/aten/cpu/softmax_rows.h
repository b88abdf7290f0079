// Row and column functions of softmax and log_softmax, one set per SIMD target and type.
#pragma once

#include <cstdint>

namespace tiny_torch::simd {

/// `columns` works on w adjacent columns of n rows that are `stride` elements apart, in all arrays.
template <class T>
struct SoftmaxFns {
  void (*row)(const T* x, T* out, int64_t n, bool log);
  void (*columns)(const T* x, T* out, int64_t n, int64_t stride, int64_t w, bool log);
  void (*row_backward)(const T* grad, const T* y, T* out, int64_t n, bool log);
  void (*columns_backward)(const T* grad, const T* y, T* out, int64_t n, int64_t stride, int64_t w, bool log);
};

}  // namespace tiny_torch::simd
