// Fronts of connectionist temporal classification.
#include "aten/native/ctc.h"

#include <algorithm>
#include <limits>

#include "aten/core/operators.h"
#include "aten/native/loss_reduction.h"
#include "generated/kernels/ctc.h"
#include "generated/ops/compare.h"
#include "generated/ops/copy.h"
#include "generated/ops/creation.h"
#include "generated/ops/ctc.h"
#include "generated/ops/reduce.h"
#include "generated/ops/view.h"

namespace tiny_torch::native {

DEFINE_STUB(ctc_stub);
DEFINE_STUB(ctc_backward_stub);

namespace {

std::vector<int64_t> read_integers(const TensorBase& t) {
  TORCH_CHECK(!t.is_meta(), "ctc_loss: expected lengths with values, got a tensor on the meta device");
  const TensorBase dense = ops::contiguous(ops::to(t, kLong));
  const int64_t* data = dense.const_data_ptr<int64_t>();
  return {data, data + dense.numel()};
}

// The labels of each sample, and all checks of shapes and lengths.
CtcCall make_call(const TensorBase& log_probs, const TensorBase& targets, IntArrayRef input_lengths,
                  IntArrayRef target_lengths, int64_t blank) {
  TORCH_CHECK(log_probs.dim() == 3, "ctc_loss: expected log_probs (T, N, C), got ", log_probs.sizes());
  const int64_t steps = log_probs.size(0), batch = log_probs.size(1), classes = log_probs.size(2);
  TORCH_CHECK_NOT_IMPLEMENTED(log_probs.scalar_type() == kFloat || log_probs.scalar_type() == kDouble,
                              "\"ctc_loss_cpu\" not implemented for '", to_string(log_probs.scalar_type()), "'");
  TORCH_CHECK(targets.dim() == 1 || targets.dim() == 2, "ctc_loss: expected 1-D or 2-D targets, got ", targets.dim(),
              "-D");
  TORCH_CHECK(blank >= 0 && blank < classes, "blank must be in label range");
  TORCH_CHECK(static_cast<int64_t>(input_lengths.size()) == batch, "input_lengths must be of size batch_size");
  TORCH_CHECK(static_cast<int64_t>(target_lengths.size()) == batch, "target_lengths must be of size batch_size");
  const bool padded = targets.dim() == 2;
  TORCH_CHECK(!padded || targets.size(0) == batch, "Expected tensor to have size ", batch,
              " at dimension 0, but got size ", targets.size(0),
              " for argument #2 'targets' (while checking arguments "
              "for ctc_loss)");
  const std::vector<int64_t> all =
      targets.is_meta() ? std::vector<int64_t>(static_cast<size_t>(targets.numel())) : read_integers(targets);
  CtcCall call;
  call.log_probs = log_probs;
  call.blank = blank;
  call.input_lengths = input_lengths.vec();
  call.label_start.push_back(0);
  int64_t from = 0;
  for (size_t b = 0; b < static_cast<size_t>(batch); ++b) {
    TORCH_CHECK(input_lengths[b] >= 0 && input_lengths[b] <= steps, "Expected input_lengths to have value at most ",
                steps, ", but got value ", input_lengths[b], " (while checking arguments for ctc_loss)");
    const int64_t length = target_lengths[b];
    TORCH_CHECK(length >= 0, "Expected target_lengths to have value at least 0, but got value ", length,
                " (while checking arguments for ctc_loss)");
    const int64_t begin = padded ? static_cast<int64_t>(b) * targets.size(1) : from;
    const int64_t limit = padded ? begin + targets.size(1) : static_cast<int64_t>(all.size());
    TORCH_CHECK(begin + length <= limit, "Expected targets with at least ", length, " labels for sample ", b,
                ", but got ", std::max<int64_t>(limit - begin, 0), " (while checking arguments for ctc_loss)");
    for (int64_t i = begin; i < begin + length; ++i) {
      const int64_t label = all[static_cast<size_t>(i)];
      TORCH_CHECK(label >= 0 && label < classes, "ctc_loss: expected labels in [0, ", classes, "), got ", label);
      call.labels.push_back(label);
    }
    call.label_start.push_back(static_cast<int64_t>(call.labels.size()));
    from += length;
  }
  TORCH_CHECK(padded || from == static_cast<int64_t>(all.size()), "Expected tensor to have size ", from,
              " at dimension 0, but got size ", all.size(),
              " for argument #2 'targets' (while checking arguments for "
              "ctc_loss)");
  return call;
}

int64_t longest_target(const CtcCall& call) {
  int64_t longest = 0;
  for (size_t b = 0; b + 1 < call.label_start.size(); ++b)
    longest = std::max(longest, call.label_start[b + 1] - call.label_start[b]);
  return longest;
}

TensorBase lengths_tensor(IntArrayRef lengths) {
  const int64_t shape[] = {static_cast<int64_t>(lengths.size())};
  TensorBase t = empty_tensor(shape, kLong);
  std::copy(lengths.begin(), lengths.end(), t.mutable_data_ptr<int64_t>());
  return t;
}

}  // namespace

std::tuple<TensorBase, TensorBase> _ctc_loss(const TensorBase& log_probs, const TensorBase& targets,
                                             IntArrayRef input_lengths, IntArrayRef target_lengths, int64_t blank,
                                             bool) {
  CtcCall call = make_call(log_probs, targets, input_lengths, target_lengths, blank);
  const int64_t batch = log_probs.size(1), shape[] = {batch, log_probs.size(0), 2 * longest_target(call) + 1},
                one[] = {batch};
  call.log_alpha = empty_tensor(shape, log_probs.scalar_type(), log_probs.device());
  call.neg_log_likelihood = empty_tensor(one, log_probs.scalar_type(), log_probs.device());
  if (batch != 0) ctc_stub(log_probs.device().type(), call);
  return {call.neg_log_likelihood, call.log_alpha};
}

TensorBase _ctc_loss_backward(const TensorBase& grad, const TensorBase& log_probs, const TensorBase& targets,
                              IntArrayRef input_lengths, IntArrayRef target_lengths,
                              const TensorBase& neg_log_likelihood, const TensorBase& log_alpha, int64_t blank,
                              bool zero_infinity) {
  CtcCall call = make_call(log_probs, targets, input_lengths, target_lengths, blank);
  const int64_t batch = log_probs.size(1), shape[] = {batch, log_probs.size(0), 2 * longest_target(call) + 1},
                one[] = {batch};
  const ScalarType dtype = log_probs.scalar_type();
  TORCH_CHECK(log_alpha.sizes() == IntArrayRef(shape) && neg_log_likelihood.sizes() == IntArrayRef(one) &&
                  grad.sizes() == IntArrayRef(one) && log_alpha.scalar_type() == dtype &&
                  neg_log_likelihood.scalar_type() == dtype && grad.scalar_type() == dtype,
              "_ctc_loss_backward(): expected what _ctc_loss returned and a gradient of its shape and dtype, got ",
              grad.sizes(), ", ", neg_log_likelihood.sizes(), " and ", log_alpha.sizes());
  call.log_alpha = ops::contiguous(log_alpha);
  call.neg_log_likelihood = ops::contiguous(neg_log_likelihood);
  TensorBase grad_input = empty_tensor(log_probs.sizes(), dtype, log_probs.device());
  if (grad_input.numel() != 0)
    ctc_backward_stub(log_probs.device().type(), call, ops::contiguous(grad), grad_input, zero_infinity);
  return grad_input;
}

TensorBase ctc_loss(const TensorBase& log_probs, const TensorBase& targets, IntArrayRef input_lengths,
                    IntArrayRef target_lengths, int64_t blank, int64_t reduction, bool zero_infinity) {
  const bool batched = log_probs.dim() == 3;
  const TensorBase probs = batched || log_probs.dim() != 2 ? log_probs : ops::unsqueeze(log_probs, 1);
  const TensorBase labels = !batched && targets.dim() == 1 ? ops::unsqueeze(targets, 0) : targets;
  TensorBase loss = std::get<0>(ops::_ctc_loss(probs, labels, input_lengths, target_lengths, blank, zero_infinity));
  if (zero_infinity) {
    const TensorBase infinite = ops::eq(loss, wrapped_scalar(std::numeric_limits<double>::infinity()));
    loss = ops::where(infinite, ops::zeros_like(loss), loss);
  }
  if (reduction == kReduceMean) {
    const TensorBase lengths = ops::to(ops::clamp_min(lengths_tensor(target_lengths), Scalar(1)), loss.scalar_type());
    return ops::mean(loss / ops::to(lengths, loss.device(), loss.scalar_type()));
  }
  loss = reduced_loss(loss, reduction);
  return !batched && reduction == kReduceNone ? ops::squeeze(loss, 0) : loss;
}

TensorBase ctc_loss(const TensorBase& log_probs, const TensorBase& targets, const TensorBase& input_lengths,
                    const TensorBase& target_lengths, int64_t blank, int64_t reduction, bool zero_infinity) {
  TORCH_CHECK(is_integral(input_lengths.scalar_type(), false), "input_lengths must be integral");
  TORCH_CHECK(is_integral(target_lengths.scalar_type(), false), "target_lengths must be integral");
  return ops::ctc_loss(log_probs, targets, read_integers(input_lengths), read_integers(target_lengths), blank,
                       reduction, zero_infinity);
}

}  // namespace tiny_torch::native
