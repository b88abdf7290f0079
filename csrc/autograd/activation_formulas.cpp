#include "autograd/activation_formulas.h"

#include "autograd/formulas.h"
#include "generated/ops/activation.h"
#include "generated/ops/compare.h"
#include "generated/ops/transcendental.h"

namespace tiny_torch::autodiff {

TensorBase silu_double_backward(const TensorBase& grad, const TensorBase& grad_output, const TensorBase& self) {
  // d/dx of s (1 + x (1 - s)), s the sigmoid of x, is s (1 - s) (2 + x (1 - 2 s)).
  const TensorBase s = ops::sigmoid(self);
  return grad * grad_output * s * (Scalar(1) - s) * (Scalar(2) + self * (Scalar(1) - s * Scalar(2)));
}

TensorBase gelu_double_backward(const TensorBase& grad, const TensorBase& grad_output, const TensorBase& self,
                                const std::string& approximate) {
  if (approximate == "none") {
    // The second derivative of x Phi(x) is phi(x) (2 - x^2).
    const TensorBase density = ops::exp(self * self * Scalar(-0.5)) * Scalar(0.3989422804014327);
    return grad * grad_output * density * (Scalar(2) - self * self);
  }
  const double beta = 0.7978845608028654, kappa = 0.044715;
  const TensorBase x2 = self * self;
  const TensorBase t = ops::tanh((self + self * x2 * Scalar(kappa)) * Scalar(beta));
  const TensorBase sech2 = Scalar(1) - t * t;
  const TensorBase inner1 = (x2 * Scalar(3 * kappa) + Scalar(1)) * Scalar(beta);
  const TensorBase inner2 = self * Scalar(6 * kappa * beta);
  const TensorBase second = sech2 * inner1 + self * Scalar(0.5) * sech2 * (inner2 - t * inner1 * inner1 * Scalar(2));
  return grad * grad_output * second;
}

TensorBase elu_double_backward(const TensorBase& grad, const Scalar& alpha, const Scalar& scale,
                               const Scalar& input_scale, bool is_result, const TensorBase& self_or_result) {
  const double input = input_scale.to_double(), negative = alpha.to_double() * scale.to_double();
  const TensorBase below = ops::lt(self_or_result, wrapped_scalar(0));
  const TensorBase slope = is_result ? grad * Scalar(input)
                                     : grad * ops::exp(self_or_result * input_scale) * Scalar(input * input * negative);
  return ops::where(below, slope, zeros_like_grad(slope));
}

TensorBase softplus_double_backward(const TensorBase& grad, const TensorBase& self, const Scalar& beta,
                                    const Scalar& threshold) {
  const TensorBase x = self * beta;
  const TensorBase slope = ops::sigmoid_backward(grad, ops::sigmoid(x)) * beta;
  return ops::where(ops::gt(x, wrapped_scalar(threshold)), zeros_like_grad(slope), slope);
}

TensorBase hardswish_double_backward(const TensorBase& grad, const TensorBase& self) {
  const TensorBase slope = grad / Scalar(3);
  return ops::where(ops::lt(ops::abs(self), wrapped_scalar(3)), slope, zeros_like_grad(slope));
}

TensorBase mish_double_backward(const TensorBase& grad, const TensorBase& self) {
  // With s the sigmoid and t = tanh(softplus(x)): t' = s (1 - t^2), and (t + x t')' follows.
  const TensorBase s = ops::sigmoid(self), t = ops::tanh(ops::log1p(ops::exp(self)));
  const TensorBase second = s * (Scalar(1) - t * t) * (Scalar(2) + self * (Scalar(1) - s - t * s * Scalar(2)));
  return grad * second;
}

TensorBase prelu_grad_self(const TensorBase& grad, const TensorBase& self, const TensorBase& weight) {
  return ops::where(ops::gt(self, wrapped_scalar(0)), grad, grad * weight);
}

TensorBase prelu_grad_weight(const TensorBase& grad, const TensorBase& self) {
  const TensorBase product = grad * self;
  return ops::where(ops::gt(self, wrapped_scalar(0)), zeros_like_grad(product), product);
}

}  // namespace tiny_torch::autodiff
