// torch::nn::functional: losses. The result is a number, or with kNone one loss for each element or sample.
#pragma once

#include "api/nn/options/loss.h"

namespace tiny_torch::frontend::nn::functional {

TORCH_API Tensor l1_loss(const Tensor& input, const Tensor& target, const L1LossFuncOptions& options = {});
TORCH_API Tensor mse_loss(const Tensor& input, const Tensor& target, const MSELossFuncOptions& options = {});
TORCH_API Tensor smooth_l1_loss(const Tensor& input, const Tensor& target, const SmoothL1LossFuncOptions& options = {});
TORCH_API Tensor huber_loss(const Tensor& input, const Tensor& target, const HuberLossFuncOptions& options = {});
TORCH_API Tensor binary_cross_entropy(const Tensor& input, const Tensor& target,
                                      const BinaryCrossEntropyFuncOptions& options = {});
TORCH_API Tensor binary_cross_entropy_with_logits(const Tensor& input, const Tensor& target,
                                                  const BinaryCrossEntropyWithLogitsFuncOptions& options = {});
/// Log probabilities (N, C, ...) and class numbers (N, ...).
TORCH_API Tensor nll_loss(const Tensor& input, const Tensor& target, const NLLLossFuncOptions& options = {});
/// Logits (N, C, ...) and class numbers (N, ...) or probabilities of the logits' shape.
TORCH_API Tensor cross_entropy(const Tensor& input, const Tensor& target, const CrossEntropyFuncOptions& options = {});

}  // namespace tiny_torch::frontend::nn::functional
