// Gradients of the view operators.
#pragma once

#include "autograd/hooks.h"

namespace tiny_torch::autodiff {

TensorBase permute_backward(const TensorBase& grad, IntArrayRef dims);
/// Undefined gradients of pieces count as zeros.
TensorBase unbind_backward(const variable_list& grads, IntArrayRef sizes, ScalarType dtype, Device device, int64_t dim);
TensorBase split_backward(const variable_list& grads, IntArrayRef sizes, ScalarType dtype, Device device,
                          int64_t split_size, int64_t dim);
TensorBase split_with_sizes_backward(const variable_list& grads, IntArrayRef sizes, ScalarType dtype, Device device,
                                     IntArrayRef split_sizes, int64_t dim);

}  // namespace tiny_torch::autodiff
