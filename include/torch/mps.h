// torch::mps and torch::xpu: devices that this library has no backend for, for programs that ask.
#pragma once

#include <torch/types.h>

namespace tiny_torch {
inline bool hasMPS() { return false; }
inline bool hasXPU() { return false; }
}  // namespace tiny_torch
namespace torch::mps {
inline bool is_available() { return false; }
inline size_t device_count() { return 0; }
inline void manual_seed(uint64_t) {}
inline void synchronize() {}
}  // namespace torch::mps
namespace torch::xpu {
inline bool is_available() { return false; }
inline size_t device_count() { return 0; }
inline void manual_seed(uint64_t) {}
inline void manual_seed_all(uint64_t) {}
}  // namespace torch::xpu
