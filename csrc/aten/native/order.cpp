// Fronts of running extremes and statistics of order.
#include "generated/kernels/order.h"

#include "aten/core/op_support.h"
#include "aten/core/operators.h"
#include "aten/core/promotion.h"
#include "aten/native/order_stub.h"
#include "aten/native/reduce_stub.h"
#include "generated/ops/compare.h"
#include "generated/ops/copy.h"
#include "generated/ops/creation.h"
#include "generated/ops/index.h"
#include "generated/ops/join.h"
#include "generated/ops/order.h"
#include "generated/ops/reduce.h"
#include "generated/ops/shape.h"
#include "generated/ops/sort.h"
#include "generated/ops/ternary.h"
#include "generated/ops/view.h"

namespace tiny_torch::native {

DEFINE_STUB(order_stub);
DEFINE_STUB(cumulative_extremum_stub);
DEFINE_STUB(logcumsumexp_stub);

namespace {

TensorBase last_dim_rows(const TensorBase& self, int64_t dim) {
  if (self.dim() == 0) return ops::reshape(self, {1, 1});
  const TensorBase moved = dim == self.dim() - 1 ? self : ops::transpose(self, dim, -1);
  return ops::reshape(ops::contiguous(moved), {-1, self.size(dim)});
}

// The other way: rows laid out again as `sizes` with the last dimension at `dim`, contiguous.
TensorBase back_from_rows(const TensorBase& rows, IntArrayRef sizes, int64_t dim) {
  if (sizes.empty()) return ops::reshape(rows, {});
  DimVector moved(sizes);
  std::swap(moved[static_cast<size_t>(dim)], moved.back());
  return ops::contiguous(ops::transpose(ops::view(rows, moved), dim, -1));
}

std::tuple<TensorBase, TensorBase> order_statistic(const char* op, OrderStatistic statistic, const TensorBase& self,
                                                   int64_t dim, bool keepdim, int64_t k = 0) {
  const int64_t d = maybe_wrap_dim(dim, self.dim());
  TORCH_CHECK_NOT_IMPLEMENTED(!self.is_complex(), "\"", op, "\" not implemented for '", to_string(self.scalar_type()),
                              "'");
  TORCH_CHECK_INDEX(self.dim() == 0 || self.size(d) > 0, op, "(): Expected reduction dim ", d,
                    " to have non-zero size.");
  const ReduceDims reduced = reduce_dims(IntArrayRef(d), self.dim(), false);
  const DimVector shape = reduced_shape(self, reduced, keepdim);
  TensorBase values = empty_tensor(shape, self.scalar_type(), self.device());
  TensorBase indices = empty_tensor(shape, kLong, self.device());
  if (values.numel() == 0 || self.is_meta()) return {values, indices};
  const TensorBase rows = self.dim() == 0
                              ? ops::reshape(self, {1, 1})
                              : ops::reshape(ops::contiguous(ops::movedim(self, {d}, {-1})), {-1, self.size(d)});
  order_stub(self.device().type(), OrderCall{statistic, values, indices, rows, k});
  return {values, indices};
}

TensorBase median_of_all(const TensorBase& self, OrderStatistic statistic) {
  TORCH_CHECK_NOT_IMPLEMENTED(!self.is_complex() && self.scalar_type() != kBool, "\"median\" not implemented for '",
                              to_string(self.scalar_type()), "'");
  if (self.numel() == 0) {
    return ops::full({}, Scalar(self.is_floating_point() ? std::numeric_limits<double>::quiet_NaN() : 0.0),
                     self.scalar_type(), std::nullopt, self.device());
  }
  return std::get<0>(order_statistic("median", statistic, ops::reshape(self, {-1}), 0, false));
}

void check_median(const TensorBase& self) {
  TORCH_CHECK_NOT_IMPLEMENTED(self.scalar_type() != kBool, "\"median_out\" not implemented for 'Bool'");
}

std::tuple<TensorBase, TensorBase> cumulative_extremum(const TensorBase& self, int64_t dim, bool largest) {
  TORCH_CHECK_NOT_IMPLEMENTED(!self.is_complex(), "\"", largest ? "cummax" : "cummin", "_cpu\" not implemented for '",
                              to_string(self.scalar_type()), "'");
  if (self.numel() == 0 || self.is_meta()) {  // of nothing, the dim is not looked at
    return {empty_tensor(self.sizes(), self.scalar_type(), self.device()),
            empty_tensor(self.sizes(), kLong, self.device())};
  }
  const int64_t d = maybe_wrap_dim(dim, self.dim());
  const TensorBase rows = last_dim_rows(self, d);
  const TensorBase values = empty_tensor(rows.sizes(), self.scalar_type(), self.device());
  const TensorBase indices = empty_tensor(rows.sizes(), kLong, self.device());
  cumulative_extremum_stub(self.device().type(), values, indices, rows, largest);
  return {back_from_rows(values, self.sizes(), d), back_from_rows(indices, self.sizes(), d)};
}

}  // namespace

std::tuple<TensorBase, TensorBase> cummax(const TensorBase& self, int64_t dim) {
  return cumulative_extremum(self, dim, true);
}
std::tuple<TensorBase, TensorBase> cummin(const TensorBase& self, int64_t dim) {
  return cumulative_extremum(self, dim, false);
}

TensorBase logcumsumexp(const TensorBase& self, int64_t dim) {
  const int64_t d = maybe_wrap_dim(dim, self.dim());
  TORCH_CHECK_NOT_IMPLEMENTED(self.is_floating_point(), "\"logcumsumexp_out_cpu\" not implemented for '",
                              to_string(self.scalar_type()), "'");
  if (self.numel() == 0 || self.is_meta()) return empty_tensor(self.sizes(), self.scalar_type(), self.device());
  const TensorBase rows = last_dim_rows(self, d);
  const TensorBase out = empty_tensor(rows.sizes(), self.scalar_type(), self.device());
  logcumsumexp_stub(self.device().type(), out, rows);
  return back_from_rows(out, self.sizes(), d);
}

std::tuple<TensorBase, TensorBase> kthvalue(const TensorBase& self, int64_t k, int64_t dim, bool keepdim) {
  const int64_t d = maybe_wrap_dim(dim, self.dim());
  const int64_t n = self.dim() == 0 ? 1 : self.size(d);
  TORCH_CHECK_INDEX(n > 0, "kthvalue(): Expected reduction dim ", d, " to have non-zero size.");
  TORCH_CHECK(k >= 1 && k <= n, "kthvalue(): selected number k out of range for dimension ", d);
  TORCH_CHECK_NOT_IMPLEMENTED(self.scalar_type() != kBool, "\"kthvalue_cpu\" not implemented for 'Bool'");
  return order_statistic("kthvalue_cpu", OrderStatistic::Kth, self, d, keepdim, k - 1);
}

std::tuple<TensorBase&, TensorBase&> kthvalue_out(TensorBase& values, TensorBase& indices, const TensorBase& self,
                                                  int64_t k, int64_t dim, bool keepdim) {
  const AutoDispatchBelowAutograd guard;
  check_no_overlap(values, self);
  check_no_overlap(indices, self);
  const auto [value, index] = ops::kthvalue(self, k, dim, keepdim);
  check_out_dtype(values, value.scalar_type());
  check_out_dtype(indices, index.scalar_type());
  check_output("kthvalue", values, value);
  check_output("kthvalue", indices, index);
  write_output("kthvalue", values, value);
  write_output("kthvalue", indices, index);
  return {values, indices};
}

TensorBase median(const TensorBase& self) { return median_of_all(self, OrderStatistic::Median); }
TensorBase nanmedian(const TensorBase& self) { return median_of_all(self, OrderStatistic::NanMedian); }
std::tuple<TensorBase, TensorBase> median(const TensorBase& self, int64_t dim, bool keepdim) {
  dim = maybe_wrap_dim(dim, self.dim());
  check_median(self);
  return order_statistic("median", OrderStatistic::Median, self, dim, keepdim);
}
std::tuple<TensorBase, TensorBase> nanmedian(const TensorBase& self, int64_t dim, bool keepdim) {
  dim = maybe_wrap_dim(dim, self.dim());
  check_median(self);
  return order_statistic("nanmedian", OrderStatistic::NanMedian, self, dim, keepdim);
}
std::tuple<TensorBase, TensorBase> mode(const TensorBase& self, int64_t dim, bool keepdim) {
  return order_statistic("mode", OrderStatistic::Mode, self, dim, keepdim);
}

}  // namespace tiny_torch::native
