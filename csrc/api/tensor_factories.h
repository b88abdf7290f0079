// torch::tensor and torch::from_blob: tensors from C++ values and from memory that others own.
//
// Example: `torch::tensor({{1.0, 2.0}, {3.0, 4.0}}, torch::kFloat64)`; `torch::from_blob(values.data(), {2, 3})`
#pragma once

#include <functional>
#include <vector>

#include "aten/Tensor.h"

namespace tiny_torch {
namespace detail {

/// A number, or a list of such values: what a braced list in the call of torch::tensor() becomes.
class NestedValues {
 public:
  template <class T, std::enable_if_t<std::is_arithmetic_v<T>, int> = 0>
  NestedValues(T value) : scalar_(value), dtype_(scalar_type_of<T>) {}             // NOLINT: implicit
  NestedValues(Half value) : scalar_(value), dtype_(kHalf) {}                      // NOLINT
  NestedValues(BFloat16 value) : scalar_(value), dtype_(kBFloat16) {}              // NOLINT
  NestedValues(complex<float> value) : scalar_(value), dtype_(kComplexFloat) {}    // NOLINT
  NestedValues(complex<double> value) : scalar_(value), dtype_(kComplexDouble) {}  // NOLINT
  NestedValues(std::initializer_list<NestedValues> list) : is_list_(true), list_(list.begin(), list.end()) {}  // NOLINT
  template <class T>
  NestedValues(ArrayRef<T> list) : is_list_(true), list_(list.begin(), list.end()) {  // NOLINT
    if (list.empty()) dtype_ = scalar_type_of<T>;
  }
  template <class T>
  NestedValues(const std::vector<T>& list) : is_list_(true), list_(list.begin(), list.end()) {  // NOLINT
    if (list.empty()) dtype_ = scalar_type_of<T>;
  }

  bool is_list() const { return is_list_; }
  const Scalar& scalar() const { return scalar_; }
  const std::vector<NestedValues>& list() const { return list_; }
  /// The dtype of the first number; the default one for an empty list.
  std::optional<ScalarType> dtype() const { return is_list_ && !list_.empty() ? list_[0].dtype() : dtype_; }

 private:
  bool is_list_ = false;
  Scalar scalar_;
  std::optional<ScalarType> dtype_;
  std::vector<NestedValues> list_;
};

TORCH_API Tensor tensor_of(const NestedValues& values, const TensorOptions& options);

}  // namespace detail

/// A new tensor from a number, a braced list (nested to any depth), a vector or an ArrayRef. The dtype is that of the
/// numbers, except that floats take the default dtype and ints become int64, as in Python, unless `options` says it.
/// RuntimeError for a ragged list or one of mixed dtypes.
inline Tensor tensor(detail::NestedValues values, const TensorOptions& options = {}) {
  return detail::tensor_of(values, options);
}

/// A tensor over memory at `data`, which `deleter` frees once no tensor uses it. Nothing is copied.
TORCH_API Tensor from_blob(void* data, IntArrayRef sizes, IntArrayRef strides,
                           const std::function<void(void*)>& deleter, const TensorOptions& options = {});
inline Tensor from_blob(void* data, IntArrayRef sizes, const std::function<void(void*)>& deleter,
                        const TensorOptions& options = {}) {
  return from_blob(data, sizes, {}, deleter, options);
}
inline Tensor from_blob(void* data, IntArrayRef sizes, IntArrayRef strides, const TensorOptions& options = {}) {
  return from_blob(data, sizes, strides, nullptr, options);
}
inline Tensor from_blob(void* data, IntArrayRef sizes, const TensorOptions& options = {}) {
  return from_blob(data, sizes, {}, nullptr, options);
}

/// from_blob() in steps: `at::for_blob(data, {2, 3}).strides({1, 2}).options(at::kFloat).make_tensor()`.
class TensorMaker {
 public:
  TensorMaker(void* data, IntArrayRef sizes) : data_(data), sizes_(sizes.vec()) {}
  TensorMaker& strides(const OptionalDims& strides) {
    const OptionalIntArrayRef given = strides;
    strides_.reset();
    if (given.has_value()) strides_ = given->vec();
    return *this;
  }
  TensorMaker& deleter(std::function<void(void*)> deleter) {
    deleter_ = std::move(deleter);
    return *this;
  }
  TensorMaker& options(TensorOptions options) {
    options_ = options;
    return *this;
  }
  Tensor make_tensor() {
    return strides_.has_value() ? from_blob(data_, sizes_, *strides_, deleter_, options_)
                                : from_blob(data_, sizes_, deleter_, options_);
  }

 private:
  void* data_;
  std::vector<int64_t> sizes_;
  std::optional<std::vector<int64_t>> strides_;
  std::function<void(void*)> deleter_;
  TensorOptions options_;
};
inline TensorMaker for_blob(void* data, IntArrayRef sizes) { return TensorMaker(data, sizes); }

/// The device of `t`; nothing for an undefined tensor.
inline std::optional<Device> device_of(const TensorBase& t) {
  return t.defined() ? std::optional<Device>(t.device()) : std::nullopt;
}

}  // namespace tiny_torch
