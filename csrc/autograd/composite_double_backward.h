// Second derivatives of operators whose first derivative is a kernel: from the operators they could be made of.
#pragma once

#include <functional>

#include "autograd/Engine.h"

namespace tiny_torch::autodiff {

/// What a backward operator passes on to `grad_outputs` and then to `inputs` when `grads` come in for its results (the
/// gradients of `inputs`; undefined: none came). `composite` computes what the forward operator does, with gradients.
/// With gradient mode on, the results can be differentiated again.
TORCH_API variable_list composite_double_backward(const std::function<variable_list(TensorList inputs)>& composite,
                                                  TensorList grad_outputs, TensorList inputs, TensorList grads);

}  // namespace tiny_torch::autodiff
