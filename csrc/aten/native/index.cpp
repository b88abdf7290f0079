// Fronts of gather, index_select and masks.
#include "generated/kernels/index.h"

#include <algorithm>
#include <utility>

#include "aten/core/op_support.h"
#include "aten/core/operators.h"
#include "aten/core/promotion.h"
#include "aten/core/result_layout.h"
#include "aten/native/advanced_index.h"
#include "aten/native/index_checks.h"
#include "aten/native/index_stub.h"
#include "generated/ops/compare.h"
#include "generated/ops/copy.h"
#include "generated/ops/creation.h"
#include "generated/ops/index.h"
#include "generated/ops/reduce.h"
#include "generated/ops/shape.h"
#include "generated/ops/view.h"

namespace tiny_torch::native {

DEFINE_STUB(gather_stub);
DEFINE_STUB(nonzero_stub);
DEFINE_STUB(flip_stub);

TensorBase gather(const TensorBase& self, int64_t dim, const TensorBase& index, bool) {
  const int64_t d = maybe_wrap_dim(dim, self.dim());
  TensorBase out = empty_tensor(index.sizes(), self.scalar_type(), self.device());
  const TensorBase i = at_least_1d(index_values("gather", index, true));
  if (index.numel() == 0) return out;
  const TensorBase source = at_least_1d(self), result = at_least_1d(out);
  check_index_shape("gather", i, source, d, false);
  gather_stub(self.device().type(), GatherCall{"gather", result, i, source, d});
  return out;
}

TensorBase& gather_out(TensorBase& out, const TensorBase& self, int64_t dim, const TensorBase& index,
                       bool sparse_grad) {
  const AutoDispatchBelowAutograd guard;
  check_no_overlap(out, self);
  check_no_partial_overlap(out, index);
  check_out_dtype(out, self.scalar_type());
  write_output("gather", out, native::gather(self, dim, index, sparse_grad));
  return out;
}

namespace {
// The lowest and the highest of an index that has elements; on the CPU in one pass.
std::pair<int64_t, int64_t> extremes(const TensorBase& index) {
  if (!index.is_cpu()) return {read_scalar(ops::min(index)).to_int(), read_scalar(ops::max(index)).to_int()};
  const TensorBase dense = ops::contiguous(index);
  const auto* data = dense.const_data_ptr<int64_t>();
  int64_t low = data[0], high = data[0];
  for (int64_t i = 1; i < dense.numel(); ++i) {
    low = std::min(low, data[i]);
    high = std::max(high, data[i]);
  }
  return {low, high};
}

// Negative positions are no positions here. PyTorch's class of error depends on the dimension.
void check_positions(const TensorBase& index, int64_t dim, const TensorBase& self) {
  if (index.is_meta() || index.numel() == 0) return;
  const int64_t size = self.sizes()[static_cast<size_t>(dim)];
  TORCH_CHECK(self.dim() < 2 || size > 0, "index_select(): self indexing axis dim should be positive");
  const auto [low, high] = extremes(index);
  if (low >= 0 && high < size) return;
  TORCH_CHECK_INDEX(dim != 0, "index out of range in self");
  TORCH_CHECK(false, "INDICES element is out of DATA bounds, id=", low < 0 ? low : high, " axis_dim=", size);
}
}  // namespace

TensorBase index_select(const TensorBase& self, int64_t dim, const TensorBase& index) {
  const int64_t d = maybe_wrap_dim(dim, self.dim());
  TORCH_CHECK_INDEX(index.dim() <= 1, "index_select(): Index is supposed to be a vector, but got dim: ", index.dim(),
                    " with type: ", to_string(index.scalar_type()), " and size: ", index.sizes());
  TORCH_CHECK(index.scalar_type() == kLong || index.scalar_type() == kInt,
              "index_select(): Expected dtype int32 or int64 for index, got ", to_string(index.scalar_type()));
  const TensorBase i = ops::reshape(ops::to(index, kLong), {-1});
  if (self.dim() == 0) {
    TORCH_CHECK(i.numel() == 1, "index_select(): Index to scalar can have only 1 value, got ", i.numel(), " value(s)");
    return ops::reshape(ops::index(ops::reshape(self, {1}), std::vector<std::optional<TensorBase>>{i}), {});
  }
  std::vector<std::optional<TensorBase>> indices(static_cast<size_t>(d));
  indices.emplace_back(i);
  check_positions(i, d, self);
  return index_contiguous(self, indices);
}

namespace {
// PyTorch's two kernels, for vectors and for more dims, raise different classes.
void check_added_positions(const TensorBase& self, int64_t dim, const TensorBase& index) {
  if (index.is_meta() || index.numel() == 0) return;
  const int64_t size = self.dim() == 0 ? 1 : self.size(dim);
  const auto [low, high] = extremes(index);
  const bool fits = low >= 0 && high < size;
  TORCH_CHECK_INDEX(fits || self.dim() > 1, "index out of range in self");
  TORCH_CHECK(fits, "index ", low < 0 ? low : high, " is out of bounds for dimension ", dim, " with size ", size);
}
}  // namespace

TensorBase index_add(const TensorBase& self, int64_t dim, const TensorBase& index, const TensorBase& source,
                     const Scalar& alpha) {
  const int64_t d = maybe_wrap_dim(dim, self.dim());
  TORCH_CHECK_INDEX(index.dim() <= 1, "index_add_(): Index is supposed to be a vector, but got dim: ", index.dim());
  TORCH_CHECK(index.scalar_type() == kLong || index.scalar_type() == kInt,
              "index_add_(): Expected dtype int32/int64 for index but got: ", to_string(index.scalar_type()));
  TORCH_CHECK(self.scalar_type() == source.scalar_type(), "index_add_(): self (", to_string(self.scalar_type()),
              ") and source (", to_string(source.scalar_type()), ") must have the same scalar type");
  const TensorBase i = ops::reshape(ops::to(index, kLong), {-1});
  const TensorBase target = at_least_1d(self), values = at_least_1d(source);
  TORCH_CHECK(d < values.dim(), "index_add_(): Indexing dim ", d, " is out of bounds of the source tensor with dim ",
              values.dim());
  TORCH_CHECK(i.numel() == values.size(d), "index_add_(): Number of indices (", i.numel(),
              ") should be equal to source.size(dim): (", values.size(d), "), for dim: ", d);
  TORCH_CHECK(self.dim() == source.dim(),
              "source tensor shape must match self tensor shape, excluding the specified dimension. Got self.shape = ",
              self.sizes(), " source.shape = ", source.sizes());
  for (int64_t k = 0; k < target.dim(); ++k) {
    TORCH_CHECK(
        k == d || target.size(k) == values.size(k),
        "source tensor shape must match self tensor shape, excluding the specified dimension. Got self.shape = ",
        self.sizes(), " source.shape = ", source.sizes());
  }
  check_added_positions(self, d, i);
  std::vector<std::optional<TensorBase>> indices(static_cast<size_t>(d));
  indices.emplace_back(i);
  const TensorBase scaled =
      alpha.equal(1) ? values : ops::to(ops::mul(values, wrapped_scalar(alpha)), values.scalar_type());
  TensorBase result = ops::clone(target, MemoryFormat::Contiguous);
  ops::index_put_(result, indices, scaled, true);
  return ops::reshape(result, self.sizes());
}

namespace {
TensorBase fill_masked(const TensorBase& self, const TensorBase& mask, const TensorBase& value) {
  TORCH_CHECK(mask.scalar_type() == kBool, "masked_fill_ only supports boolean masks, but got mask with dtype ",
              to_string(mask.scalar_type()));
  return ops::contiguous(ops::where(mask, value, self));
}
}  // namespace

TensorBase masked_fill(const TensorBase& self, const TensorBase& mask, const Scalar& value) {
  return fill_masked(self, mask, scalar_tensor_of(value, self.scalar_type(), self.device()));
}
TensorBase masked_fill(const TensorBase& self, const TensorBase& mask, const TensorBase& value) {
  TORCH_CHECK(value.dim() == 0, "masked_fill_ only supports a 0-dimensional value tensor, but got tensor with ",
              value.dim(), " dimension(s).");
  // Where all is 0-d, PyTorch fills with the number that value holds.
  if (self.dim() == 0 && mask.dim() == 0 && value.is_cpu() && !value.requires_grad())
    return native::masked_fill(self, mask, read_scalar(value));
  TORCH_CHECK(can_cast(value.scalar_type(), self.scalar_type()), "value cannot be converted to type ",
              detail::conversion_name(self.scalar_type()), " without overflow");
  return fill_masked(self, mask, ops::to(value, self.scalar_type()));
}

std::vector<TensorBase> nonzero_numpy(const TensorBase& self) {
  return ops::unbind(ops::nonzero(at_least_1d(self)), 1);
}

TensorBase masked_select(const TensorBase& self, const TensorBase& mask) {
  TORCH_CHECK(mask.scalar_type() == kBool, "masked_select: expected BoolTensor for mask");
  const DimVector shape = infer_broadcast_size(self.sizes(), mask.sizes());
  const TensorBase expanded = ops::expand(self, shape);
  return ops::index(at_least_1d(expanded),
                    std::vector<std::optional<TensorBase>>{at_least_1d(ops::expand(mask, shape))});
}

TensorBase& masked_select_out(TensorBase& out, const TensorBase& self, const TensorBase& mask) {
  const AutoDispatchBelowAutograd guard;
  TORCH_CHECK(!may_share_memory(out, self) && !may_share_memory(out, mask),
              "unsupported operation: some elements of the input tensor and the written-to tensor refer to a single "
              "memory location. Please clone() the tensor before performing the operation.");
  TORCH_CHECK(self.scalar_type() == out.scalar_type(),
              "masked_select(): self and result must have the same scalar type");
  write_output("masked_select", out, ops::masked_select(self, mask));
  return out;
}

TensorBase nonzero(const TensorBase& self) {
  TORCH_CHECK_NOT_IMPLEMENTED(!self.is_meta(), "nonzero(): the number of results is not known for meta tensors");
  const TensorBase mask = ops::contiguous(self.scalar_type() == kBool ? self : ops::ne(self, wrapped_scalar(0)));
  TensorBase coordinates;
  nonzero_stub(self.device().type(), mask, coordinates);
  // One dimension's positions after the other, as in PyTorch.
  const int64_t found = coordinates.size(1);
  return ops::as_strided(coordinates, {found, self.dim()}, {1, found});
}

TensorBase flip(const TensorBase& self, IntArrayRef dims) {
  SmallVector<bool, 8> flipped(static_cast<size_t>(self.dim()), false);
  for (int64_t dim : dims) {
    const int64_t d = maybe_wrap_dim(dim, self.dim());
    if (self.dim() == 0) continue;
    TORCH_CHECK(!flipped[static_cast<size_t>(d)], "dim ", d, " appears multiple times in the list of dims");
    flipped[static_cast<size_t>(d)] = true;
  }
  TensorBase out = empty_in_order_of(self, self.scalar_type(), self.device());
  if (!self.is_meta() && self.numel() != 0) flip_stub(self.device().type(), out, self, flipped);
  return out;
}

TensorBase embedding(const TensorBase& weight, const TensorBase& indices, int64_t, bool, bool) {
  TORCH_CHECK(weight.dim() == 2, "'weight' must be 2-D");
  TORCH_CHECK(
      indices.scalar_type() == kLong || indices.scalar_type() == kInt,
      "Expected tensor for argument #1 'indices' to have one of the following scalar types: Long, Int; but got ",
      to_string(indices.scalar_type()), " instead (while checking arguments for embedding)");
  DimVector shape(indices.sizes());
  shape.push_back(weight.size(1));
  return ops::reshape(ops::index_select(weight, 0, ops::reshape(indices, {-1})), shape);
}

TensorBase embedding_dense_backward(const TensorBase& grad_output, const TensorBase& indices, int64_t num_weights,
                                    int64_t padding_idx, bool scale_grad_by_freq) {
  const int64_t width = grad_output.size(-1);
  const TensorBase i = ops::reshape(ops::to(indices, kLong), {-1});
  TensorBase rows = ops::reshape(grad_output, {i.numel(), width});
  TensorBase grad = ops::zeros({num_weights, width}, grad_output.scalar_type(), std::nullopt, grad_output.device());
  if (scale_grad_by_freq) {
    const TensorBase counts =
        ops::index_add(ops::zeros({num_weights}, rows.scalar_type()), 0, i, ops::ones({i.numel()}, rows.scalar_type()));
    rows = rows / ops::unsqueeze(ops::index_select(counts, 0, i), 1);
  }
  grad = ops::index_add(grad, 0, i, rows);
  if (padding_idx >= 0) {
    TensorBase row = ops::select(grad, 0, padding_idx);
    ops::zero_(row);
  }
  return grad;
}

}  // namespace tiny_torch::native
