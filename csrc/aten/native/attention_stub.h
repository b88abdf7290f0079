// Compute behind attention without the matrix of scores.
#pragma once

#include "aten/core/TensorBase.h"
#include "aten/core/stub.h"

namespace tiny_torch::native {

/// query (B, H, L, E), key (B, H, S, E), value (B, H, S, V), of one dtype (float or double), last dims contiguous, nothing
/// empty. `causal`: query i sees keys up to i.
struct AttentionCall {
  const TensorBase& query;
  const TensorBase& key;
  const TensorBase& value;
  bool causal;
  double scale;
};
/// `out` (B, H, L, V) with a contiguous last dim; `logsumexp` (B, H, L), contiguous.
DECLARE_STUB(attention_stub, void(const AttentionCall& call, const TensorBase& out, const TensorBase& logsumexp));

struct AttentionGrads {
  const TensorBase& query;
  const TensorBase& key;
  const TensorBase& value;
};
/// The gradients are contiguous and written, not added to; `grad_out` and `out` have contiguous last dims.
DECLARE_STUB(attention_backward_stub, void(const AttentionCall& call, const TensorBase& grad_out, const TensorBase& out,
                                           const TensorBase& logsumexp, const AttentionGrads& grads));

}  // namespace tiny_torch::native
