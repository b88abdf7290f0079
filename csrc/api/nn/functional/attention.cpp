#include <cmath>

#include "api/nn/functional/activation.h"
#include "api/nn/functional/helpers.h"
#include "generated/functions/creation.h"
#include "generated/functions/dropout.h"
#include "generated/functions/join.h"
#include "generated/functions/linalg_norm.h"
#include "generated/functions/matmul.h"

namespace tiny_torch::frontend::nn::functional {
namespace {

/// Queries, keys and values in the model's width, each by its own projection.
std::tuple<Tensor, Tensor, Tensor> project(const Tensor& query, const Tensor& key, const Tensor& value,
                                           const MultiheadAttentionForwardFuncOptions& o) {
  const int64_t width = o.embed_dim_to_check();
  const auto bias = [&](int64_t i) {
    return o.in_proj_bias().defined() ? std::optional<Tensor>(o.in_proj_bias().narrow(0, i * width, width))
                                      : std::nullopt;
  };
  const auto weight = [&](int64_t i) {
    if (!o.use_separate_proj_weight()) return o.in_proj_weight().narrow(0, i * width, width);
    return i == 0 ? o.q_proj_weight() : i == 1 ? o.k_proj_weight() : o.v_proj_weight();
  };
  return {linear(query, weight(0), bias(0)), linear(key, weight(1), bias(1)), linear(value, weight(2), bias(2))};
}

/// (length, batch, width) to (batch, heads, length, width / heads).
Tensor split_heads(const Tensor& t, int64_t heads) {
  return t.reshape({t.size(0), t.size(1), heads, t.size(2) / heads}).permute({1, 2, 0, 3});
}

/// What is added to the scores, broadcastable to (batch, heads, L, S), or undefined.
Tensor merged_mask(const MultiheadAttentionForwardFuncOptions& o, int64_t batch, int64_t extra_keys,
                   const Tensor& like) {
  const auto additive = [&](const Tensor& mask) {
    if (mask.scalar_type() != kBool) return mask.to(like.scalar_type());
    return zeros(mask.sizes(), like.options()).masked_fill(mask, -INFINITY);
  };
  const auto widened = [&](const Tensor& mask) {
    if (extra_keys == 0) return mask;
    std::vector<int64_t> sizes = mask.sizes().vec();
    sizes.back() = extra_keys;
    return cat({mask, zeros(sizes, mask.options())}, -1);
  };
  Tensor result;
  if (o.attn_mask().defined()) {
    const Tensor mask = widened(additive(o.attn_mask()));
    TORCH_CHECK(mask.dim() == 2 || mask.dim() == 3, "attn_mask's dimension ", mask.dim(), " is not supported");
    result = mask.dim() == 2 ? mask.unsqueeze(0).unsqueeze(0)
                             : mask.view({batch, o.num_heads(), mask.size(1), mask.size(2)});
  }
  if (o.key_padding_mask().defined()) {
    const Tensor mask = widened(additive(o.key_padding_mask())).unsqueeze(1).unsqueeze(2);
    result = result.defined() ? result + mask : mask;
  }
  return result;
}

}  // namespace

std::tuple<Tensor, Tensor> multi_head_attention_forward(const Tensor& query, const Tensor& key, const Tensor& value,
                                                        const MultiheadAttentionForwardFuncOptions& o) {
  TORCH_CHECK(query.dim() == 3 && key.dim() == 3 && value.dim() == 3,
              "multi_head_attention_forward(): expected query, key and value of 3 dimensions, got ", query.dim(), ", ",
              key.dim(), " and ", value.dim());
  const int64_t length = query.size(0), batch = query.size(1), width = query.size(2), heads = o.num_heads();
  TORCH_CHECK(width == o.embed_dim_to_check(), "multi_head_attention_forward(): expected queries of width ",
              o.embed_dim_to_check(), ", got ", width);
  TORCH_CHECK(heads > 0 && width % heads == 0, "embed_dim must be divisible by num_heads");
  TORCH_CHECK(!o.static_k().defined() && !o.static_v().defined(),
              "multi_head_attention_forward(): static_k and static_v are not supported");
  auto [q, k, v] = project(query, key, value, o);
  int64_t extra_keys = 0;
  if (o.bias_k().defined() && o.bias_v().defined()) {
    k = cat({k, o.bias_k().expand({1, batch, width})});
    v = cat({v, o.bias_v().expand({1, batch, width})});
    ++extra_keys;
  }
  if (o.add_zero_attn()) {
    k = cat({k, zeros({1, batch, width}, k.options())});
    v = cat({v, zeros({1, batch, width}, v.options())});
    ++extra_keys;
  }
  const Tensor scale = q * (1 / std::sqrt(static_cast<double>(width / heads)));
  Tensor scores = matmul(split_heads(scale, heads), split_heads(k, heads).transpose(-2, -1));
  const Tensor mask = merged_mask(o, batch, extra_keys, q);
  if (mask.defined()) scores = scores + mask;
  const Tensor weights = scores.softmax(-1);
  const Tensor mixed = matmul(dropout(weights, o.dropout_p(), o.training()), split_heads(v, heads));
  const Tensor merged = mixed.permute({2, 0, 1, 3}).reshape({length, batch, width});
  const Tensor output = linear(merged, o.out_proj_weight(), if_defined(o.out_proj_bias()));
  if (!o.need_weights()) return {output, Tensor()};
  return {output, o.average_attn_weights() ? weights.mean(1) : weights};
}

}  // namespace tiny_torch::frontend::nn::functional
