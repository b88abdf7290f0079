// The CPU allocator: freed blocks are kept by size class, small ones per thread, large ones in a shared, bounded cache,
// because fresh pages cost more than most operators do.
#include <pthread.h>
#include <sys/mman.h>

#include <cstdint>
#include <cstdlib>
#include <mutex>

#include "c10/Allocator.h"
#include "c10/errors.h"

namespace tiny_torch {
namespace {

constexpr size_t kAlignment = 64;
constexpr size_t kHeader = 64;
constexpr size_t kSmallest = 64;
constexpr size_t kHugePage = size_t{2} << 20;
constexpr int kClassesPerDoubling = 4;
constexpr int kClasses = 42 * kClassesPerDoubling;
constexpr int kSmallClasses = 9 * kClassesPerDoubling;  // per-thread below 32 KiB
constexpr uint32_t kMaxSmallPerClass = 32;
constexpr size_t kMaxCachedBytes = size_t{2} << 30;

// Written in front of each block; `next` is used only while the block is free.
struct Block {
  uint32_t size_class;
  bool mapped;
  size_t capacity;
  Block* next;
};
static_assert(sizeof(Block) <= kHeader);

// Class k holds blocks of (4 + k % 4) / 4 * 2^(k / 4) * kSmallest bytes: at most a quarter is wasted.
size_t class_bytes(int k) {
  return (kSmallest * static_cast<size_t>(kClassesPerDoubling + k % kClassesPerDoubling) << (k / kClassesPerDoubling)) /
         kClassesPerDoubling;
}
int class_of(size_t nbytes) {
  if (nbytes <= kSmallest) return 0;
  const int doubling = 63 - __builtin_clzll((nbytes - 1) / kSmallest);
  const size_t base = kSmallest << doubling;
  const size_t quarter = base / kClassesPerDoubling;
  return doubling * kClassesPerDoubling + static_cast<int>((nbytes - base + quarter - 1) / quarter);
}

struct SmallCache {
  Block* lists[kSmallClasses];
  uint32_t counts[kSmallClasses];
  bool registered;
  bool dead;
};
thread_local SmallCache small_cache TORCH_TLS_INITIAL_EXEC;

void system_free(Block* block) {
  if (block->mapped) {
    ::munmap(block, block->capacity + kHeader);
  } else {
    std::free(block);
  }
}

struct SmallCacheReaper {
  ~SmallCacheReaper() {
    small_cache.dead = true;
    for (Block*& list : small_cache.lists) {
      while (list != nullptr) {
        Block* next = list->next;
        system_free(list);
        list = next;
      }
    }
  }
};

struct LargeCache {
  std::mutex mutex;
  Block* lists[kClasses] = {};
  size_t bytes = 0;
};
// Never destroyed: tensors held by other static objects are freed after it would have been.
LargeCache& large_cache() {
  static LargeCache* cache = new LargeCache();
  return *cache;
}
// Held across fork: the child would wait for ever for a lock that a thread of its parent held.
const int atfork_registered = ::pthread_atfork([] { large_cache().mutex.lock(); }, [] { large_cache().mutex.unlock(); },
                                               [] { large_cache().mutex.unlock(); });

Block* system_allocate(int k) {
  const size_t capacity = class_bytes(k);
  const size_t total = capacity + kHeader;
  void* memory = nullptr;
  const bool mapped = total >= 2 * kHugePage;
  if (mapped) {
    memory = ::mmap(nullptr, total, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) memory = nullptr;
#if defined(MADV_HUGEPAGE)
    if (memory != nullptr) ::madvise(memory, total, MADV_HUGEPAGE);
#endif
  } else if (::posix_memalign(&memory, kAlignment, total) != 0) {
    memory = nullptr;
  }
  if (memory == nullptr) return nullptr;
  auto* block = static_cast<Block*>(memory);
  block->size_class = static_cast<uint32_t>(k);
  block->mapped = mapped;
  block->capacity = capacity;
  return block;
}

void release_large_cache() {
  LargeCache& cache = large_cache();
  const std::lock_guard<std::mutex> lock(cache.mutex);
  for (Block*& list : cache.lists) {
    while (list != nullptr) {
      Block* next = list->next;
      system_free(list);
      list = next;
    }
  }
  cache.bytes = 0;
}

TORCH_NOINLINE Block* allocate_from_system(int k) {
  if (!small_cache.registered) {
    small_cache.registered = true;
    static thread_local SmallCacheReaper reaper;
    (void)reaper;
  }
  Block* block = system_allocate(k);
  if (block == nullptr) {
    release_large_cache();
    block = system_allocate(k);
  }
  if (block == nullptr) {
    throw OutOfMemoryError(
        str("DefaultCPUAllocator: can't allocate memory: you tried to allocate ", class_bytes(k), " bytes."));
  }
  return block;
}

#if !defined(TINY_TORCH_SANITIZER)
Block* take_large(int k) {
  LargeCache& cache = large_cache();
  const std::lock_guard<std::mutex> lock(cache.mutex);
  Block* block = cache.lists[k];
  if (block != nullptr) {
    cache.lists[k] = block->next;
    cache.bytes -= block->capacity;
  }
  return block;
}
#endif

void free_block(void* context) {
  auto* block = static_cast<Block*>(context);
#if !defined(TINY_TORCH_SANITIZER)
  const int k = static_cast<int>(block->size_class);
  if (k < kSmallClasses) {
    if (small_cache.registered && !small_cache.dead && small_cache.counts[k] < kMaxSmallPerClass) {
      block->next = small_cache.lists[k];
      small_cache.lists[k] = block;
      ++small_cache.counts[k];
      return;
    }
  } else {
    LargeCache& cache = large_cache();
    const std::lock_guard<std::mutex> lock(cache.mutex);
    if (cache.bytes + block->capacity <= kMaxCachedBytes) {
      block->next = cache.lists[k];
      cache.lists[k] = block;
      cache.bytes += block->capacity;
      return;
    }
  }
#endif
  system_free(block);
}

class CPUAllocator final : public Allocator {
 public:
  DataPtr allocate(size_t nbytes) override {
    if (nbytes == 0) return DataPtr(nullptr, Device(DeviceType::CPU));
    TORCH_CHECK(nbytes < (size_t{1} << 46), "DefaultCPUAllocator: can't allocate memory: you tried to allocate ",
                nbytes, " bytes.");
    const int k = class_of(nbytes);
    Block* block = nullptr;
#if !defined(TINY_TORCH_SANITIZER)
    if (k < kSmallClasses) {
      block = small_cache.lists[k];
      if (TORCH_LIKELY(block != nullptr)) {
        small_cache.lists[k] = block->next;
        --small_cache.counts[k];
      }
    } else {
      block = take_large(k);
    }
#endif
    if (block == nullptr) block = allocate_from_system(k);
    return DataPtr(reinterpret_cast<char*>(block) + kHeader, block, &free_block, Device(DeviceType::CPU));
  }
  void empty_cache() override { release_large_cache(); }
};

CPUAllocator cpu_allocator;
const bool registered = (set_allocator(DeviceType::CPU, &cpu_allocator), true);

}  // namespace
}  // namespace tiny_torch
