// intrusive_ptr: counts, moves, conversions, weak references, and owners in several threads.
#include "c10/intrusive_ptr.h"

#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <thread>
#include <vector>

namespace tiny_torch {
namespace {

struct Base : intrusive_ptr_target {
  explicit Base(std::atomic<int>& alive) : alive_(alive) { ++alive_; }
  ~Base() override { --alive_; }
  void release_resources() override { ++released; }
  int released = 0;
  std::atomic<int>& alive_;
};
struct Derived : Base {
  using Base::Base;
};

TEST(IntrusivePtr, CountsItsOwners) {
  std::atomic<int> alive{0};
  auto a = make_intrusive<Base>(alive);
  EXPECT_EQ(a.use_count(), 1u);
  EXPECT_TRUE(a.unique());
  {
    const auto b = a;  // NOLINT: the copy is the point
    EXPECT_EQ(a.use_count(), 2u);
    EXPECT_TRUE(a == b);
  }
  EXPECT_EQ(a.use_count(), 1u);
  auto c = std::move(a);
  EXPECT_EQ(a.get(), nullptr);  // NOLINT: moved from on purpose
  EXPECT_EQ(c.use_count(), 1u);
  EXPECT_EQ(alive, 1);
  c.reset();
  EXPECT_EQ(alive, 0);
  EXPECT_EQ(c.use_count(), 0u);
}

TEST(IntrusivePtr, AssignmentToItselfKeepsTheObject) {
  std::atomic<int> alive{0};
  auto a = make_intrusive<Base>(alive);
  auto& same = a;
  a = same;
  EXPECT_EQ(alive, 1);
  a = std::move(same);
  EXPECT_EQ(alive, 1);
  ASSERT_NE(a.get(), nullptr);
  EXPECT_EQ(a.use_count(), 1u);
}

TEST(IntrusivePtr, ConvertsToItsBase) {
  std::atomic<int> alive{0};
  auto derived = make_intrusive<Derived>(alive);
  const intrusive_ptr<Base> shared = derived;
  EXPECT_EQ(shared.use_count(), 2u);
  const intrusive_ptr<Base> moved = std::move(derived);
  EXPECT_EQ(moved.use_count(), 2u);
}

TEST(IntrusivePtr, ReleaseAndReclaimMoveOneReference) {
  std::atomic<int> alive{0};
  auto a = make_intrusive<Base>(alive);
  Base* raw = a.release();
  EXPECT_EQ(alive, 1);
  {
    const auto copy = intrusive_ptr<Base>::reclaim_copy(raw);
    EXPECT_EQ(copy.use_count(), 2u);
  }
  {
    const auto back = intrusive_ptr<Base>::reclaim(raw);
  }
  EXPECT_EQ(alive, 0);
}

TEST(IntrusivePtr, TryRetainFindsOnlyLivingObjects) {
  std::atomic<int> alive{0};
  auto a = make_intrusive<Base>(alive);
  a.allow_weak();
  EXPECT_EQ(a.use_count(), 1u);
  {
    const auto second = intrusive_ptr<Base>::try_retain(a.get());
    ASSERT_TRUE(second);
    EXPECT_EQ(a.use_count(), 2u);
  }
  a.reset();
  EXPECT_EQ(alive, 0);
}

TEST(IntrusivePtr, ThreadsShareOneObject) {
  std::atomic<int> alive{0};
  auto shared = make_intrusive<Base>(alive);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([copy = shared] {
      for (int i = 0; i < 5000; ++i) {
        auto mine = copy;
        auto moved = std::move(mine);
      }
    });
  }
  shared.reset();
  for (std::thread& thread : threads) thread.join();
  threads.clear();
  EXPECT_EQ(alive, 0);
}

// A cache holds a plain pointer and takes references while the owners come and go.
struct Cached : intrusive_ptr_target {
  Cached(std::mutex& m, Cached*& s) : mutex(m), slot(s) {}
  ~Cached() override {
    const std::lock_guard<std::mutex> lock(mutex);
    if (slot == this) slot = nullptr;
  }
  std::mutex& mutex;
  Cached*& slot;
  std::atomic<int> value{7};
};

TEST(IntrusivePtr, ThreadsRaceForTheLastReference) {
  for (int round = 0; round < 200; ++round) {
    std::mutex mutex;
    Cached* slot = nullptr;
    auto owner = make_intrusive<Cached>(mutex, slot);
    owner.allow_weak();
    slot = owner.get();
    std::atomic<int> wrong{0};
    std::thread reader([&] {
      for (int i = 0; i < 20; ++i) {
        intrusive_ptr<Cached> mine;
        {
          const std::lock_guard<std::mutex> lock(mutex);
          if (slot != nullptr) mine = intrusive_ptr<Cached>::try_retain(slot);
        }
        if (mine && mine->value != 7) ++wrong;
      }
    });
    owner.reset();
    reader.join();
    EXPECT_EQ(wrong, 0);
    EXPECT_EQ(slot, nullptr);
  }
}

}  // namespace
}  // namespace tiny_torch
