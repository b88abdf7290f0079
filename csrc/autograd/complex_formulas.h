// Gradients of functions between complex and real tensors.
#pragma once

#include "autograd/formulas.h"
#include "generated/ops/compare.h"
#include "generated/ops/complex.h"
#include "generated/ops/index.h"
#include "generated/ops/unary.h"

namespace tiny_torch::autodiff {

inline TensorBase angle_backward(const TensorBase& grad, const TensorBase& self) {
  if (!self.is_complex()) return ops::zeros_like(grad);
  const TensorBase zero = ops::eq(self, wrapped_scalar(0));
  const TensorBase size = ops::masked_fill(ops::abs(self), zero, Scalar(1));
  // d angle / d (re, im) = (-im, re) / |z|^2
  const TensorBase turned = self * Scalar(complex<double>(0, 1)) / (size * size);
  return grad * ops::masked_fill(turned, zero, Scalar(0));
}

}  // namespace tiny_torch::autodiff
