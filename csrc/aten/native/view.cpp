// Fronts of the view operators: geometry only.
#include "generated/kernels/view.h"

#include <algorithm>

#include "aten/native/view_util.h"
#include "generated/ops/copy.h"
#include "generated/ops/creation.h"
#include "generated/ops/view.h"

namespace tiny_torch::native {

TensorBase as_strided(const TensorBase& self, IntArrayRef size, IntArrayRef stride,
                      std::optional<int64_t> storage_offset) {
  TORCH_CHECK(size.size() == stride.size(), "mismatch in length of strides and shape");
  const int64_t offset = storage_offset.value_or(self.storage_offset());
  for (int64_t s : stride)
    TORCH_CHECK(s >= 0, "as_strided: Negative strides are not supported at the moment, got strides: ", stride);
  checked_numel(size);
  TORCH_CHECK(offset >= 0, "Tensor: invalid storage offset ", offset);
  const int64_t needed = storage_elements_needed(size, stride, offset);
  const int64_t available = static_cast<int64_t>(self.storage()->nbytes());
  TORCH_CHECK(needed <= available / self.element_size(), "setStorage: sizes ", size, ", strides ", stride,
              ", storage offset ", offset, ", and itemsize ", self.element_size(), " requiring a storage size of ",
              needed * self.element_size(), " are out of bounds for storage of size ", available);
  return alias_with(self, size, stride, offset);
}

TensorBase view(const TensorBase& self, IntArrayRef size) {
  const DimVector shape = infer_size(size, self.numel());
  const std::optional<DimVector> strides = compute_view_strides(self.sizes(), self.strides(), shape, self.numel());
  TORCH_CHECK(
      strides.has_value(),
      "view size is not compatible with input tensor's size and stride (at least one dimension spans across two "
      "contiguous subspaces). Use .reshape(...) instead.");
  return alias_with(self, shape, *strides, self.storage_offset());
}

TensorBase _reshape_alias(const TensorBase& self, IntArrayRef size, IntArrayRef stride) {
  return native::as_strided(self, size, stride, std::nullopt);
}

TensorBase _unsafe_view(const TensorBase& self, IntArrayRef size) { return native::view(self, size); }

TensorBase expand(const TensorBase& self, IntArrayRef size, bool) {
  TORCH_CHECK(static_cast<int64_t>(size.size()) >= self.dim(), "expand(", self.sizes(), ", size=", size,
              "): the number of sizes provided (", size.size(),
              ") must be greater or equal to the number of dimensions in the tensor (", self.dim(), ")");
  const size_t added = size.size() - static_cast<size_t>(self.dim());
  DimVector sizes(size), strides(size.size(), 0);
  for (size_t i = 0; i < size.size(); ++i) {
    if (i < added) {
      TORCH_CHECK(size[i] >= 0, "The expanded size of the tensor (", size[i],
                  ") isn't allowed in a leading, non-existing dimension ", i);
      continue;
    }
    const int64_t own = self.sizes()[i - added];
    if (size[i] == -1) sizes[i] = own;
    TORCH_CHECK(sizes[i] >= 0, "expand(): expected sizes of at least -1, got ", size);
    strides[i] = own == 1 && sizes[i] != 1 ? 0 : self.strides()[i - added];
    TORCH_CHECK(own == sizes[i] || own == 1, "The expanded size of the tensor (", sizes[i],
                ") must match the existing size (", own, ") at non-singleton dimension ", i, ".  Target sizes: ", size,
                ".  Tensor sizes: ", self.sizes());
  }
  return alias_with(self, sizes, strides, self.storage_offset());
}

TensorBase select(const TensorBase& self, int64_t dim, int64_t index) {
  TORCH_CHECK_INDEX(self.dim() > 0, "select() cannot be applied to a 0-dim tensor.");
  const auto d = static_cast<size_t>(maybe_wrap_dim(dim, self.dim()));
  const int64_t size = self.sizes()[d];
  TORCH_CHECK_INDEX(index >= -size && index < size, "select(): index ", index, " out of range for tensor of size ",
                    self.sizes(), " at dimension ", d);
  DimVector sizes(self.sizes()), strides(self.strides());
  const int64_t offset = self.storage_offset() + (index < 0 ? index + size : index) * strides[d];
  sizes.erase(sizes.begin() + d);
  strides.erase(strides.begin() + d);
  return alias_with(self, sizes, strides, offset);
}

TensorBase slice(const TensorBase& self, int64_t dim, std::optional<int64_t> start, std::optional<int64_t> end,
                 int64_t step) {
  TORCH_CHECK_INDEX(self.dim() > 0, "slice() cannot be applied to a 0-dim tensor.");
  const auto d = static_cast<size_t>(maybe_wrap_dim(dim, self.dim()));
  TORCH_CHECK(step > 0, "slice step must be positive");
  DimVector sizes(self.sizes()), strides(self.strides());
  const SliceRange range = clamp_slice(start, end, sizes[d]);
  const int64_t offset = self.storage_offset() + range.start * strides[d];
  const int64_t length = range.end - range.start;
  sizes[d] = length == 0 ? 0 : (length - 1) / step + 1;
  // A step beyond all strides leaves one element at most, which has no next one.
  if (int64_t stride = 0; !__builtin_mul_overflow(strides[d], step, &stride)) strides[d] = stride;
  return alias_with(self, sizes, strides, offset);
}

TensorBase view_dtype(const TensorBase& self, ScalarType dtype) {
  const auto from = static_cast<int64_t>(self.itemsize()), to = static_cast<int64_t>(element_size(dtype));
  TensorBase result = alias_with(self, self.sizes(), self.strides(), self.storage_offset());
  if (from != to) {
    TORCH_CHECK(self.dim() > 0, "self.dim() cannot be 0 to view ", to_string(self.scalar_type()), " as ",
                to_string(dtype), " (different element sizes)");
    TORCH_CHECK(self.strides().back() == 1, "self.stride(-1) must be 1 to view ", to_string(self.scalar_type()), " as ",
                to_string(dtype), " (different element sizes), but got ", self.strides().back());
    DimVector sizes(self.sizes()), strides(self.strides());
    const int64_t num = from > to ? from / to : 1, den = to > from ? to / from : 1;
    const auto fits = [&](int64_t v) { return v % den == 0; };
    TORCH_CHECK(fits(sizes.back()), "self.size(-1) must be divisible by ", den, " to view ",
                to_string(self.scalar_type()), " as ", to_string(dtype), " (different element sizes), but got ",
                sizes.back());
    TORCH_CHECK(fits(self.storage_offset()), "self.storage_offset() must be divisible by ", den, " to view ",
                to_string(self.scalar_type()), " as ", to_string(dtype), " (different element sizes), but got ",
                self.storage_offset());
    for (size_t i = 0; i + 1 < strides.size(); ++i) {
      TORCH_CHECK(fits(strides[i]), "self.stride(", i, ") must be divisible by ", den, " to view ",
                  to_string(self.scalar_type()), " as ", to_string(dtype), " (different element sizes), but got ",
                  strides[i]);
      strides[i] = strides[i] * num / den;
    }
    sizes.back() = sizes.back() * num / den;
    result = alias_with(self, sizes, strides, self.storage_offset() * num / den);
  }
  result.impl()->set_dtype(dtype);
  return result;
}

TensorBase permute(const TensorBase& self, IntArrayRef dims) {
  const auto rank = static_cast<size_t>(self.dim());
  TORCH_CHECK(dims.size() == rank,
              "permute(sparse_coo): number of dimensions in the tensor input does not match the length of the desired "
              "ordering of "
              "dimensions i.e. input.dim() = ",
              rank, " is not equal to len(dims) = ", dims.size());
  DimVector sizes(rank), strides(rank);
  SmallVector<bool, 8> seen(rank, false);
  for (size_t i = 0; i < rank; ++i) {
    const auto d = static_cast<size_t>(maybe_wrap_dim(dims[i], self.dim()));
    TORCH_CHECK(!seen[d], "permute(): duplicate dims are not allowed.");
    seen[d] = true;
    sizes[i] = self.sizes()[d];
    strides[i] = self.strides()[d];
  }
  return alias_with(self, sizes, strides, self.storage_offset());
}

TensorBase transpose(const TensorBase& self, int64_t dim0, int64_t dim1) {
  const auto d0 = static_cast<size_t>(maybe_wrap_dim(dim0, self.dim())),
             d1 = static_cast<size_t>(maybe_wrap_dim(dim1, self.dim()));
  DimVector sizes(self.sizes()), strides(self.strides());
  if (!sizes.empty()) {
    std::swap(sizes[d0], sizes[d1]);
    std::swap(strides[d0], strides[d1]);
  }
  return alias_with(self, sizes, strides, self.storage_offset());
}

TensorBase t(const TensorBase& self) {
  TORCH_CHECK(self.dim() <= 2, "t() expects a tensor with <= 2 dimensions, but self is ", self.dim(), "D");
  return native::transpose(self, 0, self.dim() < 2 ? 0 : 1);
}

namespace {
TensorBase squeeze_where(const TensorBase& self, const SmallVector<bool, 8>& candidates) {
  DimVector sizes, strides;
  for (size_t i = 0; i < candidates.size(); ++i) {
    if (candidates[i] && self.sizes()[i] == 1) continue;
    sizes.push_back(self.sizes()[i]);
    strides.push_back(self.strides()[i]);
  }
  return alias_with(self, sizes, strides, self.storage_offset());
}
}  // namespace

TensorBase squeeze(const TensorBase& self) {
  return squeeze_where(self, SmallVector<bool, 8>(static_cast<size_t>(self.dim()), true));
}
TensorBase squeeze(const TensorBase& self, int64_t dim) { return native::squeeze(self, IntArrayRef(dim)); }
TensorBase squeeze(const TensorBase& self, IntArrayRef dim) {
  SmallVector<bool, 8> candidates(static_cast<size_t>(self.dim()), false);
  for (int64_t d : dim) {
    const int64_t at = maybe_wrap_dim(d, self.dim());
    if (self.dim() == 0) continue;
    TORCH_CHECK(!candidates[static_cast<size_t>(at)], "dim ", at, " appears multiple times in the list of dims");
    candidates[static_cast<size_t>(at)] = true;
  }
  return squeeze_where(self, candidates);
}

TensorBase unsqueeze(const TensorBase& self, int64_t dim) {
  const auto d = static_cast<size_t>(maybe_wrap_dim(dim, self.dim() + 1));
  DimVector sizes(self.sizes()), strides(self.strides());
  const int64_t stride = d < sizes.size() ? sizes[d] * strides[d] : 1;
  sizes.insert(sizes.begin() + d, 1);
  strides.insert(strides.begin() + d, stride);
  return alias_with(self, sizes, strides, self.storage_offset());
}

std::vector<TensorBase> unbind(const TensorBase& self, int64_t dim) {
  TORCH_CHECK_INDEX(self.dim() > 0, "Dimension specified as ", dim, " but tensor has no dimensions");
  const int64_t d = maybe_wrap_dim(dim, self.dim());
  std::vector<TensorBase> slices;
  slices.reserve(static_cast<size_t>(self.size(d)));
  for (int64_t i = 0; i < self.size(d); ++i) slices.push_back(native::select(self, d, i));
  return slices;
}

std::vector<TensorBase> split(const TensorBase& self, int64_t split_size, int64_t dim) {
  TORCH_CHECK(self.dim() != 0, "split expects at least a 1-dimensional tensor");
  TORCH_CHECK(split_size >= 0, "split expects split_size be non-negative, but got split_size=", split_size);
  const int64_t d = maybe_wrap_dim(dim, self.dim());
  const int64_t size = self.size(d);
  TORCH_CHECK(split_size > 0 || size == 0,
              "split_size can only be 0 if dimension size is 0, but got dimension size of ", size);
  std::vector<TensorBase> pieces;
  const int64_t count = size == 0 ? 1 : (size - 1) / split_size + 1;
  for (int64_t i = 0; i < count; ++i) {
    const int64_t start = i * split_size;
    pieces.push_back(native::slice(self, d, start, start + std::min(split_size, size - start), 1));
  }
  return pieces;
}

std::vector<TensorBase> split_with_sizes(const TensorBase& self, IntArrayRef split_sizes, int64_t dim) {
  TORCH_CHECK(self.dim() != 0, "split expects at least a 1-dimensional tensor");
  const int64_t d = maybe_wrap_dim(dim, self.dim());
  int64_t total = 0;
  for (int64_t s : split_sizes) {
    TORCH_CHECK(s >= 0, "split_with_sizes expects split_sizes have only non-negative entries, but got split_sizes=",
                split_sizes);
    total += s;
  }
  TORCH_CHECK(total == self.size(d), "split_with_sizes expects split_sizes to sum exactly to ", self.size(d),
              " (input tensor's size at dimension ", d, "), but got split_sizes=", split_sizes);
  std::vector<TensorBase> pieces;
  int64_t start = 0;
  for (int64_t s : split_sizes) {
    pieces.push_back(native::slice(self, d, start, start + s, 1));
    start += s;
  }
  return pieces;
}

TensorBase select_backward(const TensorBase& grad_output, IntArrayRef input_sizes, int64_t dim, int64_t index) {
  TensorBase grad = ops::zeros(input_sizes, grad_output.scalar_type(), std::nullopt, grad_output.device());
  TensorBase at = ops::select(grad, dim, index);
  ops::copy_(at, grad_output);
  return grad;
}

TensorBase slice_backward(const TensorBase& grad_output, IntArrayRef input_sizes, int64_t dim,
                          std::optional<int64_t> start, std::optional<int64_t> end, int64_t step) {
  TensorBase grad = ops::zeros(input_sizes, grad_output.scalar_type(), std::nullopt, grad_output.device());
  TensorBase at = ops::slice(grad, dim, start, end, step);
  ops::copy_(at, grad_output);
  return grad;
}

}  // namespace tiny_torch::native
