// Fronts of attention (Vaswani et al., 2017).
#include <cmath>
#include <limits>

#include "aten/core/operators.h"
#include "aten/native/attention_stub.h"
#include "generated/kernels/attention.h"
#include "generated/ops/attention.h"
#include "generated/ops/compare.h"
#include "generated/ops/copy.h"
#include "generated/ops/creation.h"
#include "generated/ops/dropout.h"
#include "generated/ops/index.h"
#include "generated/ops/matmul.h"
#include "generated/ops/reduce.h"
#include "generated/ops/shape.h"
#include "generated/ops/softmax.h"
#include "generated/ops/view.h"

namespace tiny_torch::native {

DEFINE_STUB(attention_stub);
DEFINE_STUB(attention_backward_stub);

namespace {

// Below this a block of the tiled kernel is mostly padding.
constexpr int64_t kFewQueries = 32;
constexpr double kMinusInfinity = -std::numeric_limits<double>::infinity();

void check_operands(const TensorBase& query, const TensorBase& key, const TensorBase& value,
                    const std::optional<TensorBase>& attn_mask) {
  TORCH_CHECK(
      query.scalar_type() == key.scalar_type() && query.scalar_type() == value.scalar_type(),
      "Expected query, key, and value to have the same dtype, but got query.dtype: ", to_string(query.scalar_type()),
      " key.dtype: ", to_string(key.scalar_type()), " and value.dtype: ", to_string(value.scalar_type()), " instead.");
  TORCH_CHECK(query.device() == key.device() && query.device() == value.device(),
              "Expected query, key, and value to have the same device type, but got query.device: ", query.device(),
              " key.device: ", key.device(), " and value.device: ", value.device(), " instead.");
  TORCH_CHECK(query.dim() >= 2 && key.dim() >= 2 && value.dim() >= 2,
              "Expected query, key, and value to all be at least 2 dimensional, but got query.dim: ", query.dim(),
              " key.dim: ", key.dim(), " and value.dim: ", value.dim(), " instead.");
  if (!attn_mask.has_value()) return;
  TORCH_CHECK_INDEX(attn_mask->dim() >= 2 || attn_mask->numel() == 0,
                    "Dimension out of range (expected to be in range of [", -std::max<int64_t>(attn_mask->dim(), 1),
                    ", ", std::max<int64_t>(attn_mask->dim(), 1) - 1, "], but got -2)");
  TORCH_CHECK(attn_mask->scalar_type() == kBool || attn_mask->scalar_type() == kFloat ||
                  attn_mask->scalar_type() == query.scalar_type(),
              "Expected attn_mask dtype to be bool or float or to match query dtype, but got attn_mask.dtype: ",
              to_string(attn_mask->scalar_type()), " and query.dtype: ", to_string(query.scalar_type()), " instead.");
}

// Batches of heads whose queries, keys and values are alike but for the number of rows.
bool has_equal_heads(const TensorBase& q, const TensorBase& k, const TensorBase& v) {
  if (q.dim() != 4 || k.dim() != 4 || v.dim() != 4) return false;
  const IntArrayRef a = q.sizes(), b = k.sizes(), c = v.sizes();
  return a[0] == b[0] && a[0] == c[0] && a[1] == b[1] && a[1] == c[1] && b[2] == c[2] && a[3] == b[3];
}

// The documentation promises an error for a mask beside is_causal, and programs rely on the result: the one of PyTorch's
// implementations that gives it takes equal heads of one width, no dropout, and a mask that is a constant.
TensorBase with_causal(const TensorBase& mask, const TensorBase& causal, bool is_possible) {
  TORCH_CHECK(is_possible && !mask.requires_grad(),
              "scaled_dot_product_attention(): Explicit attn_mask should not be set when is_causal=True");
  if (mask.scalar_type() == kBool) return ops::logical_and(mask, causal);
  return ops::where(causal, mask,
                    ops::full({}, Scalar(kMinusInfinity), mask.scalar_type(), std::nullopt, mask.device()));
}

// Each head of keys or values once for every query head that shares it.
TensorBase repeat_heads(const TensorBase& t, int64_t times) {
  if (times == 1) return t;
  const TensorBase grouped = ops::unsqueeze(t, -3);
  DimVector sizes(grouped.sizes());
  sizes[sizes.size() - 3] = times;
  DimVector merged(t.sizes());
  merged[merged.size() - 3] *= times;
  return ops::reshape(ops::expand(grouped, sizes), merged);
}

int64_t query_heads_per_key(const TensorBase& query, const TensorBase& key, const TensorBase& value) {
  TORCH_CHECK(query.dim() >= 3 && key.dim() >= 3 && value.dim() >= 3,
              "scaled_dot_product_attention(): enable_gqa expects query, key and value of at least 3 dims");
  const int64_t heads = query.size(-3), key_heads = key.size(-3);
  TORCH_CHECK(key_heads > 0 && key_heads == value.size(-3) && heads % key_heads == 0,
              "Number of heads in key and value must divide the number of heads in query, but got ", heads,
              " in query, ", key_heads, " in key and ", value.size(-3), " in value");
  return heads / key_heads;
}

// True at and below the diagonal.
TensorBase causal_mask(int64_t rows, int64_t columns, Device device) {
  const TensorBase row = ops::cumsum(ops::ones({rows, 1}, kInt, std::nullopt, device), 0);
  const TensorBase column = ops::cumsum(ops::ones({1, columns}, kInt, std::nullopt, device), 1);
  return ops::ge(row, column);
}

// Softmax that gives zeros, and zero gradients, in rows whose scores are all -inf.
TensorBase safe_softmax(const TensorBase& scores) {
  const TensorBase dead = ops::all(ops::eq(scores, wrapped_scalar(kMinusInfinity)), -1, true);
  return ops::masked_fill(ops::_softmax(ops::masked_fill(scores, dead, Scalar(0)), -1, false), dead, Scalar(0));
}

TensorBase attention_math(const TensorBase& query, const TensorBase& key, const TensorBase& value,
                          const std::optional<TensorBase>& mask, double dropout_p, double scale) {
  // Half of the scale on each side keeps the products small.
  const double root = std::sqrt(std::fabs(scale));
  TensorBase scores = ops::matmul(query * Scalar(scale < 0 ? -root : root), ops::transpose(key * Scalar(root), -2, -1));
  TensorBase weights;
  if (mask.has_value()) {
    scores = mask->scalar_type() == kBool ? ops::masked_fill(scores, ops::logical_not(*mask), Scalar(kMinusInfinity))
                                          : scores + *mask;
    weights = safe_softmax(scores);
  } else {
    weights = ops::_softmax(scores, -1, false);
  }
  if (dropout_p > 0) weights = ops::dropout(weights, dropout_p, true);
  return ops::matmul(weights, value);
}

double scale_of(const TensorBase& query, std::optional<double> scale) {
  return scale.value_or(1.0 / std::sqrt(static_cast<double>(query.size(-1))));
}

bool takes_tiles(const TensorBase& q, const TensorBase& k, const TensorBase& v, const std::optional<TensorBase>& mask,
                 double dropout_p) {
  if (mask.has_value() || dropout_p != 0 || !q.is_cpu() || (q.scalar_type() != kFloat && q.scalar_type() != kDouble))
    return false;
  return has_equal_heads(q, k, v) && q.numel() != 0 && k.numel() != 0 && v.numel() != 0;
}

// Kernels take any strides but the last.
TensorBase with_dense_rows(const TensorBase& t) {
  return t.stride(-1) == 1 || t.size(-1) == 1 ? t : ops::contiguous(t);
}

// With heads inside, as in the query, merging them afterwards is a view.
TensorBase output_like(const TensorBase& query, int64_t width) {
  const int64_t batch = query.size(0), heads = query.size(1), rows = query.size(2);
  if (width != query.size(3) || query.stride(1) >= query.stride(2)) {
    return empty_tensor({batch, heads, rows, width}, query.scalar_type(), query.device());
  }
  return ops::transpose(empty_tensor({batch, rows, heads, width}, query.scalar_type(), query.device()), 1, 2);
}

void check_tiles(const TensorBase& query, const TensorBase& key, const TensorBase& value,
                 const std::optional<TensorBase>& attn_mask, double dropout_p) {
  check_operands(query, key, value, std::nullopt);
  TORCH_CHECK(takes_tiles(query, key, value, attn_mask, dropout_p),
              "_scaled_dot_product_flash_attention_for_cpu(): expected float or double query (B, H, L, E), key (B, H, "
              "S, E) and value (B, H, S, V) "
              "without mask and dropout, got shapes ",
              query.sizes(), ", ", key.sizes(), " and ", value.sizes());
}

}  // namespace

std::tuple<TensorBase, TensorBase> _scaled_dot_product_flash_attention_for_cpu(
    const TensorBase& query, const TensorBase& key, const TensorBase& value, double dropout_p, bool is_causal,
    const std::optional<TensorBase>& attn_mask, std::optional<double> scale) {
  check_tiles(query, key, value, attn_mask, dropout_p);
  TensorBase out = output_like(query, value.size(3));
  TensorBase logsumexp =
      empty_tensor({query.size(0), query.size(1), query.size(2)}, query.scalar_type(), query.device());
  const TensorBase q = with_dense_rows(query), k = with_dense_rows(key), v = with_dense_rows(value);
  attention_stub(query.device().type(), AttentionCall{q, k, v, is_causal, scale_of(query, scale)}, out, logsumexp);
  return {out, logsumexp};
}

std::tuple<TensorBase, TensorBase, TensorBase> _scaled_dot_product_flash_attention_for_cpu_backward(
    const TensorBase& grad_out, const TensorBase& query, const TensorBase& key, const TensorBase& value,
    const TensorBase& out, const TensorBase& logsumexp, double dropout_p, bool is_causal,
    const std::optional<TensorBase>& attn_mask, std::optional<double> scale) {
  check_tiles(query, key, value, attn_mask, dropout_p);
  const int64_t out_sizes[] = {query.size(0), query.size(1), query.size(2), value.size(3)};
  const bool fits = grad_out.sizes() == IntArrayRef(out_sizes) && out.sizes() == IntArrayRef(out_sizes) &&
                    logsumexp.sizes() == IntArrayRef(out_sizes, 3) && grad_out.scalar_type() == query.scalar_type() &&
                    out.scalar_type() == query.scalar_type() && logsumexp.scalar_type() == query.scalar_type();
  TORCH_CHECK(fits,
              "_scaled_dot_product_flash_attention_for_cpu_backward(): grad_out, out and logsumexp do not fit a result "
              "of shape ",
              IntArrayRef(out_sizes), " and dtype ", to_string(query.scalar_type()));
  const auto like = [](const TensorBase& t) { return empty_tensor(t.sizes(), t.scalar_type(), t.device()); };
  TensorBase grad_query = like(query), grad_key = like(key), grad_value = like(value);
  const TensorBase q = with_dense_rows(query), k = with_dense_rows(key), v = with_dense_rows(value);
  attention_backward_stub(query.device().type(), AttentionCall{q, k, v, is_causal, scale_of(query, scale)},
                          with_dense_rows(grad_out), with_dense_rows(out), ops::contiguous(logsumexp),
                          AttentionGrads{grad_query, grad_key, grad_value});
  return {grad_query, grad_key, grad_value};
}

TensorBase scaled_dot_product_attention(const TensorBase& query, const TensorBase& key, const TensorBase& value,
                                        const std::optional<TensorBase>& attn_mask, double dropout_p, bool is_causal,
                                        std::optional<double> scale, bool enable_gqa) {
  check_operands(query, key, value, attn_mask);
  const int64_t repeats = enable_gqa ? query_heads_per_key(query, key, value) : 1;
  // The half types round once, at the end.
  const ScalarType wide = is_reduced_floating_point(query.scalar_type()) ? kFloat : query.scalar_type();
  const TensorBase q = ops::to(query, wide), k = repeat_heads(ops::to(key, wide), repeats),
                   v = repeat_heads(ops::to(value, wide), repeats);
  if (query.size(-2) >= kFewQueries && takes_tiles(q, k, v, attn_mask, dropout_p)) {
    return ops::to(std::get<0>(ops::_scaled_dot_product_flash_attention_for_cpu(q, k, v, 0.0, is_causal, {}, scale)),
                   query.scalar_type());
  }
  std::optional<TensorBase> mask = attn_mask;
  if (is_causal) {
    const TensorBase causal = causal_mask(query.size(-2), key.size(-2), query.device());
    const bool is_possible = dropout_p == 0 && has_equal_heads(q, k, v) && query.size(3) == value.size(3);
    mask = mask.has_value() ? with_causal(*mask, causal, is_possible) : causal;
  }
  const double factor = scale_of(query, scale);
  return ops::to(attention_math(q, k, v, mask, dropout_p, factor), query.scalar_type());
}

}  // namespace tiny_torch::native
