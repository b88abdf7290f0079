#include "api/nn/functional/rectifier.h"

#include "generated/functions/activation.h"

namespace tiny_torch::frontend::nn::functional {
namespace {
Tensor overwrite(Tensor& input, const Tensor& result, bool inplace) { return inplace ? input.copy_(result) : result; }
}  // namespace

Tensor elu(Tensor input, const ELUFuncOptions& options) {
  return options.inplace() ? input.elu_(options.alpha()) : tiny_torch::elu(input, options.alpha());
}
Tensor selu(Tensor input, const SELUFuncOptions& options) {
  return overwrite(input, tiny_torch::selu(input), options.inplace());
}
Tensor hardshrink(const Tensor& input, const HardshrinkFuncOptions& options) {
  return tiny_torch::hardshrink(input, options.lambda());
}
Tensor hardtanh(Tensor input, const HardtanhFuncOptions& options) {
  return overwrite(input, tiny_torch::hardtanh(input, options.min_val(), options.max_val()), options.inplace());
}
Tensor logsigmoid(const Tensor& input) { return tiny_torch::log_sigmoid(input); }
Tensor glu(const Tensor& input, const GLUFuncOptions& options) { return tiny_torch::glu(input, options.dim()); }
Tensor mish(const Tensor& input) { return tiny_torch::mish(input); }
Tensor prelu(const Tensor& input, const Tensor& weight) { return tiny_torch::prelu(input, weight); }
Tensor relu6(Tensor input, const ReLU6FuncOptions& options) {
  return overwrite(input, tiny_torch::relu6(input), options.inplace());
}
Tensor rrelu(Tensor input, const RReLUFuncOptions& options) {
  return overwrite(input, tiny_torch::rrelu(input, options.lower(), options.upper(), options.training()),
                   options.inplace());
}
Tensor celu(Tensor input, const CELUFuncOptions& options) {
  return overwrite(input, tiny_torch::celu(input, options.alpha()), options.inplace());
}
Tensor softplus(const Tensor& input, const SoftplusFuncOptions& options) {
  return tiny_torch::softplus(input, options.beta(), options.threshold());
}
Tensor softshrink(const Tensor& input, const SoftshrinkFuncOptions& options) {
  return tiny_torch::softshrink(input, options.lambda());
}
Tensor threshold(Tensor input, const ThresholdFuncOptions& options) {
  return overwrite(input, tiny_torch::threshold(input, options.threshold(), options.value()), options.inplace());
}

}  // namespace tiny_torch::frontend::nn::functional
