// torch::optim: the optimizers and what changes their learning rates.
#pragma once

#include <torch/types.h>

#include "api/optim/adagrad.h"
#include "api/optim/adam.h"
#include "api/optim/lbfgs.h"
#include "api/optim/schedulers.h"
#include "api/optim/sgd.h"

namespace torch::optim {
using namespace ::tiny_torch::frontend::optim;  // NOLINT
}  // namespace torch::optim
