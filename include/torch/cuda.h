// torch::cuda: whether a GPU is there.
#pragma once

#include <torch/types.h>

#include "c10/Allocator.h"

namespace torch::cuda {
inline size_t device_count() {
  const DeviceGuardInterface* guard = try_device_guard(kCUDA);
  return guard == nullptr ? 0 : static_cast<size_t>(guard->device_count());
}
inline bool is_available() { return device_count() > 0; }
inline bool cudnn_is_available() { return false; }
inline void manual_seed_all(uint64_t) {}
inline void manual_seed(uint64_t) {}
inline void synchronize(int64_t device_index = -1) {
  if (is_available()) device_guard(kCUDA).synchronize(Device(kCUDA, static_cast<DeviceIndex>(device_index)));
}
}  // namespace torch::cuda
