// torch::nn::functional: convolutions of (N, C, ...) with weights (out, in / groups, ...), or (in, out / groups, ...) for
// transposed ones.
#pragma once

#include "api/nn/options/conv.h"

namespace tiny_torch::frontend::nn::functional {

TORCH_API Tensor conv1d(const Tensor& input, const Tensor& weight, const Conv1dFuncOptions& options = {});
TORCH_API Tensor conv2d(const Tensor& input, const Tensor& weight, const Conv2dFuncOptions& options = {});
TORCH_API Tensor conv3d(const Tensor& input, const Tensor& weight, const Conv3dFuncOptions& options = {});
TORCH_API Tensor conv_transpose1d(const Tensor& input, const Tensor& weight,
                                  const ConvTranspose1dFuncOptions& options = {});
TORCH_API Tensor conv_transpose2d(const Tensor& input, const Tensor& weight,
                                  const ConvTranspose2dFuncOptions& options = {});
TORCH_API Tensor conv_transpose3d(const Tensor& input, const Tensor& weight,
                                  const ConvTranspose3dFuncOptions& options = {});

}  // namespace tiny_torch::frontend::nn::functional
