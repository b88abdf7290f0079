#include "api/nn/functional/linear.h"

#include "api/nn/functional/helpers.h"
#include "generated/functions/creation.h"
#include "generated/functions/dropout.h"
#include "generated/functions/embedding_bag.h"
#include "generated/functions/index.h"
#include "generated/functions/matmul.h"

namespace tiny_torch::frontend::nn::functional {
namespace {

/// -1, the number that no index has, without a padding index; a negative one counts from the end.
int64_t padding_row(const std::optional<int64_t>& padding_idx, int64_t rows) {
  if (!padding_idx.has_value()) return -1;
  TORCH_CHECK(*padding_idx >= -rows && *padding_idx < rows, "Padding_idx must be within num_embeddings");
  return *padding_idx < 0 ? *padding_idx + rows : *padding_idx;
}

/// Shortens the rows of `weight` that `indices` name to `max_norm`, in place and without gradient.
void shorten_rows(const Tensor& weight, const Tensor& indices, double max_norm, double norm_type) {
  const NoGradGuard no_grad;
  const Tensor rows = indices.reshape({-1});
  const Tensor chosen = weight.detach().index_select(0, rows);
  const Tensor norms = chosen.norm(Scalar(norm_type), {1}, /*keepdim=*/true);
  const Tensor factors = (Scalar(max_norm) / (norms + 1e-7)).clamp(std::nullopt, Scalar(1.0));
  weight.detach().index_put_({rows}, chosen * factors);
}

template <class Options>
void check_probability(const char* name, const Options& options) {
  TORCH_CHECK_VALUE(options.p() >= 0 && options.p() <= 1, name, " probability has to be between 0 and 1, but got ",
                    options.p());
}

}  // namespace

Tensor linear(const Tensor& input, const Tensor& weight, const Tensor& bias) {
  return tiny_torch::linear(input, weight, if_defined(bias));
}
Tensor embedding(const Tensor& input, const Tensor& weight, const EmbeddingFuncOptions& options) {
  const int64_t padding = padding_row(options.padding_idx(), weight.size(0));
  if (options.max_norm().has_value()) shorten_rows(weight, input, *options.max_norm(), options.norm_type());
  return tiny_torch::embedding(weight, input, padding, options.scale_grad_by_freq(), options.sparse());
}

Tensor embedding_bag(const Tensor& input, const Tensor& weight, const EmbeddingBagFuncOptions& o) {
  TORCH_CHECK(input.dim() == 1 || input.dim() == 2, "input has to be 1D or 2D Tensor, but got Tensor of dimension ",
              input.dim());
  TORCH_CHECK((input.dim() == 1) == o.offsets().defined(),
              "embedding_bag(): offsets belong to 1D input and to no other, got input of dimension ", input.dim());
  const bool is_max = std::holds_alternative<enumtype::kMax>(o.mode());
  const bool is_sum = std::holds_alternative<enumtype::kSum>(o.mode());
  const Tensor& factors = o.per_sample_weights();
  TORCH_CHECK(!factors.defined() || (is_sum && factors.sizes() == input.sizes()),
              "embedding_bag(): per_sample_weights need mode kSum and the shape of input");
  const int64_t padding = padding_row(o.padding_idx(), weight.size(0));
  if (o.max_norm().has_value()) shorten_rows(weight, input, *o.max_norm(), o.norm_type());
  const Tensor offsets =
      o.offsets().defined() ? o.offsets() : tiny_torch::arange(input.size(0), input.options()) * input.size(1);
  const auto per_sample = factors.defined() ? std::optional<Tensor>(factors.reshape({-1})) : std::nullopt;
  return std::get<0>(
      tiny_torch::embedding_bag(weight, input.reshape({-1}), offsets, o.scale_grad_by_freq(),
                                is_sum   ? 0
                                : is_max ? 2
                                         : 1,
                                o.sparse(), per_sample, o.include_last_offset(),
                                o.padding_idx().has_value() ? std::optional<int64_t>(padding) : std::nullopt));
}

#define DROPOUT(name, Options)                                                             \
  Tensor name(Tensor input, const Options& options) {                                      \
    check_probability("dropout", options);                                                 \
    return options.inplace() ? tiny_torch::name##_(input, options.p(), options.training()) \
                             : tiny_torch::name(input, options.p(), options.training());   \
  }
DROPOUT(dropout, DropoutFuncOptions)
DROPOUT(alpha_dropout, AlphaDropoutFuncOptions)
DROPOUT(feature_alpha_dropout, FeatureAlphaDropoutFuncOptions)
#undef DROPOUT

namespace {
Tensor channel_dropout(Tensor& input, const DropoutFuncOptions& options) {
  check_probability("dropout", options);
  return options.inplace() ? tiny_torch::feature_dropout_(input, options.p(), options.training())
                           : tiny_torch::feature_dropout(input, options.p(), options.training());
}
}  // namespace
Tensor dropout2d(Tensor input, const Dropout2dFuncOptions& options) {
  if (input.dim() != 3) return channel_dropout(input, options);
  Tensor batched = input.unsqueeze(0);
  return channel_dropout(batched, options).squeeze(0);
}
Tensor dropout3d(Tensor input, const Dropout3dFuncOptions& options) {
  if (input.dim() != 4) return channel_dropout(input, options);
  Tensor batched = input.unsqueeze(0);
  return channel_dropout(batched, options).squeeze(0);
}

}  // namespace tiny_torch::frontend::nn::functional
