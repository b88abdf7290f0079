// One (N, C, D, H, W) operand of kernels that go plane by plane, in any strides.
#pragma once

#include <array>

#include "aten/core/TensorBase.h"

namespace tiny_torch::cpu {

struct Planes {
  int64_t channels, n, c, d, h, w;
  std::array<int64_t, 3> size;
  explicit Planes(const TensorBase& t)
      : channels(t.size(1)),
        n(t.stride(0)),
        c(t.stride(1)),
        d(t.stride(2)),
        h(t.stride(3)),
        w(t.stride(4)),
        size{t.size(2), t.size(3), t.size(4)} {}
  /// Where plane i of N * C begins, and a row or an element inside a plane.
  int64_t plane(int64_t i) const { return i / channels * n + i % channels * c; }
  int64_t row(int64_t z, int64_t y) const { return z * d + y * h; }
  int64_t at(int64_t z, int64_t y, int64_t x) const { return row(z, y) + x * w; }
  int64_t numel() const { return size[0] * size[1] * size[2]; }
};

}  // namespace tiny_torch::cpu
