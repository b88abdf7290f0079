// Fronts of the view operators: geometry only.
#include "generated/kernels/view.h"

#include "aten/native/view_util.h"
#include "generated/ops/copy.h"
#include "generated/ops/creation.h"
#include "generated/ops/view.h"

namespace tiny_torch::native {

TensorBase as_strided(const TensorBase& self, IntArrayRef size, IntArrayRef stride, std::optional<int64_t> storage_offset) {
  TORCH_CHECK(size.size() == stride.size(), "mismatch in length of strides and shape");
  const int64_t offset = storage_offset.value_or(self.storage_offset());
  for (int64_t s : stride) TORCH_CHECK(s >= 0, "as_strided: Negative strides are not supported at the moment, got strides: ", stride);
  checked_numel(size);
  TORCH_CHECK(offset >= 0, "Tensor: invalid storage offset ", offset);
  const int64_t needed = storage_elements_needed(size, stride, offset);
  const int64_t available = static_cast<int64_t>(self.storage()->nbytes());
  TORCH_CHECK(needed <= available / self.element_size(), "setStorage: sizes ", size, ", strides ", stride, ", storage offset ", offset,
              ", and itemsize ", self.element_size(), " requiring a storage size of ", needed * self.element_size(),
              " are out of bounds for storage of size ", available);
  return alias_with(self, size, stride, offset);
}

TensorBase view(const TensorBase& self, IntArrayRef size) {
  const DimVector shape = infer_size(size, self.numel());
  const std::optional<DimVector> strides = compute_view_strides(self.sizes(), self.strides(), shape, self.numel());
  TORCH_CHECK(strides.has_value(), "view size is not compatible with input tensor's size and stride (at least one dimension spans across two "
                                   "contiguous subspaces). Use .reshape(...) instead.");
  return alias_with(self, shape, *strides, self.storage_offset());
}

TensorBase expand(const TensorBase& self, IntArrayRef size, bool) {
  TORCH_CHECK(static_cast<int64_t>(size.size()) >= self.dim(), "expand(", self.sizes(), ", size=", size, "): the number of sizes provided (",
              size.size(), ") must be greater or equal to the number of dimensions in the tensor (", self.dim(), ")");
  const size_t added = size.size() - static_cast<size_t>(self.dim());
  DimVector sizes(size), strides(size.size(), 0);
  for (size_t i = 0; i < size.size(); ++i) {
    if (i < added) {
      TORCH_CHECK(size[i] >= 0, "The expanded size of the tensor (", size[i], ") isn't allowed in a leading, non-existing dimension ", i);
      continue;
    }
    const int64_t own = self.sizes()[i - added];
    if (size[i] == -1) sizes[i] = own;
    TORCH_CHECK(sizes[i] >= 0, "expand(): expected sizes of at least -1, got ", size);
    strides[i] = own == 1 && sizes[i] != 1 ? 0 : self.strides()[i - added];
    TORCH_CHECK(own == sizes[i] || own == 1, "The expanded size of the tensor (", sizes[i], ") must match the existing size (", own,
                ") at non-singleton dimension ", i, ".  Target sizes: ", size, ".  Tensor sizes: ", self.sizes());
  }
  return alias_with(self, sizes, strides, self.storage_offset());
}

TensorBase select(const TensorBase& self, int64_t dim, int64_t index) {
  TORCH_CHECK_INDEX(self.dim() > 0, "select() cannot be applied to a 0-dim tensor.");
  const auto d = static_cast<size_t>(maybe_wrap_dim(dim, self.dim()));
  const int64_t size = self.sizes()[d];
  TORCH_CHECK_INDEX(index >= -size && index < size, "select(): index ", index, " out of range for tensor of size ", self.sizes(), " at dimension ", d);
  DimVector sizes(self.sizes()), strides(self.strides());
  const int64_t offset = self.storage_offset() + (index < 0 ? index + size : index) * strides[d];
  sizes.erase(sizes.begin() + d);
  strides.erase(strides.begin() + d);
  return alias_with(self, sizes, strides, offset);
}

TensorBase slice(const TensorBase& self, int64_t dim, std::optional<int64_t> start, std::optional<int64_t> end, int64_t step) {
  TORCH_CHECK_INDEX(self.dim() > 0, "slice() cannot be applied to a 0-dim tensor.");
  const auto d = static_cast<size_t>(maybe_wrap_dim(dim, self.dim()));
  TORCH_CHECK_VALUE(step > 0, "slice step must be positive");
  DimVector sizes(self.sizes()), strides(self.strides());
  const SliceRange range = clamp_slice(start, end, sizes[d]);
  const int64_t offset = self.storage_offset() + range.start * strides[d];
  sizes[d] = (range.end - range.start + step - 1) / step;
  strides[d] *= step;
  return alias_with(self, sizes, strides, offset);
}

TensorBase select_backward(const TensorBase& grad_output, IntArrayRef input_sizes, int64_t dim, int64_t index) {
  TensorBase grad = ops::zeros(input_sizes, grad_output.scalar_type(), std::nullopt, grad_output.device());
  TensorBase at = ops::select(grad, dim, index);
  ops::copy_(at, grad_output);
  return grad;
}

TensorBase slice_backward(const TensorBase& grad_output, IntArrayRef input_sizes, int64_t dim, std::optional<int64_t> start,
                          std::optional<int64_t> end, int64_t step) {
  TensorBase grad = ops::zeros(input_sizes, grad_output.scalar_type(), std::nullopt, grad_output.device());
  TensorBase at = ops::slice(grad, dim, start, end, step);
  ops::copy_(at, grad_output);
  return grad;
}

}  // namespace tiny_torch::native
