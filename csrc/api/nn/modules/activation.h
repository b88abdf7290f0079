// Modules of the activations, MultiheadAttention among them; see the functions of the same names.
#pragma once

#include "api/nn/functional/activation.h"
#include "api/nn/modules/linear.h"

namespace tiny_torch::frontend::nn {

TINY_TORCH_UNARY_MODULE(LeakyReLU, LeakyReLUOptions);
TINY_TORCH_UNARY_MODULE(Softmax, SoftmaxOptions);
TINY_TORCH_UNARY_MODULE(Softmin, SoftminOptions);
TINY_TORCH_UNARY_MODULE(LogSoftmax, LogSoftmaxOptions);
/// Softmax over the channels of (N, C, H, W) or (C, H, W).
TINY_TORCH_UNARY_MODULE(Softmax2d, NoOptions);
TINY_TORCH_UNARY_MODULE(ReLU, ReLUOptions);
TINY_TORCH_UNARY_MODULE(GELU, GELUOptions);
TINY_TORCH_UNARY_MODULE(SiLU, NoOptions);
TINY_TORCH_UNARY_MODULE(Sigmoid, NoOptions);
TINY_TORCH_UNARY_MODULE(Softsign, NoOptions);
TINY_TORCH_UNARY_MODULE(Tanh, NoOptions);
TINY_TORCH_UNARY_MODULE(Tanhshrink, NoOptions);

class TORCH_API MultiheadAttentionImpl : public Cloneable<MultiheadAttentionImpl> {
 public:
  MultiheadAttentionImpl(int64_t embed_dim, int64_t num_heads)
      : MultiheadAttentionImpl(MultiheadAttentionOptions(embed_dim, num_heads)) {}
  explicit MultiheadAttentionImpl(const MultiheadAttentionOptions& given);

  /// See functional::multi_head_attention_forward.
  std::tuple<Tensor, Tensor> forward(const Tensor& query, const Tensor& key, const Tensor& value,
                                     const Tensor& key_padding_mask = {}, bool need_weights = true,
                                     const Tensor& attn_mask = {}, bool average_attn_weights = true);
  void reset() override;
  void _reset_parameters();
  void pretty_print(std::ostream& stream) const override { stream << "torch::nn::MultiheadAttention"; }

  MultiheadAttentionOptions options;
  bool _qkv_same_embed_dim = true;
  Tensor in_proj_weight;
  Tensor in_proj_bias;
  Linear out_proj = nullptr;
  Tensor bias_k;
  Tensor bias_v;
  int64_t head_dim = 0;
  Tensor q_proj_weight;
  Tensor k_proj_weight;
  Tensor v_proj_weight;

 protected:
  FORWARD_HAS_DEFAULT_ARGS({3, AnyValue(Tensor())}, {4, AnyValue(true)}, {5, AnyValue(Tensor())}, {6, AnyValue(true)})
};
TORCH_MODULE(MultiheadAttention);

}  // namespace tiny_torch::frontend::nn
