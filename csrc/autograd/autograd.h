// backward() and grad(): the entry points of the C++ and Python frontends.
#pragma once

#include "autograd/Engine.h"

namespace tiny_torch::autodiff {

/// Accumulates the gradients of `tensors` into the .grad of the leaves they depend on, or of `inputs` only, if given.
/// An undefined or missing gradient stands for ones and is allowed for tensors with one element.
/// RuntimeError as PyTorch's torch.autograd.backward.
TORCH_API void backward(TensorList tensors, TensorList grad_tensors = {},
                        std::optional<bool> retain_graph = std::nullopt, bool create_graph = false,
                        std::optional<TensorList> inputs = std::nullopt);

/// The gradients of `outputs` with respect to `inputs`; undefined for those not reached if `allow_unused`, zeros if
/// `materialize_grads`. RuntimeError as PyTorch's torch.autograd.grad.
TORCH_API variable_list grad(TensorList outputs, TensorList inputs, TensorList grad_outputs = {},
                             std::optional<bool> retain_graph = std::nullopt, bool create_graph = false,
                             bool allow_unused = false, bool materialize_grads = false);

}  // namespace tiny_torch::autodiff
