// torch::nn::functional: piecewise activations and those with a learned or random slope; `inplace` overwrites the input.
#pragma once

#include "api/nn/options/activation.h"

namespace tiny_torch::frontend::nn::functional {

TORCH_API Tensor elu(Tensor input, const ELUFuncOptions& options = {});
TORCH_API Tensor selu(Tensor input, const SELUFuncOptions& options = {});
TORCH_API Tensor hardshrink(const Tensor& input, const HardshrinkFuncOptions& options = {});
TORCH_API Tensor hardtanh(Tensor input, const HardtanhFuncOptions& options = {});
TORCH_API Tensor logsigmoid(const Tensor& input);
/// Halves `dim`: the first half times the sigmoid of the second.
TORCH_API Tensor glu(const Tensor& input, const GLUFuncOptions& options = {});
TORCH_API Tensor mish(const Tensor& input);
TORCH_API Tensor prelu(const Tensor& input, const Tensor& weight);
TORCH_API Tensor relu6(Tensor input, const ReLU6FuncOptions& options = {});
TORCH_API Tensor rrelu(Tensor input, const RReLUFuncOptions& options = {});
TORCH_API Tensor celu(Tensor input, const CELUFuncOptions& options = {});
TORCH_API Tensor softplus(const Tensor& input, const SoftplusFuncOptions& options = {});
TORCH_API Tensor softshrink(const Tensor& input, const SoftshrinkFuncOptions& options = {});
TORCH_API Tensor threshold(Tensor input, const ThresholdFuncOptions& options);

}  // namespace tiny_torch::frontend::nn::functional
