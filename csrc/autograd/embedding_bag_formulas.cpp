#include "autograd/embedding_bag_formulas.h"

#include "autograd/formulas.h"
#include "generated/ops/compare.h"
#include "generated/ops/index.h"

namespace tiny_torch::autodiff {

namespace {
constexpr int64_t kMean = 1, kMax = 2;
}

TensorBase embedding_bag_weight_backward(const TensorBase& grad, const TensorBase& indices,
                                         const TensorBase& offset2bag, const TensorBase& bag_size,
                                         const TensorBase& max_indices, IntArrayRef weight_sizes,
                                         bool scale_grad_by_freq, int64_t mode,
                                         const std::optional<TensorBase>& per_sample_weights, int64_t padding_idx) {
  if (mode == kMax) {
    const TensorBase empty = ops::unsqueeze(ops::eq(bag_size, wrapped_scalar(0)), 1);
    const TensorBase zeros = ops::zeros(weight_sizes, grad.scalar_type(), std::nullopt, grad.device());
    return ops::scatter_add(zeros, 0, max_indices, ops::masked_fill(grad, empty, Scalar(0)));
  }
  TensorBase bags = grad;
  if (mode == kMean) {
    const TensorBase sizes = ops::to(ops::clamp_min(bag_size, Scalar(1)), grad.scalar_type());
    bags = grad / ops::unsqueeze(sizes, 1);
  }
  TensorBase rows = ops::index_select(bags, 0, offset2bag);
  if (per_sample_weights.has_value()) rows = rows * ops::unsqueeze(*per_sample_weights, 1);
  return ops::embedding_dense_backward(rows, indices, weight_sizes[0], padding_idx, scale_grad_by_freq);
}

TensorBase embedding_bag_sample_backward(const TensorBase& grad, const TensorBase& weight, const TensorBase& indices,
                                         const TensorBase& offset2bag, int64_t padding_idx) {
  const TensorBase products = ops::index_select(grad, 0, offset2bag) * ops::index_select(weight, 0, indices);
  const TensorBase sums = ops::sum(products, OptionalIntArrayRef(IntArrayRef({int64_t{1}})), false);
  if (padding_idx < 0) return sums;
  return ops::masked_fill(sums, ops::eq(indices, wrapped_scalar(padding_idx)), Scalar(0));
}

}  // namespace tiny_torch::autodiff
