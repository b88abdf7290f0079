// Gradients of the operators that repeat, move and fill slices.
#pragma once

#include "aten/core/operators.h"
#include "generated/ops/compare.h"
#include "generated/ops/creation.h"
#include "generated/ops/rearrange.h"
#include "generated/ops/reduce.h"
#include "generated/ops/shape.h"

namespace tiny_torch::autodiff {

/// The sum of `grad` over the filled slices, each counted once however often `index` names it.
inline TensorBase index_fill_grad_value(const TensorBase& grad, int64_t dim, const TensorBase& index) {
  const TensorBase filled = ops::index_fill(ops::zeros_like(grad), dim, index, Scalar(1));
  return ops::sum(ops::where(ops::ne(filled, wrapped_scalar(0)), grad, wrapped_scalar(0.0)));
}

/// The shifts that undo those of roll. The smallest number has no negative: it is brought within the dim first.
inline DimVector undone(IntArrayRef shifts, IntArrayRef dims, IntArrayRef sizes) {
  DimVector result;
  const auto rank = static_cast<int64_t>(sizes.size());
  for (size_t i = 0; i < shifts.size(); ++i) {
    const int64_t n = dims.empty() ? checked_numel(sizes) : sizes[static_cast<size_t>(maybe_wrap_dim(dims[i], rank))];
    result.push_back(-(shifts[i] % std::max<int64_t>(n, 1)));
  }
  return result;
}

/// The sum over the copies that `repeats` made of a tensor of `sizes`.
inline TensorBase repeat_grad(const TensorBase& grad, IntArrayRef repeats, IntArrayRef sizes) {
  const size_t added = repeats.size() - sizes.size();
  // Each dimension apart: how often, and what.
  DimVector apart, copies;
  for (size_t d = 0; d < repeats.size(); ++d) {
    copies.push_back(static_cast<int64_t>(apart.size()));
    apart.push_back(repeats[d]);
    if (d >= added) apart.push_back(sizes[d - added]);
  }
  if (copies.empty()) return grad;
  return ops::sum(ops::reshape(grad, apart), OptionalIntArrayRef(IntArrayRef(copies)), false);
}

}  // namespace tiny_torch::autodiff
