#include "c10/Allocator.h"

#include <array>
#include <atomic>

#include "c10/errors.h"

namespace tiny_torch {

Allocator::~Allocator() = default;
StreamInterface::~StreamInterface() = default;
EventInterface::~EventInterface() = default;
DeviceGuardInterface::~DeviceGuardInterface() = default;

namespace {
// Constant-initialised, so that registrations in other files' initialisers find them ready.
std::array<std::atomic<Allocator*>, kMaxDeviceTypes> allocators{};
std::array<std::atomic<DeviceGuardInterface*>, kMaxDeviceTypes> guards{};

class MetaAllocator final : public Allocator {
  DataPtr allocate(size_t) override { return DataPtr(nullptr, Device(DeviceType::Meta)); }
};
MetaAllocator meta_allocator;
const bool meta_registered = (set_allocator(DeviceType::Meta, &meta_allocator), true);
}  // namespace

Allocator* get_allocator(DeviceType type) {
  Allocator* allocator = allocators[static_cast<size_t>(type)].load(std::memory_order_acquire);
  TORCH_CHECK(allocator != nullptr, "Tiny-torch has no ", type,
              " support in this process: no allocator is registered for it");
  return allocator;
}
void set_allocator(DeviceType type, Allocator* allocator) { allocators[static_cast<size_t>(type)].store(allocator); }

DeviceGuardInterface* try_device_guard(DeviceType type) {
  return guards[static_cast<size_t>(type)].load(std::memory_order_acquire);
}
DeviceGuardInterface& device_guard(DeviceType type) {
  DeviceGuardInterface* guard = try_device_guard(type);
  TORCH_CHECK(guard != nullptr, "Tiny-torch has no ", type, " support in this process: its backend is not loaded");
  return *guard;
}
void register_device_guard(DeviceType type, DeviceGuardInterface* guard) {
  guards[static_cast<size_t>(type)].store(guard);
}

}  // namespace tiny_torch
