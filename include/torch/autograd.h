// torch::autograd: backward, grad and custom functions.
#pragma once

#include <torch/types.h>

#include "api/autograd.h"

namespace torch::autograd {
using ::tiny_torch::api::AutogradContext;
using ::tiny_torch::api::backward;
using ::tiny_torch::api::Function;
using ::tiny_torch::api::grad;
using ::tiny_torch::api::tensor_list;
using ::tiny_torch::api::Variable;
using ::tiny_torch::api::variable_list;
}  // namespace torch::autograd
