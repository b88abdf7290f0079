// DataPtr: owned memory on a device. Allocator, Stream, Event and DeviceGuard: the interfaces a device implements
// and registers; a device without a registration throws with its name.
#pragma once

#include <cstddef>
#include <optional>
#include <utility>

#include "c10/Device.h"

namespace tiny_torch {

using DeleterFn = void (*)(void* context);

class DataPtr {
 public:
  DataPtr() = default;
  DataPtr(void* data, Device device) : data_(data), device_(device) {}
  DataPtr(void* data, void* context, DeleterFn deleter, Device device)
      : data_(data), context_(context), deleter_(deleter), device_(device) {}
  DataPtr(DataPtr&& o) noexcept
      : data_(std::exchange(o.data_, nullptr)),
        context_(std::exchange(o.context_, nullptr)),
        deleter_(std::exchange(o.deleter_, nullptr)),
        device_(o.device_) {}
  DataPtr& operator=(DataPtr&& o) noexcept {
    if (this != &o) {
      clear();
      data_ = std::exchange(o.data_, nullptr);
      context_ = std::exchange(o.context_, nullptr);
      deleter_ = std::exchange(o.deleter_, nullptr);
      device_ = o.device_;
    }
    return *this;
  }
  ~DataPtr() { clear(); }
  void clear() {
    if (deleter_ != nullptr) deleter_(context_);
    data_ = context_ = nullptr;
    deleter_ = nullptr;
  }
  void* get() const { return data_; }
  void* context() const { return context_; }
  DeleterFn deleter() const { return deleter_; }
  Device device() const { return device_; }
  explicit operator bool() const { return data_ != nullptr || context_ != nullptr; }

 private:
  void* data_ = nullptr;
  void* context_ = nullptr;
  DeleterFn deleter_ = nullptr;
  Device device_;
};

class TORCH_API Allocator {
 public:
  virtual ~Allocator();
  /// Memory of at least `nbytes`, aligned to 64 bytes, contents undefined. OutOfMemoryError when there is none.
  virtual DataPtr allocate(size_t nbytes) = 0;
  /// Gives cached memory back to the system.
  virtual void empty_cache() {}
};

TORCH_API Allocator* get_allocator(DeviceType type);
TORCH_API void set_allocator(DeviceType type, Allocator* allocator);

/// A queue of work on a device, an event recorded in one, and what a device offers around them.
class TORCH_API StreamInterface {
 public:
  virtual ~StreamInterface();
  virtual void synchronize() = 0;
  virtual bool query() = 0;
};
class TORCH_API EventInterface {
 public:
  virtual ~EventInterface();
  virtual void record(StreamInterface& stream) = 0;
  virtual void wait(StreamInterface& stream) = 0;
  virtual void synchronize() = 0;
  virtual double elapsed_ms(const EventInterface& end) const = 0;
};
class TORCH_API DeviceGuardInterface {
 public:
  virtual ~DeviceGuardInterface();
  virtual DeviceType type() const = 0;
  virtual int device_count() const = 0;
  virtual Device current() const = 0;
  /// Makes `device` current and returns the one that was.
  virtual Device exchange(Device device) = 0;
  virtual void synchronize(Device device) = 0;
};

/// nullptr when the device has no backend in this process.
TORCH_API DeviceGuardInterface* try_device_guard(DeviceType type);
TORCH_API DeviceGuardInterface& device_guard(DeviceType type);
TORCH_API void register_device_guard(DeviceType type, DeviceGuardInterface* guard);

/// Makes a device current for a scope; nothing to do for CPU and Meta.
class OptionalDeviceGuard {
 public:
  OptionalDeviceGuard() = default;
  explicit OptionalDeviceGuard(const std::optional<Device>& device) {
    if (device.has_value()) enter(*device);
  }
  explicit OptionalDeviceGuard(Device device) { enter(device); }
  OptionalDeviceGuard(const OptionalDeviceGuard&) = delete;
  OptionalDeviceGuard& operator=(const OptionalDeviceGuard&) = delete;
  ~OptionalDeviceGuard() {
    if (guard_ != nullptr) guard_->exchange(previous_);
  }

 private:
  void enter(Device device) {
    if (device.is_cpu() || device.is_meta()) return;
    guard_ = &device_guard(device.type());
    previous_ = guard_->exchange(device);
  }

  DeviceGuardInterface* guard_ = nullptr;
  Device previous_;
};

}  // namespace tiny_torch
