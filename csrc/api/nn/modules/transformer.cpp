#include "api/nn/modules/transformer.h"

#include <cmath>

#include "api/nn/init.h"
#include "generated/functions/activation.h"
#include "generated/functions/creation.h"
#include "generated/functions/dropout.h"

namespace tiny_torch::frontend::nn {
namespace {

Tensor activate(const activation_t& activation, const Tensor& x) {
  if (std::holds_alternative<enumtype::kReLU>(activation)) return relu(x);
  if (std::holds_alternative<enumtype::kGELU>(activation)) return gelu(x);
  return std::get<std::function<Tensor(const Tensor&)>>(activation)(x);
}

/// Registers the parts of a layer under their names.
template <class M, class Holder>
void part(M& module, const char* name, Holder& member, Holder made) {
  member = module.register_module(name, std::move(made));
}
LayerNorm norm_over(int64_t width) { return LayerNorm(LayerNormOptions(std::vector<int64_t>{width})); }

Tensor attend(MultiheadAttention& attention, const Tensor& query, const Tensor& key, const Tensor& mask,
              const Tensor& padding) {
  return std::get<0>(attention(query, key, key, padding, /*need_weights=*/false, mask));
}

}  // namespace

TransformerEncoderLayerImpl::TransformerEncoderLayerImpl(TransformerEncoderLayerOptions given)
    : options(std::move(given)) {
  TransformerEncoderLayerImpl::reset();
}
void TransformerEncoderLayerImpl::reset() {
  const int64_t width = options.d_model();
  const auto attention = MultiheadAttentionOptions(width, options.nhead()).dropout(options.dropout());
  part(*this, "self_attn", self_attn, MultiheadAttention(attention));
  part(*this, "linear1", linear1, Linear(width, options.dim_feedforward()));
  part(*this, "dropout", dropout, Dropout(options.dropout()));
  part(*this, "linear2", linear2, Linear(options.dim_feedforward(), width));
  part(*this, "norm1", norm1, norm_over(width));
  part(*this, "norm2", norm2, norm_over(width));
  part(*this, "dropout1", dropout1, Dropout(options.dropout()));
  part(*this, "dropout2", dropout2, Dropout(options.dropout()));
}
Tensor TransformerEncoderLayerImpl::forward(const Tensor& src, const Tensor& src_mask,
                                            const Tensor& src_key_padding_mask) {
  const Tensor x = norm1(src + dropout1(attend(self_attn, src, src, src_mask, src_key_padding_mask)));
  return norm2(x + dropout2(linear2(dropout(activate(options.activation(), linear1(x))))));
}

TransformerDecoderLayerImpl::TransformerDecoderLayerImpl(TransformerDecoderLayerOptions given)
    : options(std::move(given)) {
  TransformerDecoderLayerImpl::reset();
}
void TransformerDecoderLayerImpl::reset() {
  const int64_t width = options.d_model();
  const auto attention = MultiheadAttentionOptions(width, options.nhead()).dropout(options.dropout());
  part(*this, "self_attn", self_attn, MultiheadAttention(attention));
  part(*this, "multihead_attn", multihead_attn, MultiheadAttention(attention));
  part(*this, "linear1", linear1, Linear(width, options.dim_feedforward()));
  part(*this, "dropout", dropout, Dropout(options.dropout()));
  part(*this, "linear2", linear2, Linear(options.dim_feedforward(), width));
  part(*this, "norm1", norm1, norm_over(width));
  part(*this, "norm2", norm2, norm_over(width));
  part(*this, "norm3", norm3, norm_over(width));
  part(*this, "dropout1", dropout1, Dropout(options.dropout()));
  part(*this, "dropout2", dropout2, Dropout(options.dropout()));
  part(*this, "dropout3", dropout3, Dropout(options.dropout()));
}
Tensor TransformerDecoderLayerImpl::forward(Tensor tgt, const Tensor& memory, const Tensor& tgt_mask,
                                            const Tensor& memory_mask, const Tensor& tgt_key_padding_mask,
                                            const Tensor& memory_key_padding_mask) {
  tgt = norm1(tgt + dropout1(attend(self_attn, tgt, tgt, tgt_mask, tgt_key_padding_mask)));
  tgt = norm2(tgt + dropout2(attend(multihead_attn, tgt, memory, memory_mask, memory_key_padding_mask)));
  return norm3(tgt + dropout3(linear2(dropout(activate(options.activation(), linear1(tgt))))));
}

TransformerImpl::TransformerImpl(TransformerOptions given) : options(std::move(given)) { TransformerImpl::reset(); }

void TransformerImpl::reset() {
  const auto layer = TransformerEncoderLayerOptions(options.d_model(), options.nhead())
                         .dim_feedforward(options.dim_feedforward())
                         .dropout(options.dropout())
                         .activation(options.activation());
  if (options.custom_encoder().is_empty()) {
    encoder = AnyModule(TransformerEncoder(
        TransformerEncoderOptions(layer, options.num_encoder_layers()).norm(AnyModule(norm_over(options.d_model())))));
  } else {
    encoder = options.custom_encoder().clone();
  }
  register_module("encoder", encoder.ptr());
  if (options.custom_decoder().is_empty()) {
    decoder = AnyModule(TransformerDecoder(
        TransformerDecoderOptions(layer, options.num_decoder_layers()).norm(AnyModule(norm_over(options.d_model())))));
  } else {
    decoder = options.custom_decoder().clone();
  }
  register_module("decoder", decoder.ptr());
  reset_parameters();
}

void TransformerImpl::reset_parameters() {
  for (const Tensor& p : parameters()) {
    if (p.dim() > 1) init::xavier_uniform_(p);
  }
}

Tensor TransformerImpl::forward(const Tensor& src, const Tensor& tgt, const Tensor& src_mask, const Tensor& tgt_mask,
                                const Tensor& memory_mask, const Tensor& src_key_padding_mask,
                                const Tensor& tgt_key_padding_mask, const Tensor& memory_key_padding_mask) {
  TORCH_CHECK(src.dim() == 3 && tgt.dim() == 3, "src and tgt should have 3 dimensions, but got ", src.dim(), " and ",
              tgt.dim());
  TORCH_CHECK(src.size(1) == tgt.size(1), "src and tgt should have equal batch size, got ", src.size(1), " and ",
              tgt.size(1));
  TORCH_CHECK(src.size(2) == options.d_model() && tgt.size(2) == options.d_model(),
              "src and tgt should have same feature size as d_model (", options.d_model(), ")");
  const Tensor memory = encoder.forward<Tensor>(src, src_mask, src_key_padding_mask);
  return decoder.forward<Tensor>(tgt, memory, tgt_mask, memory_mask, tgt_key_padding_mask, memory_key_padding_mask);
}

Tensor TransformerImpl::generate_square_subsequent_mask(int64_t size) {
  TORCH_CHECK(size >= 1, "input size to generate square subsequent mask should be no less than 1, got ", size);
  return full({size, size}, -INFINITY).triu(1);
}

}  // namespace tiny_torch::frontend::nn
