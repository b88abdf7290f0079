#include "api/nn/functional/activation.h"

#include "generated/functions/activation.h"
#include "generated/functions/creation.h"
#include "generated/functions/softmax.h"
#include "generated/functions/special.h"

namespace tiny_torch::frontend::nn::functional {
Tensor leaky_relu(Tensor input, const LeakyReLUFuncOptions& options) {
  return options.inplace() ? input.leaky_relu_(options.negative_slope())
                           : tiny_torch::leaky_relu(input, options.negative_slope());
}

Tensor gumbel_softmax(const Tensor& logits, const GumbelSoftmaxFuncOptions& options) {
  const Tensor gumbels = -tiny_torch::empty_like(logits).exponential_().log();
  const Tensor soft = ((logits + gumbels) / options.tau()).softmax(options.dim());
  if (!options.hard()) return soft;
  const Tensor index = std::get<1>(soft.max(options.dim(), /*keepdim=*/true));
  const Tensor hard = tiny_torch::zeros_like(logits).scatter(options.dim(), index, Scalar(1.0));
  return hard - soft.detach() + soft;
}
Tensor softmax(const Tensor& input, const SoftmaxFuncOptions& options) {
  return tiny_torch::softmax(input, options.dim(), options.dtype());
}
Tensor softmin(const Tensor& input, const SoftminFuncOptions& options) {
  return tiny_torch::softmax(-input, options.dim(), options.dtype());
}
Tensor log_softmax(const Tensor& input, const LogSoftmaxFuncOptions& options) {
  return tiny_torch::log_softmax(input, options.dim(), options.dtype());
}
Tensor gelu(const Tensor& input, const GELUFuncOptions& options) {
  return tiny_torch::gelu(input, options.approximate());
}
Tensor silu(const Tensor& input) { return tiny_torch::silu(input); }
Tensor relu(Tensor input, const ReLUFuncOptions& options) {
  return options.inplace() ? input.relu_() : tiny_torch::relu(input);
}
Tensor softsign(const Tensor& input) { return input / (input.abs() + 1); }
Tensor tanhshrink(const Tensor& input) { return input - input.tanh(); }

}  // namespace tiny_torch::frontend::nn::functional
