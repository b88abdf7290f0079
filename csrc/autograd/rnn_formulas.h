// The gradient of a layer of LSTM cells.
#pragma once

#include <array>
#include <tuple>

#include "aten/core/TensorBase.h"

namespace tiny_torch::autodiff {

/// Of gates, h0, c0 and w_hh of _lstm_layer; `grads` are those of output, last_h and last_c, undefined where nothing
/// depends on them. By the fused kernel, or where the gradient is to be differentiated again through the composite.
std::tuple<TensorBase, TensorBase, TensorBase, TensorBase> lstm_layer_grads(
    const std::array<TensorBase, 3>& grads, const TensorBase& gates, const TensorBase& h0, const TensorBase& c0,
    const TensorBase& w_hh, const TensorBase& output, const TensorBase& cells, const TensorBase& activated,
    bool reverse, std::array<bool, 4> mask);

}  // namespace tiny_torch::autodiff
