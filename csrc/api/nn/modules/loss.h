// Modules of the losses; see the functions of the same names.
#pragma once

#include "api/nn/functional/loss.h"

namespace tiny_torch::frontend::nn {

#define TINY_TORCH_LOSS_MODULE(Name) \
  TINY_TORCH_MODULE(Name, Name##Options, Tensor forward(const Tensor& input, const Tensor& target);)

TINY_TORCH_LOSS_MODULE(L1Loss);
TINY_TORCH_LOSS_MODULE(MSELoss);
TINY_TORCH_LOSS_MODULE(SmoothL1Loss);
TINY_TORCH_LOSS_MODULE(HuberLoss);
TINY_TORCH_LOSS_MODULE(BCELoss);
TINY_TORCH_LOSS_MODULE(BCEWithLogitsLoss);
TINY_TORCH_LOSS_MODULE(NLLLoss);
TINY_TORCH_LOSS_MODULE(CrossEntropyLoss);

}  // namespace tiny_torch::frontend::nn
