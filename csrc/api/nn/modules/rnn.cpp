#include "api/nn/modules/rnn.h"

#include <cmath>

#include "api/nn/functional/helpers.h"
#include "api/nn/init.h"
#include "generated/functions/binary.h"
#include "generated/functions/copy.h"
#include "generated/functions/creation.h"
#include "generated/functions/rnn.h"

namespace tiny_torch::frontend::nn {

using functional::if_defined;

std::vector<Tensor> RNNShape::register_weights(Module& module) const {
  TORCH_CHECK(hidden_size > 0 && num_layers > 0, "RNN: expected hidden_size and num_layers > 0");
  TORCH_CHECK(dropout >= 0 && dropout <= 1,
              "dropout should be a number in range [0, 1] representing the probability of ",
              "an element being zeroed, got ", dropout);
  TORCH_CHECK(proj_size >= 0 && proj_size < hidden_size, "proj_size has to be smaller than hidden_size");
  std::vector<Tensor> weights;
  const int64_t out = proj_size > 0 ? proj_size : hidden_size, rows = gates * hidden_size;
  const int64_t directions = bidirectional ? 2 : 1;
  for (int64_t layer = 0; layer < num_layers; ++layer) {
    for (int64_t direction = 0; direction < directions; ++direction) {
      const std::string suffix = "_l" + std::to_string(layer) + (direction == 1 ? "_reverse" : "");
      const auto add = [&](const char* name, IntArrayRef sizes) {
        weights.push_back(module.register_parameter(name + suffix, empty(sizes)));
      };
      add("weight_ih", {rows, layer == 0 ? input_size : out * directions});
      add("weight_hh", {rows, out});
      if (bias) {
        add("bias_ih", {rows});
        add("bias_hh", {rows});
      }
      if (proj_size > 0) add("weight_hr", {proj_size, hidden_size});
    }
  }
  fill(weights);
  return weights;
}

std::vector<Tensor> RNNShape::register_cell(Module& module) const {
  const int64_t rows = gates * hidden_size;
  const auto add = [&](const char* name, bool wanted, IntArrayRef sizes) {
    return module.register_parameter(name, wanted ? empty(sizes) : Tensor(), wanted);
  };
  std::vector<Tensor> weights{add("weight_ih", true, {rows, input_size}), add("weight_hh", true, {rows, hidden_size}),
                              add("bias_ih", bias, {rows}), add("bias_hh", bias, {rows})};
  fill(weights);
  return weights;
}

void RNNShape::fill(const std::vector<Tensor>& weights) const {
  const double bound = 1 / std::sqrt(static_cast<double>(hidden_size));
  for (const Tensor& weight : weights) {
    if (weight.defined()) init::uniform_(weight, -bound, bound);
  }
}

Tensor RNNShape::cell_state(const Tensor& input, const Tensor& hx, int64_t input_size, int64_t hidden_size) {
  TORCH_CHECK(input.dim() == 1 || input.dim() == 2, "RNNCell: expected input to be 1D or 2D, got ", input.dim(), "D");
  TORCH_CHECK(input.size(-1) == input_size, "input has inconsistent input_size: got ", input.size(-1), " expected ",
              input_size);
  std::vector<int64_t> sizes = input.sizes().vec();
  sizes.back() = hidden_size;
  if (!hx.defined()) return zeros(sizes, input.options());
  TORCH_CHECK(hx.sizes() == IntArrayRef(sizes), "hidden has inconsistent shape: got ", hx.sizes(), ", expected ",
              IntArrayRef(sizes));
  return hx;
}

void RNNShape::check_input(const Tensor& input, const Tensor& batch_sizes) const {
  if (!batch_sizes.defined()) {
    TORCH_CHECK(input.dim() == 2 || input.dim() == 3, "RNN: Expected input to be 2D or 3D, got ", input.dim(), "D");
  }
  TORCH_CHECK(input.size(-1) == input_size, "input.size(-1) must be equal to input_size. Expected ", input_size,
              ", got ", input.size(-1));
}

Tensor RNNShape::initial_state(const Tensor& input, const Tensor& batch_sizes, int64_t size) const {
  const int64_t layers = num_layers * (bidirectional ? 2 : 1);
  if (!batch_sizes.defined() && input.dim() == 2) return zeros({layers, size}, input.options());
  const int64_t batch = batch_sizes.defined() ? batch_sizes[0].item<int64_t>() : input.size(batch_first ? 0 : 1);
  return zeros({layers, batch, size}, input.options());
}

void RNNShape::print(std::ostream& stream, const char* name) const {
  Shown(stream, name)("input_size", input_size)("hidden_size", hidden_size)("num_layers", num_layers)("bias", bias)(
      "batch_first", batch_first)("dropout", dropout)("bidirectional", bidirectional)
      .when(proj_size > 0, "proj_size", proj_size);
}

Tensor permuted(const Tensor& state, const Tensor& order) {
  return order.defined() && state.defined() ? state.index_select(1, order) : state;
}

namespace {

/// Runs a layer with one state tensor: `whole` over a padded batch, `packed` over a packed one.
template <class Whole, class Packed>
std::tuple<Tensor, Tensor> run_layer(const RNNShape& s, const Tensor& input, const Tensor& batch_sizes, Tensor hx,
                                     const Whole& whole, const Packed& packed) {
  s.check_input(input, batch_sizes);
  if (!hx.defined()) hx = s.initial_state(input, batch_sizes, s.hidden_size);
  if (batch_sizes.defined()) return packed(hx);
  if (input.dim() == 3) return whole(input, hx);
  TORCH_CHECK(hx.dim() == 2, "RNN: For unbatched 2-D input, hx should also be 2-D but got ", hx.dim(), "-D tensor");
  const int64_t batch_dim = s.batch_first ? 0 : 1;
  const auto [output, state] = whole(input.unsqueeze(batch_dim), hx.unsqueeze(1));
  return {output.squeeze(batch_dim), state.squeeze(1)};
}

/// The operator called for a padded and for a packed batch, with all that the options say.
#define RUN_RNN(op)                                                                                     \
  run_layer(                                                                                            \
      s, input, batch_sizes, hx,                                                                        \
      [&](const Tensor& x, const Tensor& h) {                                                           \
        return op(x, h, flat_weights_, s.bias, s.num_layers, s.dropout, is_training(), s.bidirectional, \
                  s.batch_first);                                                                       \
      },                                                                                                \
      [&](const Tensor& h) {                                                                            \
        return op(input, batch_sizes, h, flat_weights_, s.bias, s.num_layers, s.dropout, is_training(), \
                  s.bidirectional);                                                                     \
      })

}  // namespace

std::tuple<Tensor, Tensor> RNNImpl::run(const Tensor& input, const Tensor& batch_sizes, Tensor hx) const {
  const RNNShape s = shape();
  return std::holds_alternative<enumtype::kTanh>(options.nonlinearity()) ? RUN_RNN(rnn_tanh) : RUN_RNN(rnn_relu);
}
std::tuple<Tensor, Tensor> GRUImpl::run(const Tensor& input, const Tensor& batch_sizes, Tensor hx) const {
  const RNNShape s = shape();
  return RUN_RNN(gru);
}
#undef RUN_RNN

std::tuple<Tensor, LSTMState> LSTMImpl::run(const Tensor& input, const Tensor& batch_sizes,
                                            std::optional<LSTMState> hx) const {
  const RNNShape s = shape();
  const std::vector<Tensor>& weights = flat_weights_;
  const bool train = is_training();
  s.check_input(input, batch_sizes);
  if (!hx.has_value()) {
    hx.emplace(s.initial_state(input, batch_sizes, s.proj_size > 0 ? s.proj_size : s.hidden_size),
               s.initial_state(input, batch_sizes, s.hidden_size));
  }
  auto [h, c] = *hx;
  if (batch_sizes.defined()) {
    auto [data, hy, cy] =
        lstm(input, batch_sizes, {h, c}, weights, s.bias, s.num_layers, s.dropout, train, s.bidirectional);
    return {data, {hy, cy}};
  }
  const bool single = input.dim() == 2;
  const int64_t batch_dim = s.batch_first ? 0 : 1;
  if (single) {
    TORCH_CHECK(h.dim() == 2 && c.dim() == 2, "For batched 3-D input, hx and cx should also be 3-D; for 2-D input 2-D");
    h = h.unsqueeze(1), c = c.unsqueeze(1);
  }
  auto [output, hy, cy] = lstm(single ? input.unsqueeze(batch_dim) : input, {h, c}, weights, s.bias, s.num_layers,
                               s.dropout, train, s.bidirectional, s.batch_first);
  if (!single) return {output, {hy, cy}};
  return {output.squeeze(batch_dim), {hy.squeeze(1), cy.squeeze(1)}};
}

Tensor RNNCellImpl::forward(const Tensor& input, const Tensor& hx) {
  const Tensor state = state_or_zeros(input, hx);
  return std::holds_alternative<enumtype::kTanh>(options.nonlinearity())
             ? rnn_tanh_cell(input, state, weight_ih, weight_hh, if_defined(bias_ih), if_defined(bias_hh))
             : rnn_relu_cell(input, state, weight_ih, weight_hh, if_defined(bias_ih), if_defined(bias_hh));
}
LSTMState LSTMCellImpl::forward(const Tensor& input, std::optional<LSTMState> hx) {
  const Tensor h = state_or_zeros(input, hx.has_value() ? std::get<0>(*hx) : Tensor());
  const Tensor c = state_or_zeros(input, hx.has_value() ? std::get<1>(*hx) : Tensor());
  return lstm_cell(input, {h, c}, weight_ih, weight_hh, if_defined(bias_ih), if_defined(bias_hh));
}
Tensor GRUCellImpl::forward(const Tensor& input, const Tensor& hx) {
  return gru_cell(input, state_or_zeros(input, hx), weight_ih, weight_hh, if_defined(bias_ih), if_defined(bias_hh));
}

}  // namespace tiny_torch::frontend::nn
