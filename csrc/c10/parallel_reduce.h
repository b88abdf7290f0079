// parallel_reduce: parallel_for for work that ends in one value.
//
// Contract: f(begin, end, identity) is called on disjoint ranges that cover [begin, end); their results are joined from left
// to right. The ranges, and with floating-point numbers the last bits of the result, depend on the number of threads.
// Example: `parallel_reduce(0, n, 4096, 0.0, [&](int64_t b, int64_t e, double s) { ... return s; }, std::plus<double>())`
#pragma once

#include <algorithm>
#include <vector>

#include "c10/parallel.h"

namespace tiny_torch {

constexpr int64_t divup(int64_t x, int64_t y) { return (x + y - 1) / y; }

/// Sets up the threads, which happens by itself as well.
inline void init_num_threads() {}

template <class T, class F, class Join>
T parallel_reduce(int64_t begin, int64_t end, int64_t grain, const T identity, const F& f, const Join& join) {
  if (begin >= end) return identity;
  const int64_t step = std::max(std::max<int64_t>(grain, 1), divup(end - begin, get_num_threads()));
  const int64_t parts = divup(end - begin, step);
  if (parts == 1 || in_parallel_region()) return f(begin, end, identity);
  // Wrapped, because neighbours in a std::vector<bool> share bytes.
  struct Part {
    T value;
  };
  std::vector<Part> results(static_cast<size_t>(parts), Part{identity});
  parallel_for(0, parts, 1, [&](int64_t first, int64_t last) {
    for (int64_t i = first; i < last; ++i) {
      const int64_t from = begin + i * step;
      results[static_cast<size_t>(i)].value = f(from, std::min(end, from + step), identity);
    }
  });
  T result = identity;
  for (const Part& part : results) result = join(result, part.value);
  return result;
}

}  // namespace tiny_torch
