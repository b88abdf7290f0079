// Recurrent networks. A layer multiplies its whole input by the weights at once and then walks over the steps.
#include <algorithm>
#include <functional>

#include "aten/core/operators.h"
#include "aten/native/batch_sizes.h"
#include "generated/kernels/rnn.h"
#include "generated/ops/activation.h"
#include "generated/ops/copy.h"
#include "generated/ops/dropout.h"
#include "generated/ops/join.h"
#include "generated/ops/matmul.h"
#include "generated/ops/rnn.h"
#include "generated/ops/shape.h"
#include "generated/ops/view.h"

namespace tiny_torch::native {

namespace {

/// The weights of one layer in one direction; `projection` is there for LSTMs only.
struct CellWeights {
  TensorBase w_ih, w_hh;
  std::optional<TensorBase> b_ih, b_hh, projection;
};

/// What goes from step to step; `c` is undefined but in LSTMs.
struct State {
  TensorBase h, c;
};
State map(const State& state, const std::function<TensorBase(const TensorBase&)>& f) {
  return {f(state.h), state.c.defined() ? f(state.c) : TensorBase()};
}
State rows(const State& state, int64_t start, int64_t length) {
  return map(state, [&](const TensorBase& t) { return ops::narrow(t, 0, start, length); });
}
State joined(const std::vector<State>& states) {
  std::vector<TensorBase> h, c;
  for (const State& s : states) {
    h.push_back(s.h);
    if (s.c.defined()) c.push_back(s.c);
  }
  if (states.size() == 1) return states[0];
  return {ops::cat(h, 0), c.empty() ? TensorBase() : ops::cat(c, 0)};
}

// A kind of cell: what it makes of its input, all steps at once, and a step. `gates` come from `input_gates`.
struct Cell {
  TensorBase (*input_gates)(const TensorBase& input, const CellWeights& w);
  State (*step)(const TensorBase& gates, const State& state, const CellWeights& w);
  int64_t gates;
};

TensorBase hidden_gates(const TensorBase& h, const CellWeights& w) { return ops::linear(h, w.w_hh, w.b_hh); }
TensorBase plain_input_gates(const TensorBase& input, const CellWeights& w) {
  return ops::linear(input, w.w_ih, w.b_ih);
}

State tanh_step(const TensorBase& gates, const State& state, const CellWeights& w) {
  return {ops::tanh(gates + hidden_gates(state.h, w)), {}};
}
State relu_step(const TensorBase& gates, const State& state, const CellWeights& w) {
  return {ops::relu(gates + hidden_gates(state.h, w)), {}};
}

// The parts of `gates` for each of a cell's n gates.
std::vector<TensorBase> split_gates(const TensorBase& gates, int64_t n) {
  std::vector<TensorBase> parts;
  if (gates.dim() > 0 && gates.size(-1) % n == 0) parts = ops::chunk(gates, n, -1);
  TORCH_CHECK(static_cast<int64_t>(parts.size()) == n, "expected weights with ", n,
              " rows for each hidden feature, got gates of size ", gates.sizes());
  return parts;
}

State lstm_step(const TensorBase& gates, const State& state, const CellWeights& w) {
  const std::vector<TensorBase> g = split_gates(gates + hidden_gates(state.h, w), 4);
  const TensorBase c = ops::_gated(state.c, g[1]) + ops::_gated(ops::tanh(g[2]), g[0]);
  const TensorBase h = ops::_gated(ops::tanh(c), g[3]);
  return {w.projection.has_value() ? ops::linear(h, *w.projection) : h, c};
}

State gru_step(const TensorBase& gates, const State& state, const CellWeights& w) {
  const std::vector<TensorBase> in = split_gates(gates, 3), hidden = split_gates(hidden_gates(state.h, w), 3);
  const TensorBase candidate = ops::tanh(in[2] + ops::_gated(hidden[2], in[0] + hidden[0]));
  return {ops::_gated(state.h - candidate, in[1] + hidden[1]) + candidate, {}};
}

constexpr Cell kTanh{plain_input_gates, tanh_step, 1}, kRelu{plain_input_gates, relu_step, 1},
    kLstm{plain_input_gates, lstm_step, 4}, kGru{plain_input_gates, gru_step, 3};

/// Steps of a sequence: padded ones all have the whole batch, packed ones fewer and fewer rows.
struct Steps {
  std::vector<int64_t> sizes;  // empty for padded sequences
  bool packed() const { return !sizes.empty(); }
};

struct LayerResult {
  TensorBase output;
  State last;
};

LayerResult run_padded(const Cell& cell, const TensorBase& gates, State state, const CellWeights& w, bool reverse) {
  std::vector<TensorBase> steps = ops::unbind(gates, 0), outputs(steps.size());
  for (size_t i = 0; i < steps.size(); ++i) {
    const size_t t = reverse ? steps.size() - 1 - i : i;
    state = cell.step(steps[t], state, w);
    outputs[t] = state.h;
  }
  return {ops::stack(outputs, 0), state};
}

// Sequences that have ended leave their state behind.
LayerResult run_packed(const Cell& cell, const TensorBase& gates, State state, const CellWeights& w,
                       const Steps& steps) {
  std::vector<TensorBase> outputs;
  std::vector<State> ended;
  int64_t offset = 0, batch = steps.sizes[0];
  for (const int64_t size : steps.sizes) {
    if (size < batch) {
      ended.push_back(rows(state, size, batch - size));
      state = rows(state, 0, size);
      batch = size;
    }
    state = cell.step(ops::narrow(gates, 0, offset, size), state, w);
    offset += size;
    outputs.push_back(state.h);
  }
  ended.push_back(state);
  std::reverse(ended.begin(), ended.end());
  return {ops::cat(outputs, 0), joined(ended)};
}

// Backwards, sequences join as their last step comes.
LayerResult run_packed_reversed(const Cell& cell, const TensorBase& gates, const State& first, const CellWeights& w,
                                const Steps& steps) {
  std::vector<TensorBase> outputs;
  int64_t offset = gates.size(0), batch = steps.sizes.back();
  State state = rows(first, 0, batch);
  for (size_t i = steps.sizes.size(); i-- > 0;) {
    const int64_t size = steps.sizes[i];
    if (size > batch) {
      state = joined({state, rows(first, batch, size - batch)});
      batch = size;
    }
    offset -= size;
    state = cell.step(ops::narrow(gates, 0, offset, size), state, w);
    outputs.push_back(state.h);
  }
  std::reverse(outputs.begin(), outputs.end());
  return {ops::cat(outputs, 0), state};
}

bool is_matrix(const TensorBase& t, int64_t rows, int64_t columns, const TensorBase& like) {
  return t.dim() == 2 && t.size(0) == rows && t.size(1) == columns && t.scalar_type() == like.scalar_type() &&
         t.device() == like.device();
}

// Whether _lstm_layer or _gru_layer takes the layer.
bool takes_kernel(const Cell& cell, const TensorBase& input, const State& state, const CellWeights& w) {
  const ScalarType dtype = input.scalar_type();
  if (cell.gates == 1 || w.projection.has_value() || !input.is_cpu() || (dtype != kFloat && dtype != kDouble))
    return false;
  if (input.dim() != 3 || w.w_hh.dim() != 2 || w.w_ih.dim() != 2) return false;
  const int64_t batch = input.size(1), hidden = w.w_hh.size(1), rows = cell.gates * hidden;
  const auto is_bias = [&](const std::optional<TensorBase>& b) {
    return b.has_value() && b->dim() == 1 && b->size(0) == rows && b->scalar_type() == dtype && b->is_cpu();
  };
  return is_matrix(state.h, batch, hidden, input) && (!state.c.defined() || is_matrix(state.c, batch, hidden, input)) &&
         is_matrix(w.w_hh, rows, hidden, input) && w.w_ih.size(0) == rows &&
         (!w.b_ih.has_value() || (is_bias(w.b_ih) && is_bias(w.b_hh)));
}

// The results of PyTorch's layers may be written to before the backward pass, float32 LSTMs excepted; ours read the output.
LayerResult run_lstm(const TensorBase& gates, const State& state, const CellWeights& w, bool reverse) {
  const bool keep = GradMode::is_enabled() && (gates.requires_grad() || state.h.requires_grad() ||
                                               state.c.requires_grad() || w.w_hh.requires_grad());
  auto [output, h, c, cells, activated] = ops::_lstm_layer(gates, state.h, state.c, w.w_hh, reverse, keep);
  return {keep && output.scalar_type() == kDouble ? ops::clone(output) : output, {h, c}};
}

LayerResult run_gru(const TensorBase& gates, const State& state, const CellWeights& w, bool reverse) {
  const bool keep =
      GradMode::is_enabled() && (gates.requires_grad() || state.h.requires_grad() || w.w_hh.requires_grad() ||
                                 (w.b_hh.has_value() && w.b_hh->requires_grad()));
  auto [output, h, activated] = ops::_gru_layer(gates, state.h, w.w_hh, w.b_hh, reverse, keep);
  return {keep ? ops::clone(output) : output, {h, {}}};
}

LayerResult run_layer(const Cell& cell, const TensorBase& input, const State& state, CellWeights w, const Steps& steps,
                      bool reverse) {
  const bool lstm = state.c.defined(), fused = !steps.packed() && takes_kernel(cell, input, state, w);
  if (fused && lstm && w.b_ih.has_value()) {
    w.b_ih = *w.b_ih + *w.b_hh;
    w.b_hh.reset();
  }
  const TensorBase gates = cell.input_gates(input, w);
  // Autocast lowers the product but not the state of a GRU.
  if (fused && gates.scalar_type() == state.h.scalar_type())
    return (lstm ? run_lstm : run_gru)(gates, state, w, reverse);
  if (!steps.packed()) return run_padded(cell, gates, state, w, reverse);
  return reverse ? run_packed_reversed(cell, gates, state, w, steps) : run_packed(cell, gates, state, w, steps);
}

struct Options {
  const char* op;
  bool has_biases;
  int64_t num_layers;
  double dropout;
  bool train, bidirectional;
};

std::vector<CellWeights> gather_weights(const Options& o, TensorList params, bool projected) {
  const size_t each = 2 + (o.has_biases ? 2 : 0) + (projected ? 1 : 0);
  const size_t layers = static_cast<size_t>(o.num_layers) * (o.bidirectional ? 2 : 1);
  TORCH_CHECK(o.num_layers > 0, o.op, "(): expected at least one layer, got ", o.num_layers);
  TORCH_CHECK(params.size() == layers * each, o.op, "(): expected ", layers * each, " weights and biases, got ",
              params.size());
  std::vector<CellWeights> weights;
  for (size_t i = 0; i < params.size(); i += each) {
    CellWeights w{params[i], params[i + 1], {}, {}, {}};
    if (o.has_biases) {
      w.b_ih = params[i + 2];
      w.b_hh = params[i + 3];
    }
    if (projected) w.projection = params[i + each - 1];
    weights.push_back(std::move(w));
  }
  return weights;
}

struct NetworkResult {
  TensorBase output, h, c;
};

NetworkResult run_network(const Cell& cell, const Options& o, TensorBase input, TensorList hx, TensorList params,
                          const Steps& steps) {
  const bool lstm = hx.size() == 2;
  for (const TensorBase& h : hx) h.size(0);  // an IndexError for a 0-d tensor
  if (lstm) {
    for (const TensorBase& h : hx) h.size(2);  // PyTorch compares the features before it counts the dims
  }
  for (const TensorBase& h : hx)
    TORCH_CHECK(h.dim() == 3, o.op, "(): expected states (layers, B, features), got ", h.sizes());
  const bool projected = lstm && hx[0].size(2) != hx[1].size(2);
  const std::vector<CellWeights> weights = gather_weights(o, params, projected);
  TORCH_CHECK(hx[0].size(0) == static_cast<int64_t>(weights.size()) && hx.back().size(0) == hx[0].size(0), o.op,
              "(): expected states of ", weights.size(), " layers and directions, got ", hx[0].size(0));
  const size_t directions = o.bidirectional ? 2 : 1;
  std::vector<TensorBase> last_h, last_c;
  for (size_t layer = 0; layer < static_cast<size_t>(o.num_layers); ++layer) {
    std::vector<TensorBase> outputs;
    for (size_t direction = 0; direction < directions; ++direction) {
      const size_t i = layer * directions + direction;
      const auto index = static_cast<int64_t>(i);
      const State first{ops::select(hx[0], 0, index), lstm ? ops::select(hx[1], 0, index) : TensorBase()};
      LayerResult result = run_layer(cell, input, first, weights[i], steps, direction == 1);
      outputs.push_back(result.output);
      last_h.push_back(result.last.h);
      if (lstm) last_c.push_back(result.last.c);
    }
    input = directions == 1 ? outputs[0] : ops::cat(outputs, -1);
    if (o.dropout != 0 && o.train && layer + 1 < static_cast<size_t>(o.num_layers))
      input = ops::dropout(input, o.dropout, true);
  }
  return {input, ops::stack(last_h, 0), lstm ? ops::stack(last_c, 0) : TensorBase()};
}

NetworkResult run_input(const Cell& cell, const Options& o, const TensorBase& input, TensorList hx, TensorList params,
                        bool batch_first) {
  const TensorBase steps = batch_first ? ops::transpose(input, 0, 1) : input;
  for (const TensorBase& h : hx) h.size(0);  // IndexErrors come before the number of dims
  TORCH_CHECK(input.dim() == 3, o.op, "(): expected a 3-D input, got ", input.sizes());
  TORCH_CHECK(input.size(batch_first ? 1 : 0) > 0, "Expected sequence length to be larger than 0 in RNN");
  for (const TensorBase& h : hx) {
    TORCH_CHECK(h.dim() < 2 || h.size(1) == steps.size(1), o.op, "(): expected states of a batch of ", steps.size(1),
                ", got ", h.sizes());
  }
  NetworkResult result = run_network(cell, o, steps, hx, params, Steps{});
  if (batch_first) result.output = ops::transpose(result.output, 0, 1);
  return result;
}

std::vector<int64_t> read_sizes(const char* op, const TensorBase& sizes) {
  sizes.size(0);  // an IndexError for a 0-d tensor
  TORCH_CHECK(sizes.dim() == 1 && sizes.is_cpu() && sizes.scalar_type() == kLong, op,
              "(): expected batch_sizes to be a 1D CPU int64 tensor, got ", sizes.sizes(), " of dtype ",
              to_string(sizes.scalar_type()));
  const TensorBase dense = sizes.is_contiguous() ? sizes : ops::contiguous(sizes);
  const int64_t* data = dense.const_data_ptr<int64_t>();
  return {data, data + dense.numel()};
}

NetworkResult run_data(const Cell& cell, const Options& o, const TensorBase& data, const TensorBase& batch_sizes,
                       TensorList hx, TensorList params) {
  Steps steps{read_sizes(o.op, batch_sizes)};
  const int64_t total = packed_rows(o.op, steps.sizes);
  data.size(1);
  TORCH_CHECK(!steps.sizes.empty() && data.dim() == 2 && data.size(0) >= total, o.op,
              "(): expected data with one row for each of the ", total, " entries of batch_sizes, got ", data.sizes());
  for (const TensorBase& h : hx)
    TORCH_CHECK(h.size(2) >= 0 && h.dim() == 3 && h.size(1) == steps.sizes[0], o.op,
                "(): expected states of a batch of ", steps.sizes[0], ", got ", h.sizes());
  return run_network(cell, o, ops::narrow(data, 0, 0, total), hx, params, steps);
}

void check_rows(const TensorBase& w_ih, const TensorBase& w_hh, int64_t gates) {
  const int64_t rows = gates * w_hh.size(1);
  TORCH_CHECK(w_ih.size(0) == rows, "weight_ih first dim must be ", gates, " * hidden_size = ", rows, ", but got ",
              w_ih.size(0));
  TORCH_CHECK(w_hh.size(0) == rows, "weight_hh first dim must be ", gates, " * hidden_size = ", rows, ", but got ",
              w_hh.size(0));
}

// Of several faults, PyTorch names rows of the weights first in cells of one gate and last in the others.
void check_cell(const TensorBase& input, const State& state, const TensorBase& w_ih, const TensorBase& w_hh,
                int64_t gates) {
  if (gates == 1) check_rows(w_ih, w_hh, gates);
  TORCH_CHECK(input.size(1) == w_ih.size(1), "input has inconsistent input_size: got ", input.size(1), " expected ",
              w_ih.size(1));
  int number = 0;
  for (const TensorBase& hidden : {state.h, state.c}) {
    if (!hidden.defined()) continue;
    TORCH_CHECK(input.size(0) == hidden.size(0), "Input batch size ", input.size(0), " doesn't match hidden", number,
                " batch size ", hidden.size(0));
    TORCH_CHECK(hidden.size(1) == w_hh.size(1), "hidden", number, " has inconsistent hidden_size: got ", hidden.size(1),
                ", expected ", w_hh.size(1));
    ++number;
  }
  if (gates > 1) check_rows(w_ih, w_hh, gates);
}

State cell_step(const Cell& cell, const TensorBase& input, const State& state, const TensorBase& w_ih,
                const TensorBase& w_hh, const std::optional<TensorBase>& b_ih, const std::optional<TensorBase>& b_hh) {
  check_cell(input, state, w_ih, w_hh, cell.gates);
  const CellWeights w{w_ih, w_hh, b_ih, b_hh, {}};
  return cell.step(cell.input_gates(input, w), state, w);
}

std::tuple<TensorBase, TensorBase> two(NetworkResult result) { return {result.output, result.h}; }

void check_states(const char* op, TensorList hx) { TORCH_CHECK(hx.size() == 2, op, " expects two hidden states"); }

}  // namespace

std::tuple<TensorBase, TensorBase, TensorBase> _lstm_layer_composite(const TensorBase& gates, const TensorBase& h0,
                                                                     const TensorBase& c0, const TensorBase& w_hh,
                                                                     bool reverse) {
  const LayerResult r = run_padded(kLstm, gates, {h0, c0}, {{}, w_hh, {}, {}, {}}, reverse);
  return {r.output, r.last.h, r.last.c};
}

std::tuple<TensorBase, TensorBase> _gru_layer_composite(const TensorBase& gates, const TensorBase& h0,
                                                        const TensorBase& w_hh, const std::optional<TensorBase>& b_hh,
                                                        bool reverse) {
  const LayerResult r = run_padded(kGru, gates, {h0, {}}, {{}, w_hh, {}, b_hh, {}}, reverse);
  return {r.output, r.last.h};
}

TensorBase rnn_tanh_cell(const TensorBase& input, const TensorBase& hx, const TensorBase& w_ih, const TensorBase& w_hh,
                         const std::optional<TensorBase>& b_ih, const std::optional<TensorBase>& b_hh) {
  return cell_step(kTanh, input, {hx, {}}, w_ih, w_hh, b_ih, b_hh).h;
}
TensorBase rnn_relu_cell(const TensorBase& input, const TensorBase& hx, const TensorBase& w_ih, const TensorBase& w_hh,
                         const std::optional<TensorBase>& b_ih, const std::optional<TensorBase>& b_hh) {
  return cell_step(kRelu, input, {hx, {}}, w_ih, w_hh, b_ih, b_hh).h;
}
TensorBase gru_cell(const TensorBase& input, const TensorBase& hx, const TensorBase& w_ih, const TensorBase& w_hh,
                    const std::optional<TensorBase>& b_ih, const std::optional<TensorBase>& b_hh) {
  return cell_step(kGru, input, {hx, {}}, w_ih, w_hh, b_ih, b_hh).h;
}
std::tuple<TensorBase, TensorBase> lstm_cell(const TensorBase& input, TensorList hx, const TensorBase& w_ih,
                                             const TensorBase& w_hh, const std::optional<TensorBase>& b_ih,
                                             const std::optional<TensorBase>& b_hh) {
  check_states("lstm_cell", hx);
  const State state = cell_step(kLstm, input, {hx[0], hx[1]}, w_ih, w_hh, b_ih, b_hh);
  return {state.h, state.c};
}

// Layers with one state differ in their cell alone.
#define ONE_STATE_LAYER(op, cell)                                                                                    \
  std::tuple<TensorBase, TensorBase> op(const TensorBase& input, const TensorBase& hx, TensorList params,            \
                                        bool has_biases, int64_t num_layers, double dropout, bool train,             \
                                        bool bidirectional, bool batch_first) {                                      \
    const Options o{#op, has_biases, num_layers, dropout, train, bidirectional};                                     \
    return two(run_input(cell, o, input, {hx}, params, batch_first));                                                \
  }                                                                                                                  \
  std::tuple<TensorBase, TensorBase> op(const TensorBase& data, const TensorBase& batch_sizes, const TensorBase& hx, \
                                        TensorList params, bool has_biases, int64_t num_layers, double dropout,      \
                                        bool train, bool bidirectional) {                                            \
    const Options o{#op, has_biases, num_layers, dropout, train, bidirectional};                                     \
    return two(run_data(cell, o, data, batch_sizes, {hx}, params));                                                  \
  }
ONE_STATE_LAYER(rnn_tanh, kTanh)
ONE_STATE_LAYER(rnn_relu, kRelu)
ONE_STATE_LAYER(gru, kGru)
#undef ONE_STATE_LAYER

std::tuple<TensorBase, TensorBase, TensorBase> lstm(const TensorBase& input, TensorList hx, TensorList params,
                                                    bool has_biases, int64_t num_layers, double dropout, bool train,
                                                    bool bidirectional, bool batch_first) {
  check_states("lstm", hx);
  NetworkResult r =
      run_input(kLstm, {"lstm", has_biases, num_layers, dropout, train, bidirectional}, input, hx, params, batch_first);
  return {r.output, r.h, r.c};
}
std::tuple<TensorBase, TensorBase, TensorBase> lstm(const TensorBase& data, const TensorBase& batch_sizes,
                                                    TensorList hx, TensorList params, bool has_biases,
                                                    int64_t num_layers, double dropout, bool train,
                                                    bool bidirectional) {
  check_states("lstm", hx);
  NetworkResult r =
      run_data(kLstm, {"lstm", has_biases, num_layers, dropout, train, bidirectional}, data, batch_sizes, hx, params);
  return {r.output, r.h, r.c};
}

}  // namespace tiny_torch::native
