#include "autograd/cross_entropy_formulas.h"

#include "autograd/formulas.h"
#include "generated/ops/compare.h"
#include "generated/ops/copy.h"
#include "generated/ops/index.h"
#include "generated/ops/softmax.h"

namespace tiny_torch::autodiff {

namespace {

// The backward of row i is factor_i (softmax(x_i) - e_target).
struct Rows {
  TensorBase factor;   // (N), no gradient
  TensorBase classes;  // (N), 0 where the target is ignored
};

Rows rows_of(const TensorBase& self, const TensorBase& target, const std::optional<TensorBase>& weight,
             int64_t reduction, int64_t ignore_index, const TensorBase& total_weight) {
  const TensorBase numbers = ops::to(target, kLong), ignored = ops::eq(numbers, wrapped_scalar(ignore_index));
  Rows rows;
  rows.classes = ops::masked_fill(numbers, ignored, Scalar(0));
  rows.factor = ops::to(ops::logical_not(ignored), self.scalar_type());
  if (weight.has_value()) rows.factor = rows.factor * ops::gather(ops::detach(*weight), 0, rows.classes);
  constexpr int64_t kMean = 1;
  if (reduction == kMean) rows.factor = rows.factor / ops::detach(total_weight);
  return rows;
}

}  // namespace

TensorBase cross_entropy_rows_grad_of_grad(const TensorBase& grad, const TensorBase& self, const TensorBase& target,
                                           const std::optional<TensorBase>& weight, int64_t reduction,
                                           int64_t ignore_index, const TensorBase& total_weight) {
  const Rows rows = rows_of(self, target, weight, reduction, ignore_index, total_weight);
  const TensorBase expected =
      ops::sum(grad * ops::_softmax(self, 1, false), OptionalIntArrayRef(IntArrayRef(1)), false);
  return rows.factor * (expected - ops::squeeze(ops::gather(grad, 1, ops::unsqueeze(rows.classes, 1)), 1));
}

TensorBase cross_entropy_rows_double_backward(const TensorBase& grad, const TensorBase& grad_output,
                                              const TensorBase& self, const TensorBase& target,
                                              const std::optional<TensorBase>& weight, int64_t reduction,
                                              int64_t ignore_index, const TensorBase& total_weight) {
  const Rows rows = rows_of(self, target, weight, reduction, ignore_index, total_weight);
  const TensorBase scaled_grad = grad * ops::unsqueeze(rows.factor * grad_output, 1);
  return ops::_softmax_backward_data(scaled_grad, ops::_softmax(self, 1, false), 1, self.scalar_type());
}

}  // namespace tiny_torch::autodiff
