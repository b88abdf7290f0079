// Gradients of the functions of mathematical physics.
#pragma once

#include "autograd/formulas.h"
#include "generated/ops/compare.h"
#include "generated/ops/elementary.h"
#include "generated/ops/index.h"
#include "generated/ops/special.h"
#include "generated/ops/transcendental.h"

namespace tiny_torch::autodiff {

TensorBase logit_backward(const TensorBase& grad, const TensorBase& self, std::optional<double> eps);
TensorBase igamma_grad_other(const TensorBase& grad, const TensorBase& self, const TensorBase& other);
TensorBase i1_backward(const TensorBase& grad, const TensorBase& self, const TensorBase& result);
TensorBase i1e_backward(const TensorBase& grad, const TensorBase& self, const TensorBase& result);
TensorBase xlog1py_grad_self(const TensorBase& grad, const TensorBase& self, const TensorBase& other);
/// RuntimeError: PyTorch has no formula for this argument either.
TensorBase no_derivative(const TensorBase& grad, const char* what);

}  // namespace tiny_torch::autodiff
