// Second derivatives of activation functions.
#pragma once

#include <string>

#include "aten/core/TensorBase.h"

namespace tiny_torch::autograd {

TensorBase silu_double_backward(const TensorBase& grad, const TensorBase& grad_output, const TensorBase& self);
TensorBase gelu_double_backward(const TensorBase& grad, const TensorBase& grad_output, const TensorBase& self,
                                const std::string& approximate);

}  // namespace tiny_torch::autograd
