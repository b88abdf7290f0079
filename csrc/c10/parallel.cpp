#include "c10/parallel.h"

#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <exception>
#include <thread>
#include <vector>

#if !defined(TINY_TORCH_NO_OPENMP)
#include <omp.h>
#endif

#include "c10/errors.h"

namespace tiny_torch {
namespace {

int initial_threads() {
  for (const char* name : {"OMP_NUM_THREADS", "MKL_NUM_THREADS"}) {
    const char* text = std::getenv(name);
    const int n = text == nullptr ? 0 : std::atoi(text);
    if (n > 0) return n;
  }
#if !defined(TINY_TORCH_NO_OPENMP)
  return std::max(1, omp_get_num_procs());
#else
  return std::max(1u, std::thread::hardware_concurrency());
#endif
}

std::atomic<int> num_threads{0};
std::atomic<int> num_interop_threads{0};
thread_local bool inside_region TORCH_TLS_INITIAL_EXEC = false;
thread_local int thread_number TORCH_TLS_INITIAL_EXEC = 0;

// The threads of an OpenMP pool do not survive fork; a child that entered a region would wait for them for ever.
const int atfork_registered = ::pthread_atfork(nullptr, nullptr, [] { num_threads.store(1); });

struct RegionScope {
  explicit RegionScope(int number) : saved_number(thread_number) {
    inside_region = true;
    thread_number = number;
  }
  ~RegionScope() {
    inside_region = false;
    thread_number = saved_number;
  }
  int saved_number;
};

// The first exception of any thread, rethrown on the caller.
struct FirstException {
  std::atomic_flag taken = ATOMIC_FLAG_INIT;
  std::exception_ptr error;
  void capture() {
    if (!taken.test_and_set()) error = std::current_exception();
  }
};

void run_chunk(int number, int64_t begin, int64_t end, detail::RangeFn fn, void* context, FirstException& failure) {
  if (begin >= end) return;
  const RegionScope scope(number);
  try {
    fn(context, begin, end);
  } catch (...) {
    failure.capture();
  }
}

}  // namespace

int get_num_threads() {
  int n = num_threads.load(std::memory_order_relaxed);
  if (TORCH_UNLIKELY(n == 0)) {
    n = initial_threads();
    num_threads.store(n);
  }
  return n;
}
void set_num_threads(int n) {
  TORCH_CHECK(n > 0, "Expected positive number of threads, got ", n);
  num_threads.store(n);
}
int get_num_interop_threads() {
  const int n = num_interop_threads.load();
  return n == 0 ? initial_threads() : n;
}
void set_num_interop_threads(int n) {
  TORCH_CHECK(n > 0, "Expected positive number of threads, got ", n);
  num_interop_threads.store(n);
}
bool in_parallel_region() { return inside_region; }
int get_thread_num() { return thread_number; }

namespace detail {
void parallel_run(int64_t begin, int64_t end, int64_t grain, RangeFn fn, void* context) {
  const int64_t length = end - begin;
  const int threads = static_cast<int>(std::min<int64_t>(get_num_threads(), (length + grain - 1) / grain));
  const int64_t chunk = (length + threads - 1) / threads;
  FirstException failure;
#if !defined(TINY_TORCH_NO_OPENMP)
#pragma omp parallel num_threads(threads)
  {
    // Fewer threads may come than were asked for; each takes every so-manieth chunk.
    for (int i = omp_get_thread_num(); i < threads; i += omp_get_num_threads()) {
      run_chunk(i, begin + i * chunk, std::min(end, begin + (i + 1) * chunk), fn, context, failure);
    }
  }
#else
  std::vector<std::thread> workers;
  for (int i = 1; i < threads; ++i) {
    workers.emplace_back(
        [&, i] { run_chunk(i, begin + i * chunk, std::min(end, begin + (i + 1) * chunk), fn, context, failure); });
  }
  run_chunk(0, begin, std::min(end, begin + chunk), fn, context, failure);
  for (std::thread& worker : workers) worker.join();
#endif
  if (failure.error) std::rethrow_exception(failure.error);
}
}  // namespace detail

}  // namespace tiny_torch
