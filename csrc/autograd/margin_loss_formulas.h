// What the gradients of the losses on divergences and margins use.
#pragma once

#include "autograd/formulas.h"
#include "generated/ops/activation.h"
#include "generated/ops/compare.h"
#include "generated/ops/transcendental.h"

namespace tiny_torch::autodiff {

/// grad * (log x + x / x): nan at zero, where the divergence has no derivative.
inline TensorBase x_log_x_backward(const TensorBase& grad, const TensorBase& self) {
  const TensorBase log = ops::where(ops::eq(self, wrapped_scalar(0)), zeros_like_grad(grad), ops::log(self));
  return grad * (log + self / self);
}

}  // namespace tiny_torch::autodiff
