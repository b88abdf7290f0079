#include "c10/pool.h"

#include <cstdint>
#include <cstdlib>
#include <new>

namespace tiny_torch {
namespace {

constexpr size_t kStep = 32;
constexpr size_t kClasses = 24;
constexpr uint32_t kMaxPerClass = 256;

struct FreeObject {
  FreeObject* next;
};

// Plain data without a destructor, so that it can be used until the very end of the thread.
struct ThreadPool {
  FreeObject* lists[kClasses];
  uint32_t counts[kClasses];
  bool registered;
  bool dead;
};
thread_local ThreadPool thread_pool TORCH_TLS_INITIAL_EXEC;

struct ThreadPoolReaper {
  ~ThreadPoolReaper() {
    thread_pool.dead = true;
    for (FreeObject*& list : thread_pool.lists) {
      while (list != nullptr) {
        FreeObject* next = list->next;
        std::free(list);
        list = next;
      }
    }
  }
};

TORCH_NOINLINE void* allocate_slow(size_t bytes) {
  if (!thread_pool.registered) {
    thread_pool.registered = true;
    static thread_local ThreadPoolReaper reaper;
    (void)reaper;
  }
  void* ptr = std::malloc(bytes);
  if (ptr == nullptr) throw std::bad_alloc();
  return ptr;
}

}  // namespace

#if defined(TINY_TORCH_SANITIZER)
void* pool_allocate(size_t size) { return allocate_slow(size); }
void pool_free(void* ptr, size_t) noexcept { std::free(ptr); }
#else
void* pool_allocate(size_t size) {
  const size_t index = (size - 1) / kStep;
  if (TORCH_LIKELY(index < kClasses)) {
    FreeObject* head = thread_pool.lists[index];
    if (TORCH_LIKELY(head != nullptr)) {
      thread_pool.lists[index] = head->next;
      --thread_pool.counts[index];
      return head;
    }
    return allocate_slow((index + 1) * kStep);
  }
  return allocate_slow(size);
}

void pool_free(void* ptr, size_t size) noexcept {
  const size_t index = (size - 1) / kStep;
  if (TORCH_LIKELY(index < kClasses && thread_pool.counts[index] < kMaxPerClass && thread_pool.registered &&
                   !thread_pool.dead)) {
    auto* object = static_cast<FreeObject*>(ptr);
    object->next = thread_pool.lists[index];
    thread_pool.lists[index] = object;
    ++thread_pool.counts[index];
    return;
  }
  std::free(ptr);
}
#endif

}  // namespace tiny_torch
