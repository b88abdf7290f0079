#include "autograd/special_formulas.h"

#include <limits>

namespace tiny_torch::autodiff {

// Outside of the range there is no gradient: nan without `eps`, zero with it.
TensorBase logit_backward(const TensorBase& grad, const TensorBase& self, std::optional<double> eps) {
  const double low = eps.value_or(0.0), high = 1 - low;
  const TensorBase inside = ops::logical_and(ops::ge(self, wrapped_scalar(low)), ops::le(self, wrapped_scalar(high)));
  const double outside = eps.has_value() ? 0.0 : std::numeric_limits<double>::quiet_NaN();
  return ops::where(inside, grad / (self * (Scalar(1) - self)), wrapped_scalar(outside));
}

TensorBase igamma_grad_other(const TensorBase& grad, const TensorBase& self, const TensorBase& other) {
  return grad * ops::exp((self - Scalar(1)) * ops::log(other) - other - ops::lgamma(self));
}

namespace {
// The limit at 0 of a quotient that is 0 / 0 there is one half.
TensorBase half_at_zero(const TensorBase& grad, const TensorBase& self, const TensorBase& derivative) {
  return grad * ops::masked_fill(derivative, ops::eq(self, wrapped_scalar(0)), Scalar(0.5));
}
TensorBase without_zeros(const TensorBase& self) {
  return ops::masked_fill(self, ops::eq(self, wrapped_scalar(0)), Scalar(1));
}
}  // namespace

TensorBase i1_backward(const TensorBase& grad, const TensorBase& self, const TensorBase& result) {
  return half_at_zero(grad, self, ops::i0(self) - result / without_zeros(self));
}
TensorBase i1e_backward(const TensorBase& grad, const TensorBase& self, const TensorBase& result) {
  const TensorBase x = without_zeros(self);
  return half_at_zero(grad, self, ops::special_i0e(self) - result * (ops::sgn(self) + ops::reciprocal(x)));
}

TensorBase xlog1py_grad_self(const TensorBase& grad, const TensorBase& self, const TensorBase& other) {
  const TensorBase undefined = ops::logical_and(ops::eq(self, wrapped_scalar(0)), ops::le(other, wrapped_scalar(-1)));
  return ops::masked_fill(ops::special_xlog1py(grad, other), undefined, Scalar(0));
}

TensorBase no_derivative(const TensorBase&, const char* what) {
  TORCH_CHECK_NOT_IMPLEMENTED(false, "the derivative for '", what, "' is not implemented");
}

}  // namespace tiny_torch::autodiff
