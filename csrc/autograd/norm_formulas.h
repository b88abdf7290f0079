// Gradients of the normalisations, and gradients of those.
#pragma once

#include <array>
#include <tuple>

#include "aten/core/TensorBase.h"

namespace tiny_torch::autodiff {

using NormGrads = std::tuple<TensorBase, TensorBase, TensorBase>;

NormGrads layer_norm_grads(const TensorBase& grad, const TensorBase& input, IntArrayRef normalized_shape,
                           const TensorBase& mean, const TensorBase& rstd, const std::optional<TensorBase>& weight,
                           const std::optional<TensorBase>& bias, std::array<bool, 3> mask);
NormGrads batch_norm_grads(const TensorBase& grad, const TensorBase& input, const std::optional<TensorBase>& weight,
                           const std::optional<TensorBase>& running_mean, const std::optional<TensorBase>& running_var,
                           const TensorBase& save_mean, const TensorBase& save_invstd, bool training, double eps,
                           std::array<bool, 3> mask);
/// Given the gradients of the result, of the means and of the inverse standard deviations.
NormGrads group_norm_grads(const TensorBase& grad, const TensorBase& grad_mean, const TensorBase& grad_rstd,
                           const TensorBase& input, const std::optional<TensorBase>& weight, int64_t N, int64_t C,
                           int64_t HxW, int64_t group, double eps, std::array<bool, 3> mask);

/// Of input, weight and grad_out of the backward operators, given the gradients of their three results.
NormGrads layer_norm_double_backward(const TensorBase& grad_of_input, const TensorBase& grad_of_weight,
                                     const TensorBase& grad_of_bias, const TensorBase& grad_out,
                                     const TensorBase& input, IntArrayRef normalized_shape, const TensorBase& mean,
                                     const TensorBase& rstd, const std::optional<TensorBase>& weight);
NormGrads batch_norm_double_backward(const TensorBase& grad_of_input, const TensorBase& grad_of_weight,
                                     const TensorBase& grad_of_bias, const TensorBase& grad_out,
                                     const TensorBase& input, const std::optional<TensorBase>& weight,
                                     const std::optional<TensorBase>& running_mean,
                                     const std::optional<TensorBase>& running_var,
                                     const std::optional<TensorBase>& save_mean,
                                     const std::optional<TensorBase>& save_invstd, bool train, double eps);

}  // namespace tiny_torch::autodiff
