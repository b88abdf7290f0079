#include "api/nn/functional/linear.h"

#include "generated/Functions.h"

namespace tiny_torch::nn::functional {
namespace {

std::optional<Tensor> if_defined(const Tensor& t) { return t.defined() ? std::optional<Tensor>(t) : std::nullopt; }

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
  const Tensor flat = input.reshape({-1});
  Tensor rows = tiny_torch::embedding(weight, flat, padding, o.scale_grad_by_freq(), o.sparse());
  if (factors.defined()) rows = rows * factors.reshape({-1, 1});
  Tensor counted = tiny_torch::ones({flat.size(0)}, rows.options());
  if (o.padding_idx().has_value()) {
    counted = flat.ne(padding).to(rows.scalar_type());
    rows = is_max ? rows.masked_fill(flat.eq(padding).unsqueeze(1), -INFINITY) : rows * counted.unsqueeze(1);
  }
  // The bag of each row, from the shape or from the offsets.
  int64_t bags = input.size(0);
  Tensor bag;
  if (input.dim() == 2) {
    bag = tiny_torch::arange(bags).unsqueeze(1).expand(input.sizes()).reshape({-1});
  } else {
    const Tensor offsets = o.offsets().to(kCPU, kLong).contiguous();
    const int64_t* starts = offsets.const_data_ptr<int64_t>();
    bags = offsets.numel() - (o.include_last_offset() ? 1 : 0);
    TORCH_CHECK(offsets.dim() == 1 && offsets.numel() > 0 && starts[0] == 0,
                "offsets[0] has to be 0, i.e., the first sequence in the mini-batch has to start from position 0");
    std::vector<int64_t> numbers;
    for (int64_t b = 0; b < bags; ++b) {
      const int64_t end = b + 1 < offsets.numel() ? starts[b + 1] : flat.size(0);
      TORCH_CHECK(starts[b] <= end && end <= flat.size(0), "embedding_bag(): offsets must grow and lie in [0, ",
                  flat.size(0), "]");
      numbers.insert(numbers.end(), static_cast<size_t>(end - starts[b]), b);
    }
    numbers.resize(static_cast<size_t>(flat.size(0)), bags);  // rows after the last bag are dropped below
    bag = tiny_torch::empty({flat.size(0)}, kLong);
    std::copy(numbers.begin(), numbers.end(), bag.mutable_data_ptr<int64_t>());
  }
  const Tensor none = tiny_torch::zeros({bags + 1, weight.size(1)}, rows.options());
  if (is_max) {
    // A bag's maximum is taken over its own rows, so each bag is reduced apart.
    std::vector<Tensor> results;
    for (int64_t b = 0; b < bags; ++b) {
      const Tensor own = rows.index({bag.eq(b).logical_and(counted.ne(0))});
      results.push_back(own.size(0) == 0 ? none[b] : std::get<0>(own.max(0)));
    }
    return bags == 0 ? none.slice(0, 0, 0) : tiny_torch::stack(results);
  }
  const Tensor sums = none.index_add(0, bag, rows).slice(0, 0, bags);
  if (is_sum) return sums;
  const Tensor sizes = tiny_torch::zeros({bags + 1}, rows.options()).index_add(0, bag, counted).slice(0, 0, bags);
  return sums / sizes.clamp_min(Scalar(1.0)).unsqueeze(1);
}

#define DROPOUT(name, Options)                                                                          \
  Tensor name(Tensor input, const Options& options) {                                                   \
    check_probability("dropout", options);                                                              \
    return options.inplace() ? tiny_torch::name##_(input, options.p(), options.training())              \
                             : tiny_torch::name(input, options.p(), options.training());                \
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

}  // namespace tiny_torch::nn::functional
