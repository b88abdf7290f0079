// Fronts of the factories.
#include "generated/kernels/creation.h"
#include "generated/kernels/copy.h"

#include "generated/ops/copy.h"
#include "generated/ops/creation.h"

namespace tiny_torch::native {

namespace {
void check_options(const char* op, std::optional<Layout> layout, std::optional<Device> device,
                   std::optional<bool> pin_memory) {
  TORCH_CHECK(layout.value_or(Layout::Strided) == Layout::Strided, op, "(): only strided layouts are supported");
  TORCH_CHECK(!pin_memory.value_or(false) || !device.has_value() || device->is_cpu(),
              "Only dense CPU tensors can be pinned");
  TORCH_CHECK(!pin_memory.value_or(false), op,
              "(): pin_memory=True needs a device with an allocator of pinned memory, and there is none");
}
ScalarType dtype_of(const Scalar& value) {
  return value.is_boolean()         ? kBool
         : value.is_integral(false) ? kLong
         : value.is_complex()       ? default_complex_dtype()
                                    : default_dtype();
}
}  // namespace

TensorBase empty(IntArrayRef size, std::optional<ScalarType> dtype, std::optional<Layout> layout,
                 std::optional<Device> device, std::optional<bool> pin_memory,
                 std::optional<MemoryFormat> memory_format) {
  check_options("empty", layout, device, pin_memory);
  return empty_tensor(size, dtype.value_or(default_dtype()), device.value_or(Device()),
                      memory_format.value_or(MemoryFormat::Contiguous));
}

TensorBase empty_strided(IntArrayRef size, IntArrayRef stride, std::optional<ScalarType> dtype,
                         std::optional<Layout> layout, std::optional<Device> device, std::optional<bool> pin_memory) {
  check_options("empty_strided", layout, device, pin_memory);
  return empty_strided_tensor(size, stride, dtype.value_or(default_dtype()), device.value_or(Device()));
}

TensorBase empty_like(const TensorBase& self, std::optional<ScalarType> dtype, std::optional<Layout> layout,
                      std::optional<Device> device, std::optional<bool> pin_memory,
                      std::optional<MemoryFormat> memory_format) {
  check_options("empty_like", layout, device, pin_memory);
  const ScalarType type = dtype.value_or(self.scalar_type());
  const Device where = device.value_or(self.device());
  const MemoryFormat format = memory_format.value_or(MemoryFormat::Preserve);
  if (format != MemoryFormat::Preserve) return empty_tensor(self.sizes(), type, where, format);
  if (self.is_contiguous()) return empty_tensor(self.sizes(), type, where);
  if (self.is_non_overlapping_and_dense()) return empty_strided_tensor(self.sizes(), self.strides(), type, where);
  return empty_tensor(self.sizes(), type, where, self.suggest_memory_format());
}

TensorBase full(IntArrayRef size, const Scalar& fill_value, std::optional<ScalarType> dtype,
                std::optional<Layout> layout, std::optional<Device> device, std::optional<bool> pin_memory) {
  check_options("full", layout, device, pin_memory);
  TensorBase result = empty_tensor(size, dtype.value_or(dtype_of(fill_value)), device.value_or(Device()));
  return native::fill_(result, fill_value);
}

TensorBase zeros(IntArrayRef size, std::optional<ScalarType> dtype, std::optional<Layout> layout,
                 std::optional<Device> device, std::optional<bool> pin_memory) {
  return native::full(size, Scalar(0), dtype.value_or(default_dtype()), layout, device, pin_memory);
}

TensorBase ones(IntArrayRef size, std::optional<ScalarType> dtype, std::optional<Layout> layout,
                std::optional<Device> device, std::optional<bool> pin_memory) {
  return native::full(size, Scalar(1), dtype.value_or(default_dtype()), layout, device, pin_memory);
}

TensorBase full_like(const TensorBase& self, const Scalar& fill_value, std::optional<ScalarType> dtype,
                     std::optional<Layout> layout, std::optional<Device> device, std::optional<bool> pin_memory,
                     std::optional<MemoryFormat> memory_format) {
  TensorBase result = native::empty_like(self, dtype, layout, device, pin_memory, memory_format);
  return native::fill_(result, fill_value);
}

TensorBase zeros_like(const TensorBase& self, std::optional<ScalarType> dtype, std::optional<Layout> layout,
                      std::optional<Device> device, std::optional<bool> pin_memory,
                      std::optional<MemoryFormat> memory_format) {
  return native::full_like(self, Scalar(0), dtype, layout, device, pin_memory, memory_format);
}

TensorBase ones_like(const TensorBase& self, std::optional<ScalarType> dtype, std::optional<Layout> layout,
                     std::optional<Device> device, std::optional<bool> pin_memory,
                     std::optional<MemoryFormat> memory_format) {
  return native::full_like(self, Scalar(1), dtype, layout, device, pin_memory, memory_format);
}

}  // namespace tiny_torch::native
