#include "c10/Allocator.h"

#include <array>
#include <atomic>

#include "c10/NotCompiledError.h"
#include "c10/errors.h"

namespace tiny_torch {

Allocator::~Allocator() = default;
StreamInterface::~StreamInterface() = default;
EventInterface::~EventInterface() = default;
DeviceGuardInterface::~DeviceGuardInterface() = default;
NotCompiledError::~NotCompiledError() = default;

namespace {
// Constant-initialised, so that registrations in other files' initialisers find them ready.
std::array<std::atomic<Allocator*>, kMaxDeviceTypes> allocators{};
std::array<std::atomic<DeviceGuardInterface*>, kMaxDeviceTypes> guards{};

class MetaAllocator final : public Allocator {
  DataPtr allocate(size_t) override { return DataPtr(nullptr, Device(DeviceType::Meta)); }
};
MetaAllocator meta_allocator;

const bool meta_registered = (set_allocator(DeviceType::Meta, &meta_allocator), true);

[[noreturn]] void throw_no_backend(DeviceType type) {
  // Programs look for this class and these words.
  if (type == DeviceType::CUDA) throw NotCompiledError("Torch not compiled with CUDA enabled");
  throw Error(str("Tiny-torch has no ", type, " support in this process: its backend is not loaded"));
}
}  // namespace

Allocator* get_allocator(DeviceType type) {
  Allocator* allocator = allocators[static_cast<size_t>(type)].load(std::memory_order_acquire);
  if (TORCH_UNLIKELY(allocator == nullptr)) throw_no_backend(type);
  return allocator;
}
void set_allocator(DeviceType type, Allocator* allocator) { allocators[static_cast<size_t>(type)].store(allocator); }

DeviceGuardInterface* try_device_guard(DeviceType type) {
  return guards[static_cast<size_t>(type)].load(std::memory_order_acquire);
}
DeviceGuardInterface& device_guard(DeviceType type) {
  DeviceGuardInterface* guard = try_device_guard(type);
  if (guard == nullptr) throw_no_backend(type);
  return *guard;
}
void register_device_guard(DeviceType type, DeviceGuardInterface* guard) {
  guards[static_cast<size_t>(type)].store(guard);
}

}  // namespace tiny_torch
