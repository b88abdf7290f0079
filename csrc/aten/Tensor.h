// Tensor: TensorBase with PyTorch's methods and operators, for the C++ API, tests and users; internal code uses TensorBase.
//
// Contract: same layout as TensorBase, so that lists of either convert without copies.
// Example: `Tensor y = (x * 2).sum(-1); y.backward();`
#pragma once

#include <tuple>
#include <vector>

#include "aten/core/TensorBase.h"

namespace tiny_torch {

class TORCH_API Tensor : public TensorBase {
 public:
  Tensor() = default;
  Tensor(const TensorBase& base) : TensorBase(base) {}                 // NOLINT: implicit
  Tensor(TensorBase&& base) noexcept : TensorBase(std::move(base)) {}  // NOLINT: implicit
  explicit Tensor(intrusive_ptr<TensorImpl> impl) : TensorBase(std::move(impl)) {}

  /// The only element as T.
  template <class T>
  T item() const;
  Scalar item() const { return read_scalar(*this); }
  TensorOptions options() const { return TensorOptions().dtype(scalar_type()).device(device()).layout(layout()); }

  /// Computes gradients of the leaves this tensor came from. RuntimeError unless it has one element or a gradient is given.
  void backward(const Tensor& gradient = {}, std::optional<bool> retain_graph = std::nullopt,
                bool create_graph = false) const;
  Tensor grad() const;
  Tensor& mutable_grad() const;
  const Tensor& requires_grad_(bool requires_grad = true) const;
  const Tensor& set_requires_grad(bool requires_grad) const { return requires_grad_(requires_grad); }
  bool is_leaf() const;
  Tensor data() const;
  void set_data(const Tensor& data) const;
  int64_t _version() const { return impl()->version_counter().current(); }
  void retain_grad() const;
  using TensorBase::device;
  using TensorBase::dtype;

  Tensor operator-() const;
  Tensor operator[](int64_t index) const;
  Tensor& operator+=(const Tensor& other);
  Tensor& operator-=(const Tensor& other);
  Tensor& operator*=(const Tensor& other);
  Tensor& operator/=(const Tensor& other);
  Tensor& operator+=(const Scalar& other);
  Tensor& operator-=(const Scalar& other);
  Tensor& operator*=(const Scalar& other);
  Tensor& operator/=(const Scalar& other);

#include "generated/TensorMethods.h"
};
static_assert(sizeof(Tensor) == sizeof(TensorBase), "lists of Tensor are passed as lists of TensorBase");

template <class T>
T Tensor::item() const {
  return item().to<T>();
}

namespace detail {
inline TensorList as_base(ArrayRef<Tensor> list) {
  return {reinterpret_cast<const TensorBase*>(list.data()), list.size()};
}
inline OptionalTensorList as_base(ArrayRef<std::optional<Tensor>> list) {
  return {reinterpret_cast<const std::optional<TensorBase>*>(list.data()), list.size()};
}
inline std::optional<TensorBase> as_base(const std::optional<Tensor>& t) {
  return t.has_value() ? std::optional<TensorBase>(*t) : std::nullopt;
}

template <class To, class From>
To as_public(From&& from) {
  using Plain = std::decay_t<From>;
  if constexpr (std::is_same_v<Plain, To>) {
    return std::forward<From>(from);
  } else if constexpr (std::is_same_v<Plain, TensorBase>) {
    return To(std::forward<From>(from));
  } else if constexpr (std::is_same_v<Plain, std::vector<TensorBase>>) {
    return To(from.begin(), from.end());
  } else {
    return std::apply([](auto&&... v) { return To(std::move(v)...); }, std::forward<From>(from));
  }
}
TORCH_API Tensor with_requires_grad(Tensor t, const TensorOptions& options);
}  // namespace detail

}  // namespace tiny_torch

#include "generated/TensorMethodsInline.h"

namespace tiny_torch {

inline Tensor operator+(const Tensor& a, const Tensor& b) { return ops::add(a, b); }
inline Tensor operator-(const Tensor& a, const Tensor& b) { return ops::sub(a, b); }
inline Tensor operator*(const Tensor& a, const Tensor& b) { return ops::mul(a, b); }
inline Tensor operator/(const Tensor& a, const Tensor& b) { return ops::div(a, b); }
inline Tensor operator+(const Tensor& a, const Scalar& b) { return ops::add(a, wrapped_scalar(b)); }
inline Tensor operator-(const Tensor& a, const Scalar& b) { return ops::sub(a, wrapped_scalar(b)); }
inline Tensor operator*(const Tensor& a, const Scalar& b) { return ops::mul(a, wrapped_scalar(b)); }
inline Tensor operator/(const Tensor& a, const Scalar& b) { return ops::div(a, wrapped_scalar(b)); }
inline Tensor operator+(const Scalar& a, const Tensor& b) { return ops::add(wrapped_scalar(a), b); }
inline Tensor operator-(const Scalar& a, const Tensor& b) { return ops::sub(wrapped_scalar(a), b); }
inline Tensor operator*(const Scalar& a, const Tensor& b) { return ops::mul(wrapped_scalar(a), b); }
inline Tensor operator/(const Scalar& a, const Tensor& b) { return ops::div(wrapped_scalar(a), b); }
inline Tensor Tensor::operator-() const { return ops::neg(*this); }
inline Tensor Tensor::operator[](int64_t index) const { return ops::select(*this, 0, index); }
inline Tensor& Tensor::operator+=(const Tensor& other) { return ops::add_(*this, other), *this; }
inline Tensor& Tensor::operator-=(const Tensor& other) { return ops::sub_(*this, other), *this; }
inline Tensor& Tensor::operator*=(const Tensor& other) { return ops::mul_(*this, other), *this; }
inline Tensor& Tensor::operator/=(const Tensor& other) { return ops::div_(*this, other), *this; }
inline Tensor& Tensor::operator+=(const Scalar& other) { return ops::add_(*this, wrapped_scalar(other)), *this; }
inline Tensor& Tensor::operator-=(const Scalar& other) { return ops::sub_(*this, wrapped_scalar(other)), *this; }
inline Tensor& Tensor::operator*=(const Scalar& other) { return ops::mul_(*this, wrapped_scalar(other)), *this; }
inline Tensor& Tensor::operator/=(const Scalar& other) { return ops::div_(*this, wrapped_scalar(other)), *this; }

}  // namespace tiny_torch
