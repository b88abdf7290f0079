// Fronts of tensors by where their elements lie.
#include "generated/kernels/memory.h"

#include <vector>

#include "generated/ops/creation.h"
#include "generated/ops/memory.h"

namespace tiny_torch::native {

TensorBase alias(const TensorBase& self) {
  return alias_with(self, self.sizes(), self.strides(), self.storage_offset());
}

TensorBase empty_permuted(IntArrayRef size, IntArrayRef physical_layout, std::optional<ScalarType> dtype,
                          std::optional<Layout> layout, std::optional<Device> device, std::optional<bool> pin_memory) {
  TORCH_CHECK(physical_layout.size() == size.size(), "empty_permuted(): expected a physical_layout of ", size.size(),
              " dims, as size has, got ", physical_layout.size());
  const auto dims = static_cast<int64_t>(size.size());
  DimVector physical(size), strides(size);
  std::vector<bool> seen(size.size());
  for (size_t i = 0; i < size.size(); ++i) {
    const int64_t dim = physical_layout[i];
    TORCH_CHECK(dim >= 0 && dim < dims, "Dimension out of range (expected to be between 0 and ", dims - 1, ", but got ",
                dim, " at index ", i, ")");
    TORCH_CHECK(!seen[static_cast<size_t>(dim)], "Duplicate dim not allowed");
    seen[static_cast<size_t>(dim)] = true;
    physical[i] = size[static_cast<size_t>(dim)];
  }
  const DimVector dense = contiguous_strides(physical);
  for (size_t i = 0; i < size.size(); ++i) strides[static_cast<size_t>(physical_layout[i])] = dense[i];
  return ops::empty_strided(size, strides, dtype, layout, device, pin_memory);
}

TensorBase new_empty_strided(const TensorBase& self, IntArrayRef size, IntArrayRef stride,
                             std::optional<ScalarType> dtype, std::optional<Layout> layout,
                             std::optional<Device> device, std::optional<bool> pin_memory) {
  return ops::empty_strided(size, stride, dtype.value_or(self.scalar_type()), layout, device.value_or(self.device()),
                            pin_memory);
}

}  // namespace tiny_torch::native
