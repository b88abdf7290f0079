#include "api/nn/modules/activation.h"

#include "api/nn/init.h"
#include "api/nn/module_bodies.h"
#include "generated/functions/creation.h"

namespace tiny_torch::frontend::nn {

namespace F = functional;

TINY_TORCH_CALL(LeakyReLU, leaky_relu,
                ("negative_slope", options.negative_slope()).when(options.inplace(), "inplace", true))
TINY_TORCH_FORWARD(Softmax, F::softmax(input, options.dim()))
TINY_TORCH_PRINT(Softmax, ("dim", options.dim()))
TINY_TORCH_FORWARD(Softmin, F::softmin(input, options.dim()))
TINY_TORCH_PRINT(Softmin, ("dim", options.dim()))
TINY_TORCH_FORWARD(LogSoftmax, F::log_softmax(input, options.dim()))
TINY_TORCH_PRINT(LogSoftmax, ("dim", options.dim()))
TINY_TORCH_CALL(ReLU, relu, .when(options.inplace(), "inplace", true))
TINY_TORCH_CALL(GELU, gelu, )
TINY_TORCH_PLAIN(SiLU, F::silu(input))
TINY_TORCH_PLAIN(Sigmoid, input.sigmoid())
TINY_TORCH_PLAIN(Softsign, F::softsign(input))
TINY_TORCH_PLAIN(Tanh, input.tanh())
TINY_TORCH_PLAIN(Tanhshrink, F::tanhshrink(input))
TINY_TORCH_PRINT(Softmax2d, ;)

Tensor Softmax2dImpl::forward(const Tensor& input) {
  TORCH_CHECK(input.dim() == 4 || input.dim() == 3, "Softmax2d requires a 3D or 4D tensor as input");
  return F::softmax(input, -3);
}
MultiheadAttentionImpl::MultiheadAttentionImpl(const MultiheadAttentionOptions& given) : options(given) {
  MultiheadAttentionImpl::reset();
}

void MultiheadAttentionImpl::reset() {
  const int64_t width = options.embed_dim();
  _qkv_same_embed_dim = options.kdim() == width && options.vdim() == width;
  TORCH_CHECK(options.num_heads() > 0 && width % options.num_heads() == 0, "embed_dim must be divisible by num_heads");
  head_dim = width / options.num_heads();
  const auto parameter = [&](const char* name, bool wanted, IntArrayRef sizes) {
    return register_parameter(name, wanted ? empty(sizes) : Tensor(), wanted);
  };
  in_proj_weight = parameter("in_proj_weight", _qkv_same_embed_dim, {3 * width, width});
  q_proj_weight = parameter("q_proj_weight", !_qkv_same_embed_dim, {width, width});
  k_proj_weight = parameter("k_proj_weight", !_qkv_same_embed_dim, {width, options.kdim()});
  v_proj_weight = parameter("v_proj_weight", !_qkv_same_embed_dim, {width, options.vdim()});
  in_proj_bias = parameter("in_proj_bias", options.bias(), {3 * width});
  out_proj = register_module("out_proj", Linear(LinearOptions(width, width).bias(options.bias())));
  bias_k = parameter("bias_k", options.add_bias_kv(), {1, 1, width});
  bias_v = parameter("bias_v", options.add_bias_kv(), {1, 1, width});
  _reset_parameters();
}

void MultiheadAttentionImpl::_reset_parameters() {
  for (const Tensor& weight : {in_proj_weight, q_proj_weight, k_proj_weight, v_proj_weight}) {
    if (weight.defined()) init::xavier_uniform_(weight);
  }
  if (in_proj_bias.defined()) {
    init::constant_(in_proj_bias, 0);
    init::constant_(out_proj->bias, 0);
  }
  for (const Tensor& bias : {bias_k, bias_v}) {
    if (bias.defined()) init::xavier_normal_(bias);
  }
}

std::tuple<Tensor, Tensor> MultiheadAttentionImpl::forward(const Tensor& query, const Tensor& key, const Tensor& value,
                                                           const Tensor& key_padding_mask, bool need_weights,
                                                           const Tensor& attn_mask, bool average_attn_weights) {
  return F::multi_head_attention_forward(
      query, key, value,
      F::MultiheadAttentionForwardFuncOptions(options.embed_dim(), options.num_heads(), in_proj_weight, in_proj_bias,
                                              bias_k, bias_v, options.add_zero_attn(), options.dropout(),
                                              out_proj->weight, out_proj->bias)
          .training(is_training())
          .key_padding_mask(key_padding_mask)
          .need_weights(need_weights)
          .attn_mask(attn_mask)
          .use_separate_proj_weight(!_qkv_same_embed_dim)
          .q_proj_weight(q_proj_weight)
          .k_proj_weight(k_proj_weight)
          .v_proj_weight(v_proj_weight)
          .average_attn_weights(average_attn_weights));
}

}  // namespace tiny_torch::frontend::nn
