// Gradients of the matrix products.
#pragma once

#include "aten/core/TensorBase.h"

namespace tiny_torch::autodiff {

/// Of `self` in mm(self, mat2), and of `mat2`.
TensorBase mm_grad_left(const TensorBase& grad, const TensorBase& mat2);
TensorBase mm_grad_right(const TensorBase& self, const TensorBase& grad);
TensorBase linear_grad_input(const TensorBase& grad, const TensorBase& weight, IntArrayRef input_sizes);
TensorBase linear_grad_weight(const TensorBase& grad, const TensorBase& input, int64_t weight_dim);
/// linear is one operator here; its node has the name of the last of those that PyTorch makes it of.
const char* linear_node_name(const TensorBase& input, const TensorBase& weight, bool has_bias);
TensorBase linear_grad_bias(const TensorBase& grad);

}  // namespace tiny_torch::autodiff
