// Fronts of repeating, rolling and writing slices: made of views, cat, index and index_put.
#include "generated/kernels/rearrange.h"
#include "aten/core/operators.h"
#include "aten/core/promotion.h"
#include "aten/native/index_checks.h"
#include "generated/kernels/diagonal.h"
#include "generated/ops/binary.h"
#include "generated/ops/compare.h"
#include "generated/ops/copy.h"
#include "generated/ops/creation.h"
#include "generated/ops/diagonal.h"
#include "generated/ops/index.h"
#include "generated/ops/join.h"
#include "generated/ops/rearrange.h"
#include "generated/ops/reduce.h"
#include "generated/ops/shape.h"
#include "generated/ops/view.h"

namespace tiny_torch::native {

using Indices = std::vector<std::optional<TensorBase>>;

TensorBase repeat(const TensorBase& self, IntArrayRef repeats) {
  TORCH_CHECK(static_cast<int64_t>(repeats.size()) >= self.dim(),
              "Number of dimensions of repeat dims can not be smaller than number of dimensions of tensor");
  const size_t added = repeats.size() - static_cast<size_t>(self.dim());
  // Each dimension becomes a pair: how often, and what.
  DimVector apart, together, shape;
  for (size_t d = 0; d < repeats.size(); ++d) {
    const int64_t size = d < added ? 1 : self.sizes()[d - added];
    apart.push_back(1);
    apart.push_back(size);
    together.push_back(repeats[d]);
    together.push_back(size);
    int64_t total = 0;
    TORCH_CHECK(!__builtin_mul_overflow(repeats[d], size, &total), "repeat(): ", repeats[d], " times ", size,
                " elements are too many");
    shape.push_back(total);
  }
  for (int64_t n : shape)
    TORCH_CHECK(n >= 0, "Trying to create tensor with negative dimension ", n, ": ", IntArrayRef(shape));
  const TensorBase pairs = ops::expand(ops::reshape(self, apart), together);
  return ops::view(ops::clone(pairs, MemoryFormat::Contiguous), shape);
}

TensorBase tile(const TensorBase& self, IntArrayRef dims) {
  DimVector repeats;
  for (int64_t i = static_cast<int64_t>(dims.size()); i < self.dim(); ++i) repeats.push_back(1);
  for (int64_t n : dims) repeats.push_back(n);
  return ops::repeat(self, repeats);
}

namespace {
TensorBase roll_one(const TensorBase& self, int64_t shift, int64_t dim) {
  const int64_t size = self.size(dim);
  if (self.numel() == 0) return ops::clone(self);
  // What comes first afterwards.
  const int64_t start = (size - shift % size) % size;
  if (start == 0) return ops::clone(self, MemoryFormat::Contiguous);
  return ops::cat(
      std::vector<TensorBase>{ops::narrow(self, dim, start, size - start), ops::narrow(self, dim, 0, start)}, dim);
}
}  // namespace

TensorBase roll(const TensorBase& self, IntArrayRef shifts, IntArrayRef dims) {
  TORCH_CHECK(!shifts.empty(), "`shifts` required");
  if (dims.empty() && shifts.size() == 1)
    return ops::reshape(roll_one(ops::reshape(self, {-1}), shifts[0], 0), self.sizes());
  TORCH_CHECK(shifts.size() == dims.size(), "shifts and dimensions must align. shifts: ", shifts.size(),
              ", dims:", dims.size());
  TORCH_CHECK_INDEX(self.dim() > 0 || dims.empty(), "roll(): Dimension specified as ", dims.empty() ? 0 : dims[0],
                    " but tensor has no dimensions");
  if (self.numel() == 0) return ops::clone(self);  // of nothing, the dims are not looked at
  TensorBase result = self;
  for (size_t i = 0; i < dims.size(); ++i) result = roll_one(result, shifts[i], maybe_wrap_dim(dims[i], self.dim()));
  return result;
}

TensorBase rot90(const TensorBase& self, int64_t k, IntArrayRef dims) {
  TORCH_CHECK(dims.size() == 2, "expected total rotation dims == 2, but got dims = ", dims.size());
  TORCH_CHECK(self.dim() >= 2, "expected total dims >= 2, but got total dims = ", self.dim());
  const int64_t a = maybe_wrap_dim(dims[0], self.dim()), b = maybe_wrap_dim(dims[1], self.dim());
  TORCH_CHECK(a != b, "expected rotation dims to be different, but got dim0 = ", dims[0], " and dim1 = ", dims[1]);
  switch (((k % 4) + 4) % 4) {
    case 1:
      return ops::transpose(ops::flip(self, {b}), a, b);
    case 2:
      return ops::flip(self, {a, b});
    case 3:
      return ops::transpose(ops::flip(self, {a}), a, b);
    default:
      return ops::clone(self, MemoryFormat::Contiguous);
  }
}
TensorBase fliplr(const TensorBase& self) {
  TORCH_CHECK(self.dim() >= 2, "Input must be >= 2-d.");
  return ops::flip(self, {1});
}
TensorBase flipud(const TensorBase& self) {
  TORCH_CHECK(self.dim() >= 1, "Input must be >= 1-d.");
  return ops::flip(self, {0});
}

// ---- by index ----

TensorBase take_along_dim(const TensorBase& self, const TensorBase& indices, std::optional<int64_t> dim) {
  TORCH_CHECK(indices.scalar_type() == kLong, "torch.take_along_dim(): dtype of indices should be Long but got ",
              to_string(indices.scalar_type()));
  if (!dim.has_value()) return ops::gather(ops::view(self, {-1}), 0, ops::view(indices, {-1}));
  TORCH_CHECK(self.dim() == indices.dim(),
              "torch.take_along_dim(): input and indices should have the same number of dimensions, but got ",
              self.dim(), " dimensions for input, and ", indices.dim(), " dimensions for indices");
  if (self.dim() == 0) return ops::gather(self, *dim, indices);
  const auto d = static_cast<size_t>(maybe_wrap_dim(*dim, self.dim()));
  // All dims but this one are broadcast.
  DimVector own(self.sizes()), theirs(indices.sizes());
  own[d] = theirs[d] = 1;
  DimVector shape = infer_broadcast_size(own, theirs), index_shape(shape);
  shape[d] = self.sizes()[d];
  index_shape[d] = indices.sizes()[d];
  // As in PyTorch, positions wrap around at both ends.
  const TensorBase positions = shape[d] == 0 ? indices : ops::remainder(indices, wrapped_scalar(shape[d]));
  return ops::gather(ops::expand(self, shape), static_cast<int64_t>(d), ops::expand(positions, index_shape));
}

namespace {
Indices at_dim(int64_t dim, const TensorBase& index) {
  Indices indices(static_cast<size_t>(dim));
  indices.emplace_back(ops::reshape(ops::to(index, kLong), {-1}));
  return indices;
}
}  // namespace

TensorBase index_copy(const TensorBase& self, int64_t dim, const TensorBase& index, const TensorBase& source) {
  const int64_t d = maybe_wrap_dim(dim, self.dim());
  TORCH_CHECK_INDEX(index.dim() <= 1, "index_copy_(): Index should have dimension 1 or 0 (got ", index.dim(), ")");
  TORCH_CHECK_INDEX(
      source.dim() == 0 || self.dim() == 0 || source.dim() == self.dim(),
      "index_copy_(): When source and destination are not scalars, their dimensionality must match. Source "
      "dimensionality (",
      source.dim(), "), destination dimensionality (", self.dim(), ")");
  TORCH_CHECK(index.scalar_type() == kLong, "index_copy_(): Expected a long tensor for index, but got ",
              to_string(index.scalar_type()));
  TORCH_CHECK(self.scalar_type() == source.scalar_type(),
              "index_copy_(): self and source expected to have the same dtype, but got (self) ",
              to_string(self.scalar_type()), " and (source) ", to_string(source.scalar_type()));
  const TensorBase target = at_least_1d(ops::contiguous(self)), values = at_least_1d(source);
  TORCH_CHECK_INDEX(index.numel() == values.size(values.dim() == target.dim() ? d : 0),
                    "index_copy_(): Number of indices (", index.numel(), ") should be equal to source.size(dim) (",
                    values.size(values.dim() == target.dim() ? d : 0), ")");
  DimVector expected(target.sizes());
  expected[static_cast<size_t>(d)] = index.numel();
  TORCH_CHECK(values.sizes() == IntArrayRef(expected),
              "index_copy_(): Source/destination tensor must have same slice shapes. Destination slice shape: ",
              target.sizes(), " at dimension ", d, " and source slice shape: ", values.sizes(), " at dimension 0.");
  TORCH_CHECK_INDEX(
      index.is_meta() || index.numel() == 0 || !read_scalar(ops::any(ops::lt(index, wrapped_scalar(0)))).to_bool(),
      "index_copy_(): index out of range in self");
  return ops::reshape(ops::index_put(target, at_dim(d, index), values, false), self.sizes());
}

TensorBase& index_fill_(TensorBase& self, int64_t dim, const TensorBase& index, const TensorBase& value) {
  TORCH_CHECK(value.dim() == 0, "index_fill_ only supports a 0-dimensional value tensor, but got tensor with ",
              value.dim(), " dimension(s).");
  TORCH_CHECK_INDEX(index.scalar_type() == kLong, "index_fill_(): Expected dtype int64 for index.");
  TORCH_CHECK(self.is_complex() || !value.is_complex(),
              "index_fill_(): Converting complex Scalar to non-complex type is not supported");
  const int64_t d = maybe_wrap_dim(dim, self.dim());
  TORCH_CHECK(index.dim() <= 1, "Index has to be a vector/scalar");
  TensorBase target = at_least_1d(self);
  // `value` may be an element of `self`.
  const TensorBase number = ops::clone(ops::to(value, self.device(), self.scalar_type()));
  if (index.numel() != 0) ops::index_put_(target, at_dim(d, index), number, false);
  return self;
}
TensorBase& index_fill_(TensorBase& self, int64_t dim, const TensorBase& index, const Scalar& value) {
  TORCH_CHECK_INDEX(index.scalar_type() == kLong, "index_fill_(): Expected dtype int64 for index.");
  TORCH_CHECK(self.is_complex() || !value.is_complex(),
              "index_fill_(): Converting complex Scalar to non-complex type is not supported");
  return native::index_fill_(self, dim, index, scalar_tensor_of(value, self.scalar_type(), self.device()));
}
TensorBase index_fill(const TensorBase& self, int64_t dim, const TensorBase& index, const TensorBase& value) {
  TensorBase result = ops::clone(self, MemoryFormat::Preserve);
  return native::index_fill_(result, dim, index, value);
}
TensorBase index_fill(const TensorBase& self, int64_t dim, const TensorBase& index, const Scalar& value) {
  TensorBase result = ops::clone(self, MemoryFormat::Preserve);
  return native::index_fill_(result, dim, index, value);
}

namespace {
/// A copy with the strides of `self`, gaps included.
TensorBase copy_with_strides(const TensorBase& self) {
  for (int64_t d = 0; d < self.dim(); ++d) {
    if (self.stride(d) == 0 && self.size(d) > 1) return ops::clone(self);
  }
  TensorBase copy = ops::empty_strided(self.sizes(), self.strides(), self.scalar_type(), std::nullopt, self.device());
  ops::copy_(copy, self);
  return copy;
}

/// `copy`, whose part `view` gets the values of `src`.
TensorBase with_view(const TensorBase& copy, TensorBase view, const TensorBase& src) {
  TORCH_CHECK(view.sizes() == src.sizes(),
              "expected src to have a size equal to the slice of self. src size = ", src.sizes(),
              ", slice size = ", view.sizes());
  ops::copy_(view, src);
  return copy;
}
}  // namespace

TensorBase select_scatter(const TensorBase& self, const TensorBase& src, int64_t dim, int64_t index) {
  const TensorBase copy = copy_with_strides(self);
  return with_view(copy, ops::select(copy, dim, index), src);
}
TensorBase slice_scatter(const TensorBase& self, const TensorBase& src, int64_t dim, std::optional<int64_t> start,
                         std::optional<int64_t> end, int64_t step) {
  const TensorBase copy = copy_with_strides(self);
  return with_view(copy, ops::slice(copy, dim, start, end, step), src);
}

TensorBase diagonal_scatter(const TensorBase& self, const TensorBase& src, int64_t offset, int64_t dim1, int64_t dim2) {
  const TensorBase copy = copy_with_strides(self);
  return with_view(copy, ops::diagonal(copy, offset, dim1, dim2), src);
}

TensorBase narrow_copy(const TensorBase& self, int64_t dim, int64_t start, int64_t length) {
  TORCH_CHECK(dim < self.dim(), "narrow_copy(): expected dim to be less than ", self.dim(), ", got ", dim);
  return ops::clone(ops::narrow(self, dim, start, length), MemoryFormat::Contiguous);
}

TensorBase repeat_interleave(const TensorBase& repeats, std::optional<int64_t> output_size) {
  TORCH_CHECK_NOT_IMPLEMENTED(repeats.scalar_type() == kLong || repeats.scalar_type() == kInt,
                              "\"repeat_interleave_cpu\" not implemented for '", to_string(repeats.scalar_type()), "'");
  TORCH_CHECK(repeats.dim() == 1, "repeat_interleave only accept 1D vector as repeat");
  TORCH_CHECK(!repeats.is_meta(), "repeat_interleave(): the number of results is not known for meta tensors");
  const TensorBase counts = ops::contiguous(ops::to(ops::to(repeats, kLong), Device(), kLong));
  const int64_t* count = counts.const_data_ptr<int64_t>();
  int64_t total = 0;
  for (int64_t i = 0; i < counts.numel(); ++i) {
    TORCH_CHECK(count[i] >= 0, "repeats can not be negative");
    TORCH_CHECK(!__builtin_add_overflow(total, count[i], &total), "repeat_interleave(): too many repeats");
  }
  TORCH_CHECK(!output_size.has_value() || *output_size == total, "allocated size does not match required size");
  const TensorBase result = empty_tensor({total}, kLong);
  int64_t* to = result.mutable_data_ptr<int64_t>();
  for (int64_t i = 0; i < counts.numel(); ++i) to = std::fill_n(to, count[i], i);
  return ops::to(result, repeats.device(), repeats.scalar_type());
}
TensorBase repeat_interleave(const TensorBase& self, const TensorBase& repeats, std::optional<int64_t> dim,
                             std::optional<int64_t> output_size) {
  TORCH_CHECK(repeats.dim() <= 1, "repeats must be 0-dim or 1-dim tensor");
  const TensorBase input = dim.has_value() ? at_least_1d(self) : ops::reshape(self, {-1});
  const int64_t d = maybe_wrap_dim(dim.value_or(0), input.dim());
  TensorBase counts = repeats;
  if (repeats.dim() == 0 || (repeats.dim() == 1 && repeats.size(0) == 1)) {
    counts = ops::expand(ops::reshape(repeats, {1}), {input.size(d)});
  } else {
    TORCH_CHECK(repeats.size(0) == input.size(d),
                "repeats must have the same size as input along dim, but got repeats.size(0) = ", repeats.size(0),
                " and input.size(", d, ") = ", input.size(d));
  }
  return ops::index_select(input, d, ops::repeat_interleave(counts, output_size));
}
TensorBase repeat_interleave(const TensorBase& self, int64_t repeats, std::optional<int64_t> dim,
                             std::optional<int64_t> output_size) {
  TORCH_CHECK(repeats >= 0, "Repeats must be non-negative");
  const TensorBase input = dim.has_value() ? at_least_1d(self) : ops::reshape(self, {-1});
  const int64_t d = maybe_wrap_dim(dim.value_or(0), input.dim());
  const int64_t total = checked_numel({input.size(d), repeats});
  TORCH_CHECK(!output_size.has_value() || *output_size == total, "repeat_interleave: Invalid output_size, expected ",
              total, " but got ", output_size.value_or(0));
  DimVector apart(input.sizes()), shape(input.sizes());
  apart.insert(apart.begin() + d + 1, repeats);
  shape[static_cast<size_t>(d)] = total;
  return ops::view(ops::clone(ops::expand(ops::unsqueeze(input, d + 1), apart), MemoryFormat::Contiguous), shape);
}

TensorBase resolve_conj(const TensorBase& self) { return self.is_conj() ? ops::clone(self) : self; }

// ---- pairs of statistics ----

using Pair = std::tuple<TensorBase, TensorBase>;

Pair var_mean(const TensorBase& self, OptionalIntArrayRef dim, const std::optional<Scalar>& correction, bool keepdim) {
  return {ops::var(self, dim, correction, keepdim), ops::mean(self, dim, keepdim)};
}
Pair var_mean(const TensorBase& self, bool unbiased) {
  return native::var_mean(self, std::nullopt, Scalar(unbiased ? 1 : 0), false);
}
Pair var_mean(const TensorBase& self, OptionalIntArrayRef dim, bool unbiased, bool keepdim) {
  return native::var_mean(self, dim, Scalar(unbiased ? 1 : 0), keepdim);
}
Pair std_mean(const TensorBase& self, OptionalIntArrayRef dim, const std::optional<Scalar>& correction, bool keepdim) {
  return {ops::std(self, dim, correction, keepdim), ops::mean(self, dim, keepdim)};
}
Pair std_mean(const TensorBase& self, bool unbiased) {
  return native::std_mean(self, std::nullopt, Scalar(unbiased ? 1 : 0), false);
}
Pair std_mean(const TensorBase& self, OptionalIntArrayRef dim, bool unbiased, bool keepdim) {
  return native::std_mean(self, dim, Scalar(unbiased ? 1 : 0), keepdim);
}

Pair aminmax(const TensorBase& self, std::optional<int64_t> dim, bool keepdim) {
  DimVector dims;
  if (dim.has_value()) dims.push_back(maybe_wrap_dim(*dim, self.dim()));
  TORCH_CHECK_INDEX(dims.empty() || self.dim() == 0 || self.size(dims[0]) > 0, "aminmax(): Expected reduction dim ",
                    dims.empty() ? 0 : dims[0], " to have non-zero size.");
  TORCH_CHECK(!dims.empty() || self.numel() > 0,
              "aminmax(): cannot compute aminmax over an empty dimension as the operation has no identity.");
  return {ops::amin(self, dims, keepdim), ops::amax(self, dims, keepdim)};
}

}  // namespace tiny_torch::native
