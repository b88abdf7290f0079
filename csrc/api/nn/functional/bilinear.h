// torch::nn::functional: bilinear forms and one-hot vectors.
#pragma once

#include "aten/Tensor.h"

namespace tiny_torch::frontend::nn::functional {

/// input1 (..., in1), input2 (..., in2), weight (out, in1, in2) -> (..., out).
TORCH_API Tensor bilinear(const Tensor& input1, const Tensor& input2, const Tensor& weight, const Tensor& bias = {});
/// Zeros and ones of shape (..., num_classes) for class numbers (...).
TORCH_API Tensor one_hot(const Tensor& tensor, int64_t num_classes = -1);

}  // namespace tiny_torch::frontend::nn::functional
