// Gradients of the pseudo-inverse and of the matrix exponential.
#pragma once

#include "aten/core/TensorBase.h"

namespace tiny_torch::autodiff {

/// Golub and Pereyra, 1973.
TensorBase pinv_backward(const TensorBase& grad, const TensorBase& inverse, const TensorBase& a);
/// From the exponential of a block matrix (Al-Mohy and Higham, 2009).
TensorBase matrix_exp_backward(const TensorBase& grad, const TensorBase& a);

}  // namespace tiny_torch::autodiff
