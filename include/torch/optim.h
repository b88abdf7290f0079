// torch::optim: the optimizers.
#pragma once

#include <torch/types.h>

#include "api/optim/sgd.h"
