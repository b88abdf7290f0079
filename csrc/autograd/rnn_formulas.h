// The gradients of layers of LSTM and GRU cells.
#pragma once

#include <array>
#include <optional>
#include <tuple>

#include "aten/core/TensorBase.h"

namespace tiny_torch::autodiff {

using RnnLayerGrads = std::tuple<TensorBase, TensorBase, TensorBase, TensorBase>;

/// Of gates, h0, c0 and w_hh of _lstm_layer; `grads` are those of output, last_h and last_c, undefined where nothing
/// depends on them. By the fused kernel, or where the gradient is to be differentiated again through the composite.
RnnLayerGrads lstm_layer_grads(const std::array<TensorBase, 3>& grads, const TensorBase& gates, const TensorBase& h0,
                               const TensorBase& c0, const TensorBase& w_hh, const TensorBase& output,
                               const TensorBase& cells, const TensorBase& activated, bool reverse,
                               std::array<bool, 4> mask);

/// The same of gates, h0, w_hh and b_hh of _gru_layer, from the gradients of output and last_h.
RnnLayerGrads gru_layer_grads(const std::array<TensorBase, 2>& grads, const TensorBase& gates, const TensorBase& h0,
                              const TensorBase& w_hh, const std::optional<TensorBase>& b_hh, const TensorBase& output,
                              const TensorBase& activated, bool reverse, std::array<bool, 4> mask);

}  // namespace tiny_torch::autodiff
