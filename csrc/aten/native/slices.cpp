// Fronts of windows, pieces and choices of elements.
#include "generated/kernels/slices.h"

#include "aten/core/operators.h"
#include "aten/native/index_checks.h"
#include "generated/ops/compare.h"
#include "generated/ops/copy.h"
#include "generated/ops/creation.h"
#include "generated/ops/index.h"
#include "generated/ops/join.h"
#include "generated/ops/rearrange.h"
#include "generated/ops/reduce.h"
#include "generated/ops/shape.h"
#include "generated/ops/view.h"

namespace tiny_torch::native {

TensorBase unfold(const TensorBase& self, int64_t dimension, int64_t size, int64_t step) {
  const auto d = static_cast<size_t>(maybe_wrap_dim(dimension, self.dim()));
  const int64_t longest = self.dim() == 0 ? 1 : self.sizes()[d];
  TORCH_CHECK(size >= 0, "size is ", size, " but must be >= 0");
  TORCH_CHECK(size <= longest, "maximum size for tensor at dimension ", d, " is ", longest, " but size is ", size);
  TORCH_CHECK(step > 0, "step is ", step, " but must be > 0");
  DimVector sizes(self.sizes()), strides(self.strides());
  const int64_t stride = self.dim() == 0 ? 1 : strides[d];
  if (self.dim() > 0) {
    sizes[d] = (sizes[d] - size) / step + 1;
    strides[d] *= step;
  }
  sizes.push_back(size);
  strides.push_back(stride);
  return alias_with(self, sizes, strides, self.storage_offset());
}

TensorBase unfold_backward(const TensorBase& grad_in, IntArrayRef input_sizes, int64_t dim, int64_t size,
                           int64_t step) {
  const TensorBase zeros = ops::zeros(input_sizes, grad_in.scalar_type(), std::nullopt, grad_in.device());
  if (grad_in.numel() == 0) return zeros;
  if (input_sizes.empty()) return ops::reshape(grad_in, {});
  const int64_t d = maybe_wrap_dim(dim, static_cast<int64_t>(input_sizes.size()));
  const auto range = [&](int64_t n) { return ops::arange(Scalar(n), kLong, std::nullopt, grad_in.device()); };
  const TensorBase positions = ops::unsqueeze(range(grad_in.size(d)), 1) * Scalar(step) + range(size);
  const TensorBase values = ops::flatten(ops::contiguous(ops::movedim(grad_in, {int64_t{-1}}, {d + 1})), d, d + 1);
  return ops::index_add(zeros, d, ops::reshape(positions, {-1}), values);
}

TensorBase as_strided_scatter(const TensorBase& self, const TensorBase& src, IntArrayRef size, IntArrayRef stride,
                              std::optional<int64_t> storage_offset) {
  // The view may reach any element of the storage, so all of it is copied.
  const int64_t elements[] = {static_cast<int64_t>(self.storage()->nbytes() / element_size(self.scalar_type()))};
  const int64_t one[] = {1};
  const TensorBase whole = ops::clone(alias_with(self, elements, one, 0));
  const TensorBase result = alias_with(whole, self.sizes(), self.strides(), self.storage_offset());
  TensorBase part = ops::as_strided(result, size, stride, storage_offset);
  TORCH_CHECK(part.sizes() == src.sizes(),
              "expected src to have a size equal to the slice of self. src size = ", src.sizes(),
              ", slice size = ", part.sizes());
  ops::copy_(part, src);
  return result;
}

TensorBase narrow(const TensorBase& self, int64_t dim, const TensorBase& start, int64_t length) {
  TORCH_CHECK(start.dim() == 0 && is_integral(start.scalar_type(), false), "start must be an 0-dim integral Tensor.");
  return ops::narrow(self, dim, read_scalar(start).to_int(), length);
}

TensorBase combinations(const TensorBase& self, int64_t r, bool with_replacement) {
  TORCH_CHECK(self.dim() == 1, "Expect a 1D vector, but got shape ", self.sizes());
  TORCH_CHECK(r >= 0, "Expect a non-negative number, but got ", r);
  if (r == 0) return empty_tensor({0}, self.scalar_type(), self.device());
  const auto count = static_cast<size_t>(r);
  const TensorBase positions = ops::arange(Scalar(self.numel()), kLong, std::nullopt, self.device());
  const std::vector<TensorBase> at = ops::meshgrid(std::vector<TensorBase>(count, positions), "ij");
  TensorBase mask = ops::ones(at[0].sizes(), kBool, std::nullopt, self.device());
  for (size_t i = 0; i + 1 < count; ++i) {
    mask = ops::logical_and(mask, with_replacement ? ops::le(at[i], at[i + 1]) : ops::lt(at[i], at[i + 1]));
  }
  std::vector<TensorBase> columns = ops::meshgrid(std::vector<TensorBase>(count, self), "ij");
  for (TensorBase& column : columns) column = ops::masked_select(column, mask);
  return ops::stack(columns, 1);
}

TensorBase index_reduce(const TensorBase& self, int64_t dim, const TensorBase& index, const TensorBase& source,
                        std::string_view reduce, bool include_self) {
  TORCH_CHECK(reduce == "prod" || reduce == "mean" || reduce == "amax" || reduce == "amin",
              "index_reduce(): Expected reduce to be one of prod, mean, amax or amin but got ", reduce, ".");
  const int64_t d = maybe_wrap_dim(dim, self.dim());
  TORCH_CHECK(index.scalar_type() == kLong || index.scalar_type() == kInt,
              "index_reduce(): Expected dtype int32/int64 for index");
  TORCH_CHECK_INDEX(index.dim() <= 1, "index_reduce(): Index is supposed to be a vector, but got dim: ", index.dim());
  TORCH_CHECK(self.scalar_type() == source.scalar_type(),
              "index_reduce(): self and source must have the same scalar type, got ", to_string(self.scalar_type()),
              " and ", to_string(source.scalar_type()));
  const TensorBase target = at_least_1d(self), values = at_least_1d(source);
  TORCH_CHECK(values.dim() == target.dim() && index.numel() == values.size(d), "index_reduce(): Number of indices (",
              index.numel(), ") should be equal to source.size(dim): (", source.sizes(), "), for dim: ", d);
  DimVector shape(target.sizes()), column(shape.size(), 1);
  shape[static_cast<size_t>(d)] = column[static_cast<size_t>(d)] = index.numel();
  TORCH_CHECK(values.sizes() == IntArrayRef(shape),
              "source tensor shape must match self tensor shape, excluding the specified dimension. Got self.shape = ",
              self.sizes(), " source.shape = ", source.sizes());
  if (!index.is_meta() && index.numel() != 0) {
    const auto [low, high] = ops::aminmax(index);
    TORCH_CHECK_INDEX(read_scalar(low).to_int() >= 0 && read_scalar(high).to_int() < target.size(d),
                      "index_reduce(): index out of range in self, expected indices in [0, ", target.size(d), ")");
  }
  const TensorBase positions = ops::expand(ops::reshape(ops::to(index, kLong), column), shape);
  return ops::reshape(ops::scatter_reduce(target, d, positions, values, reduce, include_self), self.sizes());
}

TensorBase renorm(const TensorBase& self, const Scalar& p, int64_t dim, const Scalar& maxnorm) {
  TORCH_CHECK(!p.is_complex() && p.to_double() > 0, "renorm: non-positive-norm not supported");
  TORCH_CHECK(!maxnorm.is_complex() && maxnorm.to_double() >= 0, "renorm: expected maxnorm to be >= 0 but got ",
              maxnorm.to_double());
  TORCH_CHECK(self.dim() > 1, "renorm: input needs at least 2 dimensions, got ", self.dim(), " dimensions");
  const int64_t d = maybe_wrap_dim(dim, self.dim());
  DimVector others;
  for (int64_t i = 0; i < self.dim(); ++i) {
    if (i != d) others.push_back(i);
  }
  // Half types take norms in float.
  const bool is_half = is_reduced_floating_point(self.scalar_type());
  const TensorBase norm = ops::linalg_vector_norm(self, p, OptionalIntArrayRef(IntArrayRef(others)), true,
                                                  is_half ? std::optional<ScalarType>(kFloat) : std::nullopt);
  const TensorBase scale =
      ops::where(ops::gt(norm, wrapped_scalar(maxnorm)), maxnorm / (norm + Scalar(1e-7)), wrapped_scalar(1.0));
  return ops::contiguous(self * ops::to(scale, self.scalar_type()));
}

}  // namespace tiny_torch::native
