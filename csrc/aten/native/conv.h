// The one entry to convolutions on a device: forward, and the two gradients, which also serve the transposed forms.
#pragma once

#include "aten/core/TensorBase.h"
#include "aten/core/stub.h"

namespace tiny_torch::native {

enum class ConvPass : int { Forward = 0, BackwardInput = 1, BackwardWeight = 2 };

/// The convolution dst (N, O, ...) = weight (O, C / groups, ...) * src (N, C, ...) + bias (O). `pass` says which of the
/// three tensors is written; BackwardInput writes src from dst and weight, BackwardWeight weight from src and dst, and
/// bias, if it is defined, from dst. One of stride, padding and dilation per spatial dim, of which there are 1 to 3. No tensor is empty.
struct ConvCall {
  ConvPass pass;
  const TensorBase& src;
  const TensorBase& weight;
  const TensorBase& dst;
  const TensorBase& bias;
  IntArrayRef stride;
  IntArrayRef padding;
  IntArrayRef dilation;
  int64_t groups;
};
DECLARE_STUB(conv_stub, void(const ConvCall& call));

}  // namespace tiny_torch::native
