#include "autograd/attention_formulas.h"

#include <cmath>
#include <limits>

#include "autograd/AutogradMeta.h"
#include "autograd/formulas.h"
#include "generated/ops/attention.h"
#include "generated/ops/compare.h"
#include "generated/ops/index.h"
#include "generated/ops/matmul.h"
#include "generated/ops/softmax.h"

namespace tiny_torch::autodiff {

namespace {

TensorBase transposed(const TensorBase& t) { return ops::transpose(t, -2, -1); }

// Where query i may not see key j > i.
TensorBase hidden_keys(int64_t queries, int64_t keys, Device device) {
  const TensorBase query = ops::cumsum(ops::ones({queries, 1}, kInt, std::nullopt, device), 0);
  const TensorBase key = ops::cumsum(ops::ones({1, keys}, kInt, std::nullopt, device), 1);
  return ops::lt(query, key);
}

}  // namespace

std::tuple<TensorBase, TensorBase, TensorBase> attention_backward(const TensorBase& grad, const TensorBase& query,
                                                                  const TensorBase& key, const TensorBase& value,
                                                                  const TensorBase& output, const TensorBase& logsumexp,
                                                                  bool is_causal, std::optional<double> scale) {
  if (!GradMode::is_enabled()) {
    return ops::_scaled_dot_product_flash_attention_for_cpu_backward(grad, query, key, value, output, logsumexp, 0.0,
                                                                     is_causal, {}, scale);
  }
  const Scalar factor(scale.value_or(1.0 / std::sqrt(static_cast<double>(query.size(-1)))));
  TensorBase scores = ops::matmul(query, transposed(key)) * factor;
  if (is_causal) {
    const TensorBase hidden = hidden_keys(query.size(-2), key.size(-2), query.device());
    scores = ops::masked_fill(scores, hidden, Scalar(-std::numeric_limits<double>::infinity()));
  }
  const TensorBase weights = ops::_softmax(scores, -1, false);
  const TensorBase slopes =
      ops::_softmax_backward_data(ops::matmul(grad, transposed(value)), weights, -1, query.scalar_type()) * factor;
  return {ops::matmul(slopes, key), ops::matmul(transposed(slopes), query), ops::matmul(transposed(weights), grad)};
}

}  // namespace tiny_torch::autodiff
