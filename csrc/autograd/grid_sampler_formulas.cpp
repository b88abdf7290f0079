#include "autograd/grid_sampler_formulas.h"

#include "autograd/composite_double_backward.h"
#include "generated/ops/grid_sampler.h"

namespace tiny_torch::autodiff {

std::tuple<TensorBase, TensorBase, TensorBase> grid_sampler_double_backward(
    const TensorBase& grad_grad_input, const TensorBase& grad_grad_grid, const TensorBase& grad_output,
    const TensorBase& input, const TensorBase& grid, int64_t interpolation, int64_t padding, bool align_corners) {
  const auto composite = [&](TensorList inputs) -> variable_list {
    return {ops::_grid_sampler_composite(inputs[0], inputs[1], interpolation, padding, align_corners)};
  };
  const variable_list inputs{input, grid}, grads{grad_grad_input, grad_grad_grid};
  variable_list result = composite_double_backward(composite, TensorList(&grad_output, 1), inputs, grads);
  return {result[0], result[1], result[2]};
}

}  // namespace tiny_torch::autodiff
