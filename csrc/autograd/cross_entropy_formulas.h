// Second derivatives of the fused cross entropy.
#pragma once

#include <optional>

#include "aten/core/TensorBase.h"

namespace tiny_torch::autodiff {

TensorBase cross_entropy_rows_grad_of_grad(const TensorBase& grad, const TensorBase& self, const TensorBase& target,
                                           const std::optional<TensorBase>& weight, int64_t reduction,
                                           int64_t ignore_index, const TensorBase& total_weight);
TensorBase cross_entropy_rows_double_backward(const TensorBase& grad, const TensorBase& grad_output,
                                              const TensorBase& self, const TensorBase& target,
                                              const std::optional<TensorBase>& weight, int64_t reduction,
                                              int64_t ignore_index, const TensorBase& total_weight);

}  // namespace tiny_torch::autodiff
