// RNN, LSTM and GRU, and their cells.
#pragma once

#include "api/nn/options/rnn.h"
#include "api/nn/utils/rnn.h"

namespace tiny_torch::frontend::nn {

/// The part of the layers that does not depend on their types.
struct TORCH_API RNNShape {
  int64_t input_size, hidden_size, num_layers, proj_size, gates;
  bool bias, batch_first, bidirectional;
  double dropout;

  /// weight_ih_l0, weight_hh_l0, bias_ih_l0, ... registered with `module`, in the order the operators take them.
  std::vector<Tensor> register_weights(Module& module) const;
  /// weight_ih, weight_hh, bias_ih and bias_hh of a cell; the biases may be undefined.
  std::vector<Tensor> register_cell(Module& module) const;
  static Tensor cell_state(const Tensor& input, const Tensor& hx, int64_t input_size, int64_t hidden_size);
  void fill(const std::vector<Tensor>& weights) const;
  /// Zeros for (layers * directions, N, size), or without N for input of 2 dimensions.
  Tensor initial_state(const Tensor& input, const Tensor& batch_sizes, int64_t size) const;
  /// RuntimeError for input of another width.
  void check_input(const Tensor& input, const Tensor& batch_sizes) const;
  void print(std::ostream& stream, const char* name) const;
};

/// A state in the order of a packed sequence or back; nothing stays nothing.
TORCH_API Tensor permuted(const Tensor& state, const Tensor& order);
template <class Pair>
std::tuple<Pair, Pair> permuted(const std::tuple<Pair, Pair>& state, const Tensor& order) {
  return {permuted(std::get<0>(state), order), permuted(std::get<1>(state), order)};
}
template <class State>
std::optional<State> permuted(const std::optional<State>& state, const Tensor& order) {
  return state.has_value() ? std::optional<State>(permuted(*state, order)) : std::nullopt;
}

/// What the layers share. A state is taken as `Given` and returned as `State`; Derived has `static constexpr` name and
/// number of gates, and run(), which takes packed input with its batch sizes.
template <class Derived, class Options, class Given, class State>
class RNNImplBase : public Cloneable<Derived> {
 public:
  RNNImplBase(int64_t input_size, int64_t hidden_size) : RNNImplBase(Options(input_size, hidden_size)) {}
  explicit RNNImplBase(const Options& given) : options(given) { RNNImplBase::reset(); }

  std::tuple<Tensor, State> forward(const Tensor& input, Given hx = {}) {
    return static_cast<Derived&>(*this).run(input, Tensor(), std::move(hx));
  }
  std::tuple<utils::rnn::PackedSequence, State> forward_with_packed_input(const utils::rnn::PackedSequence& input,
                                                                          Given hx = {}) {
    auto [data, state] =
        static_cast<Derived&>(*this).run(input.data(), input.batch_sizes(), permuted(hx, input.sorted_indices()));
    return {utils::rnn::PackedSequence(data, input.batch_sizes(), input.sorted_indices(), input.unsorted_indices()),
            permuted(state, input.unsorted_indices())};
  }
  void reset() override { flat_weights_ = shape().register_weights(*this); }
  void reset_parameters() { shape().fill(flat_weights_); }
  void flatten_parameters() {}
  std::vector<Tensor> all_weights() const { return flat_weights_; }
  void pretty_print(std::ostream& stream) const override { shape().print(stream, Derived::kName); }

  Options options;

 protected:
  FORWARD_HAS_DEFAULT_ARGS({1, AnyValue(Given())})

  RNNShape shape() const {
    int64_t proj_size = 0;
    if constexpr (Derived::kName[0] == 'L') proj_size = options.proj_size();
    return {options.input_size(), options.hidden_size(), options.num_layers(),    proj_size,        Derived::kGates,
            options.bias(),       options.batch_first(), options.bidirectional(), options.dropout()};
  }
  /// The weights as they are now: a change of dtype or device gives parameters other data, not other tensors.
  std::vector<Tensor> flat_weights_;
};

using LSTMState = std::tuple<Tensor, Tensor>;

#define TINY_TORCH_RNN(Name, gates, Given, State)                                                  \
  class TORCH_API Name##Impl : public RNNImplBase<Name##Impl, Name##Options, Given, State> {       \
   public:                                                                                         \
    static constexpr const char* kName = #Name;                                                    \
    static constexpr int64_t kGates = gates;                                                       \
    using RNNImplBase<Name##Impl, Name##Options, Given, State>::RNNImplBase;                       \
                                                                                                   \
   private:                                                                                        \
    friend class RNNImplBase<Name##Impl, Name##Options, Given, State>;                             \
    std::tuple<Tensor, State> run(const Tensor& input, const Tensor& batch_sizes, Given hx) const; \
  };                                                                                               \
  TORCH_MODULE(Name)
/// (T, N, input) -> output (T, N, directions * hidden) and the last state (layers * directions, N, hidden); N may be
/// missing, and with batch_first it stands first.
TINY_TORCH_RNN(RNN, 1, Tensor, Tensor);
TINY_TORCH_RNN(GRU, 3, Tensor, Tensor);
/// As RNN; the state is a pair of hidden state and cell state.
TINY_TORCH_RNN(LSTM, 4, std::optional<LSTMState>, LSTMState);
#undef TINY_TORCH_RNN

/// What the cells share: weights (gates * hidden, ...) drawn from U(-1/sqrt(hidden), 1/sqrt(hidden)).
template <class Derived, class Options>
class RNNCellImplBase : public Cloneable<Derived> {
 public:
  RNNCellImplBase(int64_t input_size, int64_t hidden_size) : RNNCellImplBase(Options(input_size, hidden_size)) {}
  explicit RNNCellImplBase(const Options& given) : options(given) { RNNCellImplBase::reset(); }
  void reset() override {
    const RNNShape shape{
        options.input_size(), options.hidden_size(), 1, 0, Derived::kGates, options.bias(), false, false, 0};
    const std::vector<Tensor> tensors = shape.register_cell(*this);
    weight_ih = tensors[0], weight_hh = tensors[1], bias_ih = tensors[2], bias_hh = tensors[3];
  }
  void pretty_print(std::ostream& stream) const override {
    Shown(stream, Derived::kName)(nullptr, options.input_size())(nullptr, options.hidden_size())
        .when(!options.bias(), "bias", false);
  }

  Options options;
  Tensor weight_ih, weight_hh, bias_ih, bias_hh;

 protected:
  /// `hx`, or zeros; RuntimeError for shapes that do not fit.
  Tensor state_or_zeros(const Tensor& input, const Tensor& hx) const {
    return RNNShape::cell_state(input, hx, options.input_size(), options.hidden_size());
  }
};

#define TINY_TORCH_RNN_CELL(Name, gates, Given, State)                             \
  class TORCH_API Name##Impl : public RNNCellImplBase<Name##Impl, Name##Options> { \
   public:                                                                         \
    static constexpr const char* kName = #Name;                                    \
    static constexpr int64_t kGates = gates;                                       \
    using RNNCellImplBase<Name##Impl, Name##Options>::RNNCellImplBase;             \
    State forward(const Tensor& input, Given hx = {});                             \
                                                                                   \
   protected:                                                                      \
    FORWARD_HAS_DEFAULT_ARGS({1, AnyValue(std::decay_t<Given>())})                 \
  };                                                                               \
  TORCH_MODULE(Name)
/// (N, input) and the state (N, hidden) -> the next state.
TINY_TORCH_RNN_CELL(RNNCell, 1, const Tensor&, Tensor);
TINY_TORCH_RNN_CELL(GRUCell, 3, const Tensor&, Tensor);
TINY_TORCH_RNN_CELL(LSTMCell, 4, std::optional<LSTMState>, LSTMState);
#undef TINY_TORCH_RNN_CELL

}  // namespace tiny_torch::frontend::nn
