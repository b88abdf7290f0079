#include "aten/core/TensorBase.h"

#include <algorithm>

#include "aten/core/Dispatch.h"

namespace tiny_torch {

int64_t wrap_dim(int64_t dim, int64_t ndim, bool wrap_scalar) {
  int64_t range = ndim;
  if (range <= 0) {
    TORCH_CHECK_INDEX(wrap_scalar, "Dimension specified as ", dim, " but tensor has no dimensions");
    range = 1;
  }
  TORCH_CHECK_INDEX(dim >= -range && dim < range, "Dimension out of range (expected to be in range of [", -range, ", ",
                    range - 1, "], but got ", dim, ")");
  return dim < 0 ? dim + range : dim;
}

int64_t TensorBase::size(int64_t dim) const {
  return sizes()[static_cast<size_t>(maybe_wrap_dim(dim, this->dim(), false))];
}
int64_t TensorBase::stride(int64_t dim) const {
  return strides()[static_cast<size_t>(maybe_wrap_dim(dim, this->dim(), false))];
}

namespace {
// Channels innermost, batch outermost; gaps are allowed, and where the order is ambiguous, it is not channels last.
bool is_like_channels_last(IntArrayRef sizes, IntArrayRef strides) {
  if (strides[1] == 0) return false;
  int64_t least = 0;
  const auto follows = [&](size_t d) {
    if (sizes[d] == 0 || strides[d] < least || (d == 0 && least == strides[1])) return false;
    least = strides[d] * std::max<int64_t>(sizes[d], 1);
    return true;
  };
  if (!follows(1)) return false;
  for (size_t d = sizes.size() - 1; d >= 2; --d) {
    if (!follows(d)) return false;
  }
  return follows(0);
}
}  // namespace

MemoryFormat TensorBase::suggest_memory_format() const {
  if ((dim() != 4 && dim() != 5) || !is_like_channels_last(sizes(), strides())) return MemoryFormat::Contiguous;
  return dim() == 4 ? MemoryFormat::ChannelsLast : MemoryFormat::ChannelsLast3d;
}

int64_t checked_numel(IntArrayRef sizes) {
  int64_t numel = 1;
  bool overflow = false;
  bool has_zero = false;
  for (int64_t size : sizes) {
    TORCH_CHECK(size >= 0, "Trying to create tensor with negative dimension ", size, ": ", sizes);
    has_zero |= size == 0;
    overflow |= __builtin_mul_overflow(numel, size, &numel);
  }
  if (has_zero) return 0;
  TORCH_CHECK(!overflow, "numel: integer multiplication overflow for sizes ", sizes);
  return numel;
}

namespace {
size_t checked_bytes(int64_t elements, ScalarType dtype, IntArrayRef sizes) {
  int64_t bytes = 0;
  TORCH_CHECK(!__builtin_mul_overflow(elements, static_cast<int64_t>(element_size(dtype)), &bytes),
              "Storage size calculation overflowed with sizes=", sizes);
  return static_cast<size_t>(bytes);
}
Device with_index(Device device) {
  if (!device.has_index() && device.is_cuda()) return device_guard(DeviceType::CUDA).current();
  return device;
}
}  // namespace

TensorBase empty_tensor(IntArrayRef sizes, ScalarType dtype, Device device) {
  const size_t nbytes = checked_bytes(checked_numel(sizes), dtype, sizes);
  device = with_index(device);
  auto impl = make_intrusive<TensorImpl>(make_storage(nbytes, device), dtype, device);
  impl->set_sizes_contiguous(sizes);
  return TensorBase(std::move(impl));
}

TensorBase empty_tensor(IntArrayRef sizes, ScalarType dtype, Device device, MemoryFormat format) {
  if (format == MemoryFormat::Contiguous || format == MemoryFormat::Preserve) return empty_tensor(sizes, dtype, device);
  const size_t rank = format == MemoryFormat::ChannelsLast ? 4 : 5;
  TORCH_CHECK(sizes.size() == rank, "required rank ", rank, " tensor to use ",
              rank == 4 ? "channels_last" : "channels_last_3d", " format");
  return empty_strided_tensor(sizes, channels_last_strides(sizes), dtype, device);
}

int64_t storage_elements_needed(IntArrayRef sizes, IntArrayRef strides, int64_t storage_offset) {
  int64_t needed = 1;
  for (size_t i = 0; i < sizes.size(); ++i) {
    if (sizes[i] == 0) return 0;
    int64_t span = 0;
    TORCH_CHECK(
        !__builtin_mul_overflow(sizes[i] - 1, strides[i], &span) && !__builtin_add_overflow(needed, span, &needed),
        "Storage size calculation overflowed with sizes=", sizes, " and strides=", strides);
  }
  TORCH_CHECK(!__builtin_add_overflow(needed, storage_offset, &needed),
              "Storage size calculation overflowed with sizes=", sizes);
  return needed;
}

TensorBase empty_strided_tensor(IntArrayRef sizes, IntArrayRef strides, ScalarType dtype, Device device) {
  TORCH_CHECK(sizes.size() == strides.size(), "dimensionality of sizes (", sizes.size(),
              ") must match dimensionality of strides (", strides.size(), ")");
  checked_numel(sizes);
  for (int64_t stride : strides) {
    TORCH_CHECK(stride >= 0, "as_strided: Negative strides are not supported at the moment, got strides: ", strides);
  }
  const int64_t elements = storage_elements_needed(sizes, strides, 0);
  device = with_index(device);
  auto impl = make_intrusive<TensorImpl>(make_storage(checked_bytes(elements, dtype, sizes), device), dtype, device);
  impl->set_sizes_and_strides(sizes, strides);
  return TensorBase(std::move(impl));
}

TensorBase alias_with(const TensorBase& base, IntArrayRef sizes, IntArrayRef strides, int64_t storage_offset) {
  auto impl = make_intrusive<TensorImpl>(base.storage(), base.dtype(), base.device(), base.key_set());
  impl->set_sizes_and_strides(sizes, strides);
  impl->set_storage_offset(storage_offset);
  return TensorBase(std::move(impl));
}

TensorBase scalar_tensor_of(const Scalar& value, ScalarType dtype, Device device) {
  TensorBase result = empty_tensor({}, dtype, device.is_cuda() ? Device(DeviceType::CPU) : device);
  if (result.is_meta()) return result;
  dispatch_all_types(dtype, "scalar_tensor", [&](auto tag) {
    using T = decltype(tag);
    *static_cast<T*>(result.mutable_data_ptr()) = value.to<T>();
  });
  TORCH_CHECK(!device.is_cuda(), "scalar_tensor_of(): fill a CUDA tensor with full() instead");
  return result;
}

TensorBase wrapped_scalar(const Scalar& value, Device device) {
  TensorBase result = scalar_tensor_of(value, value.type(), device);
  result.impl()->set_wrapped_number(true);
  return result;
}

Scalar read_scalar(const TensorBase& self) {
  TORCH_CHECK(self.numel() == 1, "a Tensor with ", self.numel(), " elements cannot be converted to Scalar");
  TORCH_CHECK(self.is_cpu(), "Tensor.item() cannot be called on ", self.device().type(), " tensors");
  Scalar result;
  dispatch_all_types(self.dtype(), "_local_scalar_dense", [&](auto tag) {
    using T = decltype(tag);
    T value = *static_cast<const T*>(self.const_data_ptr());
    if constexpr (is_complex_v<T>) {
      if (self.is_conj()) value = T(value.real(), -value.imag());
    }
    result = Scalar(value);
  });
  return result;
}

void resize_contiguous(const TensorBase& self, IntArrayRef sizes) {
  const size_t needed = checked_bytes(checked_numel(sizes) + self.storage_offset(), self.dtype(), sizes);
  if (self.storage()->nbytes() < needed) self.storage()->resize(needed);
  self.impl()->set_sizes_contiguous(sizes);
}

void resize_output(const TensorBase& out, IntArrayRef sizes) {
  if (out.sizes() == sizes) return;
  if (out.numel() != 0) {
    TORCH_WARN("An output with one or more elements was resized since it had shape ", out.sizes(),
               ", which does not match the required output shape ", sizes,
               ". Pass an empty tensor or one of the right shape to out=; resizing a non-empty one is deprecated.");
  }
  resize_contiguous(out, sizes);
}

std::ostream& operator<<(std::ostream& out, const TensorOptions& o) {
  const auto field = [&](const char* name, const auto& value, bool is_set) {
    out << name << "=" << value << (is_set ? ", " : " (default), ");
  };
  const auto text = [](bool flag) { return flag ? "true" : "false"; };
  out << "TensorOptions(";
  field("dtype", cpp_name(o.dtype()), o.has_dtype());
  field("device", o.device(), o.has_device());
  field("layout", o.layout(), o.has_layout());
  field("requires_grad", text(o.requires_grad()), o.has_requires_grad());
  field("pinned_memory", text(o.pinned_memory()), o.has_pinned_memory());
  out << "memory_format=";
  return o.has_memory_format() ? out << *o.memory_format_opt() << ")" : out << "(nullopt))";
}

}  // namespace tiny_torch
