// Gradients of the losses.
#pragma once

#include <optional>

#include "aten/core/TensorBase.h"
#include "generated/ops/activation.h"

namespace tiny_torch::autodiff {

TensorBase mse_loss_double_backward(const TensorBase& grad, int64_t numel, int64_t reduction);
TensorBase smooth_l1_double_backward(const TensorBase& grad, const TensorBase& self, const TensorBase& target,
                                     int64_t reduction, double beta);
TensorBase huber_double_backward(const TensorBase& grad, const TensorBase& self, const TensorBase& target,
                                 int64_t reduction, double delta);

TensorBase bce_target_backward(const TensorBase& grad, const TensorBase& self, const TensorBase& target,
                               const std::optional<TensorBase>& weight, int64_t reduction);
TensorBase bce_double_backward_grad_output(const TensorBase& grad, const TensorBase& self, const TensorBase& target,
                                           const std::optional<TensorBase>& weight, int64_t reduction);
TensorBase bce_double_backward(const TensorBase& grad, const TensorBase& self, const TensorBase& target,
                               const std::optional<TensorBase>& weight, int64_t reduction);
TensorBase bce_double_backward_target(const TensorBase& grad, const TensorBase& self,
                                      const std::optional<TensorBase>& weight, int64_t reduction);
TensorBase bce_logits_backward(const TensorBase& grad, const TensorBase& self, const TensorBase& target,
                               const std::optional<TensorBase>& weight, const std::optional<TensorBase>& pos_weight,
                               int64_t reduction);
TensorBase bce_logits_target_backward(const TensorBase& grad, const TensorBase& self, const TensorBase& target,
                                      const std::optional<TensorBase>& weight,
                                      const std::optional<TensorBase>& pos_weight, int64_t reduction);

}  // namespace tiny_torch::autodiff
