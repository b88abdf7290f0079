#include "autograd/grid_sampler_formulas.h"

#include "autograd/AutogradMeta.h"
#include "autograd/autograd.h"
#include "generated/ops/grid_sampler.h"

namespace tiny_torch::autograd {

namespace {
TensorBase leaf(const TensorBase& t) {
  TensorBase result = ops::detach(t);
  set_requires_grad(result, true);
  return result;
}
}  // namespace

std::tuple<TensorBase, TensorBase, TensorBase> grid_sampler_double_backward(
    const TensorBase& grad_grad_input, const TensorBase& grad_grad_grid, const TensorBase& grad_output,
    const TensorBase& input, const TensorBase& grid, int64_t interpolation, int64_t padding, bool align_corners) {
  const AutoGradMode with_grad(true);
  const TensorBase leaves[] = {leaf(grad_output), leaf(input), leaf(grid)};
  const TensorBase out = ops::_grid_sampler_composite(leaves[1], leaves[2], interpolation, padding, align_corners);
  const variable_list first = grad(TensorList(&out, 1), TensorList(leaves + 1, 2), TensorList(leaves, 1), true, true,
                                   /*allow_unused=*/true, /*materialize_grads=*/true);
  std::vector<TensorBase> outputs, weights;
  const TensorBase* given[] = {&grad_grad_input, &grad_grad_grid};
  for (size_t i = 0; i < 2; ++i) {
    if (!given[i]->defined() || !first[i].requires_grad()) continue;
    outputs.push_back(first[i]);
    weights.push_back(ops::detach(*given[i]));
  }
  if (outputs.empty()) return {};
  const variable_list second = grad(outputs, TensorList(leaves, 3), weights, std::nullopt, false, true, true);
  return {second[0], second[1], second[2]};
}

}  // namespace tiny_torch::autograd
