// Gradient of as_strided_scatter.
#pragma once

#include "autograd/formulas.h"
#include "generated/ops/slices.h"

namespace tiny_torch::autodiff {

inline TensorBase as_strided_scatter_grad_self(const TensorBase& grad, IntArrayRef src_sizes, IntArrayRef size,
                                               IntArrayRef stride, std::optional<int64_t> storage_offset) {
  const TensorBase zeros = ops::zeros(src_sizes, grad.scalar_type(), std::nullopt, grad.device());
  return ops::as_strided_scatter(ops::contiguous(grad), zeros, size, stride, storage_offset);
}

}  // namespace tiny_torch::autodiff
