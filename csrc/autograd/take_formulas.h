// Gradients of take and put.
#pragma once

#include "autograd/formulas.h"
#include "generated/ops/index.h"
#include "generated/ops/take.h"

namespace tiny_torch::autodiff {

inline TensorBase put_grad_self(const TensorBase& grad, const TensorBase& index, IntArrayRef sizes, bool accumulate) {
  if (accumulate) return grad;
  return ops::put(grad, index, ops::zeros(sizes, grad.scalar_type(), std::nullopt, grad.device()), false);
}

}  // namespace tiny_torch::autodiff
