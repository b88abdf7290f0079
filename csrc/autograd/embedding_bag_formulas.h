// Gradients of embedding_bag.
#pragma once

#include "aten/core/TensorBase.h"

namespace tiny_torch::autodiff {

TensorBase embedding_bag_weight_backward(const TensorBase& grad, const TensorBase& indices,
                                         const TensorBase& offset2bag, const TensorBase& bag_size,
                                         const TensorBase& max_indices, IntArrayRef weight_sizes,
                                         bool scale_grad_by_freq, int64_t mode,
                                         const std::optional<TensorBase>& per_sample_weights, int64_t padding_idx);
TensorBase embedding_bag_sample_backward(const TensorBase& grad, const TensorBase& weight, const TensorBase& indices,
                                         const TensorBase& offset2bag, int64_t padding_idx);

}  // namespace tiny_torch::autodiff
