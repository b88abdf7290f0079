// Losses on divergences, margins and distances, all made of other operators.
#include "generated/kernels/margin_loss.h"
#include "aten/core/operators.h"
#include "aten/core/promotion.h"
#include "aten/native/loss_reduction.h"
#include "aten/native/pointwise_checks.h"
#include "generated/ops/compare.h"
#include "generated/ops/copy.h"
#include "generated/ops/creation.h"
#include "generated/ops/distance.h"
#include "generated/ops/index.h"
#include "generated/ops/margin_loss.h"
#include "generated/ops/reduce.h"
#include "generated/ops/shape.h"
#include "generated/ops/transcendental.h"
#include "generated/ops/view.h"

namespace tiny_torch::native {

namespace {

TensorBase positive_part(const TensorBase& t) { return ops::clamp_min(t, Scalar(0)); }
TensorBase equals(const TensorBase& t, int64_t value) { return ops::eq(t, wrapped_scalar(value)); }
TensorBase zeros_of(const TensorBase& t) { return ops::zeros_like(t); }
TensorBase sum_of(const TensorBase& t, int64_t dim) {
  return ops::sum(t, OptionalIntArrayRef(IntArrayRef({dim})), false);
}

// (N, C) scores of an op that takes (C) as well, and whether they were.
struct Scores {
  TensorBase values;
  bool single;
};
Scores as_rows(const char* op, const TensorBase& self) {
  bool fits = self.dim() == 1 || self.dim() == 2;
  if (self.dim() == 0) return {ops::reshape(self, {1, 1}), true};
  fits = fits && self.size(self.dim() - 1) != 0;
  TORCH_CHECK(fits, op,
              "(): Expected non-empty vector or matrix with optional 0-dim batch size, but got: ", self.sizes());
  return {self.dim() == 1 ? ops::unsqueeze(self, 0) : self, self.dim() == 1};
}

void check_double_or_float(const char* op, const TensorBase& self) {
  TORCH_CHECK_NOT_IMPLEMENTED(self.scalar_type() == kFloat || self.scalar_type() == kDouble, "\"", op,
                              "\" not implemented for '", to_string(self.scalar_type()), "'");
}

// These losses are summed up whatever the reduction is, if it is no mean and not none.
int64_t or_sum(int64_t reduction) {
  return reduction == kReduceNone || reduction == kReduceMean ? reduction : kReduceSum;
}

TensorBase reduced_rows(const TensorBase& losses, bool single, int64_t reduction) {
  return reduced_loss(single ? ops::squeeze(losses, 0) : losses, or_sum(reduction));
}

}  // namespace

TensorBase kl_div(const TensorBase& self, const TensorBase& target, int64_t reduction, bool log_target) {
  TORCH_CHECK(!self.is_complex() && !target.is_complex(), "kl_div: expected real input and target, got dtypes ",
              to_string(self.scalar_type()), " and ", to_string(target.scalar_type()));
  return reduced_loss(log_target ? ops::exp(target) * (target - self) : ops::_x_log_x(target) - target * self,
                      reduction);
}

TensorBase poisson_nll_loss(const TensorBase& input, const TensorBase& target, bool log_input, bool full, double eps,
                            int64_t reduction) {
  TensorBase loss = log_input ? ops::exp(input) - target * input : input - target * ops::log(input + Scalar(eps));
  if (full) {
    const TensorBase stirling =
        target * ops::log(target) - target + ops::log(target * Scalar(6.283185307179586)) * Scalar(0.5);
    loss = loss + ops::masked_fill(stirling, ops::le(target, wrapped_scalar(1)), Scalar(0));
  }
  return reduced_loss(loss, reduction);
}

TensorBase hinge_embedding_loss(const TensorBase& self, const TensorBase& target, double margin, int64_t reduction) {
  const TensorBase zeros = zeros_of(self),
                   distance = positive_part(scalar_tensor_of(Scalar(margin), self.scalar_type(), self.device()) - self);
  const TensorBase dissimilar = ops::where(ops::ne(target, wrapped_scalar(1)), distance, zeros);
  const TensorBase similar = ops::where(ops::ne(target, wrapped_scalar(-1)), self, zeros);
  return reduced_loss(dissimilar + similar, reduction);
}

TensorBase soft_margin_loss(const TensorBase& self, const TensorBase& target, int64_t reduction) {
  check_neg(self);
  const ScalarType dtype = result_type(self, target);
  check_can_cast(is_integral(dtype, true) ? default_dtype() : dtype, self.scalar_type());
  const TensorBase losses = ops::_soft_margin(self, target);
  TORCH_CHECK(losses.sizes() == self.sizes(), "output with shape ", self.sizes(), " doesn't match the broadcast shape ",
              losses.sizes());
  return reduced_loss(ops::to(losses, self.scalar_type()), or_sum(reduction));
}

TensorBase margin_ranking_loss(const TensorBase& input1, const TensorBase& input2, const TensorBase& target,
                               double margin, int64_t reduction) {
  return reduced_loss(positive_part(-target * (input1 - input2) + Scalar(margin)), reduction);
}

TensorBase cosine_embedding_loss(const TensorBase& input1, const TensorBase& input2, const TensorBase& target,
                                 double margin, int64_t reduction) {
  const int64_t dim = target.dim();
  TORCH_CHECK(dim <= 1, "0D or 1D target tensor expected, multi-target not supported");
  TORCH_CHECK(input1.dim() == dim + 1 && input2.dim() == dim + 1, dim, "D target tensor expects ", dim + 1,
              "D input tensors, but found inputs with sizes ", input1.sizes(), " and ", input2.sizes(), ".");
  const Scalar epsilon(1e-12);
  const TensorBase product = sum_of(input1 * input2, dim), square1 = sum_of(input1 * input1, dim) + epsilon,
                   square2 = sum_of(input2 * input2, dim) + epsilon;
  const TensorBase cosine = product / ops::sqrt(square1 * square2), zeros = zeros_of(cosine);
  const TensorBase similar = ops::where(equals(target, 1), Scalar(1) - cosine, zeros);
  const TensorBase dissimilar = ops::where(equals(target, -1), positive_part(cosine - Scalar(margin)), zeros);
  return reduced_loss(similar + dissimilar, reduction);
}

TensorBase triplet_margin_loss(const TensorBase& anchor, const TensorBase& positive, const TensorBase& negative,
                               double margin, double p, double eps, bool swap, int64_t reduction) {
  TORCH_CHECK(anchor.dim() == positive.dim() && positive.dim() == negative.dim(),
              "The anchor, positive, and negative tensors are expected to have the same number of dimensions, but got: "
              "anchor ",
              anchor.dim(), "D, positive ", positive.dim(), "D, and negative ", negative.dim(), "D inputs");
  const TensorBase near = ops::pairwise_distance(anchor, positive, p, eps);
  TensorBase far = ops::pairwise_distance(anchor, negative, p, eps);
  if (swap) far = ops::minimum(far, ops::pairwise_distance(positive, negative, p, eps));
  return reduced_loss(positive_part(near - far + Scalar(margin)), reduction);
}

TensorBase multi_margin_loss(const TensorBase& self, const TensorBase& target, const Scalar& p, const Scalar& margin,
                             const std::optional<TensorBase>& weight, int64_t reduction) {
  TORCH_CHECK(p.to_double() == 1 || p.to_double() == 2, "only p == 1 and p == 2 supported");
  const TensorBase rows = as_rows("multi_margin_loss", self).values;
  const bool single = target.dim() == 0;  // its rank is that of the result
  const int64_t n = rows.size(0), classes = rows.size(1);
  TORCH_CHECK(target.dim() <= 1 && target.numel() == n,
              "multi_margin_loss(): inconsistent target size, got: ", target.sizes());
  check_double_or_float("multi_margin_loss_cpu", self);
  const TensorBase index = ops::reshape(target, {n, 1});
  TensorBase loss = positive_part(Scalar(margin) - ops::gather(rows, 1, index) + rows);
  if (p.to_double() == 2) loss = loss * loss;
  if (weight.has_value()) {
    TORCH_CHECK(weight->dim() <= 1 && weight->numel() == classes,
                "multi_margin_loss(): inconsistent weight size, expected ", classes, " but got: ", weight->sizes());
    TORCH_CHECK(weight->scalar_type() == self.scalar_type(), "multi_margin_loss(): expected scalar type ",
                to_string(self.scalar_type()), " but found ", to_string(weight->scalar_type()));
    loss = loss * ops::reshape(ops::index_select(*weight, 0, ops::reshape(index, {-1})), {n, 1});
  }
  loss = ops::scatter(loss, 1, index, Scalar(0));
  return reduced_rows(sum_of(loss, 1) / Scalar(classes), single, reduction);
}

TensorBase multilabel_margin_loss(const TensorBase& self, const TensorBase& target, int64_t reduction) {
  const auto [rows, single] = as_rows("multilabel_margin_loss", self);
  const int64_t n = rows.size(0), classes = rows.size(1);
  TORCH_CHECK(target.sizes() == self.sizes() || (self.dim() == 0 && target.numel() == 1),
              "inconsistent target size: ", target.sizes(), " for input of size: ", self.sizes());
  check_double_or_float("multilabel_margin_loss_forward_out_frame", self);
  const TensorBase labels = ops::reshape(target, {n, classes});
  if (!labels.is_meta() && labels.numel() != 0) {
    const int64_t low = read_scalar(ops::min(labels)).to_int(), high = read_scalar(ops::max(labels)).to_int();
    TORCH_CHECK(low >= -1 && high < classes,
                "multilabel_margin_loss(): argument #2 'target' is out of range, expected labels in [-1, ", classes,
                "), got ", low < -1 ? low : high);
  }
  // Labels count up to the first negative one.
  const TensorBase valid = ops::ne(ops::cumprod(ops::ge(labels, wrapped_scalar(0)), 1), wrapped_scalar(0));
  const TensorBase index = ops::where(valid, labels, ops::zeros_like(labels));
  const TensorBase is_target =
      ops::ne(ops::scatter_add(ops::zeros_like(labels), 1, index, ops::to(valid, kLong)), wrapped_scalar(0));
  const TensorBase wanted = ops::gather(rows, 1, index);
  const TensorBase gap = positive_part(Scalar(1) - ops::unsqueeze(wanted, 2) + ops::unsqueeze(rows, 1));
  const TensorBase counts = ops::logical_and(ops::unsqueeze(valid, 2), ops::logical_not(ops::unsqueeze(is_target, 1)));
  const TensorBase loss = ops::where(counts, gap, zeros_of(gap));
  const TensorBase sums = ops::sum(loss, OptionalIntArrayRef(IntArrayRef({int64_t{1}, int64_t{2}})), false);
  return reduced_rows(sums / Scalar(classes), single || self.dim() == 0, reduction);
}

}  // namespace tiny_torch::native
