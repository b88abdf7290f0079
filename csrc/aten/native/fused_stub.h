// Compute behind the fused optimizer steps.
#pragma once

#include <vector>

#include "aten/core/TensorBase.h"
#include "aten/core/stub.h"

namespace tiny_torch::native {

/// What all parameters of a step share. `inverse_scale` multiplies the gradients, which are written back if `unscale`.
struct FusedOptions {
  double lr = 0, weight_decay = 0;
  bool maximize = false, unscale = false;
  double inverse_scale = 1;
};

struct SgdOptions : FusedOptions {
  double momentum = 0, dampening = 0;
  bool nesterov = false, is_first_step = false;
};

struct AdamOptions : FusedOptions {
  double beta1 = 0, beta2 = 0, eps = 0;
  bool decoupled = false;
  std::vector<double> steps;
};

/// Lists of equal length, or empty where an option makes no use of them. Tensors of one place are dense, of one dtype
/// (floating) and of the same shape and strides: kernels go through their memory.
struct FusedLists {
  TensorList params, grads, first, second, greatest;
};
DECLARE_STUB(fused_sgd_stub, void(const FusedLists& lists, const SgdOptions& options));
DECLARE_STUB(fused_adam_stub, void(const FusedLists& lists, const AdamOptions& options));

}  // namespace tiny_torch::native
