#include "autograd/spin_lock.h"

#include <chrono>
#include <thread>

namespace tiny_torch::autodiff {

void SpinLock::wait() {
  // Long waits happen where a node of a shared graph computes for long: leave the core to it.
  for (int tries = 0; busy_.exchange(true, std::memory_order_acquire); ++tries) {
    if (tries < 64) {
      std::this_thread::yield();
    } else {
      std::this_thread::sleep_for(std::chrono::microseconds(50));
    }
  }
}

}  // namespace tiny_torch::autodiff
