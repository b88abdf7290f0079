#include "autograd/rnn_formulas.h"

#include "autograd/autograd.h"
#include "generated/ops/rnn.h"
#include "generated/ops/view.h"

namespace tiny_torch::autodiff {

namespace {

using LayerGrads = std::tuple<TensorBase, TensorBase, TensorBase, TensorBase>;

std::optional<TensorBase> if_defined(const TensorBase& t) {
  return t.defined() ? std::optional<TensorBase>(t) : std::nullopt;
}

// Views stand in for the inputs: one of them may depend on another, which must not be counted again.
LayerGrads grads_of_composite(const std::array<TensorBase, 3>& grads, std::array<TensorBase, 4> inputs, bool reverse,
                              const std::array<bool, 4>& mask) {
  std::vector<TensorBase> wanted;
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (!mask[i]) continue;
    inputs[i] = ops::view(inputs[i], inputs[i].sizes());
    wanted.push_back(inputs[i]);
  }
  const auto [output, last_h, last_c] = ops::_lstm_layer_composite(inputs[0], inputs[1], inputs[2], inputs[3], reverse);
  const TensorBase* results[] = {&output, &last_h, &last_c};
  std::vector<TensorBase> outputs, weights;
  for (size_t i = 0; i < grads.size(); ++i) {
    if (!grads[i].defined() || !results[i]->requires_grad()) continue;
    outputs.push_back(*results[i]);
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

LayerGrads lstm_layer_grads(const std::array<TensorBase, 3>& grads, const TensorBase& gates, const TensorBase& h0,
                            const TensorBase& c0, const TensorBase& w_hh, const TensorBase& output,
                            const TensorBase& cells, const TensorBase& activated, bool reverse,
                            std::array<bool, 4> mask) {
  if (GradMode::is_enabled()) return grads_of_composite(grads, {gates, h0, c0, w_hh}, reverse, mask);
  return ops::_lstm_layer_backward(if_defined(grads[0]), if_defined(grads[1]), if_defined(grads[2]), h0, c0, w_hh,
                                   output, cells, activated, reverse, mask);
}

}  // namespace tiny_torch::autodiff
