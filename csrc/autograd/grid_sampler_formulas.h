// The second derivative of grid_sampler.
#pragma once

#include <tuple>

#include "autograd/formulas.h"

namespace tiny_torch::autodiff {

/// Of grad_output, input and grid of grid_sampler_backward.
std::tuple<TensorBase, TensorBase, TensorBase> grid_sampler_double_backward(
    const TensorBase& grad_grad_input, const TensorBase& grad_grad_grid, const TensorBase& grad_output,
    const TensorBase& input, const TensorBase& grid, int64_t interpolation, int64_t padding, bool align_corners);

}  // namespace tiny_torch::autodiff
