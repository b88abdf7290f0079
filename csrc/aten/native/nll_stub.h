// Compute behind nll_loss.
#pragma once

#include "aten/core/TensorBase.h"
#include "aten/core/stub.h"

namespace tiny_torch::native {

/// Contiguous tensors: `self` (n, classes, inner), `target` int64 (n, inner), `weight` (classes) of self's dtype or
/// undefined. Kernels check all targets before their first write: IndexError.
struct NllCall {
  const TensorBase& self;
  const TensorBase& target;
  const TensorBase& weight;
  int64_t n, classes, inner;
  int64_t reduction, ignore_index;
};
/// `out` is (n, inner), or one element for a mean or sum; `total_weight` one element.
DECLARE_STUB(nll_loss_stub, void(const NllCall& call, const TensorBase& out, const TensorBase& total_weight));
/// `grad_input` has the shape of `self`, whose values do not count; `grad_output` is contiguous.
DECLARE_STUB(nll_loss_backward_stub, void(const NllCall& call, const TensorBase& grad_input,
                                          const TensorBase& grad_output, const TensorBase& total_weight));

/// The same for logits (inner is 1), with the log of softmax taken on the way; `row_state` is (n, 2) of the type that
/// self computes in: the row's maximum and the log of its sum of exponentials.
DECLARE_STUB(cross_entropy_stub, void(const NllCall& call, const TensorBase& out, const TensorBase& total_weight,
                                      const TensorBase& row_state));
DECLARE_STUB(cross_entropy_backward_stub,
             void(const NllCall& call, const TensorBase& grad_input, const TensorBase& grad_output,
                  const TensorBase& total_weight, const TensorBase& row_state));

}  // namespace tiny_torch::native
