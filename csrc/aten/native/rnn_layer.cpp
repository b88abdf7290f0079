// A layer of LSTM cells over padded steps, as one operator: a product and a fused kernel for each step.
#include "aten/native/gemm.h"
#include "aten/native/rnn.h"
#include "generated/kernels/rnn.h"
#include "generated/ops/copy.h"
#include "generated/ops/creation.h"
#include "generated/ops/join.h"
#include "generated/ops/matmul.h"
#include "generated/ops/shape.h"
#include "generated/ops/view.h"

namespace tiny_torch::native {

DEFINE_STUB(lstm_step_stub);
DEFINE_STUB(lstm_step_backward_stub);

namespace {

bool has_shape(const TensorBase& t, IntArrayRef shape) { return t.sizes() == shape; }

// out = a @ b for one b and many a. Packing b takes about as long as a few of the products.
class RepeatedProduct {
 public:
  RepeatedProduct(const TensorBase& out, const TensorBase& a, const TensorBase& b, int64_t times) : out_(out), b_(b) {
    constexpr int64_t kFew = 12;
    if (times >= kFew) gemm_pack_stub(out.device().type(), GemmCall{out, a, b, none_}, packed_);
  }
  void run(const TensorBase& a) const { gemm_stub(out_.device().type(), GemmCall{out_, a, b_, none_, 0, 1, &packed_}); }

 private:
  TensorBase out_, b_, none_;
  PackedMatrix packed_;
};

// The order of steps, and what comes before one.
struct Walk {
  int64_t steps;
  bool reverse;
  size_t at(int64_t i) const { return static_cast<size_t>(reverse ? steps - 1 - i : i); }
};

void check_state(const char* op, const TensorBase& t, const char* name, IntArrayRef shape, const TensorBase& like) {
  TORCH_CHECK(has_shape(t, shape), op, "(): expected ", name, " of shape ", shape, ", got ", t.sizes());
  TORCH_CHECK(t.scalar_type() == like.scalar_type(), op, "(): expected ", name, " of dtype ",
              to_string(like.scalar_type()), ", got ", to_string(t.scalar_type()));
  TORCH_CHECK(t.device() == like.device(), op, "(): expected ", name, " on device ", like.device(), ", got ",
              t.device());
}

// Sizes T, B and H of a layer whose states and weights fit.
struct LayerSizes {
  int64_t steps, batch, hidden;
};
LayerSizes check_layer(const char* op, const TensorBase& gates, const char* name, const TensorBase& h0,
                       const TensorBase& c0, const TensorBase& w_hh) {
  TORCH_CHECK(gates.dim() == 3 && gates.size(2) % 4 == 0 && gates.size(0) > 0, op, "(): expected ", name,
              " of shape (T, B, 4 * H) with T > 0, got ", gates.sizes());
  TORCH_CHECK_NOT_IMPLEMENTED(gates.scalar_type() == kFloat || gates.scalar_type() == kDouble, "\"", op,
                              "\" not implemented for '", to_string(gates.scalar_type()), "'");
  const LayerSizes s{gates.size(0), gates.size(1), gates.size(2) / 4};
  check_state(op, h0, "h0", {s.batch, s.hidden}, gates);
  check_state(op, c0, "c0", {s.batch, s.hidden}, gates);
  check_state(op, w_hh, "w_hh", {4 * s.hidden, s.hidden}, gates);
  return s;
}

TensorBase like(const TensorBase& t, IntArrayRef shape) { return empty_tensor(shape, t.scalar_type(), t.device()); }

std::optional<TensorBase> checked_grad(const std::optional<TensorBase>& grad, const char* name, IntArrayRef shape,
                                       const TensorBase& like) {
  if (!grad.has_value() || !grad->defined()) return std::nullopt;
  check_state("_lstm_layer_backward", *grad, name, shape, like);
  return ops::contiguous(*grad);
}

// The sum over all steps and samples of gradient times the state before, in one product.
TensorBase weight_grad(const TensorBase& grad_gates, const TensorBase& h0, const TensorBase& output, bool reverse) {
  const int64_t steps = output.size(0), rows = steps * output.size(1);
  const TensorBase first = ops::unsqueeze(h0, 0), others = ops::narrow(output, 0, reverse ? 1 : 0, steps - 1);
  const TensorBase before = reverse ? ops::cat({others, first}, 0) : ops::cat({first, others}, 0);
  return ops::mm(ops::transpose(ops::view(grad_gates, {rows, grad_gates.size(2)}), 0, 1),
                 ops::view(before, {rows, output.size(2)}));
}

}  // namespace

std::tuple<TensorBase, TensorBase, TensorBase, TensorBase, TensorBase> _lstm_layer(const TensorBase& gates,
                                                                                   const TensorBase& h0,
                                                                                   const TensorBase& c0,
                                                                                   const TensorBase& w_hh, bool reverse,
                                                                                   bool keep) {
  const auto [steps, batch, hidden] = check_layer("_lstm_layer", gates, "gates", h0, c0, w_hh);
  const TensorBase output = like(gates, {steps, batch, hidden}), cells = like(gates, {keep ? steps : 1, batch, hidden}),
                   activated = like(gates, {keep ? steps : 0, batch, 4 * hidden});
  if (output.numel() == 0) return {output, like(h0, h0.sizes()), like(c0, c0.sizes()), cells, activated};
  const std::vector<TensorBase> gate_steps = ops::unbind(ops::contiguous(gates), 0), outputs = ops::unbind(output, 0),
                                cell_steps = ops::unbind(cells, 0), activated_steps = ops::unbind(activated, 0);
  const TensorBase from_hidden = like(gates, {batch, 4 * hidden}), not_kept;
  TensorBase h = ops::contiguous(h0), c = ops::contiguous(c0);
  const RepeatedProduct product(from_hidden, h, ops::transpose(ops::contiguous(w_hh), 0, 1), steps);
  const Walk walk{steps, reverse};
  for (int64_t i = 0; i < steps; ++i) {
    const size_t t = walk.at(i);
    product.run(h);
    const TensorBase& cell = cell_steps[keep ? t : 0];
    lstm_step_stub(gates.device().type(),
                   LstmStep{gate_steps[t], from_hidden, c, keep ? activated_steps[t] : not_kept, cell, outputs[t]});
    h = outputs[t];
    c = cell;
  }
  return {output, ops::clone(h), ops::clone(c), cells, activated};
}

std::tuple<TensorBase, TensorBase, TensorBase, TensorBase> _lstm_layer_backward(
    const std::optional<TensorBase>& grad_output, const std::optional<TensorBase>& grad_h,
    const std::optional<TensorBase>& grad_c, const TensorBase& h0, const TensorBase& c0, const TensorBase& w_hh,
    const TensorBase& output, const TensorBase& cells, const TensorBase& activated, bool reverse,
    ArrayRef<bool> output_mask) {
  const char* op = "_lstm_layer_backward";
  const auto [steps, batch, hidden] = check_layer(op, activated, "activated", h0, c0, w_hh);
  check_state(op, output, "output", {steps, batch, hidden}, activated);
  check_state(op, cells, "cells", {steps, batch, hidden}, activated);
  TORCH_CHECK(output_mask.size() == 4, op, "(): expected output_mask to have 4 values, got ", output_mask.size());
  const auto of_output = checked_grad(grad_output, "grad_output", output.sizes(), activated),
             of_h = checked_grad(grad_h, "grad_h", h0.sizes(), activated),
             of_c = checked_grad(grad_c, "grad_c", c0.sizes(), activated);
  const TensorBase grad_gates = like(activated, activated.sizes());
  if (output.numel() == 0) {
    const auto nothing = [](const TensorBase& t) { return ops::zeros(t.sizes(), t.scalar_type(), {}, t.device()); };
    return {grad_gates, nothing(h0), nothing(c0), nothing(w_hh)};
  }
  const TensorBase grad_cell =
      of_c.has_value() ? ops::clone(*of_c) : ops::zeros(c0.sizes(), c0.scalar_type(), std::nullopt, c0.device());
  const std::vector<TensorBase> grad_steps =
                                    of_output.has_value() ? ops::unbind(*of_output, 0) : std::vector<TensorBase>(),
                                grad_gate_steps = ops::unbind(grad_gates, 0),
                                cell_steps = ops::unbind(ops::contiguous(cells), 0),
                                activated_steps = ops::unbind(ops::contiguous(activated), 0);
  const TensorBase from_gates = like(h0, h0.sizes()), first_cell = ops::contiguous(c0), none;
  const RepeatedProduct product(from_gates, grad_gate_steps[0], ops::contiguous(w_hh), steps);
  TensorBase h = of_h.value_or(TensorBase());
  const Walk walk{steps, reverse};
  for (int64_t i = steps - 1; i >= 0; --i) {
    const size_t t = walk.at(i);
    const TensorBase& previous = i == 0 ? first_cell : cell_steps[walk.at(i - 1)];
    lstm_step_backward_stub(activated.device().type(),
                            LstmStepBackward{of_output.has_value() ? grad_steps[t] : none, h, grad_cell,
                                             activated_steps[t], cell_steps[t], previous, grad_gate_steps[t]});
    if (i == 0 && !output_mask[1]) break;
    product.run(grad_gate_steps[t]);
    h = from_gates;
  }
  const TensorBase grad_weight = output_mask[3] ? weight_grad(grad_gates, h0, output, reverse) : none;
  return {output_mask[0] ? grad_gates : none, output_mask[1] ? from_gates : none, output_mask[2] ? grad_cell : none,
          grad_weight};
}

}  // namespace tiny_torch::native
