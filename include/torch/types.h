// The namespaces and names that programs written for libtorch use: torch::Tensor, torch::kFloat32, torch::zeros, ...
#pragma once

#include "api/enum.h"
#include "api/ivalue.h"
#include "api/tensor_factories.h"
#include "aten/Tensor.h"
#include "aten/core/CPUGeneratorImpl.h"
#include "c10/parallel.h"
#include "generated/Functions.h"
#include "generated/config.h"

namespace tiny_torch {
using Dtype = ScalarType;
using IntList = IntArrayRef;
}  // namespace tiny_torch

namespace tiny_torch {
using std::make_optional;
using std::nullopt;
using std::optional;
namespace detail {
inline Generator createCPUGenerator(uint64_t seed = kDefaultSeed) { return make_cpu_generator(seed); }
}  // namespace detail
/// A generator of one's own: `torch::make_generator<at::CPUGeneratorImpl>(seed)`.
template <class Impl>
Generator make_generator(uint64_t seed = kDefaultSeed) {
  static_assert(std::is_same_v<Impl, CPUGeneratorImpl>, "make_generator(): only CPUGeneratorImpl is known");
  return make_cpu_generator(seed);
}
}  // namespace tiny_torch

// Namespaces of their own, not aliases, because programs open them again. What is in torch::nn, optim, data and serialize
// lies in tiny_torch::frontend, which the line below leaves out, so that `using namespace torch; nn::Linear` has one meaning.
namespace torch {
using namespace ::tiny_torch;  // NOLINT
using ::tiny_torch::api::IValue;

inline TensorOptions dtype(ScalarType dtype) { return TensorOptions().dtype(dtype); }
inline TensorOptions device(Device device) { return TensorOptions().device(device); }
inline TensorOptions device_index(int index) { return TensorOptions(Device(kCUDA, static_cast<DeviceIndex>(index))); }
inline TensorOptions layout(Layout layout) { return TensorOptions().layout(layout); }
inline TensorOptions requires_grad(bool requires_grad = true) { return TensorOptions().requires_grad(requires_grad); }
}  // namespace torch
namespace at {
using namespace ::tiny_torch;  // NOLINT
using ::tiny_torch::api::IValue;
}  // namespace at
namespace c10 {
using namespace ::tiny_torch;  // NOLINT
using ::tiny_torch::api::IValue;
}  // namespace c10
