// parallel_for: splits [begin, end) among the threads of the current process.
//
// Contract: f(begin, end) is called on disjoint ranges of at least `grain` elements that cover all; exceptions reach the
// caller. With one thread, or inside another parallel region, f runs on the caller and OpenMP is never entered.
// Example: `parallel_for(0, n, 4096, [&](int64_t b, int64_t e) { for (int64_t i = b; i < e; ++i) y[i] = x[i]; });`
#pragma once

#include <cstdint>
#include <type_traits>

#include "c10/macros.h"

namespace tiny_torch {

TORCH_API int get_num_threads();
/// RuntimeError unless n > 0.
TORCH_API void set_num_threads(int n);
TORCH_API int get_num_interop_threads();
TORCH_API void set_num_interop_threads(int n);
TORCH_API bool in_parallel_region();
/// Index of the calling thread in the region, 0 outside.
TORCH_API int get_thread_num();

inline constexpr int64_t kGrainSize = 32768;

namespace detail {
using RangeFn = void (*)(void* context, int64_t begin, int64_t end);
TORCH_API void parallel_run(int64_t begin, int64_t end, int64_t grain, RangeFn fn, void* context);
}  // namespace detail

template <class F>
void parallel_for(int64_t begin, int64_t end, int64_t grain, const F& f) {
  if (begin >= end) return;
  if (end - begin <= grain || get_num_threads() == 1 || in_parallel_region()) {
    f(begin, end);
    return;
  }
  detail::parallel_run(
      begin, end, grain < 1 ? 1 : grain,
      [](void* context, int64_t b, int64_t e) { (*static_cast<const F*>(context))(b, e); },
      const_cast<void*>(static_cast<const void*>(&f)));
}

}  // namespace tiny_torch
