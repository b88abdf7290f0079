// The namespaces and names that programs written for libtorch use: torch::Tensor, torch::kFloat32, torch::zeros, ...
#pragma once

#include <c10/base.h>

#include "api/build_info.h"
#include "api/enum.h"
#include "api/ivalue.h"
#include "api/print_containers.h"
#include "api/tensor_factories.h"
#include "aten/Tensor.h"
#include "aten/core/CPUGeneratorImpl.h"
#include "aten/core/Context.h"
#include "aten/core/promotion.h"
#include "generated/Functions.h"
#include "generated/config.h"

namespace tiny_torch {
using Dtype = ScalarType;
using IntList = IntArrayRef;

inline Tensor where(const Tensor& condition, const Scalar& self, const Tensor& other) {
  return where(condition, Tensor(wrapped_scalar(self)), other);
}
inline Tensor where(const Tensor& condition, const Scalar& self, const Scalar& other) {
  return where(condition, Tensor(wrapped_scalar(self)), Tensor(wrapped_scalar(other)));
}
}  // namespace tiny_torch

namespace tiny_torch {
namespace detail {
inline Generator createCPUGenerator(uint64_t seed = kDefaultSeed) { return make_cpu_generator(seed); }
inline const Generator& getDefaultCPUGenerator() { return default_cpu_generator(); }
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

/// Here and in at, not in tiny_torch, where complex is the class.
inline Tensor complex(const Tensor& real, const Tensor& imag) { return make_complex(real, imag); }

inline TensorOptions dtype(ScalarType dtype) { return TensorOptions().dtype(dtype); }
template <class T>
TensorOptions dtype() {
  return TensorOptions().dtype<T>();
}
inline TensorOptions device(Device device) { return TensorOptions().device(device); }
inline TensorOptions device_index(DeviceIndex index) { return TensorOptions().device_index(index); }
inline TensorOptions layout(Layout layout) { return TensorOptions().layout(layout); }
inline TensorOptions memory_format(MemoryFormat format) { return TensorOptions(format); }
inline TensorOptions requires_grad(bool requires_grad = true) { return TensorOptions().requires_grad(requires_grad); }
}  // namespace torch
namespace at {
using namespace ::tiny_torch;  // NOLINT
using ::tiny_torch::api::IValue;
using ::torch::complex;
using ::torch::device;
using ::torch::device_index;
using ::torch::dtype;
using ::torch::layout;
using ::torch::memory_format;
using ::torch::requires_grad;
}  // namespace at
namespace c10 {
using namespace ::tiny_torch;  // NOLINT
using ::tiny_torch::api::IValue;
}  // namespace c10
