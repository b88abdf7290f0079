// Fronts of copies, conversions and fills.
#include "generated/kernels/copy.h"

#include "aten/core/promotion.h"
#include "aten/core/result_layout.h"
#include "aten/native/copy_stub.h"
#include "generated/ops/copy.h"
#include "generated/ops/creation.h"
#include "generated/ops/view.h"

namespace tiny_torch::native {

DEFINE_STUB(copy_stub);
DEFINE_STUB(fill_stub);

TensorBase& copy_(TensorBase& self, const TensorBase& src, bool) {
  if (self.is_same(src)) return self;
  TORCH_CHECK(is_expandable_to(src.sizes(), self.sizes()), "The size of tensor a (",
              self.dim() > 0 ? self.sizes().back() : 0, ") must match the size of tensor b (",
              src.dim() > 0 ? src.sizes().back() : 0, "): output with shape ", self.sizes(),
              " cannot take a source of shape ", src.sizes());
  const bool is_same_memory = self.const_data_ptr() == src.const_data_ptr() && self.sizes() == src.sizes() &&
                              self.strides() == src.strides() && !self.is_meta();
  if (is_same_memory && self.scalar_type() == src.scalar_type() && self.is_conj() == src.is_conj()) return self;
  check_no_internal_overlap(self);
  if (self.numel() == 0) return self;
  check_no_partial_overlap(self, src);
  if (may_share_memory(self, src)) {
    copy_stub(self.device().type(), self, ops::clone(src, MemoryFormat::Contiguous));
    return self;
  }
  TORCH_CHECK_NOT_IMPLEMENTED(!src.is_meta() || self.is_meta(), "Cannot copy out of meta tensor; no data!");
  copy_stub(self.device().is_cpu() ? src.device().type() : self.device().type(), self, src);
  return self;
}

TensorBase& fill_(TensorBase& self, const Scalar& value) {
  if (self.is_meta()) return self;
  if (self.numel() != 0) {
    fill_stub(self.device().type(), self, value);
  } else {
    scalar_tensor_of(value, self.scalar_type());  // the value has to fit all the same
  }
  return self;
}

TensorBase& fill_(TensorBase& self, const TensorBase& value) {
  TORCH_CHECK(value.dim() == 0, "fill_ only supports 0-dimension value tensor but got tensor with ", value.dim(),
              " dimensions.");
  return ops::copy_(self, may_share_memory(self, value) ? ops::clone(value) : value);
}

TensorBase fill(const TensorBase& self, const Scalar& value) {
  TensorBase result = ops::empty_like(self);
  return native::fill_(result, value);
}
TensorBase fill(const TensorBase& self, const TensorBase& value) {
  TensorBase result = ops::empty_like(self);
  return native::fill_(result, value);
}

TensorBase& zero_(TensorBase& self) { return native::fill_(self, Scalar(0)); }

namespace {
// A new tensor laid out like `self` as far as `format` asks for it.
TensorBase empty_for_copy(const TensorBase& self, ScalarType dtype, Device device, std::optional<MemoryFormat> format) {
  const MemoryFormat f = format.value_or(MemoryFormat::Preserve);
  if (f != MemoryFormat::Preserve) return empty_tensor(self.sizes(), dtype, device, f);
  return empty_in_order_of(self, dtype, device);
}
}  // namespace

TensorBase clone(const TensorBase& self, std::optional<MemoryFormat> memory_format) {
  TensorBase result = empty_for_copy(self, self.scalar_type(), self.device(), memory_format);
  if (result.numel() != 0) copy_stub(self.device().type(), result, self);
  return result;
}

TensorBase contiguous(const TensorBase& self, MemoryFormat memory_format) {
  TORCH_CHECK(memory_format != MemoryFormat::Preserve,
              "preserve memory format is unsupported by the contiguous operator");
  return self.is_contiguous(memory_format) ? self : ops::clone(self, memory_format);
}

TensorBase _to_copy(const TensorBase& self, std::optional<ScalarType> dtype, std::optional<Layout>,
                    std::optional<Device> device, std::optional<bool>, bool,
                    std::optional<MemoryFormat> memory_format) {
  TensorBase result =
      empty_for_copy(self, dtype.value_or(self.scalar_type()), device.value_or(self.device()), memory_format);
  if (result.numel() != 0 && !result.is_meta()) ops::copy_(result, self);
  return result;
}

TensorBase to(const TensorBase& self, std::optional<ScalarType> dtype, std::optional<Layout> layout,
              std::optional<Device> device, std::optional<bool> pin_memory, bool non_blocking, bool copy,
              std::optional<MemoryFormat> memory_format) {
  const bool same_device = !device.has_value() || *device == self.device() ||
                           (device->type() == self.device().type() && !device->has_index());
  const MemoryFormat format = memory_format.value_or(MemoryFormat::Preserve);
  const bool same_format = format == MemoryFormat::Preserve || self.is_contiguous(format);
  if (same_device && same_format && !copy && dtype.value_or(self.scalar_type()) == self.scalar_type()) return self;
  return ops::_to_copy(self, dtype, layout, device, pin_memory, non_blocking, memory_format);
}

TensorBase detach(const TensorBase& self) {
  TensorBase result = alias_with(self, self.sizes(), self.strides(), self.storage_offset());
  if (!self.is_inference()) result.impl()->version_counter().share(self.impl()->version_counter());
  return result;
}

TensorBase conj(const TensorBase& self) { return self.is_complex() ? ops::_conj_physical(self) : self; }

TensorBase _conj_physical(const TensorBase& self) {
  TensorBase result = native::clone(self, std::nullopt);
  if (self.is_complex() && self.numel() != 0) conj_stub(self.device().type(), result);
  return result;
}
DEFINE_STUB(conj_stub);

TensorBase real(const TensorBase& self) { return self.is_complex() ? ops::_real_of_complex(self) : self; }

TensorBase _real_of_complex(const TensorBase& self) {
  TORCH_CHECK(self.is_complex(), "real(): expected a complex tensor, got ", to_string(self.scalar_type()));
  DimVector strides(self.strides());
  for (int64_t& s : strides) s *= 2;
  TensorBase result = alias_with(self, self.sizes(), strides, self.storage_offset() * 2);
  result.impl()->set_dtype(to_real(self.scalar_type()));
  return result;
}

}  // namespace tiny_torch::native
