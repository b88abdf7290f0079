// Compute behind layers of LSTM and GRU cells: what happens in a step beside the product with w_hh.
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

/// The same of GRU cells. `gates` and `hidden` are (B, 3H) in the order reset, update, candidate; `activated` is (B, 4H):
/// the gates after activation and the candidate's part of `hidden`.
struct GruStep {
  const TensorBase &gates, &hidden, &previous, &activated, &output;
};
DECLARE_STUB(gru_step_stub, void(const GruStep& step));

/// `grad_h` holds the gradient of the state but for `grad_output`, and afterwards the part of that of `previous` that
/// does not come through `grad_hidden`.
struct GruStepBackward {
  const TensorBase &grad_output, &grad_h, &activated, &previous, &grad_gates, &grad_hidden;
};
DECLARE_STUB(gru_step_backward_stub, void(const GruStepBackward& step));

}  // namespace tiny_torch::native
