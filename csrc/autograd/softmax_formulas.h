// Second derivatives of softmax and log_softmax.
#pragma once

#include "aten/core/TensorBase.h"

namespace tiny_torch::autodiff {

TensorBase softmax_double_backward(const TensorBase& grad, const TensorBase& grad_output, int64_t dim,
                                   const TensorBase& output);
TensorBase log_softmax_grad_of_grad(const TensorBase& grad, int64_t dim, const TensorBase& output);
TensorBase log_softmax_double_backward(const TensorBase& grad, const TensorBase& grad_output, int64_t dim,
                                       const TensorBase& output);

}  // namespace tiny_torch::autodiff
