// Tensor: TensorBase with PyTorch's methods and operators, for the C++ API, tests and users; internal code uses TensorBase.
//
// Contract: same layout as TensorBase, so that lists of either convert without copies.
// Example: `Tensor y = (x * 2).sum(-1); y.backward();`
#pragma once

#include <functional>
#include <ostream>
#include <string>
#include <tuple>
#include <vector>

#include "aten/core/TensorBase.h"

namespace tiny_torch {

namespace autodiff {
struct TORCH_API Node;
}
namespace indexing {
class TensorIndex;
}

/// Dimensions or none: what an argument `int[]?` takes in the public functions, so that `sum(1)`, `sum({0, 1})` and
/// `sum(std::nullopt)` are all possible. Valid for the call it is made in.
class OptionalDims {
 public:
  OptionalDims(std::nullopt_t = std::nullopt) {}                   // NOLINT: implicit
  OptionalDims(const int64_t& one) : dims_(IntArrayRef(one)) {}    // NOLINT
  OptionalDims(IntArrayRef dims) : dims_(dims) {}                  // NOLINT
  OptionalDims(std::optional<IntArrayRef> dims) : dims_(dims) {}   // NOLINT
  OptionalDims(const std::vector<int64_t>& dims) : dims_(dims) {}  // NOLINT
  OptionalDims(std::initializer_list<int64_t> dims) : dims_(IntArrayRef(dims.begin(), dims.size())) {}  // NOLINT
  operator std::optional<IntArrayRef>() const { return dims_; }                                         // NOLINT

 private:
  std::optional<IntArrayRef> dims_;
};

template <class T, size_t N>
class TensorAccessor;

class TORCH_API Tensor : public TensorBase {
 public:
  Tensor() = default;
  Tensor(const TensorBase& base) : TensorBase(base) {}                 // NOLINT: implicit
  Tensor(TensorBase&& base) noexcept : TensorBase(std::move(base)) {}  // NOLINT: implicit
  explicit Tensor(intrusive_ptr<TensorImpl> impl) : TensorBase(std::move(impl)) {}
  Tensor(const Tensor&) = default;
  Tensor(Tensor&&) noexcept = default;
  Tensor& operator=(const Tensor&) & = default;
  Tensor& operator=(Tensor&&) & noexcept = default;
  /// A temporary is a view that nobody else holds: `x[0] = y` and `x.slice(1, 2) = 3` write into what it views.
  Tensor& operator=(const Tensor& values) &&;
  Tensor& operator=(Tensor&& values) &&;
  Tensor& operator=(const Scalar& value) &&;

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
  Tensor& requires_grad_(bool requires_grad = true) const;
  Tensor& set_requires_grad(bool requires_grad) const { return requires_grad_(requires_grad); }
  bool is_leaf() const;
  Tensor data() const;
  void set_data(const Tensor& data) const;
  TensorImpl* unsafeGetTensorImpl() const { return impl(); }
  int64_t _version() const { return impl()->version_counter().current(); }
  void retain_grad() const;
  bool retains_grad() const;
  int64_t output_nr() const;
  bool is_view() const;
  /// The tensor this one is a view of; RuntimeError if it is none.
  const Tensor _base() const;
  bool is_alias_of(const TensorBase& other) const { return impl()->storage() == other.impl()->storage(); }
  bool is_same_size(const TensorBase& other) const { return sizes() == other.sizes(); }
  /// Whether the only element is not zero; RuntimeError unless there is one.
  bool is_nonzero() const;
  bool is_sparse() const { return false; }
  bool is_quantized() const { return false; }
  Tensor& detach_() const;
  Tensor where(const Tensor& condition, const Tensor& other) const;
  Tensor numpy_T() const;
  Tensor mT() const;
  Tensor mH() const;
  Tensor matrix_H() const { return mH(); }
  using TensorBase::device;
  TypeMeta dtype() const { return scalar_type(); }

  /// The node that computed this tensor, or nothing for a leaf.
  intrusive_ptr<autodiff::Node> grad_fn() const;
  /// Calls `hook` with each gradient computed for this tensor; what it returns, if anything, takes the gradient's place.
  template <class Hook>
  unsigned register_hook(Hook hook) const {
    if constexpr (std::is_void_v<decltype(hook(std::declval<Tensor>()))>) {
      return add_hook([hook](const Tensor& grad) mutable { return hook(grad), Tensor(); });
    } else {
      return add_hook([hook](const Tensor& grad) mutable { return Tensor(hook(grad)); });
    }
  }
  void remove_hook(unsigned position) const;
  Tensor cpu() const;
  Tensor to(const char* device) const { return to(TensorOptions(Device(device))); }
  Tensor cuda() const;
  Tensor to(TypeMeta dtype, bool non_blocking = false, bool copy = false) const {
    return to(dtype.toScalarType(), non_blocking, copy);
  }
  Tensor toType(ScalarType dtype) const;
  std::string toString() const;
  void print() const;
  Tensor tensor_data() const { return data(); }
  Tensor variable_data() const { return data(); }

  /// The elements `indices` speak of, as `self[...]` in Python; see aten/TensorIndexing.h.
  Tensor index(std::initializer_list<indexing::TensorIndex> indices) const;
  Tensor index(ArrayRef<indexing::TensorIndex> indices) const;
  Tensor& index_put_(std::initializer_list<indexing::TensorIndex> indices, const Tensor& values) const;
  Tensor& index_put_(std::initializer_list<indexing::TensorIndex> indices, const Scalar& value) const;
  Tensor& index_put_(ArrayRef<indexing::TensorIndex> indices, const Tensor& values) const;
  Tensor& index_put_(ArrayRef<indexing::TensorIndex> indices, const Scalar& value) const;

  /// Elements by N indices; CPU tensors with N dimensions of type T only. Valid while this tensor lives.
  template <class T, size_t N>
  TensorAccessor<T, N> accessor() const;
  template <class T, size_t N>
  TensorAccessor<T, N> packed_accessor32() const;
  template <class T, size_t N>
  TensorAccessor<T, N> packed_accessor64() const;

  Tensor operator-() const;
  Tensor operator~() const;
  Tensor operator[](int64_t index) const;
  Tensor operator[](const Tensor& index) const;
  Tensor& operator+=(const Tensor& other);
  Tensor& operator-=(const Tensor& other);
  Tensor& operator*=(const Tensor& other);
  Tensor& operator/=(const Tensor& other);
  Tensor& operator+=(const Scalar& other);
  Tensor& operator-=(const Scalar& other);
  Tensor& operator*=(const Scalar& other);
  Tensor& operator/=(const Scalar& other);

#include "generated/TensorMethods.h"

 private:
  unsigned add_hook(std::function<Tensor(const Tensor&)> hook) const;
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
/// What either of them says; RuntimeError where both do.
TORCH_API std::optional<MemoryFormat> memory_format_of(const TensorOptions& options, std::optional<MemoryFormat> given);
}  // namespace detail

}  // namespace tiny_torch

#include "generated/TensorMethodsInline.h"

namespace tiny_torch {

#define TINY_TORCH_OPERATOR(symbol, op)                                                                       \
  inline Tensor operator symbol(const Tensor& a, const Tensor& b) { return a.op(b); }                         \
  inline Tensor operator symbol(const Tensor& a, const Scalar& b) { return a.op(Tensor(wrapped_scalar(b))); } \
  inline Tensor operator symbol(const Scalar& a, const Tensor& b) { return Tensor(wrapped_scalar(a)).op(b); }
TINY_TORCH_OPERATOR(+, add)
TINY_TORCH_OPERATOR(-, sub)
TINY_TORCH_OPERATOR(*, mul)
TINY_TORCH_OPERATOR(/, div)
TINY_TORCH_OPERATOR(%, remainder)
TINY_TORCH_OPERATOR(==, eq)
TINY_TORCH_OPERATOR(!=, ne)
TINY_TORCH_OPERATOR(<, lt)
TINY_TORCH_OPERATOR(<=, le)
TINY_TORCH_OPERATOR(>, gt)
TINY_TORCH_OPERATOR(>=, ge)
TINY_TORCH_OPERATOR(&, bitwise_and)
TINY_TORCH_OPERATOR(|, bitwise_or)
TINY_TORCH_OPERATOR(^, bitwise_xor)
#undef TINY_TORCH_OPERATOR
inline Tensor Tensor::operator-() const { return neg(); }
inline Tensor Tensor::operator~() const { return bitwise_not(); }
inline Tensor operator!(const Tensor& t) { return t.logical_not(); }
inline Tensor Tensor::operator[](int64_t index) const { return select(0, index); }
inline Tensor& Tensor::operator=(const Tensor& values) && { return copy_(values); }
inline Tensor& Tensor::operator=(Tensor&& values) && { return copy_(values); }
inline Tensor& Tensor::operator=(const Scalar& value) && { return fill_(value); }
inline Tensor& Tensor::operator+=(const Tensor& other) { return add_(other); }
inline Tensor& Tensor::operator-=(const Tensor& other) { return sub_(other); }
inline Tensor& Tensor::operator*=(const Tensor& other) { return mul_(other); }
inline Tensor& Tensor::operator/=(const Tensor& other) { return div_(other); }
inline Tensor& Tensor::operator+=(const Scalar& other) { return add_(Tensor(wrapped_scalar(other))); }
inline Tensor& Tensor::operator-=(const Scalar& other) { return sub_(Tensor(wrapped_scalar(other))); }
inline Tensor& Tensor::operator*=(const Scalar& other) { return mul_(Tensor(wrapped_scalar(other))); }
inline Tensor& Tensor::operator/=(const Scalar& other) { return div_(Tensor(wrapped_scalar(other))); }

/// The elements in columns, then a line such as [ CPUFloatType{2,3} ].
TORCH_API std::ostream& operator<<(std::ostream& out, const Tensor& t);
/// The same with lines of at most `line_size` characters.
TORCH_API void print(std::ostream& out, const Tensor& t, int64_t line_size);

}  // namespace tiny_torch

#include "aten/TensorAccessor.h"
#include "aten/TensorIndexing.h"
