#include "autograd/elementary_formulas.h"

namespace tiny_torch::autodiff {

TensorBase copysign_backward(const TensorBase& grad, const TensorBase& self, const TensorBase& result) {
  return grad * ops::masked_fill(result / self, ops::eq(self, wrapped_scalar(0)), Scalar(0));
}

TensorBase xlogy_backward(const TensorBase& grad, const TensorBase& self, const TensorBase& other) {
  const TensorBase undefined = ops::logical_and(ops::eq(self, wrapped_scalar(0)), ops::le(other, wrapped_scalar(0)));
  return ops::masked_fill(ops::xlogy(grad, other), undefined, Scalar(0));
}

TensorBase sinc_backward(const TensorBase& grad, const TensorBase& self) {
  const TensorBase x = self * Scalar(3.141592653589793);
  const TensorBase slope = (x * ops::cos(x) - ops::sin(x)) / (x * self);
  return ops::masked_fill(grad * slope, ops::eq(self, wrapped_scalar(0)), Scalar(0));
}

}  // namespace tiny_torch::autodiff
