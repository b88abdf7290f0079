// Gradients of the operators on diagonals.
#pragma once

#include "aten/core/operators.h"
#include "generated/ops/creation.h"
#include "generated/ops/diagonal.h"
#include "generated/ops/view.h"

namespace tiny_torch::autodiff {

inline TensorBase trace_grad(const TensorBase& grad, IntArrayRef sizes) {
  return ops::diagonal_backward(ops::expand(grad, {std::min(sizes[0], sizes[1])}), sizes, 0, 0, 1);
}

}  // namespace tiny_torch::autodiff
