// Compute behind ctc_loss.
#pragma once

#include <vector>

#include "aten/core/TensorBase.h"
#include "aten/core/stub.h"

namespace tiny_torch::native {

/// One batch. Lengths have been checked against the shapes, labels against the classes.
struct CtcCall {
  TensorBase log_probs;              // (T, N, C), any strides, float or double
  std::vector<int64_t> labels;       // of all samples, one after the other
  std::vector<int64_t> label_start;  // N + 1
  std::vector<int64_t> input_lengths;
  int64_t blank;
  TensorBase log_alpha;           // (N, T, 2 S + 1), contiguous
  TensorBase neg_log_likelihood;  // (N), contiguous
};
DECLARE_STUB(ctc_stub, void(const CtcCall& call));
/// Writes all of `grad_input`, contiguous (T, N, C), from `grad` (N); infinite losses give zeros with `zero_infinity`.
DECLARE_STUB(ctc_backward_stub,
             void(const CtcCall& call, const TensorBase& grad, const TensorBase& grad_input, bool zero_infinity));

}  // namespace tiny_torch::native
