// Generator: a reference to the state of a random number generator. Copies of a Generator share one state.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <vector>

#include "c10/Device.h"
#include "c10/errors.h"
#include "c10/intrusive_ptr.h"

namespace tiny_torch {

class TORCH_API GeneratorImpl : public intrusive_ptr_target {
 public:
  explicit GeneratorImpl(Device device) : device_(device) {}
  ~GeneratorImpl() override;
  virtual void set_current_seed(uint64_t seed) = 0;
  virtual uint64_t current_seed() const = 0;
  /// Takes a seed from the system and returns it.
  virtual uint64_t seed() = 0;
  /// The state as bytes, in PyTorch's format for this device.
  virtual std::vector<uint8_t> get_state() const = 0;
  virtual void set_state(const std::vector<uint8_t>& state) = 0;
  virtual intrusive_ptr<GeneratorImpl> clone() const = 0;
  Device device() const { return device_; }
  /// Held by whoever draws.
  std::mutex& mutex() { return mutex_; }
  std::atomic<void*>& pyobj() { return pyobj_; }

 private:
  Device device_;
  std::mutex mutex_;
  std::atomic<void*> pyobj_{nullptr};
};

class Tensor;

class Generator {
 public:
  Generator() = default;
  explicit Generator(intrusive_ptr<GeneratorImpl> impl) : impl_(std::move(impl)) {}
  bool defined() const { return impl_.defined(); }
  GeneratorImpl* get() const { return impl_.get(); }
  const intrusive_ptr<GeneratorImpl>& impl() const { return impl_; }
  Device device() const { return impl_->device(); }
  uint64_t current_seed() const { return impl_->current_seed(); }
  uint64_t seed() { return impl_->seed(); }
  void set_current_seed(uint64_t seed) { impl_->set_current_seed(seed); }
  std::mutex& mutex() { return impl_->mutex(); }
  /// The state as a uint8 tensor, for C++ programs; the implementation's own has the plain bytes.
  TORCH_API Tensor get_state() const;
  /// RuntimeError unless `state` came from get_state() of such a generator.
  TORCH_API void set_state(const Tensor& state);
  Generator clone() const { return Generator(impl_->clone()); }
  bool operator==(const Generator& o) const { return impl_ == o.impl_; }

 private:
  intrusive_ptr<GeneratorImpl> impl_;
};

/// The implementation behind `generator`, or behind `default_generator` when none was given; checks the device.
template <class Impl>
Impl* check_generator(const std::optional<Generator>& generator, const Generator& default_generator) {
  const Generator& chosen = generator.has_value() && generator->defined() ? *generator : default_generator;
  auto* impl = dynamic_cast<Impl*>(chosen.get());
  TORCH_CHECK(impl != nullptr, "Expected a '", default_generator.device().type(),
              "' device type for generator but found '", chosen.device().type(), "'");
  return impl;
}

}  // namespace tiny_torch
