// Derivatives of activation functions.
#pragma once

#include <string>

#include "aten/core/TensorBase.h"

namespace tiny_torch::autodiff {

TensorBase silu_double_backward(const TensorBase& grad, const TensorBase& grad_output, const TensorBase& self);
TensorBase gelu_double_backward(const TensorBase& grad, const TensorBase& grad_output, const TensorBase& self,
                                const std::string& approximate);
// Below, `grad` is already multiplied by the gradient that the first backward received.
TensorBase elu_double_backward(const TensorBase& grad, const Scalar& alpha, const Scalar& scale,
                               const Scalar& input_scale, bool is_result, const TensorBase& self_or_result);
TensorBase softplus_double_backward(const TensorBase& grad, const TensorBase& self, const Scalar& beta,
                                    const Scalar& threshold);
TensorBase hardswish_double_backward(const TensorBase& grad, const TensorBase& self);
TensorBase mish_double_backward(const TensorBase& grad, const TensorBase& self);
/// Gradients of _prelu_kernel, made of differentiable operators.
TensorBase prelu_grad_self(const TensorBase& grad, const TensorBase& self, const TensorBase& weight);
TensorBase prelu_grad_weight(const TensorBase& grad, const TensorBase& self);

}  // namespace tiny_torch::autodiff
