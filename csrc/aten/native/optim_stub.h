// Compute behind the fused optimizer steps.
//
// Contract: the lists of a call go together element by element; all tensors are contiguous, of one dtype, float or
// double, and of the sizes of their parameter. One call is one pass over memory.
#pragma once

#include <vector>

#include "aten/core/TensorBase.h"
#include "aten/core/stub.h"

namespace tiny_torch::native {

struct SgdCall {
  TensorList params;
  TensorList grads;
  TensorList buffers;  // empty without momentum
  double weight_decay;
  double momentum;
  double lr;
  double dampening;
  bool nesterov;
  bool maximize;
  bool is_first_step;
  double grad_scale;  // gradients are divided by it, and written back unless it is 1
};
DECLARE_STUB(fused_sgd_stub, void(const SgdCall& call));

struct AdamCall {
  TensorList params;
  TensorList grads;
  TensorList exp_avgs;
  TensorList exp_avg_sqs;
  TensorList max_exp_avg_sqs;  // empty unless amsgrad
  std::vector<double> steps;   // of each parameter, the present step included
  double lr;
  double beta1;
  double beta2;
  double weight_decay;
  double eps;
  bool decoupled;
  bool maximize;
  double grad_scale;
};
DECLARE_STUB(fused_adam_stub, void(const AdamCall& call));

}  // namespace tiny_torch::native
