// Gradients of the elementary functions.
#pragma once

#include "autograd/binary_formulas.h"
#include "autograd/formulas.h"
#include "generated/ops/compare.h"
#include "generated/ops/elementary.h"
#include "generated/ops/index.h"
#include "generated/ops/transcendental.h"

namespace tiny_torch::autodiff {

TensorBase copysign_backward(const TensorBase& grad, const TensorBase& self, const TensorBase& result);
TensorBase xlogy_backward(const TensorBase& grad, const TensorBase& self, const TensorBase& other);
TensorBase sinc_backward(const TensorBase& grad, const TensorBase& self);

}  // namespace tiny_torch::autodiff
