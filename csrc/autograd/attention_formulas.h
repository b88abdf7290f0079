// Gradient of attention.
#pragma once

#include <optional>
#include <tuple>

#include "aten/core/TensorBase.h"

namespace tiny_torch::autodiff {

/// By the tiled kernel, or where the gradient is to be differentiated again by operators that can be.
std::tuple<TensorBase, TensorBase, TensorBase> attention_backward(const TensorBase& grad, const TensorBase& query,
                                                                  const TensorBase& key, const TensorBase& value,
                                                                  const TensorBase& output, const TensorBase& logsumexp,
                                                                  bool is_causal, std::optional<double> scale);

}  // namespace tiny_torch::autodiff
