// Gradients of the joins.
#pragma once

#include "aten/core/TensorBase.h"

namespace tiny_torch::autodiff {

std::vector<TensorBase> cat_backward(const TensorBase& grad, const std::vector<DimVector>& sizes, int64_t dim);

}  // namespace tiny_torch::autodiff
