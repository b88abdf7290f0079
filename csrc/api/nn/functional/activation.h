// torch::nn::functional: activations and attention. Shapes stay as they are unless said otherwise; `inplace` overwrites
// the input.
#pragma once

#include "api/nn/options/activation.h"

namespace tiny_torch::frontend::nn::functional {

TORCH_API Tensor leaky_relu(Tensor input, const LeakyReLUFuncOptions& options = {});
/// One sample of the Gumbel softmax over `dim`; with `hard` a one-hot vector whose gradient is that of the soft sample.
TORCH_API Tensor gumbel_softmax(const Tensor& logits, const GumbelSoftmaxFuncOptions& options = {});
TORCH_API Tensor softmax(const Tensor& input, const SoftmaxFuncOptions& options);
TORCH_API Tensor softmin(const Tensor& input, const SoftminFuncOptions& options);
TORCH_API Tensor log_softmax(const Tensor& input, const LogSoftmaxFuncOptions& options);
TORCH_API Tensor gelu(const Tensor& input, const GELUFuncOptions& options = {});
TORCH_API Tensor silu(const Tensor& input);
TORCH_API Tensor relu(Tensor input, const ReLUFuncOptions& options = {});
TORCH_API Tensor softsign(const Tensor& input);
TORCH_API Tensor tanhshrink(const Tensor& input);

/// Attention of (L, N, E) queries to (S, N, ...) keys and values: the output (L, N, E) and, if wanted, the weights
/// (N, L, S), averaged over the heads, or (N, heads, L, S). A boolean mask is true where attention is not allowed, a mask
/// of numbers is added to the scores.
TORCH_API std::tuple<Tensor, Tensor> multi_head_attention_forward(const Tensor& query, const Tensor& key,
                                                                  const Tensor& value,
                                                                  const MultiheadAttentionForwardFuncOptions& options);

}  // namespace tiny_torch::frontend::nn::functional
