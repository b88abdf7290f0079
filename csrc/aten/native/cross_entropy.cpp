// Fronts of nll_loss and cross_entropy_loss.
#include "generated/kernels/cross_entropy.h"
#include "aten/core/operators.h"
#include "aten/native/loss_reduction.h"
#include "aten/native/nll_stub.h"
#include "generated/kernels/loss.h"
#include "generated/ops/compare.h"
#include "generated/ops/copy.h"
#include "generated/ops/cross_entropy.h"
#include "generated/ops/index.h"
#include "generated/ops/loss.h"
#include "generated/ops/reduce.h"
#include "generated/ops/shape.h"
#include "generated/ops/softmax.h"
#include "generated/ops/view.h"

namespace tiny_torch::native {

DEFINE_STUB(nll_loss_stub);
DEFINE_STUB(nll_loss_backward_stub);
DEFINE_STUB(cross_entropy_stub);
DEFINE_STUB(cross_entropy_backward_stub);

namespace {

struct NllShape {
  int64_t n = 1, classes = 1, inner = 1;
};

NllShape nll_shape(const TensorBase& self) {
  if (self.dim() == 1) return {1, self.size(0), 1};
  NllShape s{self.size(0), self.size(1), 1};
  for (int64_t d = 2; d < self.dim(); ++d) s.inner *= self.size(d);
  return s;
}

void check_inputs(const char* op, const TensorBase& self, const TensorBase& target,
                  const std::optional<TensorBase>& weight, int64_t classes) {
  TORCH_CHECK(target.scalar_type() == kLong || target.scalar_type() == kByte, op,
              "(): expected scalar type Long but found ", to_string(target.scalar_type()));
  TORCH_CHECK_NOT_IMPLEMENTED(self.is_floating_point(), "\"", op, "\" not implemented for '",
                              to_string(self.scalar_type()), "'");
  TORCH_CHECK(target.device() == self.device(), op,
              "(): Expected all tensors to be on the same device, but got target on ", target.device(),
              ", different from self on ", self.device());
  if (!weight.has_value()) return;
  TORCH_CHECK(weight->dim() == 1 && weight->numel() == classes, op, "(): weight tensor should be defined for all ",
              classes, " classes, but got weight tensor of shape: ", weight->sizes());
  TORCH_CHECK(weight->scalar_type() == self.scalar_type(), op, "(): expected scalar type ",
              to_string(self.scalar_type()), " but found ", to_string(weight->scalar_type()));
  TORCH_CHECK(weight->device() == self.device(), op,
              "(): Expected all tensors to be on the same device, but got weight on ", weight->device(),
              ", different from self on ", self.device());
}

void check_nll(const TensorBase& self, const TensorBase& target, const std::optional<TensorBase>& weight) {
  TORCH_CHECK(self.dim() > 0 && self.dim() <= 2, "nll_loss(): input tensor should be 1D or 2D, got ", self.dim(), "D");
  TORCH_CHECK(target.dim() <= 1, "nll_loss(): 0D or 1D target tensor expected, multi-target not supported");
  TORCH_CHECK(target.scalar_type() == kLong || target.scalar_type() == kByte,
              "expected target dtype to be Long or Byte, but got ", to_string(target.scalar_type()));
  TORCH_CHECK_VALUE(self.dim() != 1 || target.numel() == 1,
                    "For 1D input, 1D target must have size 1, but got target size: ", target.numel());
  TORCH_CHECK(self.dim() == 1 || (target.dim() == 1 && self.size(0) == target.size(0)),
              "size mismatch (got input: ", self.sizes(), ", target: ", target.sizes(), ")");
  check_inputs("nll_loss", self, target, weight, self.size(-1));
}

void check_nll2d(const TensorBase& self, const TensorBase& target, const std::optional<TensorBase>& weight) {
  TORCH_CHECK(target.dim() == 3,
              "only batches of spatial targets supported (3D tensors) but got targets of dimension: ", target.dim());
  TORCH_CHECK(self.dim() == 4,
              "only batches of spatial inputs supported (4D tensors), but got input of dimension: ", self.dim());
  TORCH_CHECK(self.size(0) == target.size(0) && self.size(2) == target.size(1) && self.size(3) == target.size(2),
              "size mismatch (got input: ", self.sizes(), " , target: ", target.sizes(), ")");
  check_inputs("nll_loss2d", self, target, weight, self.size(1));
}

// The tensors a call refers to, as the kernels want them.
struct NllOperands {
  TensorBase self, target, weight;
  NllShape shape;
  NllOperands(const TensorBase& self_in, const TensorBase& target_in, const std::optional<TensorBase>& weight_in,
              bool needs_self)
      : self(needs_self ? ops::contiguous(self_in) : self_in),
        target(ops::contiguous(ops::to(target_in, kLong))),
        weight(weight_in.has_value() ? ops::contiguous(*weight_in) : TensorBase()),
        shape(nll_shape(self_in)) {}
  NllCall call(int64_t reduction, int64_t ignore_index) const {
    return {self, target, weight, shape.n, shape.classes, shape.inner, reduction, ignore_index};
  }
};

std::tuple<TensorBase, TensorBase> forward(const TensorBase& self, const TensorBase& target,
                                           const std::optional<TensorBase>& weight, int64_t reduction,
                                           int64_t ignore_index) {
  const bool elements = reduction == kReduceNone && self.dim() > 1;
  TensorBase out = empty_tensor(elements ? target.sizes() : IntArrayRef(), self.scalar_type(), self.device());
  TensorBase total_weight = empty_tensor({}, self.scalar_type(), self.device());
  if (self.is_meta()) return {out, total_weight};
  const NllOperands operands(self, target, weight, true);
  nll_loss_stub(self.device().type(), operands.call(reduction, ignore_index), out, total_weight);
  return {out, total_weight};
}

void check_gradient(const TensorBase& grad_output, const TensorBase& self, const TensorBase& target, int64_t reduction,
                    const TensorBase& total_weight) {
  const bool elements = reduction == kReduceNone && self.dim() > 1;
  TORCH_CHECK(elements ? grad_output.sizes() == target.sizes() : grad_output.numel() == 1,
              "nll_loss_backward(): expected grad_output of ", elements ? "the shape of target" : "one element",
              ", got shape ", grad_output.sizes());
  TORCH_CHECK(grad_output.scalar_type() == self.scalar_type(), "nll_loss_backward(): expected scalar type ",
              to_string(self.scalar_type()), " but found ", to_string(grad_output.scalar_type()));
  TORCH_CHECK(total_weight.numel() == 1 && total_weight.scalar_type() == self.scalar_type(),
              "nll_loss_backward(): expected total_weight to be a single element of dtype ",
              to_string(self.scalar_type()), ", got shape ", total_weight.sizes(), " of ",
              to_string(total_weight.scalar_type()));
}

TensorBase backward(const TensorBase& grad_output, const TensorBase& self, const TensorBase& target,
                    const std::optional<TensorBase>& weight, int64_t reduction, int64_t ignore_index,
                    const TensorBase& total_weight) {
  check_gradient(grad_output, self, target, reduction, total_weight);
  TensorBase grad_input = empty_tensor(self.sizes(), self.scalar_type(), self.device());
  if (self.is_meta()) return grad_input;
  const NllOperands operands(self, target, weight, false);
  nll_loss_backward_stub(self.device().type(), operands.call(reduction, ignore_index), grad_input,
                         ops::contiguous(grad_output), total_weight);
  return grad_input;
}

}  // namespace

std::tuple<TensorBase, TensorBase> nll_loss_forward(const TensorBase& self, const TensorBase& target,
                                                    const std::optional<TensorBase>& weight, int64_t reduction,
                                                    int64_t ignore_index) {
  check_nll(self, target, weight);
  return forward(self, target, weight, reduction, ignore_index);
}
std::tuple<TensorBase, TensorBase> nll_loss2d_forward(const TensorBase& self, const TensorBase& target,
                                                      const std::optional<TensorBase>& weight, int64_t reduction,
                                                      int64_t ignore_index) {
  check_nll2d(self, target, weight);
  return forward(self, target, weight, reduction, ignore_index);
}
TensorBase nll_loss_backward(const TensorBase& grad_output, const TensorBase& self, const TensorBase& target,
                             const std::optional<TensorBase>& weight, int64_t reduction, int64_t ignore_index,
                             const TensorBase& total_weight) {
  check_nll(self, target, weight);
  return backward(grad_output, self, target, weight, reduction, ignore_index, total_weight);
}
TensorBase nll_loss2d_backward(const TensorBase& grad_output, const TensorBase& self, const TensorBase& target,
                               const std::optional<TensorBase>& weight, int64_t reduction, int64_t ignore_index,
                               const TensorBase& total_weight) {
  check_nll2d(self, target, weight);
  return backward(grad_output, self, target, weight, reduction, ignore_index, total_weight);
}

TensorBase nll_loss_nd(const TensorBase& self, const TensorBase& target, const std::optional<TensorBase>& weight,
                       int64_t reduction, int64_t ignore_index) {
  TORCH_CHECK_VALUE(self.dim() >= 1, "nll_loss(): Expected 1 or more dimensions (got ", self.dim(), ")");
  if (self.dim() != 1) {
    TORCH_CHECK_VALUE(target.dim() >= 1 && self.size(0) == target.size(0), "Expected input batch_size (", self.size(0),
                      ") to match target batch_size (", target.dim() == 0 ? 0 : target.size(0), ").");
  }
  if (self.dim() <= 2) return ops::nll_loss(self, target, weight, reduction, ignore_index);
  if (self.dim() == 4) return ops::nll_loss2d(self, target, weight, reduction, ignore_index);
  DimVector out_size;
  for (int64_t d = 0; d < self.dim(); ++d) {
    if (d != 1) out_size.push_back(self.size(d));
  }
  TORCH_CHECK(target.sizes() == IntArrayRef(out_size), "Expected target size ", IntArrayRef(out_size), ", got ",
              target.sizes());
  const int64_t positions = target.size(0) == 0 ? 0 : target.numel() / target.size(0);
  const TensorBase loss =
      ops::nll_loss2d(ops::reshape(self, {self.size(0), self.size(1), 1, positions}),
                      ops::reshape(target, {target.size(0), 1, positions}), weight, reduction, ignore_index);
  return reduction == kReduceNone ? ops::reshape(loss, out_size) : loss;
}

namespace {

// The class weights along dimension 1 of a tensor like `self`.
TensorBase along_classes(const TensorBase& weight, const TensorBase& self) {
  DimVector shape(static_cast<size_t>(self.dim()), 1);
  shape[self.dim() == 1 ? 0 : 1] = weight.numel();
  return ops::reshape(weight, shape);
}

void check_class_weight(const std::optional<TensorBase>& weight, int64_t classes) {
  if (!weight.has_value()) return;
  TORCH_CHECK(weight->dim() == 1 && weight->numel() == classes,
              "cross_entropy(): weight tensor should be defined for all ", classes,
              " classes, but got weight tensor of shape: ", weight->sizes());
}

TensorBase of_probabilities(const TensorBase& self, const TensorBase& target, const std::optional<TensorBase>& weight,
                            int64_t reduction, double label_smoothing) {
  TORCH_CHECK(target.is_floating_point(), "Expected floating point type for target with class probabilities, got ",
              to_string(target.scalar_type()));
  TORCH_CHECK_INDEX(self.dim() >= 1, "cross_entropy_loss(): expected an input with at least one dimension, got 0-d");
  const int64_t dim = self.dim() == 1 ? 0 : 1, classes = self.size(dim);
  check_class_weight(weight, classes);
  const TensorBase log_p = ops::log_softmax(self, dim, self.scalar_type());
  TensorBase smooth = target;
  if (label_smoothing > 0)
    smooth = target * Scalar(1 - label_smoothing) + Scalar(label_smoothing / static_cast<double>(classes));
  TensorBase terms = log_p * smooth;
  if (weight.has_value()) terms = terms * along_classes(*weight, self);
  if (reduction == kReduceNone) return -ops::sum(terms, OptionalIntArrayRef(IntArrayRef(dim)), false);
  const TensorBase total = -ops::sum(terms);
  // The mean is over the samples, not the classes; no samples give 0 / 0.
  return reduction == kReduceMean ? total / Scalar(static_cast<double>(self.numel()) / static_cast<double>(classes))
                                  : total;
}

TensorBase with_label_smoothing(const TensorBase& self, const TensorBase& target,
                                const std::optional<TensorBase>& weight, int64_t reduction, int64_t ignore_index,
                                double label_smoothing) {
  TORCH_CHECK_VALUE(self.dim() >= 1, "cross_entropy_loss(): Expected 1 or more dimensions (got 0)");
  const int64_t dim = self.dim() == 1 ? 0 : 1, classes = self.size(dim);
  check_class_weight(weight, classes);
  const TensorBase log_p = ops::log_softmax(self, dim, self.scalar_type());
  const TensorBase nll = ops::nll_loss_nd(log_p, target, weight, reduction, ignore_index);
  const TensorBase ignored = ops::eq(target, wrapped_scalar(ignore_index));
  const TensorBase terms = weight.has_value() ? log_p * along_classes(*weight, self) : log_p;
  TensorBase smooth =
      ops::masked_fill(-ops::sum(terms, OptionalIntArrayRef(IntArrayRef(dim)), false), ignored, Scalar(0));
  if (reduction == kReduceSum) smooth = ops::sum(smooth);
  if (reduction == kReduceMean) {
    TensorBase counted = ops::to(ops::logical_not(ignored), self.scalar_type());
    if (weight.has_value()) {
      const TensorBase classes_of = ops::reshape(ops::masked_fill(target, ignored, Scalar(0)), {-1});
      counted = ops::gather(*weight, 0, ops::to(classes_of, kLong)) * ops::reshape(counted, {-1});
    }
    smooth = ops::sum(smooth) / ops::sum(counted);
  }
  return nll * Scalar(1 - label_smoothing) + smooth * Scalar(label_smoothing / static_cast<double>(classes));
}

}  // namespace

std::tuple<TensorBase, TensorBase, TensorBase> _cross_entropy_rows(const TensorBase& self, const TensorBase& target,
                                                                   const std::optional<TensorBase>& weight,
                                                                   int64_t reduction, int64_t ignore_index) {
  TORCH_CHECK(self.dim() == 2, "_cross_entropy_rows(): expected a 2-d self, got ", self.dim(), "-d");
  check_nll(self, target, weight);
  TensorBase out =
      empty_tensor(reduction == kReduceNone ? target.sizes() : IntArrayRef(), self.scalar_type(), self.device());
  TensorBase total_weight = empty_tensor({}, self.scalar_type(), self.device());
  TensorBase row_state =
      empty_tensor({self.size(0), 2}, self.scalar_type() == kDouble ? kDouble : kFloat, self.device());
  if (self.is_meta()) return {out, total_weight, row_state};
  const NllOperands operands(self, target, weight, true);
  cross_entropy_stub(self.device().type(), operands.call(reduction, ignore_index), out, total_weight, row_state);
  return {out, total_weight, row_state};
}

TensorBase _cross_entropy_rows_backward(const TensorBase& grad_output, const TensorBase& self, const TensorBase& target,
                                        const std::optional<TensorBase>& weight, int64_t reduction,
                                        int64_t ignore_index, const TensorBase& total_weight,
                                        const TensorBase& row_state) {
  TORCH_CHECK(self.dim() == 2, "_cross_entropy_rows_backward(): expected a 2-d self, got ", self.dim(), "-d");
  check_nll(self, target, weight);
  check_gradient(grad_output, self, target, reduction, total_weight);
  TORCH_CHECK(row_state.is_contiguous() && row_state.dim() == 2 && row_state.size(0) == self.size(0) &&
                  row_state.size(1) == 2 &&
                  row_state.scalar_type() == (self.scalar_type() == kDouble ? kDouble : kFloat),
              "_cross_entropy_rows_backward(): expected a contiguous row_state of shape [", self.size(0), ", 2], got ",
              row_state.sizes());
  TensorBase grad_input = empty_tensor(self.sizes(), self.scalar_type(), self.device());
  if (self.is_meta()) return grad_input;
  const NllOperands operands(self, target, weight, true);
  cross_entropy_backward_stub(self.device().type(), operands.call(reduction, ignore_index), grad_input,
                              ops::contiguous(grad_output), total_weight, row_state);
  return grad_input;
}

namespace {
// The composite below gives the errors for everything else.
bool takes_rows(const TensorBase& self, const TensorBase& target) {
  return self.dim() == 2 && target.dim() == 1 && self.size(0) == target.size(0) && self.is_floating_point() &&
         self.element_size() > 1;
}
}  // namespace

TensorBase cross_entropy_loss(const TensorBase& self, const TensorBase& target, const std::optional<TensorBase>& weight,
                              int64_t reduction, int64_t ignore_index, double label_smoothing) {
  TORCH_CHECK(label_smoothing >= 0 && label_smoothing <= 1,
              "label_smoothing must be between 0.0 and 1.0. Got: ", label_smoothing);
  TORCH_CHECK(
      (reduction >= kReduceNone && reduction <= kReduceSum) || (label_smoothing == 0 && self.sizes() != target.sizes()),
      "Invalid reduction type encountered in cross_entropy: ", reduction);
  if (self.sizes() == target.sizes()) {
    TORCH_CHECK(ignore_index < 0, "ignore_index is not supported for floating point target");
    return of_probabilities(self, target, weight, reduction, label_smoothing);
  }
  if (label_smoothing > 0) return with_label_smoothing(self, target, weight, reduction, ignore_index, label_smoothing);
  if (takes_rows(self, target))
    return std::get<0>(ops::_cross_entropy_rows(self, target, weight, reduction, ignore_index));
  const TensorBase log_p = ops::log_softmax(self, self.dim() <= 1 ? 0 : 1, self.scalar_type());
  return ops::nll_loss_nd(log_p, target, weight, reduction, ignore_index);
}

}  // namespace tiny_torch::native
