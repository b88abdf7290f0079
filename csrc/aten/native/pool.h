// Compute behind the pooling operators, and the windows they run over.
#pragma once

#include <array>

#include "aten/core/TensorBase.h"
#include "aten/core/stub.h"

namespace tiny_torch::native {

/// Windows in three spatial dims, those that are missing of size 1 in front. Tensors are (..., D, H, W).
struct PoolWindows {
  std::array<int64_t, 3> in{1, 1, 1}, out{1, 1, 1}, kernel{1, 1, 1}, stride{1, 1, 1}, padding{0, 0, 0},
      dilation{1, 1, 1};
  int64_t in_size() const { return in[0] * in[1] * in[2]; }
  int64_t out_size() const { return out[0] * out[1] * out[2]; }
};

/// What a mean is divided by: a fixed number, the elements of the window, or with the padding that it covers.
struct AvgDivisor {
  bool count_padding = true;
  int64_t fixed = 0;
};

/// (N, C, D, H, W) over the memory of a tensor with `dims` spatial dims, with or without a batch.
TensorBase as_5d(const TensorBase& t, int64_t dims);

/// Tensors below are (N, C, D, H, W) with any strides and not empty; results are those of `windows` on each plane.
/// nan wins over numbers, the first of equal maxima over later ones; `indices` are flat positions in the plane.
DECLARE_STUB(max_pool_stub, void(const TensorBase& out, const TensorBase& indices, const TensorBase& self,
                                 const PoolWindows& windows));
/// out (N, C, P) = self at indices; grad_input = 0 with grad_output added at indices. Both dense, planes flat.
DECLARE_STUB(pool_gather_stub, void(const TensorBase& out, const TensorBase& self, const TensorBase& indices,
                                    int64_t plane, int64_t positions));
DECLARE_STUB(pool_scatter_stub, void(const TensorBase& grad_input, const TensorBase& grad_output,
                                     const TensorBase& indices, int64_t plane, int64_t positions));
DECLARE_STUB(avg_pool_stub,
             void(const TensorBase& out, const TensorBase& self, const PoolWindows& windows, AvgDivisor divisor));
DECLARE_STUB(avg_pool_backward_stub, void(const TensorBase& grad_input, const TensorBase& grad_output,
                                          const PoolWindows& windows, AvgDivisor divisor));
DECLARE_STUB(adaptive_avg_pool_stub, void(const TensorBase& out, const TensorBase& self));
DECLARE_STUB(adaptive_avg_pool_backward_stub, void(const TensorBase& grad_input, const TensorBase& grad_output));

}  // namespace tiny_torch::native
