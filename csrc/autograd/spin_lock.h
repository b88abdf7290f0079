// SpinLock: a one-byte lock for critical sections of a few instructions that almost never meet.
#pragma once

#include <atomic>

#include "c10/macros.h"

namespace tiny_torch::autodiff {

class SpinLock {
 public:
  explicit SpinLock(std::atomic<bool>& busy) : busy_(busy) {
    if (TORCH_UNLIKELY(busy_.exchange(true, std::memory_order_acquire))) wait();
  }
  SpinLock(const SpinLock&) = delete;
  SpinLock& operator=(const SpinLock&) = delete;
  ~SpinLock() { busy_.store(false, std::memory_order_release); }

 private:
  TORCH_API void wait();
  std::atomic<bool>& busy_;
};

}  // namespace tiny_torch::autodiff
