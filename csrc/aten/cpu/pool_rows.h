// The inner loops of max pooling, compiled per SIMD target.
#pragma once

#include <cstdint>

namespace tiny_torch::cpu {

/// Windows of 2 x 2 at steps of 2 over two rows `width` apart: n maxima (the first of equals, the last nan) and their
/// flat positions, `base` being that of top[0]. width < 2^22.
template <class T>
struct PoolRows {
  void (*pairs)(T* out, int64_t* indices, const T* top, const T* bottom, int64_t n, int64_t base, int64_t width);
};

template <class T>
const PoolRows<T>& pool_rows();

}  // namespace tiny_torch::cpu
