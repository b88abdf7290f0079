// torch::nn::functional: normalisations. The result has the shape of the input.
#pragma once

#include "api/nn/options/normalization.h"

namespace tiny_torch::frontend::nn::functional {

/// By the statistics of each channel of (N, C, ...): the batch's in training, else the running ones.
TORCH_API Tensor batch_norm(const Tensor& input, const Tensor& running_mean, const Tensor& running_var,
                            const BatchNormFuncOptions& options = {});
/// By the statistics of each channel of each sample.
TORCH_API Tensor instance_norm(const Tensor& input, const InstanceNormFuncOptions& options = {});
/// Over the last dimensions, those of normalized_shape.
TORCH_API Tensor layer_norm(const Tensor& input, const LayerNormFuncOptions& options);
TORCH_API Tensor group_norm(const Tensor& input, const GroupNormFuncOptions& options);
/// By the squares of neighbouring channels.
TORCH_API Tensor local_response_norm(const Tensor& input, const LocalResponseNormFuncOptions& options);
/// Divided by the p-norm over `dim`, or by eps where that is smaller.
TORCH_API Tensor normalize(const Tensor& input, NormalizeFuncOptions options = {});

}  // namespace tiny_torch::frontend::nn::functional
