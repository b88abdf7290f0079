// Linear, Identity, Flatten, Unflatten, Embedding, EmbeddingBag and the dropouts.
#pragma once

#include "api/nn/functional/linear.h"

namespace tiny_torch::frontend::nn {

TINY_TORCH_UNARY_MODULE(Identity, NoOptions);
/// One dimension of the dimensions from start_dim to end_dim.
TINY_TORCH_UNARY_MODULE(Flatten, FlattenOptions);

/// (..., in_features) -> (..., out_features), weight (out_features, in_features).
class TORCH_API LinearImpl : public Cloneable<LinearImpl> {
 public:
  LinearImpl(int64_t in_features, int64_t out_features) : LinearImpl(LinearOptions(in_features, out_features)) {}
  explicit LinearImpl(const LinearOptions& given) : options(given) { LinearImpl::reset(); }
  void reset() override;
  void reset_parameters();
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& input) { return functional::linear(input, weight, bias); }

  LinearOptions options;
  Tensor weight;
  Tensor bias;
};
TORCH_MODULE(Linear);

/// Splits dimension `dim` into `sizes`.
class TORCH_API UnflattenImpl : public OptionsModule<UnflattenImpl, UnflattenOptions> {
 public:
  using OptionsModule<UnflattenImpl, UnflattenOptions>::OptionsModule;
  UnflattenImpl(int64_t dim, std::vector<int64_t> sizes) : OptionsModule(UnflattenOptions(dim, std::move(sizes))) {}
  Tensor forward(const Tensor& input);
  void pretty_print(std::ostream& stream) const override;
};
TORCH_MODULE(Unflatten);

/// Indices (...) -> (..., embedding_dim); the row padding_idx is zero at first and gets no gradient.
class TORCH_API EmbeddingImpl : public Cloneable<EmbeddingImpl> {
 public:
  EmbeddingImpl(int64_t num_embeddings, int64_t embedding_dim)
      : EmbeddingImpl(EmbeddingOptions(num_embeddings, embedding_dim)) {}
  explicit EmbeddingImpl(EmbeddingOptions given) : options(std::move(given)) { EmbeddingImpl::reset(); }
  void reset() override;
  void reset_parameters();
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& indices);

  EmbeddingOptions options;
  Tensor weight;
};
class TORCH_API Embedding : public ModuleHolder<EmbeddingImpl> {
 public:
  using ModuleHolder<EmbeddingImpl>::ModuleHolder;
  /// An embedding with the rows of `embeddings`, which stay as they are unless options.freeze(false).
  static Embedding from_pretrained(const Tensor& embeddings, const EmbeddingFromPretrainedOptions& options = {});
};

/// Bags of indices (B, N), or (N) with offsets (B), -> (B, embedding_dim).
class TORCH_API EmbeddingBagImpl : public Cloneable<EmbeddingBagImpl> {
 public:
  EmbeddingBagImpl(int64_t num_embeddings, int64_t embedding_dim)
      : EmbeddingBagImpl(EmbeddingBagOptions(num_embeddings, embedding_dim)) {}
  explicit EmbeddingBagImpl(EmbeddingBagOptions given) : options(std::move(given)) { EmbeddingBagImpl::reset(); }
  void reset() override;
  void reset_parameters();
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& input, const Tensor& offsets = {}, const Tensor& per_sample_weights = {});

  EmbeddingBagOptions options;
  Tensor weight;

 protected:
  FORWARD_HAS_DEFAULT_ARGS({1, AnyValue(Tensor())}, {2, AnyValue(Tensor())})
};
class TORCH_API EmbeddingBag : public ModuleHolder<EmbeddingBagImpl> {
 public:
  using ModuleHolder<EmbeddingBagImpl>::ModuleHolder;
  /// As Embedding::from_pretrained.
  static EmbeddingBag from_pretrained(const Tensor& embeddings, const EmbeddingBagFromPretrainedOptions& options = {});
};

TINY_TORCH_UNARY_MODULE(Dropout, DropoutOptions);
TINY_TORCH_UNARY_MODULE(Dropout2d, DropoutOptions);
TINY_TORCH_UNARY_MODULE(Dropout3d, DropoutOptions);
TINY_TORCH_UNARY_MODULE(AlphaDropout, DropoutOptions);
TINY_TORCH_UNARY_MODULE(FeatureAlphaDropout, DropoutOptions);

}  // namespace tiny_torch::frontend::nn
