// Compute behind statistics of order. Tensors are contiguous (rows, n) with n > 0, outputs of one value per row (rows).
#pragma once

#include "aten/core/TensorBase.h"
#include "aten/core/stub.h"

namespace tiny_torch::native {

enum class OrderStatistic : uint8_t { Kth, Median, NanMedian, Mode };
/// `k` counts from 0 and is for Kth alone. nan counts as larger than any number; Median gives the first nan there is.
struct OrderCall {
  OrderStatistic statistic;
  const TensorBase& values;
  const TensorBase& indices;
  const TensorBase& self;
  int64_t k = 0;
};
DECLARE_STUB(order_stub, void(const OrderCall& call));
/// Running extremes of rows with the last index where they stand; a nan stays.
DECLARE_STUB(cumulative_extremum_stub,
             void(const TensorBase& values, const TensorBase& indices, const TensorBase& self, bool largest));
DECLARE_STUB(logcumsumexp_stub, void(const TensorBase& out, const TensorBase& self));
/// The order of the rows of `self` as sequences of their elements; indices (rows), int64.
DECLARE_STUB(row_order_stub, void(const TensorBase& indices, const TensorBase& self));
/// `sorted` (rows, n) or (1, n); `values`, of the same dtype, and `out`, int64, (rows, m).
DECLARE_STUB(searchsorted_stub,
             void(const TensorBase& out, const TensorBase& sorted, const TensorBase& values, bool right));
/// out[i] += weights[self[i]], or 1 without weights; `self` int64, all contiguous.
DECLARE_STUB(bincount_stub, void(const TensorBase& out, const TensorBase& self, const TensorBase& weights));

}  // namespace tiny_torch::native
