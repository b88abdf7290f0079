#include "autograd/activation_formulas.h"

#include "autograd/formulas.h"
#include "generated/ops/activation.h"
#include "generated/ops/transcendental.h"

namespace tiny_torch::autograd {

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

}  // namespace tiny_torch::autograd
