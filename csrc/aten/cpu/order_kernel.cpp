// Statistics of order, running extremes, binary search and counting, over rows.
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "aten/core/Dispatch.h"
#include "aten/native/order_stub.h"
#include "c10/parallel.h"

namespace tiny_torch::cpu {
namespace {

using native::OrderCall;
using native::OrderStatistic;

int64_t rows_per_task(int64_t n) { return std::max<int64_t>(1, kGrainSize / std::max<int64_t>(1, n)); }

template <class M>
bool before(M a, M b) {
  return a < b || (b != b && a == a);
}

/// The position in `row` of the element that the statistic asks for; `order` is room for n positions.
template <class T>
int64_t position_of(OrderStatistic statistic, const T* row, int64_t n, int64_t k, std::vector<int64_t>& order) {
  using M = opmath_t<T>;
  const auto at = [&](int64_t i) { return static_cast<M>(row[i]); };
  std::iota(order.begin(), order.end(), 0);
  const auto less = [&](int64_t a, int64_t b) { return before(at(a), at(b)); };
  if (statistic == OrderStatistic::Mode) {
    std::sort(order.begin(), order.end(), less);  // which of the equal positions comes last is as in PyTorch
    int64_t best = 0, longest = 0;
    for (int64_t i = 0; i < n;) {
      int64_t end = i + 1;
      while (end < n && at(order[static_cast<size_t>(end)]) == at(order[static_cast<size_t>(i)])) ++end;
      if (end - i > longest) {
        longest = end - i;
        best = order[static_cast<size_t>(end - 1)];
      }
      i = end;
    }
    return best;
  }
  if (statistic != OrderStatistic::Kth) {
    int64_t nans = 0;
    for (int64_t i = 0; i < n; ++i) {
      if (at(i) == at(i)) continue;
      if (statistic == OrderStatistic::Median) return i;
      ++nans;
    }
    k = std::max<int64_t>(n - nans - 1, 0) / 2;
  }
  std::nth_element(order.begin(), order.begin() + k, order.end(), less);
  return order[static_cast<size_t>(k)];
}

void order_kernel(const OrderCall& call) {
  const int64_t rows = call.self.size(0), n = call.self.size(1);
  dispatch_real(call.self.scalar_type(), "order statistics", [&](auto tag) {
    using T = decltype(tag);
    const T* from = static_cast<const T*>(call.self.const_data_ptr());
    T* values = static_cast<T*>(call.values.mutable_data_ptr());
    int64_t* indices = call.indices.mutable_data_ptr<int64_t>();
    parallel_for(0, rows, rows_per_task(n), [&](int64_t begin, int64_t end) {
      std::vector<int64_t> order(static_cast<size_t>(n));
      for (int64_t r = begin; r < end; ++r) {
        indices[r] = position_of(call.statistic, from + r * n, n, call.k, order);
        values[r] = from[r * n + indices[r]];
      }
    });
  });
}

void cumulative_extremum_kernel(const TensorBase& values, const TensorBase& indices, const TensorBase& self,
                                bool largest) {
  const int64_t rows = self.size(0), n = self.size(1);
  dispatch_real(self.scalar_type(), largest ? "cummax" : "cummin", [&](auto tag) {
    using T = decltype(tag);
    using M = opmath_t<T>;
    const T* from = static_cast<const T*>(self.const_data_ptr());
    T* value = static_cast<T*>(values.mutable_data_ptr());
    int64_t* index = indices.mutable_data_ptr<int64_t>();
    parallel_for(0, rows, rows_per_task(n), [&](int64_t begin, int64_t end) {
      for (int64_t r = begin; r < end; ++r) {
        int64_t best = 0;
        for (int64_t i = 0; i < n; ++i) {
          const M x = static_cast<M>(from[r * n + i]), y = static_cast<M>(from[r * n + best]);
          if (x != x || (y == y && (largest ? x >= y : x <= y))) best = i;
          value[r * n + i] = from[r * n + best];
          index[r * n + i] = best;
        }
      }
    });
  });
}

void logcumsumexp_kernel(const TensorBase& out, const TensorBase& self) {
  const int64_t rows = self.size(0), n = self.size(1);
  dispatch_floating(self.scalar_type(), "logcumsumexp_out_cpu", [&](auto tag) {
    using T = decltype(tag);
    const T* from = static_cast<const T*>(self.const_data_ptr());
    T* to = static_cast<T*>(out.mutable_data_ptr());
    parallel_for(0, rows, rows_per_task(n), [&](int64_t begin, int64_t end) {
      for (int64_t r = begin; r < end; ++r) {
        double total = -std::numeric_limits<double>::infinity();
        for (int64_t i = 0; i < n; ++i) {
          const double x = static_cast<double>(from[r * n + i]);
          const double high = x > total || x != x ? x : total, low = x > total || x != x ? total : x;
          // Equal infinities would give inf - inf.
          total = high == low && std::isinf(high) ? high : high + std::log1p(std::exp(low - high));
          to[r * n + i] = static_cast<T>(static_cast<opmath_t<T>>(total));
        }
      }
    });
  });
}

void row_order_kernel(const TensorBase& indices, const TensorBase& self) {
  const int64_t rows = self.size(0), n = self.size(1);
  int64_t* order = indices.mutable_data_ptr<int64_t>();
  std::iota(order, order + rows, 0);
  dispatch_real(self.scalar_type(), "unique_dim", [&](auto tag) {
    using T = decltype(tag);
    using M = opmath_t<T>;
    const T* from = static_cast<const T*>(self.const_data_ptr());
    std::stable_sort(order, order + rows, [&](int64_t a, int64_t b) {
      for (int64_t i = 0; i < n; ++i) {
        const M x = static_cast<M>(from[a * n + i]), y = static_cast<M>(from[b * n + i]);
        if (before(x, y)) return true;
        if (before(y, x)) return false;
      }
      return false;
    });
  });
}

void searchsorted_kernel(const TensorBase& out, const TensorBase& sorted, const TensorBase& values, bool right) {
  const int64_t n = sorted.size(1), m = values.size(1), row_step = sorted.size(0) == 1 ? 0 : n;
  dispatch_real(sorted.scalar_type(), "searchsorted_out_cpu", [&](auto tag) {
    using T = decltype(tag);
    using M = opmath_t<T>;
    const T* row = static_cast<const T*>(sorted.const_data_ptr());
    const T* value = static_cast<const T*>(values.const_data_ptr());
    int64_t* to = out.mutable_data_ptr<int64_t>();
    parallel_for(0, values.numel(), kGrainSize / 16, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        const T* bounds = row + (m == 0 ? 0 : i / m) * row_step;
        const M x = static_cast<M>(value[i]);
        // Written so that a nan goes behind all numbers.
        to[i] = std::partition_point(bounds, bounds + n,
                                     [&](T bound) {
                                       const M b = static_cast<M>(bound);
                                       return right ? !(b > x) : !(b >= x);
                                     }) -
                bounds;
      }
    });
  });
}

void bincount_kernel(const TensorBase& out, const TensorBase& self, const TensorBase& weights) {
  const int64_t* at = self.const_data_ptr<int64_t>();
  const int64_t n = self.numel();
  if (!weights.defined()) {
    int64_t* to = out.mutable_data_ptr<int64_t>();
    for (int64_t i = 0; i < n; ++i) ++to[at[i]];
    return;
  }
  dispatch_float_double(out.scalar_type(), "bincount", [&](auto tag) {
    using T = decltype(tag);
    const T* weight = weights.const_data_ptr<T>();
    T* to = out.mutable_data_ptr<T>();
    for (int64_t i = 0; i < n; ++i) to[at[i]] += weight[i];
  });
}

using native::bincount_stub;
using native::cumulative_extremum_stub;
using native::logcumsumexp_stub;
using native::order_stub;
using native::row_order_stub;
using native::searchsorted_stub;
REGISTER_STUB(order_stub, DeviceType::CPU, &order_kernel);
REGISTER_STUB(cumulative_extremum_stub, DeviceType::CPU, &cumulative_extremum_kernel);
REGISTER_STUB(logcumsumexp_stub, DeviceType::CPU, &logcumsumexp_kernel);
REGISTER_STUB(row_order_stub, DeviceType::CPU, &row_order_kernel);
REGISTER_STUB(searchsorted_stub, DeviceType::CPU, &searchsorted_kernel);
REGISTER_STUB(bincount_stub, DeviceType::CPU, &bincount_kernel);

}  // namespace
}  // namespace tiny_torch::cpu
