#include "autograd/rnn_formulas.h"

#include "autograd/autograd.h"
#include "generated/ops/rnn.h"
#include "generated/ops/view.h"

namespace tiny_torch::autodiff {

namespace {

std::optional<TensorBase> if_defined(const TensorBase& t) {
  return t.defined() ? std::optional<TensorBase>(t) : std::nullopt;
}

/// Gradients of the inputs in `mask`, given those of the results that `composite` makes of the inputs. Views stand in
/// for the inputs: one of them may depend on another, which must not be counted again.
template <class Composite>
RnnLayerGrads grads_of_composite(TensorList grads, std::array<TensorBase, 4> inputs, const std::array<bool, 4>& mask,
                                 const Composite& composite) {
  std::vector<TensorBase> wanted;
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (!mask[i]) continue;
    inputs[i] = ops::view(inputs[i], inputs[i].sizes());
    wanted.push_back(inputs[i]);
  }
  const std::vector<TensorBase> results = composite(inputs);
  std::vector<TensorBase> outputs, weights;
  for (size_t i = 0; i < results.size(); ++i) {
    if (!grads[i].defined() || !results[i].requires_grad()) continue;
    outputs.push_back(results[i]);
    weights.push_back(grads[i]);
  }
  const variable_list found =
      grad(outputs, wanted, weights, std::nullopt, /*create_graph=*/true, /*allow_unused=*/true);
  std::array<TensorBase, 4> result;
  size_t next = 0;
  for (size_t i = 0; i < result.size(); ++i) {
    if (mask[i]) result[i] = found[next++];
  }
  return {result[0], result[1], result[2], result[3]};
}

}  // namespace

RnnLayerGrads lstm_layer_grads(const std::array<TensorBase, 3>& grads, const TensorBase& gates, const TensorBase& h0,
                               const TensorBase& c0, const TensorBase& w_hh, const TensorBase& output,
                               const TensorBase& cells, const TensorBase& activated, bool reverse,
                               std::array<bool, 4> mask) {
  if (GradMode::is_enabled()) {
    const auto composite = [&](const std::array<TensorBase, 4>& in) -> std::vector<TensorBase> {
      const auto [out, h, c] = ops::_lstm_layer_composite(in[0], in[1], in[2], in[3], reverse);
      return {out, h, c};
    };
    return grads_of_composite(TensorList(grads.data(), grads.size()), {gates, h0, c0, w_hh}, mask, composite);
  }
  return ops::_lstm_layer_backward(if_defined(grads[0]), if_defined(grads[1]), if_defined(grads[2]), h0, c0, w_hh,
                                   output, cells, activated, reverse, mask);
}

RnnLayerGrads gru_layer_grads(const std::array<TensorBase, 2>& grads, const TensorBase& gates, const TensorBase& h0,
                              const TensorBase& w_hh, const std::optional<TensorBase>& b_hh, const TensorBase& output,
                              const TensorBase& activated, bool reverse, std::array<bool, 4> mask) {
  if (GradMode::is_enabled()) {
    const auto composite = [&](const std::array<TensorBase, 4>& in) -> std::vector<TensorBase> {
      const auto [out, h] = ops::_gru_layer_composite(in[0], in[1], in[2], if_defined(in[3]), reverse);
      return {out, h};
    };
    return grads_of_composite(TensorList(grads.data(), grads.size()), {gates, h0, w_hh, b_hh.value_or(TensorBase())},
                              mask, composite);
  }
  return ops::_gru_layer_backward(if_defined(grads[0]), if_defined(grads[1]), h0, w_hh, output, activated, reverse,
                                  mask);
}

}  // namespace tiny_torch::autodiff
