// The namespaces and names that programs written for libtorch use: torch::Tensor, torch::kFloat32, torch::zeros, ...
#pragma once

#include "aten/Tensor.h"
#include "aten/core/CPUGeneratorImpl.h"
#include "generated/Functions.h"
#include "generated/config.h"

// Namespaces of their own, not aliases, because programs open them again.
namespace torch {
using namespace ::tiny_torch;  // NOLINT

inline TensorOptions dtype(ScalarType dtype) { return TensorOptions().dtype(dtype); }
inline TensorOptions device(Device device) { return TensorOptions().device(device); }
inline TensorOptions layout(Layout layout) { return TensorOptions().layout(layout); }
inline TensorOptions requires_grad(bool requires_grad = true) { return TensorOptions().requires_grad(requires_grad); }
}  // namespace torch
namespace at {
using namespace ::tiny_torch;  // NOLINT
}  // namespace at
namespace c10 {
using namespace ::tiny_torch;  // NOLINT
}  // namespace c10
