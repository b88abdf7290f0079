// Layers of LSTM and GRU cells over padded steps, as one operator: a product and a fused kernel for each step.
#include "aten/native/gemm.h"
#include "aten/native/rnn.h"
#include "generated/kernels/rnn.h"
#include "generated/ops/copy.h"
#include "generated/ops/creation.h"
#include "generated/ops/join.h"
#include "generated/ops/matmul.h"
#include "generated/ops/reduce.h"
#include "generated/ops/shape.h"
#include "generated/ops/view.h"

namespace tiny_torch::native {

DEFINE_STUB(lstm_step_stub);
DEFINE_STUB(lstm_step_backward_stub);
DEFINE_STUB(gru_step_stub);
DEFINE_STUB(gru_step_backward_stub);

namespace {

bool has_shape(const TensorBase& t, IntArrayRef shape) { return t.sizes() == shape; }

// out = beta * out + a @ b + bias for one b and many a. Packing b takes about as long as a few of the products.
class RepeatedProduct {
 public:
  RepeatedProduct(const TensorBase& out, const TensorBase& a, const TensorBase& b, int64_t times,
                  const TensorBase& bias = {}, int64_t beta = 0)
      : out_(out), b_(b), bias_(bias), beta_(beta) {
    constexpr int64_t kFew = 12;
    if (times >= kFew) gemm_pack_stub(out.device().type(), GemmCall{out, a, b, bias_, beta_}, packed_);
  }
  void run(const TensorBase& a) const {
    gemm_stub(out_.device().type(), GemmCall{out_, a, b_, bias_, beta_, 1, &packed_});
  }

 private:
  TensorBase out_, b_, bias_;
  int64_t beta_;
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

// Sizes T, B and H of a layer whose state and weights fit; `parts` is how many features `t` has for each hidden one.
struct LayerSizes {
  int64_t steps, batch, hidden;
};
LayerSizes check_layer(const char* op, const TensorBase& t, const char* name, int64_t parts, const TensorBase& h0,
                       const TensorBase& w_hh, int64_t gates) {
  TORCH_CHECK(t.dim() == 3 && t.size(2) % parts == 0 && t.size(0) > 0, op, "(): expected ", name, " of shape (T, B, ",
              parts, " * H) with T > 0, got ", t.sizes());
  TORCH_CHECK_NOT_IMPLEMENTED(t.scalar_type() == kFloat || t.scalar_type() == kDouble, "\"", op,
                              "\" not implemented for '", to_string(t.scalar_type()), "'");
  const LayerSizes s{t.size(0), t.size(1), t.size(2) / parts};
  check_state(op, h0, "h0", {s.batch, s.hidden}, t);
  check_state(op, w_hh, "w_hh", {gates * s.hidden, s.hidden}, t);
  return s;
}

TensorBase like(const TensorBase& t, IntArrayRef shape) { return empty_tensor(shape, t.scalar_type(), t.device()); }

TensorBase zeros_like(const TensorBase& t) { return ops::zeros(t.sizes(), t.scalar_type(), std::nullopt, t.device()); }

// A gradient that is given, dense, or undefined.
TensorBase checked_grad(const char* op, const std::optional<TensorBase>& grad, const char* name, IntArrayRef shape,
                        const TensorBase& like) {
  if (!grad.has_value() || !grad->defined()) return {};
  check_state(op, *grad, name, shape, like);
  return ops::contiguous(*grad);
}
// Memory of our own that starts as a gradient, or as zeros.
TensorBase start_of_sum(const TensorBase& grad, const TensorBase& like) {
  return grad.defined() ? ops::clone(grad) : zeros_like(like);
}
// No entries for an undefined tensor.
std::vector<TensorBase> steps_of(const TensorBase& t) {
  return t.defined() ? ops::unbind(t, 0) : std::vector<TensorBase>();
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
  const auto [steps, batch, hidden] = check_layer("_lstm_layer", gates, "gates", 4, h0, w_hh, 4);
  check_state("_lstm_layer", c0, "c0", h0.sizes(), gates);
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
  const auto [steps, batch, hidden] = check_layer(op, activated, "activated", 4, h0, w_hh, 4);
  check_state(op, c0, "c0", h0.sizes(), activated);
  check_state(op, output, "output", {steps, batch, hidden}, activated);
  check_state(op, cells, "cells", {steps, batch, hidden}, activated);
  TORCH_CHECK(output_mask.size() == 4, op, "(): expected output_mask to have 4 values, got ", output_mask.size());
  const TensorBase of_output = checked_grad(op, grad_output, "grad_output", output.sizes(), activated),
                   of_h = checked_grad(op, grad_h, "grad_h", h0.sizes(), activated),
                   of_c = checked_grad(op, grad_c, "grad_c", c0.sizes(), activated),
                   grad_gates = like(activated, activated.sizes());
  if (output.numel() == 0) return {grad_gates, zeros_like(h0), zeros_like(c0), zeros_like(w_hh)};
  const TensorBase grad_cell = start_of_sum(of_c, c0);
  const std::vector<TensorBase> grad_steps = steps_of(of_output), grad_gate_steps = steps_of(grad_gates),
                                cell_steps = steps_of(ops::contiguous(cells)),
                                activated_steps = steps_of(ops::contiguous(activated));
  const TensorBase from_gates = like(h0, h0.sizes()), first_cell = ops::contiguous(c0), none;
  const RepeatedProduct product(from_gates, grad_gate_steps[0], ops::contiguous(w_hh), steps);
  TensorBase h = of_h;
  const Walk walk{steps, reverse};
  for (int64_t i = steps - 1; i >= 0; --i) {
    const size_t t = walk.at(i);
    const TensorBase& previous = i == 0 ? first_cell : cell_steps[walk.at(i - 1)];
    lstm_step_backward_stub(activated.device().type(),
                            LstmStepBackward{of_output.defined() ? grad_steps[t] : none, h, grad_cell,
                                             activated_steps[t], cell_steps[t], previous, grad_gate_steps[t]});
    if (i == 0 && !output_mask[1]) break;
    product.run(grad_gate_steps[t]);
    h = from_gates;
  }
  const TensorBase grad_weight = output_mask[3] ? weight_grad(grad_gates, h0, output, reverse) : none;
  return {output_mask[0] ? grad_gates : none, output_mask[1] ? from_gates : none, output_mask[2] ? grad_cell : none,
          grad_weight};
}

std::tuple<TensorBase, TensorBase, TensorBase> _gru_layer(const TensorBase& gates, const TensorBase& h0,
                                                          const TensorBase& w_hh, const std::optional<TensorBase>& b_hh,
                                                          bool reverse, bool keep) {
  const auto [steps, batch, hidden] = check_layer("_gru_layer", gates, "gates", 3, h0, w_hh, 3);
  TensorBase bias;
  if (b_hh.has_value() && b_hh->defined()) {
    check_state("_gru_layer", *b_hh, "b_hh", {3 * hidden}, gates);
    bias = ops::contiguous(*b_hh);
  }
  const TensorBase output = like(gates, {steps, batch, hidden}),
                   activated = like(gates, {keep ? steps : 0, batch, 4 * hidden});
  if (output.numel() == 0) return {output, like(h0, h0.sizes()), activated};
  const std::vector<TensorBase> gate_steps = steps_of(ops::contiguous(gates)), outputs = steps_of(output),
                                activated_steps = steps_of(activated);
  const TensorBase from_hidden = like(gates, {batch, 3 * hidden}), not_kept;
  TensorBase h = ops::contiguous(h0);
  const RepeatedProduct product(from_hidden, h, ops::transpose(ops::contiguous(w_hh), 0, 1), steps, bias);
  const Walk walk{steps, reverse};
  for (int64_t i = 0; i < steps; ++i) {
    const size_t t = walk.at(i);
    product.run(h);
    gru_step_stub(gates.device().type(),
                  GruStep{gate_steps[t], from_hidden, h, keep ? activated_steps[t] : not_kept, outputs[t]});
    h = outputs[t];
  }
  return {output, ops::clone(h), activated};
}

std::tuple<TensorBase, TensorBase, TensorBase, TensorBase> _gru_layer_backward(
    const std::optional<TensorBase>& grad_output, const std::optional<TensorBase>& grad_h, const TensorBase& h0,
    const TensorBase& w_hh, const TensorBase& output, const TensorBase& activated, bool reverse,
    ArrayRef<bool> output_mask) {
  const char* op = "_gru_layer_backward";
  const auto [steps, batch, hidden] = check_layer(op, activated, "activated", 4, h0, w_hh, 3);
  check_state(op, output, "output", {steps, batch, hidden}, activated);
  TORCH_CHECK(output_mask.size() == 4, op, "(): expected output_mask to have 4 values, got ", output_mask.size());
  const TensorBase of_output = checked_grad(op, grad_output, "grad_output", output.sizes(), activated),
                   of_h = checked_grad(op, grad_h, "grad_h", h0.sizes(), activated),
                   grad_gates = like(activated, {steps, batch, 3 * hidden}),
                   grad_hidden = like(activated, {steps, batch, 3 * hidden}), none;
  if (output.numel() == 0) {
    return {grad_gates, zeros_like(h0), zeros_like(w_hh),
            ops::zeros({3 * hidden}, h0.scalar_type(), std::nullopt, h0.device())};
  }
  const TensorBase grad_state = start_of_sum(of_h, h0), first = ops::contiguous(h0);
  const std::vector<TensorBase> grad_steps = steps_of(of_output), grad_gate_steps = steps_of(grad_gates),
                                grad_hidden_steps = steps_of(grad_hidden), outputs = steps_of(ops::contiguous(output)),
                                activated_steps = steps_of(ops::contiguous(activated));
  const RepeatedProduct product(grad_state, grad_hidden_steps[0], ops::contiguous(w_hh), steps, none, 1);
  const Walk walk{steps, reverse};
  for (int64_t i = steps - 1; i >= 0; --i) {
    const size_t t = walk.at(i);
    const TensorBase& previous = i == 0 ? first : outputs[walk.at(i - 1)];
    gru_step_backward_stub(activated.device().type(),
                           GruStepBackward{of_output.defined() ? grad_steps[t] : none, grad_state, activated_steps[t],
                                           previous, grad_gate_steps[t], grad_hidden_steps[t]});
    if (i == 0 && !output_mask[1]) break;
    product.run(grad_hidden_steps[t]);
  }
  const int64_t all[] = {0, 1};
  return {output_mask[0] ? grad_gates : none, output_mask[1] ? grad_state : none,
          output_mask[2] ? weight_grad(grad_hidden, h0, output, reverse) : none,
          output_mask[3] ? ops::sum(grad_hidden, OptionalIntArrayRef(IntArrayRef(all)), false) : none};
}

}  // namespace tiny_torch::native
