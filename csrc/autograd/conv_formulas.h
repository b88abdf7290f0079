// Gradients of convolutions, which are convolutions.
#pragma once

#include <array>
#include <tuple>
#include <vector>

#include "aten/core/TensorBase.h"

namespace tiny_torch::autodiff {

using ConvGrads = std::tuple<TensorBase, TensorBase, TensorBase>;

/// The sizes of a bias, or none without one.
std::optional<std::vector<int64_t>> bias_sizes_of(const std::optional<TensorBase>& bias);

/// Of input, weight and bias of convolution; complex operands come in conjugated.
ConvGrads convolution_grads(const TensorBase& grad, const TensorBase& input, const TensorBase& weight,
                            const std::optional<std::vector<int64_t>>& bias_sizes, IntArrayRef stride,
                            IntArrayRef padding, IntArrayRef dilation, bool transposed, IntArrayRef output_padding,
                            int64_t groups, std::array<bool, 3> mask);

/// Of grad_output, input and weight of convolution_backward, given the gradients of its three results.
ConvGrads convolution_double_backward(const TensorBase& grad_of_input, const TensorBase& grad_of_weight,
                                      const TensorBase& grad_of_bias, const TensorBase& grad_output,
                                      const TensorBase& weight, const TensorBase& input, IntArrayRef stride,
                                      IntArrayRef padding, IntArrayRef dilation, bool transposed,
                                      IntArrayRef output_padding, int64_t groups, std::array<bool, 3> mask);

}  // namespace tiny_torch::autodiff
