// parallel_for: every element once, exceptions, nesting, thread counts, and a fork after the pool was used.
#include "c10/parallel.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <mutex>
#include <numeric>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "c10/errors.h"

namespace tiny_torch {
namespace {

class Threads {
 public:
  explicit Threads(int n) : saved_(get_num_threads()) { set_num_threads(n); }
  ~Threads() { set_num_threads(saved_); }

 private:
  int saved_;
};

TEST(Parallel, EveryElementOnce) {
  for (int threads : {1, 2, 3, 7}) {
    const Threads scope(threads);
    for (int64_t n : {0, 1, 2, 5, 64, 1000, 1001}) {
      for (int64_t grain : {0, 1, 3, 100, 5000}) {
        std::vector<int> seen(static_cast<size_t>(n), 0);
        parallel_for(10, 10 + n, grain, [&](int64_t begin, int64_t end) {
          ASSERT_LT(begin, end);
          for (int64_t i = begin; i < end; ++i) ++seen[static_cast<size_t>(i - 10)];
        });
        for (int count : seen) ASSERT_EQ(count, 1) << threads << " threads, n " << n << ", grain " << grain;
      }
    }
  }
}

TEST(Parallel, ChunksRespectTheGrain) {
  const Threads scope(8);
  std::mutex mutex;
  std::vector<int64_t> lengths;
  parallel_for(0, 1000, 300, [&](int64_t begin, int64_t end) {
    const std::lock_guard<std::mutex> lock(mutex);
    lengths.push_back(end - begin);
  });
  EXPECT_LE(lengths.size(), 4u);
  EXPECT_EQ(std::accumulate(lengths.begin(), lengths.end(), int64_t{0}), 1000);
}

TEST(Parallel, AnEmptyRangeCallsNothing) {
  parallel_for(5, 5, 1, [](int64_t, int64_t) { FAIL(); });
  parallel_for(5, 4, 1, [](int64_t, int64_t) { FAIL(); });
}

TEST(Parallel, ExceptionsReachTheCaller) {
  for (int threads : {1, 4}) {
    const Threads scope(threads);
    try {
      parallel_for(0, 100, 1, [](int64_t begin, int64_t end) {
        if (begin <= 57 && 57 < end) throw std::runtime_error("element 57");
      });
      FAIL() << "expected the exception with " << threads << " threads";
    } catch (const std::runtime_error& e) {
      EXPECT_STREQ(e.what(), "element 57");
    }
    EXPECT_FALSE(in_parallel_region());
    EXPECT_EQ(get_thread_num(), 0);
  }
}

TEST(Parallel, NestedRegionsRunOnTheirCaller) {
  const Threads scope(3);
  std::atomic<int> outer{0}, inner{0}, wrong{0};
  parallel_for(0, 3, 1, [&](int64_t, int64_t) {
    ++outer;
    if (!in_parallel_region()) ++wrong;
    const int number = get_thread_num();
    parallel_for(0, 1000, 1, [&](int64_t begin, int64_t end) {
      ++inner;
      if (begin != 0 || end != 1000 || get_thread_num() != number) ++wrong;
    });
  });
  EXPECT_EQ(outer.load(), 3);
  EXPECT_EQ(inner.load(), 3);
  EXPECT_EQ(wrong.load(), 0);
}

TEST(Parallel, ThreadNumbersAreDistinct) {
  const Threads scope(4);
  std::mutex mutex;
  std::multiset<int> numbers;
  parallel_for(0, 4, 1, [&](int64_t, int64_t) {
    const std::lock_guard<std::mutex> lock(mutex);
    numbers.insert(get_thread_num());
  });
  EXPECT_EQ(numbers, (std::multiset<int>{0, 1, 2, 3}));
}

TEST(Parallel, OneThreadStaysOnTheCaller) {
  const Threads scope(1);
  int calls = 0;
  parallel_for(0, 100000, 1, [&](int64_t begin, int64_t end) {
    ++calls;
    EXPECT_EQ(begin, 0);
    EXPECT_EQ(end, 100000);
    EXPECT_FALSE(in_parallel_region());
  });
  EXPECT_EQ(calls, 1);
}

TEST(Parallel, ThreadCountsMustBePositive) {
  for (int n : {0, -1}) {
    EXPECT_THROW(set_num_threads(n), Error);
    EXPECT_THROW(set_num_interop_threads(n), Error);
  }
  const Threads scope(5);
  EXPECT_EQ(get_num_threads(), 5);
}

#if !defined(__SANITIZE_THREAD__)
TEST(Parallel, AForkedChildComputesAfterThePoolWasUsed) {
  const Threads scope(2);
  auto sum = [] {
    std::atomic<int64_t> total{0};
    parallel_for(0, 1000, 1, [&](int64_t begin, int64_t end) { total += end - begin; });
    return total.load();
  };
  ASSERT_EQ(sum(), 1000);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    ::alarm(10);  // a hang ends the child with a signal
    ::_exit(sum() == 1000 && get_num_threads() == 1 ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status)) << "the child hung";
  EXPECT_EQ(WEXITSTATUS(status), 0);
  EXPECT_EQ(sum(), 1000) << "the parent's pool still works";
}
#endif

}  // namespace
}  // namespace tiny_torch
