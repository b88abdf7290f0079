// torch::nn::functional: linear layers, embeddings and dropout.
#pragma once

#include "api/nn/options/linear.h"

namespace tiny_torch::frontend::nn::functional {

/// input (..., in) times the transpose of weight (out, in), plus bias (out).
TORCH_API Tensor linear(const Tensor& input, const Tensor& weight, const Tensor& bias = {});
/// Rows of `weight` by number; with max_norm longer ones are shortened in place first.
TORCH_API Tensor embedding(const Tensor& input, const Tensor& weight, const EmbeddingFuncOptions& options = {});
/// Sums, means or maxima of the rows of each bag: (B, N) numbers, or (N) numbers with the bags' offsets.
TORCH_API Tensor embedding_bag(const Tensor& input, const Tensor& weight, const EmbeddingBagFuncOptions& options = {});

/// Zeros elements with probability p and scales the others by 1 / (1 - p). ValueError unless 0 <= p <= 1.
TORCH_API Tensor dropout(Tensor input, const DropoutFuncOptions& options = {});
/// The same for whole channels of (N, C, H, W) or (C, H, W).
TORCH_API Tensor dropout2d(Tensor input, const Dropout2dFuncOptions& options = {});
TORCH_API Tensor dropout3d(Tensor input, const Dropout3dFuncOptions& options = {});
/// Keeps mean and variance of inputs that come from a SELU.
TORCH_API Tensor alpha_dropout(Tensor input, const AlphaDropoutFuncOptions& options = {});
TORCH_API Tensor feature_alpha_dropout(Tensor input, const FeatureAlphaDropoutFuncOptions& options = {});

}  // namespace tiny_torch::frontend::nn::functional
