// RNN, LSTM and GRU, and their cells.
#pragma once

#include "api/nn/options/rnn.h"
#include "api/nn/utils/rnn.h"

namespace tiny_torch::nn {

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

/// What the layers share; Derived has `static constexpr` name and number of gates.
template <class Derived, class Options>
class RNNImplBase : public Cloneable<Derived> {
 public:
  explicit RNNImplBase(const Options& given) : options(given) {}
  void reset() override { flat_weights_ = shape().register_weights(*this); }
  void reset_parameters() { shape().fill(flat_weights_); }
  void flatten_parameters() {}
  std::vector<Tensor> all_weights() const { return flat_weights_; }
  void pretty_print(std::ostream& stream) const override { shape().print(stream, Derived::kName); }

  Options options;

 protected:
  RNNShape shape() const {
    int64_t proj_size = 0;
    if constexpr (Derived::kName[0] == 'L') proj_size = options.proj_size();
    return {options.input_size(), options.hidden_size(), options.num_layers(),    proj_size,        Derived::kGates,
            options.bias(),       options.batch_first(), options.bidirectional(), options.dropout()};
  }
  /// The weights as they are now: a change of dtype or device gives parameters other data, not other tensors.
  std::vector<Tensor> flat_weights_;
};

/// (T, N, input) -> output (T, N, directions * hidden) and the last state (layers * directions, N, hidden); N may be
/// missing, and with batch_first it stands first.
class TORCH_API RNNImpl : public RNNImplBase<RNNImpl, RNNOptions> {
 public:
  static constexpr const char* kName = "RNN";
  static constexpr int64_t kGates = 1;
  RNNImpl(int64_t input_size, int64_t hidden_size) : RNNImpl(RNNOptions(input_size, hidden_size)) {}
  explicit RNNImpl(const RNNOptions& given) : RNNImplBase(given) { reset(); }
  std::tuple<Tensor, Tensor> forward(const Tensor& input, Tensor hx = {});
  std::tuple<utils::rnn::PackedSequence, Tensor> forward_with_packed_input(const utils::rnn::PackedSequence& input,
                                                                           Tensor hx = {});

 protected:
  FORWARD_HAS_DEFAULT_ARGS({1, AnyValue(Tensor())})
};
TORCH_MODULE(RNN);

/// As RNN; the state is a pair of hidden state and cell state.
class TORCH_API LSTMImpl : public RNNImplBase<LSTMImpl, LSTMOptions> {
 public:
  using State = std::tuple<Tensor, Tensor>;
  static constexpr const char* kName = "LSTM";
  static constexpr int64_t kGates = 4;
  LSTMImpl(int64_t input_size, int64_t hidden_size) : LSTMImpl(LSTMOptions(input_size, hidden_size)) {}
  explicit LSTMImpl(const LSTMOptions& given) : RNNImplBase(given) { reset(); }
  std::tuple<Tensor, State> forward(const Tensor& input, std::optional<State> hx = std::nullopt);
  std::tuple<utils::rnn::PackedSequence, State> forward_with_packed_input(const utils::rnn::PackedSequence& input,
                                                                          std::optional<State> hx = std::nullopt);

 protected:
  FORWARD_HAS_DEFAULT_ARGS({1, AnyValue(std::optional<State>())})
};
TORCH_MODULE(LSTM);

class TORCH_API GRUImpl : public RNNImplBase<GRUImpl, GRUOptions> {
 public:
  static constexpr const char* kName = "GRU";
  static constexpr int64_t kGates = 3;
  GRUImpl(int64_t input_size, int64_t hidden_size) : GRUImpl(GRUOptions(input_size, hidden_size)) {}
  explicit GRUImpl(const GRUOptions& given) : RNNImplBase(given) { reset(); }
  std::tuple<Tensor, Tensor> forward(const Tensor& input, Tensor hx = {});
  std::tuple<utils::rnn::PackedSequence, Tensor> forward_with_packed_input(const utils::rnn::PackedSequence& input,
                                                                           Tensor hx = {});

 protected:
  FORWARD_HAS_DEFAULT_ARGS({1, AnyValue(Tensor())})
};
TORCH_MODULE(GRU);

/// What the cells share: weights (gates * hidden, ...) drawn from U(-1/sqrt(hidden), 1/sqrt(hidden)).
template <class Derived, class Options>
class RNNCellImplBase : public Cloneable<Derived> {
 public:
  explicit RNNCellImplBase(const Options& given) : options(given) {}
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

/// (N, input) and the state (N, hidden) -> the next state.
class TORCH_API RNNCellImpl : public RNNCellImplBase<RNNCellImpl, RNNCellOptions> {
 public:
  static constexpr const char* kName = "RNNCell";
  static constexpr int64_t kGates = 1;
  RNNCellImpl(int64_t input_size, int64_t hidden_size) : RNNCellImpl(RNNCellOptions(input_size, hidden_size)) {}
  explicit RNNCellImpl(const RNNCellOptions& given) : RNNCellImplBase(given) { reset(); }
  Tensor forward(const Tensor& input, const Tensor& hx = {});

 protected:
  FORWARD_HAS_DEFAULT_ARGS({1, AnyValue(Tensor())})
};
TORCH_MODULE(RNNCell);

class TORCH_API LSTMCellImpl : public RNNCellImplBase<LSTMCellImpl, LSTMCellOptions> {
 public:
  using State = std::tuple<Tensor, Tensor>;
  static constexpr const char* kName = "LSTMCell";
  static constexpr int64_t kGates = 4;
  LSTMCellImpl(int64_t input_size, int64_t hidden_size) : LSTMCellImpl(LSTMCellOptions(input_size, hidden_size)) {}
  explicit LSTMCellImpl(const LSTMCellOptions& given) : RNNCellImplBase(given) { reset(); }
  State forward(const Tensor& input, std::optional<State> hx = std::nullopt);

 protected:
  FORWARD_HAS_DEFAULT_ARGS({1, AnyValue(std::optional<State>())})
};
TORCH_MODULE(LSTMCell);

class TORCH_API GRUCellImpl : public RNNCellImplBase<GRUCellImpl, GRUCellOptions> {
 public:
  static constexpr const char* kName = "GRUCell";
  static constexpr int64_t kGates = 3;
  GRUCellImpl(int64_t input_size, int64_t hidden_size) : GRUCellImpl(GRUCellOptions(input_size, hidden_size)) {}
  explicit GRUCellImpl(const GRUCellOptions& given) : RNNCellImplBase(given) { reset(); }
  Tensor forward(const Tensor& input, const Tensor& hx = {});

 protected:
  FORWARD_HAS_DEFAULT_ARGS({1, AnyValue(Tensor())})
};
TORCH_MODULE(GRUCell);

}  // namespace tiny_torch::nn
