// The inner loops of max pooling, compiled per SIMD target.
#pragma once

#include <cstdint>

namespace tiny_torch::cpu {

/// Windows of 2 x 2 at steps of 2 over two rows: n maxima, and for each its place 0..3 in reading order (the first of
/// equals, the last nan).
template <class T>
struct PoolRows {
  void (*pairs)(T* out, int32_t* place, const T* top, const T* bottom, int64_t n);
};

template <class T>
const PoolRows<T>& pool_rows();

}  // namespace tiny_torch::cpu
