// Compute behind softmax and log_softmax.
#pragma once

#include "aten/core/TensorBase.h"
#include "aten/core/stub.h"

namespace tiny_torch::native {

/// Contiguous floating-point tensors of one dtype, seen as (outer, n, inner); n is normalised.
struct SoftmaxShape {
  int64_t outer = 1, n = 1, inner = 1;
};
DECLARE_STUB(softmax_stub, void(const TensorBase& out, const TensorBase& self, const SoftmaxShape& shape, bool log));
/// grad_input from grad_output and the forward's output.
DECLARE_STUB(softmax_backward_stub, void(const TensorBase& grad_input, const TensorBase& grad_output,
                                         const TensorBase& output, const SoftmaxShape& shape, bool log));

}  // namespace tiny_torch::native
