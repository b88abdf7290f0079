// Gradients of the operators that write slices.
#pragma once

#include "aten/core/operators.h"
#include "generated/ops/compare.h"
#include "generated/ops/creation.h"
#include "generated/ops/rearrange.h"
#include "generated/ops/reduce.h"

namespace tiny_torch::autodiff {

/// The sum of `grad` over the filled slices, each counted once however often `index` names it.
inline TensorBase index_fill_grad_value(const TensorBase& grad, int64_t dim, const TensorBase& index) {
  const TensorBase filled = ops::index_fill(ops::zeros_like(grad), dim, index, Scalar(1));
  return ops::sum(ops::where(ops::ne(filled, wrapped_scalar(0)), grad, wrapped_scalar(0.0)));
}

}  // namespace tiny_torch::autodiff
