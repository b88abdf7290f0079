// Index kernels: gather, scatter, advanced indexing, sort. Values move by item size; only accumulation knows dtypes.
#include <algorithm>
#include <cstring>
#include <numeric>
#include <vector>

#include "aten/core/Dispatch.h"
#include "aten/core/wrapping.h"
#include "aten/native/index_stub.h"
#include "c10/parallel.h"

namespace tiny_torch::cpu {
namespace {

using native::GatherCall;
using native::ScatterMode;
using native::SortCall;

void check_bounds(const GatherCall& call, int64_t size) {
  const int64_t* index = call.index.const_data_ptr<int64_t>();
  parallel_for(0, call.index.numel(), kGrainSize, [&](int64_t begin, int64_t end) {
    // As unsigned, negative numbers are too large as well.
    bool outside = false;
    for (int64_t i = begin; i < end; ++i) outside |= static_cast<uint64_t>(index[i]) >= static_cast<uint64_t>(size);
    for (int64_t i = begin; outside && i < end; ++i) {
      TORCH_CHECK(index[i] >= 0 && index[i] < size, "index ", index[i], " is out of bounds for dimension ", call.dim,
                  " with size ", size);
    }
  });
}

// f(position, offset a, offset b, count) for the pieces of rows that the positions [begin, end) of a tensor of `sizes`
// are, in its order. Along a row the offsets grow by the last strides.
template <class F>
void walk_rows(IntArrayRef sizes, IntArrayRef strides_a, IntArrayRef strides_b, int64_t begin, int64_t end,
               const F& f) {
  DimVector at(sizes.size(), 0);
  int64_t rest = begin, a = 0, b = 0;
  for (size_t d = sizes.size(); d-- > 0;) {
    at[d] = rest % sizes[d];
    rest /= sizes[d];
    a += at[d] * strides_a[d];
    b += at[d] * strides_b[d];
  }
  if (sizes.empty()) {
    if (begin < end) f(begin, a, b, int64_t{1});
    return;
  }
  const size_t last = sizes.size() - 1;
  for (int64_t i = begin; i < end;) {
    const int64_t count = std::min(end - i, sizes[last] - at[last]);
    f(i, a, b, count);
    i += count;
    a -= at[last] * strides_a[last];
    b -= at[last] * strides_b[last];
    at[last] = 0;
    for (size_t d = last; d-- > 0;) {
      a += strides_a[d];
      b += strides_b[d];
      if (++at[d] < sizes[d]) break;
      a -= strides_a[d] * sizes[d];
      b -= strides_b[d] * sizes[d];
      at[d] = 0;
    }
  }
}

// f(position, offset a, offset b) for each of the positions.
template <class F>
void walk(IntArrayRef sizes, IntArrayRef strides_a, IntArrayRef strides_b, int64_t begin, int64_t end, const F& f) {
  const int64_t step_a = sizes.empty() ? 0 : strides_a.back(), step_b = sizes.empty() ? 0 : strides_b.back();
  walk_rows(sizes, strides_a, strides_b, begin, end, [&](int64_t i, int64_t a, int64_t b, int64_t count) {
    for (int64_t j = 0; j < count; ++j) f(i + j, a + j * step_a, b + j * step_b);
  });
}

// The strides of the tensor that is indexed; what the index says comes on top.
DimVector strides_but(const TensorBase& indexed, int64_t dim) {
  DimVector strides(indexed.strides());
  if (!strides.empty()) strides[static_cast<size_t>(dim)] = 0;
  return strides;
}

void gather_kernel(const GatherCall& call) {
  check_bounds(call, call.other.size(call.dim));
  const int64_t* index = call.index.const_data_ptr<int64_t>();
  const int64_t stride = call.other.stride(call.dim);
  dispatch_itemsize(call.out.scalar_type(), call.op, [&](auto tag) {
    using T = decltype(tag);
    const T* from = static_cast<const T*>(call.other.const_data_ptr());
    T* to = static_cast<T*>(call.out.mutable_data_ptr());
    const DimVector strides = strides_but(call.other, call.dim);
    parallel_for(0, call.index.numel(), kGrainSize / 4, [&](int64_t begin, int64_t end) {
      walk(call.index.sizes(), strides, call.out.strides(), begin, end,
           [&](int64_t i, int64_t a, int64_t b) { to[b] = from[a + index[i] * stride]; });
    });
  });
}

template <class T, class Combine>
void scatter_with(const GatherCall& call, const Combine& combine) {
  const int64_t* index = call.index.const_data_ptr<int64_t>();
  const int64_t stride = call.out.stride(call.dim);
  const T* from = static_cast<const T*>(call.other.const_data_ptr());
  T* to = static_cast<T*>(call.out.mutable_data_ptr());
  walk(call.index.sizes(), strides_but(call.out, call.dim), call.other.strides(), 0, call.index.numel(),
       [&](int64_t i, int64_t a, int64_t b) {
         T& cell = to[a + index[i] * stride];
         cell = combine(cell, from[b]);
       });
}

template <class T>
void scatter_arithmetic(const GatherCall& call) {
  const bool adds = call.mode == ScatterMode::Add;
  if constexpr (std::is_same_v<T, bool>) {
    scatter_with<T>(call, [adds](bool a, bool b) { return adds ? a || b : a && b; });
  } else {
    using M = wrapping_t<T>;
    if (adds) {
      scatter_with<T>(call, [](T a, T b) { return static_cast<T>(static_cast<M>(a) + static_cast<M>(b)); });
    } else {
      scatter_with<T>(call, [](T a, T b) { return static_cast<T>(static_cast<M>(a) * static_cast<M>(b)); });
    }
  }
}

// nan wins on either side.
template <class T>
void scatter_extremum(const GatherCall& call) {
  using M = opmath_t<T>;
  if (call.mode == ScatterMode::Max) {
    scatter_with<T>(call, [](T a, T b) {
      const M x = static_cast<M>(a), y = static_cast<M>(b);
      return y > x || y != y ? b : a;
    });
  } else {
    scatter_with<T>(call, [](T a, T b) {
      const M x = static_cast<M>(a), y = static_cast<M>(b);
      return y < x || y != y ? b : a;
    });
  }
}

void scatter_kernel(const GatherCall& call) {
  check_bounds(call, call.out.size(call.dim));
  const ScalarType dtype = call.out.scalar_type();
  switch (call.mode) {
    case ScatterMode::Write:
      return dispatch_itemsize(dtype, call.op,
                               [&](auto tag) { scatter_with<decltype(tag)>(call, [](auto, auto b) { return b; }); });
    case ScatterMode::Add:
    case ScatterMode::Multiply:
      return dispatch_all_types(dtype, call.op, [&](auto tag) { scatter_arithmetic<decltype(tag)>(call); });
    case ScatterMode::Max:
    case ScatterMode::Min:
      return dispatch_real(dtype, call.op, [&](auto tag) { scatter_extremum<decltype(tag)>(call); });
  }
}

void flip_kernel(const TensorBase& out, const TensorBase& self, ArrayRef<bool> flipped) {
  DimVector strides(self.strides());
  int64_t start = 0;
  for (size_t d = 0; d < strides.size(); ++d) {
    if (!flipped[d]) continue;
    start += (self.sizes()[d] - 1) * strides[d];
    strides[d] = -strides[d];
  }
  dispatch_itemsize(self.scalar_type(), "flip", [&](auto tag) {
    using T = decltype(tag);
    const T* from = static_cast<const T*>(self.const_data_ptr()) + start;
    T* to = static_cast<T*>(out.mutable_data_ptr());
    const int64_t step = strides.empty() ? 0 : strides.back(), out_step = strides.empty() ? 0 : out.strides().back();
    parallel_for(0, self.numel(), kGrainSize, [&](int64_t begin, int64_t end) {
      walk_rows(self.sizes(), strides, out.strides(), begin, end, [&](int64_t, int64_t a, int64_t b, int64_t count) {
        const T* x = from + a;
        T* y = to + b;
        if (step == -1 && out_step == 1) {
          for (int64_t j = 0; j < count; ++j) y[j] = x[-j];
        } else if (step == 1 && out_step == 1) {
          std::copy(x, x + count, y);
        } else {
          for (int64_t j = 0; j < count; ++j) y[j * out_step] = x[j * step];
        }
      });
    });
  });
}

// One row of coordinates per dim. Blocks count first, so that each knows where its positions go.
void nonzero_kernel(const TensorBase& mask, TensorBase& coordinates) {
  constexpr int64_t kBlock = 8192;
  const bool* data = mask.const_data_ptr<bool>();
  const int64_t n = mask.numel(), blocks = (n + kBlock - 1) / kBlock;
  std::vector<int64_t> first(static_cast<size_t>(blocks) + 1, 0);
  parallel_for(0, blocks, 4, [&](int64_t begin, int64_t end) {
    for (int64_t k = begin; k < end; ++k) {
      int64_t count = 0;
      for (int64_t i = k * kBlock; i < std::min(n, (k + 1) * kBlock); ++i) count += static_cast<int64_t>(data[i]);
      first[static_cast<size_t>(k) + 1] = count;
    }
  });
  std::partial_sum(first.begin(), first.end(), first.begin());
  const int64_t found = first.back(), rank = mask.dim();
  coordinates = empty_tensor({rank, found}, kLong, mask.device());
  if (rank == 0) return;
  int64_t* to = coordinates.mutable_data_ptr<int64_t>();
  const IntArrayRef sizes = mask.sizes();
  const int64_t width = sizes.back();
  parallel_for(0, blocks, 4, [&](int64_t begin, int64_t end) {
    int64_t positions[kBlock];
    DimVector row(sizes.size(), 0);  // its last place stays 0
    for (int64_t k = begin; k < end; ++k) {
      int64_t count = 0;
      for (int64_t i = k * kBlock; i < std::min(n, (k + 1) * kBlock); ++i) {
        positions[count] = i;
        count += static_cast<int64_t>(data[i]);
      }
      int64_t at = first[static_cast<size_t>(k)], row_start = -width - 1;
      for (int64_t p = 0; p < count; ++p, ++at) {
        const int64_t position = positions[p];
        if (position >= row_start + width) {
          row_start = position - position % width;
          int64_t rest = position / width;
          for (size_t d = sizes.size() - 1; d-- > 0;) {
            row[d] = rest % sizes[d];
            rest /= sizes[d];
          }
        }
        for (int64_t d = 0; d < rank - 1; ++d) to[d * found + at] = row[static_cast<size_t>(d)];
        to[(rank - 1) * found + at] = position - row_start;
      }
    }
  });
}

// The first k of n elements in order; `best` holds those at positions below k. They form a heap whose top is the last of
// them, and blocks in which nothing can come before that are passed over.
template <bool kDescending, class T, class M, class Less>
void keep_first(std::pair<M, int64_t>* best, int64_t k, const T* from, int64_t n, const Less& less) {
  constexpr int64_t kBlock = 32;
  std::make_heap(best, best + k, less);
  for (int64_t i = k; i < n; i += kBlock) {
    const int64_t end = std::min(n, i + kBlock);
    const M last = best->first;
    unsigned found = 0;  // negated, so that a nan on either side is looked at
    for (int64_t j = i; j < end; ++j) {
      const M x = static_cast<M>(from[j]);
      found |= static_cast<unsigned>(!(kDescending ? x <= last : x >= last));
    }
    for (int64_t j = i; found != 0 && j < end; ++j) {
      const std::pair<M, int64_t> candidate(static_cast<M>(from[j]), j);
      if (!less(candidate, *best)) continue;
      std::pop_heap(best, best + k, less);
      best[k - 1] = candidate;
      std::push_heap(best, best + k, less);
    }
  }
  std::sort_heap(best, best + k, less);
}

template <class T>
void sort_typed(const SortCall& call) {
  using M = opmath_t<T>;
  const int64_t rows = call.self.size(0), n = call.self.size(1), k = call.k;
  const T* from = static_cast<const T*>(call.self.const_data_ptr());
  T* values = static_cast<T*>(call.values.mutable_data_ptr());
  int64_t* indices = call.indices.mutable_data_ptr<int64_t>();
  parallel_for(0, rows, std::max<int64_t>(1, 4096 / n), [&](int64_t begin, int64_t end) {
    std::vector<std::pair<M, int64_t>> row(static_cast<size_t>(n));
    // nan is larger than everything.
    const auto less_by_value = [&](const auto& a, const auto& b) {
      const bool nan_a = a.first != a.first, nan_b = b.first != b.first;
      if (nan_a != nan_b) return call.descending ? nan_a : nan_b;
      return call.descending ? a.first > b.first : a.first < b.first;
    };
    const auto less = [&](const auto& a, const auto& b) {
      return less_by_value(a, b) || (a.second < b.second && !less_by_value(b, a));
    };
    const auto element = [&](int64_t r, int64_t i) {
      return std::pair<M, int64_t>(static_cast<M>(from[r * n + i]), i);
    };
    for (int64_t r = begin; r < end; ++r) {
      const bool few = k < n / 4;
      const int64_t loaded = few ? k : n;
      for (int64_t i = 0; i < loaded; ++i) row[static_cast<size_t>(i)] = element(r, i);
      if (few && k > 0) {
        const auto keep =
            call.descending ? keep_first<true, T, M, decltype(less)> : keep_first<false, T, M, decltype(less)>;
        keep(row.data(), k, from + r * n, n, less);
      } else if (k == n && !call.stable) {
        std::sort(row.begin(), row.end(), less_by_value);
      } else if (k == n) {
        std::sort(row.begin(), row.end(), less);
      } else {
        std::partial_sort(row.begin(), row.begin() + k, row.end(), less);
      }
      for (int64_t i = 0; i < k; ++i) {
        indices[r * k + i] = row[static_cast<size_t>(i)].second;
        values[r * k + i] = from[r * n + row[static_cast<size_t>(i)].second];
      }
    }
  });
}

void sort_kernel(const SortCall& call) {
  dispatch_real(call.self.scalar_type(), "sort", [&](auto tag) { sort_typed<decltype(tag)>(call); });
}

}  // namespace

namespace {
using native::flip_stub;
using native::gather_stub;
using native::nonzero_stub;
using native::scatter_stub;
using native::sort_stub;
REGISTER_STUB(flip_stub, DeviceType::CPU, &flip_kernel);
REGISTER_STUB(gather_stub, DeviceType::CPU, &gather_kernel);
REGISTER_STUB(scatter_stub, DeviceType::CPU, &scatter_kernel);
REGISTER_STUB(nonzero_stub, DeviceType::CPU, &nonzero_kernel);
REGISTER_STUB(sort_stub, DeviceType::CPU, &sort_kernel);
}  // namespace
}  // namespace tiny_torch::cpu
