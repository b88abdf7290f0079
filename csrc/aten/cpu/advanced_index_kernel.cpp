// CPU kernels of index and index_put.
#include <algorithm>
#include <cstring>

#include "aten/core/Dispatch.h"
#include "aten/core/wrapping.h"
#include "aten/native/advanced_index.h"
#include "c10/parallel.h"

namespace tiny_torch::cpu {

using native::IndexPlan;

namespace {

/// Offset, in elements, of position `i` of dimensions of these sizes.
int64_t offset_at(int64_t i, const DimVector& sizes, const DimVector& strides) {
  int64_t offset = 0;
  for (size_t d = sizes.size(); d-- > 0;) {
    offset += (i % sizes[d]) * strides[d];
    i /= sizes[d];
  }
  return offset;
}

/// Offsets of all positions within the dimensions after the indexed ones; empty when they are one dense block.
std::vector<int64_t> after_offsets(const IndexPlan& plan) {
  std::vector<int64_t> offsets;
  const bool is_dense = plan.after_sizes.empty() || (plan.after_sizes.size() == 1 && plan.after_strides[0] == 1);
  if (is_dense) return offsets;
  const int64_t n = plan.after();
  offsets.resize(static_cast<size_t>(n));
  for (int64_t i = 0; i < n; ++i) offsets[static_cast<size_t>(i)] = offset_at(i, plan.after_sizes, plan.after_strides);
  return offsets;
}

// Rows are apart from each other in no order that the processor could foresee.
constexpr int64_t kRowsAhead = 8;
inline void prefetch(const void* row, size_t bytes) {
#if defined(__GNUC__)
  constexpr size_t kLine = 64, kLongest = 8 * kLine;
  for (size_t i = 0; i < std::min(bytes, kLongest); i += kLine) {
    __builtin_prefetch(static_cast<const char*>(row) + i);
  }
#else
  static_cast<void>(row);
  static_cast<void>(bytes);
#endif
}

/// Calls move(indexed element, dense element, n) for runs of the rows [begin, end); a row is one position before x after.
template <class T, class Move>
void for_rows(T* indexed, int64_t begin, int64_t end, const IndexPlan& plan, const std::vector<int64_t>& offsets,
              const Move& move) {
  const auto count = static_cast<int64_t>(plan.positions.size());
  const int64_t after = plan.after();
  for (int64_t row = begin; row < end;) {
    const int64_t before = row / count, first = row - before * count, last = std::min(count, first + end - row);
    T* base = indexed + offset_at(before, plan.before_sizes, plan.before_strides);
    for (int64_t k = first; k < last; ++k, ++row) {
      T* at = base + plan.positions[static_cast<size_t>(k)];
      if (!offsets.empty()) {
        for (int64_t i = 0; i < after; ++i) move(at + offsets[static_cast<size_t>(i)], row * after + i, int64_t{1});
        continue;
      }
      if (k + kRowsAhead < last) {
        prefetch(base + plan.positions[static_cast<size_t>(k + kRowsAhead)], static_cast<size_t>(after) * sizeof(T));
      }
      move(at, row * after, after);
    }
  }
}

void index_kernel(const TensorBase& out, const TensorBase& self, const IndexPlan& plan) {
  const std::vector<int64_t> offsets = after_offsets(plan);
  const int64_t rows = plan.before() * static_cast<int64_t>(plan.positions.size());
  const int64_t grain = std::max<int64_t>(1, kGrainSize / std::max<int64_t>(plan.after(), 1));
  dispatch_itemsize(self.scalar_type(), "index", [&](auto tag) {
    using T = decltype(tag);
    auto* to = static_cast<T*>(out.mutable_data_ptr());
    const auto* from = static_cast<const T*>(self.const_data_ptr());
    parallel_for(0, rows, grain, [&](int64_t begin, int64_t end) {
      for_rows(from, begin, end, plan, offsets, [&](const T* at, int64_t dense, int64_t n) {
        if (n == 1) {
          to[dense] = *at;
        } else {
          std::memcpy(to + dense, at, static_cast<size_t>(n) * sizeof(T));
        }
      });
    });
  });
}

/// Rows that belong to different positions before the index never meet, so these are what is shared among threads.
template <class F>
void for_rows_in_order(const IndexPlan& plan, const F& f) {
  const auto count = static_cast<int64_t>(plan.positions.size());
  const int64_t work = std::max<int64_t>(1, count * plan.after());
  parallel_for(0, plan.before(), std::max<int64_t>(1, kGrainSize / work),
               [&](int64_t begin, int64_t end) { f(begin * count, end * count); });
}

void put(const TensorBase& self, const TensorBase& values, const IndexPlan& plan, const std::vector<int64_t>& offsets) {
  const bool is_scalar = values.numel() == 1;
  dispatch_itemsize(self.scalar_type(), "index_put_", [&](auto tag) {
    using T = decltype(tag);
    auto* to = static_cast<T*>(self.mutable_data_ptr());
    const auto* from = static_cast<const T*>(values.const_data_ptr());
    for_rows_in_order(plan, [&](int64_t begin, int64_t end) {
      for_rows(to, begin, end, plan, offsets, [&](T* at, int64_t dense, int64_t n) {
        if (is_scalar) {
          std::fill_n(at, n, *from);
        } else {
          std::memcpy(at, from + dense, static_cast<size_t>(n) * sizeof(T));
        }
      });
    });
  });
}

void put_accumulate(const TensorBase& self, const TensorBase& values, const IndexPlan& plan,
                    const std::vector<int64_t>& offsets) {
  const int64_t step = values.numel() == 1 ? 0 : 1;
  dispatch_all_types(self.scalar_type(), "index_put_", [&](auto tag) {
    using T = decltype(tag);
    auto* to = static_cast<T*>(self.mutable_data_ptr());
    const auto* from = static_cast<const T*>(values.const_data_ptr());
    for_rows_in_order(plan, [&](int64_t begin, int64_t end) {
      for_rows(to, begin, end, plan, offsets, [&](T* at, int64_t dense, int64_t n) {
        for (int64_t i = 0; i < n; ++i) {
          const T value = from[(dense + i) * step];
          if constexpr (std::is_same_v<T, bool>) {
            at[i] = at[i] || value;
          } else {
            at[i] = static_cast<T>(static_cast<wrapping_t<T>>(at[i]) + static_cast<wrapping_t<T>>(value));
          }
        }
      });
    });
  });
}

void index_put_kernel(const TensorBase& self, const TensorBase& values, const IndexPlan& plan, bool accumulate) {
  const std::vector<int64_t> offsets = after_offsets(plan);
  if (accumulate) {
    put_accumulate(self, values, plan, offsets);
  } else {
    put(self, values, plan, offsets);
  }
}

}  // namespace
}  // namespace tiny_torch::cpu

namespace tiny_torch::native {
REGISTER_STUB(index_stub, DeviceType::CPU, &cpu::index_kernel);
REGISTER_STUB(index_put_stub, DeviceType::CPU, &cpu::index_put_kernel);
}  // namespace tiny_torch::native
