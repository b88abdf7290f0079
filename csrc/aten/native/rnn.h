// Compute behind a layer of LSTM cells: what happens in a step beside the product with w_hh.
#pragma once

#include "aten/core/TensorBase.h"
#include "aten/core/stub.h"

namespace tiny_torch::native {

/// One step for a batch. Tensors are dense and of one dtype, float or double; `gates` and `hidden`, whose sum is
/// activated, are (B, 4H) in the order input, forget, candidate, output, the others (B, H). `activated` may be undefined;
/// `cell` may be `previous`.
struct LstmStep {
  const TensorBase &gates, &hidden, &previous, &activated, &cell, &output;
};
DECLARE_STUB(lstm_step_stub, void(const LstmStep& step));

/// The same step backwards. `grad_output` and `grad_h`, which may be undefined, are added up; `grad_c` holds the gradient
/// of the cell and afterwards that of `previous`. Writes the gradient of the gates before activation.
struct LstmStepBackward {
  const TensorBase &grad_output, &grad_h, &grad_c, &activated, &cell, &previous, &grad_gates;
};
DECLARE_STUB(lstm_step_backward_stub, void(const LstmStepBackward& step));

}  // namespace tiny_torch::native
