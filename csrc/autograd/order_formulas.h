// Gradients of running extremes and sums of exponentials.
#pragma once

#include "autograd/formulas.h"
#include "autograd/reduce_formulas.h"

namespace tiny_torch::autodiff {

TensorBase cumulative_extremum_backward(const TensorBase& grad, const TensorBase& self, const TensorBase& indices,
                                        int64_t dim);
TensorBase logcumsumexp_backward(const TensorBase& grad, const TensorBase& self, const TensorBase& result, int64_t dim);

}  // namespace tiny_torch::autodiff
