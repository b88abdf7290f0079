// TensorBase: a counted reference to a TensorImpl with the queries every layer needs and no operators.
//
// Contract: internal code takes and returns TensorBase and calls the free functions of generated/ops/<family>.h;
// `Tensor` (aten/Tensor.h) adds the methods and has the same layout. A default-constructed one is undefined.
#pragma once

#include <optional>
#include <ostream>
#include <string>

#include "c10/Generator.h"
#include "c10/Scalar.h"
#include "c10/TensorImpl.h"
#include "c10/TypeMeta.h"

namespace tiny_torch {

class TORCH_API TensorBase {
 public:
  TensorBase() = default;
  explicit TensorBase(intrusive_ptr<TensorImpl> impl) : impl_(std::move(impl)) {}

  bool defined() const { return impl_.defined(); }
  TensorImpl* impl() const { return impl_.get(); }
  TensorImpl* unsafe_impl() const { return impl_.get(); }
  const intrusive_ptr<TensorImpl>& impl_ptr() const { return impl_; }
  intrusive_ptr<TensorImpl> take_impl() { return std::move(impl_); }
  void reset() { impl_.reset(); }
  uint32_t use_count() const { return impl_.use_count(); }
  bool is_same(const TensorBase& o) const { return impl_ == o.impl_; }

  IntArrayRef sizes() const { return impl_->sizes(); }
  IntArrayRef strides() const { return impl_->strides(); }
  int64_t dim() const { return impl_->dim(); }
  int64_t ndimension() const { return impl_->dim(); }
  int64_t numel() const { return impl_->numel(); }
  int64_t storage_offset() const { return impl_->storage_offset(); }
  /// Size or stride of `dim`, which may be negative; IndexError when out of range.
  int64_t size(int64_t dim) const;
  int64_t stride(int64_t dim) const;
  ScalarType scalar_type() const { return impl_->dtype(); }
  ScalarType dtype() const { return impl_->dtype(); }
  size_t itemsize() const { return impl_->itemsize(); }
  int64_t element_size() const { return static_cast<int64_t>(impl_->itemsize()); }
  size_t nbytes() const { return static_cast<size_t>(numel()) * itemsize(); }
  Device device() const { return impl_->device(); }
  int64_t get_device() const { return device().is_cpu() ? -1 : device().index(); }
  Layout layout() const { return impl_->layout(); }
  const Storage& storage() const { return impl_->storage(); }
  DispatchKeySet key_set() const { return impl_->key_set(); }

  bool is_cpu() const { return device().is_cpu(); }
  bool is_cuda() const { return device().is_cuda(); }
  bool is_meta() const { return device().is_meta(); }
  bool is_floating_point() const { return ::tiny_torch::is_floating_point(scalar_type()); }
  bool is_complex() const { return is_complex_type(scalar_type()); }
  bool is_signed() const { return ::tiny_torch::is_signed(scalar_type()); }
  bool is_conj() const { return impl_->is_conj(); }
  bool is_neg() const { return false; }
  bool is_inference() const { return impl_->is_inference(); }
  bool is_contiguous(MemoryFormat format = MemoryFormat::Contiguous) const { return impl_->is_contiguous(format); }
  bool is_non_overlapping_and_dense() const { return impl_->is_non_overlapping_and_dense(); }
  /// ChannelsLast or ChannelsLast3d if the strides say so and no plain order fits better, else Contiguous.
  MemoryFormat suggest_memory_format() const;
  bool has_storage() const { return impl_->storage().defined(); }

  /// The bytes at element (0, ..., 0). The mutable form moves the storage's write counter; data_ptr() is for users, who
  /// may keep the pointer: it also marks the memory as visible outside.
  const void* const_data_ptr() const { return impl_->data(); }
  void* mutable_data_ptr() const { return impl_->mutable_data(); }
  void* data_ptr() const { return impl_->exposed_data(); }
  template <class T>
  const T* const_data_ptr() const {
    check_type<T>();
    return static_cast<const T*>(impl_->data());
  }
  template <class T>
  T* mutable_data_ptr() const {
    check_type<T>();
    return static_cast<T*>(impl_->mutable_data());
  }
  template <class T>
  T* data_ptr() const {
    check_type<T>();
    return static_cast<T*>(impl_->exposed_data());
  }

  bool requires_grad() const { return impl_->requires_grad(); }

 private:
  template <class T>
  void check_type() const {
    if constexpr (!std::is_void_v<T>) {
      TORCH_CHECK(scalar_type() == scalar_type_of<T>, "expected scalar type ", to_string(scalar_type_of<T>),
                  " but found ", to_string(scalar_type()));
    }
  }

 protected:
  intrusive_ptr<TensorImpl> impl_;
};

using TensorList = ArrayRef<TensorBase>;
using OptionalTensorList = ArrayRef<std::optional<TensorBase>>;

/// dtype, layout, device and pinning of a new tensor; unset fields take the defaults.
class TORCH_API TensorOptions {
 public:
  TensorOptions() = default;
  TensorOptions(ScalarType t) : dtype_(t) {}            // NOLINT: implicit as in PyTorch
  TensorOptions(TypeMeta t) : dtype_(t) {}              // NOLINT
  TensorOptions(Device d) : device_(d) {}               // NOLINT
  TensorOptions(DeviceType t) : device_(t) {}           // NOLINT
  TensorOptions(Layout l) : layout_(l) {}               // NOLINT
  TensorOptions(MemoryFormat f) : memory_format_(f) {}  // NOLINT

  TensorOptions dtype(std::optional<ScalarType> t) const { return with(&TensorOptions::dtype_, t); }
  template <class T>
  TensorOptions dtype() const {
    return dtype(scalar_type_of<T>);
  }
  TensorOptions device(std::optional<Device> d) const { return with(&TensorOptions::device_, d); }
  TensorOptions device(DeviceType type, DeviceIndex index) const { return device(Device(type, index)); }
  /// The CUDA device of this index.
  TensorOptions device_index(DeviceIndex index) const { return device(DeviceType::CUDA, index); }
  TensorOptions layout(std::optional<Layout> l) const { return with(&TensorOptions::layout_, l); }
  TensorOptions pinned_memory(std::optional<bool> p) const { return with(&TensorOptions::pinned_memory_, p); }
  TensorOptions requires_grad(std::optional<bool> r) const { return with(&TensorOptions::requires_grad_, r); }
  TensorOptions memory_format(std::optional<MemoryFormat> f) const { return with(&TensorOptions::memory_format_, f); }

  TypeMeta dtype() const { return dtype_.value_or(default_dtype()); }
  Device device() const { return device_.value_or(Device(DeviceType::CPU)); }
  DeviceIndex device_index() const { return device().index(); }
  Layout layout() const { return layout_.value_or(Layout::Strided); }
  bool requires_grad() const { return requires_grad_.value_or(false); }
  bool pinned_memory() const { return pinned_memory_.value_or(false); }

  std::optional<ScalarType> dtype_opt() const { return dtype_; }
  std::optional<Device> device_opt() const { return device_; }
  std::optional<Layout> layout_opt() const { return layout_; }
  std::optional<bool> requires_grad_opt() const { return requires_grad_; }
  std::optional<bool> pinned_memory_opt() const { return pinned_memory_; }
  std::optional<MemoryFormat> memory_format_opt() const { return memory_format_; }
  bool has_dtype() const { return dtype_.has_value(); }
  bool has_device() const { return device_.has_value(); }
  bool has_layout() const { return layout_.has_value(); }
  bool has_requires_grad() const { return requires_grad_.has_value(); }
  bool has_pinned_memory() const { return pinned_memory_.has_value(); }
  bool has_memory_format() const { return memory_format_.has_value(); }

 private:
  template <class Field, class Value>
  TensorOptions with(Field TensorOptions::* field, Value value) const {
    TensorOptions copy = *this;
    copy.*field = value;
    return copy;
  }

  std::optional<ScalarType> dtype_;
  std::optional<Layout> layout_;
  std::optional<Device> device_;
  std::optional<bool> pinned_memory_, requires_grad_;
  std::optional<MemoryFormat> memory_format_;
};
/// All fields; those that are not set with their default and a remark.
TORCH_API std::ostream& operator<<(std::ostream& out, const TensorOptions& options);

/// Position of `dim` in [0, ndim); IndexError with PyTorch's text otherwise. 0-d tensors accept 0 and -1 when wrapping.
TORCH_API int64_t wrap_dim(int64_t dim, int64_t ndim, bool wrap_scalar = true);
inline int64_t maybe_wrap_dim(int64_t dim, int64_t ndim, bool wrap_scalar = true) {
  if (TORCH_LIKELY(dim >= 0 && dim < ndim)) return dim;
  return wrap_dim(dim, ndim, wrap_scalar);
}

/// A new uninitialised tensor. RuntimeError for negative sizes and for numel or bytes that overflow.
TORCH_API TensorBase empty_tensor(IntArrayRef sizes, ScalarType dtype, Device device = Device());
TORCH_API TensorBase empty_tensor(IntArrayRef sizes, ScalarType dtype, Device device, MemoryFormat format);
TORCH_API TensorBase empty_strided_tensor(IntArrayRef sizes, IntArrayRef strides, ScalarType dtype,
                                          Device device = Device());
/// A tensor over the storage of `base`: the raw material of every view. Geometry must have been checked.
TORCH_API TensorBase alias_with(const TensorBase& base, IntArrayRef sizes, IntArrayRef strides, int64_t storage_offset);
/// A 0-d tensor holding `value`; marked as wrapped number it takes part in promotion as a Python number does.
TORCH_API TensorBase scalar_tensor_of(const Scalar& value, ScalarType dtype, Device device = Device());
TORCH_API TensorBase wrapped_scalar(const Scalar& value, Device device = Device());
/// The only element of a CPU tensor as a Scalar. RuntimeError unless numel is 1.
TORCH_API Scalar read_scalar(const TensorBase& self);
/// Elements the storage needs to have from offset 0 for this geometry.
TORCH_API int64_t storage_elements_needed(IntArrayRef sizes, IntArrayRef strides, int64_t storage_offset);
TORCH_API int64_t checked_numel(IntArrayRef sizes);
/// Changes the shape of `self` to contiguous `sizes`, growing the storage when needed.
TORCH_API void resize_contiguous(const TensorBase& self, IntArrayRef sizes);
/// `out=` protocol: resizes `out` if its shape differs, with PyTorch's warning when it was not empty.
TORCH_API void resize_output(const TensorBase& out, IntArrayRef sizes);

}  // namespace tiny_torch
