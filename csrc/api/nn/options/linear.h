// Options of Linear, Bilinear, Flatten, Unflatten, Embedding, EmbeddingBag and of the dropouts.
#pragma once

#include "api/nn/options_module.h"

namespace tiny_torch::frontend::nn {

struct TORCH_API LinearOptions {
  LinearOptions(int64_t in_features, int64_t out_features) : in_features_(in_features), out_features_(out_features) {}
  TORCH_ARG(int64_t, in_features);
  TORCH_ARG(int64_t, out_features);
  TORCH_ARG(bool, bias) = true;
};
struct TORCH_API BilinearOptions {
  BilinearOptions(int64_t in1_features, int64_t in2_features, int64_t out_features)
      : in1_features_(in1_features), in2_features_(in2_features), out_features_(out_features) {}
  TORCH_ARG(int64_t, in1_features);
  TORCH_ARG(int64_t, in2_features);
  TORCH_ARG(int64_t, out_features);
  TORCH_ARG(bool, bias) = true;
};
struct TORCH_API FlattenOptions {
  TORCH_ARG(int64_t, start_dim) = 1;
  TORCH_ARG(int64_t, end_dim) = -1;
};
struct TORCH_API UnflattenOptions {
  UnflattenOptions(int64_t dim, std::vector<int64_t> sizes) : dim_(dim), sizes_(std::move(sizes)) {}
  TORCH_ARG(int64_t, dim);
  TORCH_ARG(std::vector<int64_t>, sizes);
};

/// What all options of embeddings have.
#define TINY_TORCH_EMBEDDING_ARGS                                \
  TORCH_ARG(std::optional<int64_t>, padding_idx) = std::nullopt; \
  TORCH_ARG(std::optional<double>, max_norm) = std::nullopt;     \
  TORCH_ARG(double, norm_type) = 2.;                             \
  TORCH_ARG(bool, scale_grad_by_freq) = false;                   \
  TORCH_ARG(bool, sparse) = false

struct TORCH_API EmbeddingOptions {
  EmbeddingOptions(int64_t num_embeddings, int64_t embedding_dim)
      : num_embeddings_(num_embeddings), embedding_dim_(embedding_dim) {}
  TORCH_ARG(int64_t, num_embeddings);
  TORCH_ARG(int64_t, embedding_dim);
  TORCH_ARG(Tensor, _weight);
  TINY_TORCH_EMBEDDING_ARGS;
};
struct TORCH_API EmbeddingFromPretrainedOptions {
  TORCH_ARG(bool, freeze) = true;
  TINY_TORCH_EMBEDDING_ARGS;
};
using EmbeddingBagMode = std::variant<enumtype::kSum, enumtype::kMean, enumtype::kMax>;
struct TORCH_API EmbeddingBagOptions {
  EmbeddingBagOptions(int64_t num_embeddings, int64_t embedding_dim)
      : num_embeddings_(num_embeddings), embedding_dim_(embedding_dim) {}
  TORCH_ARG(int64_t, num_embeddings);
  TORCH_ARG(int64_t, embedding_dim);
  TORCH_ARG(Tensor, _weight);
  TORCH_ARG(EmbeddingBagMode, mode) = kMean;
  TORCH_ARG(bool, include_last_offset) = false;
  TINY_TORCH_EMBEDDING_ARGS;
};

struct TORCH_API EmbeddingBagFromPretrainedOptions {
  TORCH_ARG(bool, freeze) = true;
  TORCH_ARG(EmbeddingBagMode, mode) = kMean;
  TORCH_ARG(bool, include_last_offset) = false;
  TINY_TORCH_EMBEDDING_ARGS;
};

struct TORCH_API DropoutOptions {
  DropoutOptions(double p = 0.5) : p_(p) {}  // NOLINT: implicit as in PyTorch
  TORCH_ARG(double, p) = 0.5;
  TORCH_ARG(bool, inplace) = false;
};
using Dropout2dOptions = DropoutOptions;
using Dropout3dOptions = DropoutOptions;
using AlphaDropoutOptions = DropoutOptions;
using FeatureAlphaDropoutOptions = DropoutOptions;

namespace functional {

struct TORCH_API EmbeddingFuncOptions {
  TINY_TORCH_EMBEDDING_ARGS;
};
struct TORCH_API EmbeddingBagFuncOptions {
  TORCH_ARG(Tensor, offsets);
  TORCH_ARG(Tensor, per_sample_weights);
  TORCH_ARG(EmbeddingBagMode, mode) = kMean;
  TORCH_ARG(bool, include_last_offset) = false;
  TINY_TORCH_EMBEDDING_ARGS;
};
#undef TINY_TORCH_EMBEDDING_ARGS

struct TORCH_API DropoutFuncOptions {
  TORCH_ARG(double, p) = 0.5;
  TORCH_ARG(bool, training) = true;
  TORCH_ARG(bool, inplace) = false;
};
using Dropout2dFuncOptions = DropoutFuncOptions;
using Dropout3dFuncOptions = DropoutFuncOptions;
struct TORCH_API AlphaDropoutFuncOptions {
  TORCH_ARG(double, p) = 0.5;
  TORCH_ARG(bool, training) = false;
  TORCH_ARG(bool, inplace) = false;
};
using FeatureAlphaDropoutFuncOptions = AlphaDropoutFuncOptions;

}  // namespace functional
}  // namespace tiny_torch::frontend::nn
