// The CPU allocator and the object pool: alignment, reuse, limits, and blocks that change threads.
#include "c10/Allocator.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "c10/errors.h"
#include "c10/pool.h"

namespace tiny_torch {
namespace {

Allocator& cpu() { return *get_allocator(DeviceType::CPU); }

// Fills `ptr` with a pattern that depends on `seed`; `holds` says whether it is still there.
void fill(void* ptr, size_t n, unsigned seed) { std::memset(ptr, static_cast<int>(seed % 251 + 1), n); }
bool holds(const void* ptr, size_t n, unsigned seed) {
  const auto* bytes = static_cast<const unsigned char*>(ptr);
  for (size_t i = 0; i < n; ++i) {
    if (bytes[i] != seed % 251 + 1) return false;
  }
  return true;
}

TEST(Allocator, BlocksAreAlignedWritableAndDisjoint) {
  std::vector<DataPtr> blocks;
  std::vector<size_t> sizes;
  for (size_t base = 1; base <= (size_t{1} << 23); base *= 4) {
    for (size_t n : {base - (base > 1), base, base + 1}) {
      blocks.push_back(cpu().allocate(n));
      sizes.push_back(n);
      ASSERT_EQ(reinterpret_cast<uintptr_t>(blocks.back().get()) % 64, 0u) << n << " bytes";
      fill(blocks.back().get(), n, static_cast<unsigned>(blocks.size()));
    }
  }
  for (size_t i = 0; i < blocks.size(); ++i) {
    EXPECT_TRUE(holds(blocks[i].get(), sizes[i], static_cast<unsigned>(i + 1))) << sizes[i] << " bytes";
    EXPECT_EQ(blocks[i].device(), Device(DeviceType::CPU));
  }
}

TEST(Allocator, NothingForZeroBytes) {
  const DataPtr none = cpu().allocate(0);
  EXPECT_EQ(none.get(), nullptr);
  EXPECT_FALSE(none);
}

TEST(Allocator, RefusesAbsurdSizes) {
  EXPECT_THROW(cpu().allocate(size_t{1} << 46), Error);
  EXPECT_THROW(cpu().allocate(~size_t{0}), Error);
  EXPECT_THROW(cpu().allocate(~size_t{0} - 63), Error);
}

#if !defined(TINY_TORCH_SANITIZER)
TEST(Allocator, AFreedBlockIsReused) {
  for (size_t n : {size_t{100}, size_t{100000}, size_t{10} << 20}) {
    void* first = nullptr;
    {
      const DataPtr block = cpu().allocate(n);
      first = block.get();
    }
    const DataPtr again = cpu().allocate(n);
    EXPECT_EQ(again.get(), first) << n << " bytes";
  }
}
#endif

TEST(Allocator, EmptyCacheLeavesLiveBlocksAlone) {
  const size_t n = size_t{6} << 20;
  const DataPtr live = cpu().allocate(n);
  fill(live.get(), n, 3);
  {
    const DataPtr freed = cpu().allocate(n);
  }
  cpu().empty_cache();
  EXPECT_TRUE(holds(live.get(), n, 3));
}

TEST(Allocator, MovedFromDataPtrOwnsNothing) {
  int deleted = 0;
  auto deleter = [](void* context) { ++*static_cast<int*>(context); };
  {
    DataPtr a(&deleted, &deleted, deleter, Device(DeviceType::CPU));
    DataPtr b(std::move(a));
    EXPECT_EQ(a.get(), nullptr);
    DataPtr c(&deleted, &deleted, deleter, Device(DeviceType::CPU));
    c = std::move(b);
    EXPECT_EQ(deleted, 1) << "the old contents of the assigned pointer are freed at once";
  }
  EXPECT_EQ(deleted, 2);
}

TEST(Allocator, DevicesWithoutBackendSayTheirName) {
  try {
    get_allocator(DeviceType::PrivateUse1);
    FAIL() << "expected an error";
  } catch (const Error& e) {
    EXPECT_NE(std::string(e.what()).find("privateuse"), std::string::npos) << e.what();
  }
  EXPECT_EQ(try_device_guard(DeviceType::PrivateUse1), nullptr);
}

// Makes blocks in some threads and frees them in others, with their contents checked in between.
TEST(Allocator, ThreadsFreeEachOthersBlocks) {
  struct Item {
    DataPtr block;
    size_t size = 0;
    unsigned seed = 0;
  };
  constexpr int kProducers = 3, kConsumers = 3, kEach = 2000;
  std::mutex mutex;
  std::condition_variable ready;
  std::deque<Item> queue;
  int producing = kProducers;
  std::atomic<int> good{0};

  std::vector<std::thread> threads;
  for (int p = 0; p < kProducers; ++p) {
    threads.emplace_back([&, p] {
      for (int i = 0; i < kEach; ++i) {
        Item item;
        item.size = 1 + static_cast<size_t>((i * 7919 + p * 104729) % 100000);
        item.seed = static_cast<unsigned>(i + p);
        item.block = cpu().allocate(item.size);
        fill(item.block.get(), item.size, item.seed);
        const std::lock_guard<std::mutex> lock(mutex);
        queue.push_back(std::move(item));
        ready.notify_one();
      }
      const std::lock_guard<std::mutex> lock(mutex);
      if (--producing == 0) ready.notify_all();
    });
  }
  for (int c = 0; c < kConsumers; ++c) {
    threads.emplace_back([&] {
      for (;;) {
        Item item;
        {
          std::unique_lock<std::mutex> lock(mutex);
          ready.wait(lock, [&] { return !queue.empty() || producing == 0; });
          if (queue.empty()) return;
          item = std::move(queue.front());
          queue.pop_front();
        }
        if (holds(item.block.get(), item.size, item.seed)) ++good;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(good.load(), kProducers * kEach);
}

struct Small : Pooled {
  explicit Small(int v) : value(v) {}
  int value;
  char padding[60] = {};
};

TEST(Allocator, PooledObjectsSurviveChangingThreads) {
  constexpr int kThreads = 4, kEach = 3000;
  std::atomic<int> wrong{0};
  std::vector<std::vector<Small*>> made(kThreads);
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i) made[t].push_back(new Small(t * kEach + i));
    });
  }
  for (std::thread& thread : threads) thread.join();
  threads.clear();
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      const int owner = (t + 1) % kThreads;
      for (int i = 0; i < kEach; ++i) {
        if (made[owner][i]->value != owner * kEach + i) ++wrong;
        delete made[owner][i];
        Small* reused = new Small(-1);
        if (reused->value != -1) ++wrong;
        delete reused;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong.load(), 0);
}

TEST(Allocator, PoolServesEverySize) {
  for (size_t size :
       {size_t{1}, size_t{31}, size_t{32}, size_t{33}, size_t{767}, size_t{768}, size_t{769}, size_t{5000}}) {
    void* a = pool_allocate(size);
    void* b = pool_allocate(size);
    ASSERT_NE(a, b);
    fill(a, size, 1);
    fill(b, size, 2);
    EXPECT_TRUE(holds(a, size, 1)) << size;
    pool_free(a, size);
    pool_free(b, size);
  }
}

#if !defined(__SANITIZE_THREAD__)
// A worker process is often forked while other threads allocate: their locks must not stay taken in the child.
TEST(Allocator, WorksInAForkedChild) {
  std::atomic<bool> stop{false};
  std::thread busy([&] {
    while (!stop) cpu().allocate(size_t{1} << 20);
  });
  int failures = 0;
  for (int i = 0; i < 50; ++i) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      ::alarm(10);
      const DataPtr block = cpu().allocate(size_t{1} << 20);
      fill(block.get(), 1 << 20, 1);
      ::_exit(0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) ++failures;
  }
  stop = true;
  busy.join();
  EXPECT_EQ(failures, 0);
}
#endif

}  // namespace
}  // namespace tiny_torch
