#include "autograd/index_formulas.h"

#include "autograd/formulas.h"
#include "generated/ops/compare.h"
#include "generated/ops/index.h"

namespace tiny_torch::autodiff {

TensorBase index_backward(const TensorBase& grad, IntArrayRef sizes, ScalarType dtype, Device device,
                          const std::vector<std::optional<TensorBase>>& indices) {
  TensorBase result = ops::zeros(sizes, dtype, std::nullopt, device);
  return ops::index_put_(result, indices, grad, true);
}

TensorBase index_put_grad_self(const TensorBase& grad, const std::vector<std::optional<TensorBase>>& indices,
                               bool accumulate) {
  if (accumulate) return grad;
  return ops::index_put(grad, indices, ops::zeros({}, grad.scalar_type(), std::nullopt, grad.device()), false);
}

TensorBase index_add_grad_source(const TensorBase& grad, int64_t dim, const TensorBase& index, IntArrayRef source_sizes,
                                 const Scalar& alpha) {
  const TensorBase flat = ops::reshape(index, {-1});
  const TensorBase picked = grad.dim() == 0 ? grad : ops::index_select(grad, dim, flat);
  return scaled(ops::expand(picked, source_sizes), alpha);
}

TensorBase embedding_double_backward(const TensorBase& grad, const TensorBase& indices, int64_t padding_idx) {
  DimVector shape(indices.sizes());
  shape.push_back(grad.size(1));
  const TensorBase rows = ops::reshape(ops::index_select(grad, 0, ops::reshape(indices, {-1})), shape);
  if (padding_idx < 0) return rows;
  return ops::masked_fill(rows, ops::unsqueeze(ops::eq(indices, wrapped_scalar(padding_idx)), -1), Scalar(0));
}

}  // namespace tiny_torch::autodiff
