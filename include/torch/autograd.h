// torch::autograd: backward, grad and custom functions.
#pragma once

#include <torch/types.h>

#include "api/autograd.h"
#include "autograd/anomaly_mode.h"

// The engine's own namespace is tiny_torch::autodiff, so that `using namespace torch; autograd::Variable` has one meaning.
namespace torch::autograd {
using ::tiny_torch::AutoGradMode;
using ::tiny_torch::GradMode;
using ::tiny_torch::api::AutogradContext;
using ::tiny_torch::api::backward;
using ::tiny_torch::api::Function;
using ::tiny_torch::api::FunctionPostHook;
using ::tiny_torch::api::FunctionPreHook;
using ::tiny_torch::api::grad;
using ::tiny_torch::api::tensor_list;
using ::tiny_torch::api::Variable;
using ::tiny_torch::api::variable_list;
using ::tiny_torch::autodiff::AnomalyMode;
using ::tiny_torch::autodiff::DetectAnomalyGuard;
using ::tiny_torch::autodiff::Edge;
using ::tiny_torch::autodiff::edge_list;
using ::tiny_torch::autodiff::Node;
}  // namespace torch::autograd
