// Gradients of functions of one tensor.
#pragma once

#include "autograd/formulas.h"
#include "generated/ops/compare.h"
#include "generated/ops/index.h"
#include "generated/ops/unary.h"

namespace tiny_torch::autodiff {

/// The part of the gradient across the direction of `self`, over its size; zero for real tensors.
inline TensorBase sgn_backward(const TensorBase& grad, const TensorBase& self, const TensorBase& result) {
  if (!self.is_complex()) return zeros_like_grad(grad);
  const TensorBase zero = ops::eq(self, wrapped_scalar(0));
  const TensorBase size = ops::masked_fill(ops::abs(self), zero, Scalar(1));
  const TensorBase along = ops::real(grad * ops::conj(result)) * result;
  return ops::masked_fill((grad - along) / size, zero, Scalar(0));
}

}  // namespace tiny_torch::autodiff
