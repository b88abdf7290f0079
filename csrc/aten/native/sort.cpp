// Fronts of sort and topk.
#include "generated/kernels/sort.h"

#include "aten/core/result_layout.h"
#include "aten/native/index_stub.h"
#include "generated/ops/copy.h"
#include "generated/ops/shape.h"
#include "generated/ops/view.h"

namespace tiny_torch::native {

DEFINE_STUB(sort_stub);

namespace {
// `keeps_order`: the results lie in memory in the order of `self`.
std::tuple<TensorBase, TensorBase> sort_rows(const TensorBase& self, int64_t dim, int64_t k, bool descending,
                                             bool stable = true, bool keeps_order = false) {
  TORCH_CHECK_NOT_IMPLEMENTED(!self.is_complex(), "\"sort\" not implemented for '", to_string(self.scalar_type()), "'");
  DimVector shape(self.sizes());
  if (self.dim() > 0) shape[static_cast<size_t>(dim)] = k;
  const auto laid_out = [&](const TensorBase& t) {
    if (!keeps_order) return ops::contiguous(t);
    TensorBase result = empty_in_order_of(self, t.scalar_type(), self.device());
    return result.strides() == t.strides() ? t : ops::copy_(result, t);
  };
  if (self.is_meta() || checked_numel(shape) == 0) {
    if (keeps_order) {
      return {empty_in_order_of(self, self.scalar_type(), self.device()),
              empty_in_order_of(self, kLong, self.device())};
    }
    return {empty_tensor(shape, self.scalar_type(), self.device()), empty_tensor(shape, kLong, self.device())};
  }
  const bool last = self.dim() == 0 || dim == self.dim() - 1;
  const TensorBase rows = ops::contiguous(last ? self : ops::transpose(self, dim, -1));
  const int64_t n = self.dim() == 0 ? 1 : self.size(dim);
  DimVector out_shape(rows.sizes());
  if (self.dim() > 0) out_shape.back() = k;
  TensorBase values = empty_tensor(out_shape, self.scalar_type(), self.device());
  TensorBase indices = empty_tensor(out_shape, kLong, self.device());
  sort_stub(self.device().type(),
            SortCall{values, indices, ops::view(rows, {rows.numel() / n, n}), k, descending, stable});
  if (last) return {laid_out(values), laid_out(indices)};
  return {laid_out(ops::transpose(values, dim, -1)), laid_out(ops::transpose(indices, dim, -1))};
}
}  // namespace

std::tuple<TensorBase, TensorBase> sort(const TensorBase& self, std::optional<bool> stable, int64_t dim,
                                        bool descending) {
  const int64_t d = maybe_wrap_dim(dim, self.dim());
  // PyTorch sorts long rows of integers by their digits, which keeps equal elements in order.
  const bool by_digits =
      !descending && self.dim() == 1 && self.numel() >= 32768 && is_integral(self.scalar_type(), false);
  return sort_rows(self, d, self.dim() == 0 ? 1 : self.size(d), descending, stable.value_or(false) || by_digits, true);
}

std::tuple<TensorBase, TensorBase> topk(const TensorBase& self, int64_t k, int64_t dim, bool largest, bool) {
  const int64_t d = maybe_wrap_dim(dim, self.dim());
  TORCH_CHECK(k >= 0 && k <= (self.dim() == 0 ? 1 : self.size(d)), "selected index k out of range");
  TORCH_CHECK(self.scalar_type() != kBool, "topk does not support bool dtypes on CPU");
  if (self.dim() == 0 && k == 1) return sort_rows(self, d, 1, largest);
  return sort_rows(self, d, k, largest);
}

}  // namespace tiny_torch::native
