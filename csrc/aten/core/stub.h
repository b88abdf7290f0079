// Device stubs: one compute entry point per kernel, with a function for each device that has one.
//
// Contract: a front declares `DECLARE_STUB(softmax_stub, void(const TensorBase& out, const TensorBase& self, int64_t dim))`
// in a header and defines it with DEFINE_STUB in its .cpp; a backend's .cpp registers with REGISTER_STUB.
// Calling it for Meta does nothing; for a device without a kernel it throws NotImplementedError with op and device.
#pragma once

#include <array>
#include <atomic>

#include "c10/Device.h"
#include "c10/errors.h"
#include "c10/macros.h"

namespace tiny_torch {

template <class Signature>
class Stub;

template <class... Args>
class Stub<void(Args...)> {
 public:
  using Fn = void (*)(Args...);
  constexpr explicit Stub(const char* name) : name_(name) {}
  void operator()(DeviceType device, Args... args) const {
    if (TORCH_UNLIKELY(device == DeviceType::Meta)) return;
    Fn fn = functions_[static_cast<size_t>(device)];
    if (TORCH_UNLIKELY(fn == nullptr)) {
      detail::throw_not_implemented(
          str(name_, ": there is no kernel for device ", device, "; move the tensors to the CPU or load a backend"));
    }
    fn(args...);
  }
  void set(DeviceType device, Fn fn) { functions_[static_cast<size_t>(device)] = fn; }
  Fn get(DeviceType device) const { return functions_[static_cast<size_t>(device)]; }

 private:
  const char* name_;
  std::array<Fn, kMaxDeviceTypes> functions_{};
};

}  // namespace tiny_torch

#define DECLARE_STUB(name, ...) extern TORCH_API ::tiny_torch::Stub<__VA_ARGS__> name
/// Constant-initialised, so that registrations from other files' initialisers are kept.
#define DEFINE_STUB(name) decltype(name) name(#name)
#define REGISTER_STUB(name, device, fn) \
  static const bool TORCH_UNIQUE_NAME(stub_registered_) = (name.set(device, fn), true)
