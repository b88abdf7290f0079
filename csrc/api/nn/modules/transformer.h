// The transformer of "Attention Is All You Need" (Vaswani et al., 2017), normalised after each part. Sequences are
// (length, batch, d_model); masks as in MultiheadAttention.
#pragma once

#include "api/nn/modules/activation.h"
#include "api/nn/modules/container/lists.h"
#include "api/nn/modules/linear.h"
#include "api/nn/modules/normalization.h"
#include "api/nn/options/transformer.h"

namespace tiny_torch::frontend::nn {

class TORCH_API TransformerEncoderLayerImpl : public Cloneable<TransformerEncoderLayerImpl> {
 public:
  TransformerEncoderLayerImpl(int64_t d_model, int64_t nhead)
      : TransformerEncoderLayerImpl(TransformerEncoderLayerOptions(d_model, nhead)) {}
  explicit TransformerEncoderLayerImpl(TransformerEncoderLayerOptions given);
  Tensor forward(const Tensor& src, const Tensor& src_mask = {}, const Tensor& src_key_padding_mask = {});
  void reset() override;

  TransformerEncoderLayerOptions options;
  MultiheadAttention self_attn = nullptr;
  Linear linear1 = nullptr;
  Dropout dropout = nullptr;
  Linear linear2 = nullptr;
  LayerNorm norm1 = nullptr, norm2 = nullptr;
  Dropout dropout1 = nullptr, dropout2 = nullptr;

 protected:
  FORWARD_HAS_DEFAULT_ARGS({1, AnyValue(Tensor())}, {2, AnyValue(Tensor())})
};
TORCH_MODULE(TransformerEncoderLayer);

class TORCH_API TransformerDecoderLayerImpl : public Cloneable<TransformerDecoderLayerImpl> {
 public:
  TransformerDecoderLayerImpl(int64_t d_model, int64_t nhead)
      : TransformerDecoderLayerImpl(TransformerDecoderLayerOptions(d_model, nhead)) {}
  explicit TransformerDecoderLayerImpl(TransformerDecoderLayerOptions given);
  Tensor forward(Tensor tgt, const Tensor& memory, const Tensor& tgt_mask = {}, const Tensor& memory_mask = {},
                 const Tensor& tgt_key_padding_mask = {}, const Tensor& memory_key_padding_mask = {});
  void reset() override;

  TransformerDecoderLayerOptions options;
  MultiheadAttention self_attn = nullptr;
  Dropout dropout1 = nullptr;
  LayerNorm norm1 = nullptr;
  MultiheadAttention multihead_attn = nullptr;
  Dropout dropout2 = nullptr;
  LayerNorm norm2 = nullptr;
  Linear linear1 = nullptr;
  Dropout dropout = nullptr;
  Linear linear2 = nullptr;
  Dropout dropout3 = nullptr;
  LayerNorm norm3 = nullptr;

 protected:
  FORWARD_HAS_DEFAULT_ARGS({2, AnyValue(Tensor())}, {3, AnyValue(Tensor())}, {4, AnyValue(Tensor())},
                           {5, AnyValue(Tensor())})
};
TORCH_MODULE(TransformerDecoderLayer);

/// num_layers copies of a layer, and a norm after them if one is given.
template <class Layer>
struct TransformerStackOptions {
  TransformerStackOptions(Layer layer, int64_t num_layers) : layer_(std::move(layer)), num_layers_(num_layers) {}
  TransformerStackOptions(const TransformerEncoderLayerOptions& layer_options, int64_t num_layers)
      : TransformerStackOptions(Layer(layer_options), num_layers) {}
  TORCH_ARG(Layer, layer) = nullptr;
  TORCH_ARG(int64_t, num_layers);
  TORCH_ARG(AnyModule, norm);
};
using TransformerEncoderOptions = TransformerStackOptions<TransformerEncoderLayer>;
using TransformerDecoderOptions = TransformerStackOptions<TransformerDecoderLayer>;

template <class Derived, class Layer>
class TransformerStack : public Cloneable<Derived> {
 public:
  explicit TransformerStack(TransformerStackOptions<Layer> given) : options(std::move(given)) { reset(); }
  TransformerStack(Layer layer, int64_t num_layers)
      : TransformerStack(TransformerStackOptions<Layer>(std::move(layer), num_layers)) {}
  void reset() override {
    layers = this->register_module("layers", ModuleList());
    for (int64_t i = 0; i < options.num_layers(); ++i) layers->push_back(options.layer()->clone());
    if (!options.norm().is_empty()) {
      norm = options.norm().clone();
      this->register_module("norm", norm.ptr());
    }
  }

  TransformerStackOptions<Layer> options;
  ModuleList layers = nullptr;
  AnyModule norm;

 protected:
  /// Hands the sequence from layer to layer, with the arguments that are the same for all.
  template <class... Args>
  Tensor run(Tensor x, const Args&... args) {
    TORCH_CHECK(!layers->is_empty(), "transformer: expected at least one layer");
    for (const auto& layer : *layers) x = layer->template as<Layer>()->forward(x, args...);
    return norm.is_empty() ? x : norm.forward<Tensor>(x);
  }
};

class TORCH_API TransformerEncoderImpl : public TransformerStack<TransformerEncoderImpl, TransformerEncoderLayer> {
 public:
  using TransformerStack::TransformerStack;
  Tensor forward(const Tensor& src, const Tensor& src_mask = {}, const Tensor& src_key_padding_mask = {}) {
    return run(src, src_mask, src_key_padding_mask);
  }

 protected:
  FORWARD_HAS_DEFAULT_ARGS({1, AnyValue(Tensor())}, {2, AnyValue(Tensor())})
};
TORCH_MODULE(TransformerEncoder);

class TORCH_API TransformerDecoderImpl : public TransformerStack<TransformerDecoderImpl, TransformerDecoderLayer> {
 public:
  using TransformerStack::TransformerStack;
  Tensor forward(const Tensor& tgt, const Tensor& memory, const Tensor& tgt_mask = {}, const Tensor& memory_mask = {},
                 const Tensor& tgt_key_padding_mask = {}, const Tensor& memory_key_padding_mask = {}) {
    return run(tgt, memory, tgt_mask, memory_mask, tgt_key_padding_mask, memory_key_padding_mask);
  }

 protected:
  FORWARD_HAS_DEFAULT_ARGS({2, AnyValue(Tensor())}, {3, AnyValue(Tensor())}, {4, AnyValue(Tensor())},
                           {5, AnyValue(Tensor())})
};
TORCH_MODULE(TransformerDecoder);

class TORCH_API TransformerImpl : public Cloneable<TransformerImpl> {
 public:
  explicit TransformerImpl(TransformerOptions given = {});
  TransformerImpl(int64_t d_model, int64_t nhead) : TransformerImpl(TransformerOptions(d_model, nhead)) {}
  /// (S, N, E), (T, N, E) -> (T, N, E)
  Tensor forward(const Tensor& src, const Tensor& tgt, const Tensor& src_mask = {}, const Tensor& tgt_mask = {},
                 const Tensor& memory_mask = {}, const Tensor& src_key_padding_mask = {},
                 const Tensor& tgt_key_padding_mask = {}, const Tensor& memory_key_padding_mask = {});
  void reset() override;
  void reset_parameters();
  /// (size, size) with -inf above the diagonal: a position sees itself and what came before.
  static Tensor generate_square_subsequent_mask(int64_t size);

  TransformerOptions options;
  AnyModule encoder;
  AnyModule decoder;
};
TORCH_MODULE(Transformer);

}  // namespace tiny_torch::frontend::nn
