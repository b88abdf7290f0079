// IValue: one value of any type an operator takes or returns, for boxed calls, the JIT and serialization.
//
// Contract: 24 bytes; tensors, lists and strings are shared by reference count; to<T>() checks the tag.
// Example: `IValue(3).to<int64_t>() == 3`; `Stack stack{a, b, 1}; op.call_boxed(stack);`
#pragma once

#include <string>
#include <tuple>
#include <vector>

#include "aten/core/TensorBase.h"

namespace tiny_torch {

class IValue;
using Stack = std::vector<IValue>;

/// Base of objects an IValue may hold that have no tag of their own (custom classes).
struct TORCH_API IValueObject : intrusive_ptr_target {
  ~IValueObject() override;
};

class TORCH_API IValue {
 public:
  enum class Tag : uint8_t {
    None,
    Tensor,
    Int,
    Double,
    Bool,
    Complex,
    String,
    IntList,
    DoubleList,
    BoolList,
    TensorList,
    OptionalTensorList,
    GenericList,
    Tuple,
    Device,
    Generator,
    Storage,
    Object
  };

  IValue() = default;
  IValue(std::nullopt_t) {}  // NOLINT
  IValue(TensorBase t);      // NOLINT
  template <class T, std::enable_if_t<std::is_integral_v<T> && !std::is_same_v<T, bool>, int> = 0>
  IValue(T v) : tag_(Tag::Int) {  // NOLINT
    u_.i = static_cast<int64_t>(v);
  }
  IValue(double v) : tag_(Tag::Double) { u_.d = v; }                           // NOLINT
  IValue(bool v) : tag_(Tag::Bool) { u_.i = v; }                               // NOLINT
  IValue(complex<double> v);                                                   // NOLINT
  IValue(const Scalar& s);                                                     // NOLINT
  IValue(std::string s);                                                       // NOLINT
  IValue(const char* s) : IValue(std::string(s)) {}                            // NOLINT
  IValue(std::string_view s) : IValue(std::string(s)) {}                       // NOLINT
  IValue(std::vector<int64_t> v);                                              // NOLINT
  IValue(IntArrayRef v) : IValue(v.vec()) {}                                   // NOLINT
  IValue(std::vector<double> v);                                               // NOLINT
  IValue(std::vector<bool> v);                                                 // NOLINT
  IValue(ArrayRef<double> v) : IValue(v.vec()) {}                              // NOLINT
  IValue(ArrayRef<bool> v) : IValue(std::vector<bool>(v.begin(), v.end())) {}  // NOLINT
  IValue(std::vector<TensorBase> v);                                           // NOLINT
  IValue(TensorList v) : IValue(v.vec()) {}                                    // NOLINT
  IValue(std::vector<std::optional<TensorBase>> v);                            // NOLINT
  IValue(OptionalTensorList v) : IValue(v.vec()) {}                            // NOLINT
  IValue(std::vector<IValue> v);                                               // NOLINT
  IValue(Device d) : tag_(Tag::Device) { u_.device = {d.type(), d.index()}; }  // NOLINT
  IValue(ScalarType t) : IValue(static_cast<int64_t>(t)) {}                    // NOLINT
  IValue(Layout l) : IValue(static_cast<int64_t>(l)) {}                        // NOLINT
  IValue(MemoryFormat f) : IValue(static_cast<int64_t>(f)) {}                  // NOLINT
  IValue(Generator g);                                                         // NOLINT
  IValue(Storage s);                                                           // NOLINT
  IValue(intrusive_ptr<IValueObject> o);                                       // NOLINT
  template <class T>
  IValue(const std::optional<T>& v) {  // NOLINT
    if (v.has_value()) *this = IValue(*v);
  }
  template <class... Ts>
  IValue(std::tuple<Ts...> t)  // NOLINT
      : IValue(make_tuple(
            std::apply([](auto&&... v) { return std::vector<IValue>{IValue(std::move(v))...}; }, std::move(t)))) {}
  static IValue make_tuple(std::vector<IValue> elements);

  Tag tag() const { return tag_; }
  bool is_none() const { return tag_ == Tag::None; }
  bool is_tensor() const { return tag_ == Tag::Tensor; }
  bool is_int() const { return tag_ == Tag::Int; }
  bool is_double() const { return tag_ == Tag::Double; }
  bool is_bool() const { return tag_ == Tag::Bool; }
  bool is_string() const { return tag_ == Tag::String; }
  bool is_scalar() const {
    return tag_ == Tag::Int || tag_ == Tag::Double || tag_ == Tag::Bool || tag_ == Tag::Complex;
  }
  bool is_tensor_list() const { return tag_ == Tag::TensorList; }
  bool is_list() const { return (tag_ >= Tag::IntList && tag_ <= Tag::GenericList); }
  bool is_tuple() const { return tag_ == Tag::Tuple; }
  const char* tag_name() const;

  int64_t to_int() const {
    check(Tag::Int);
    return u_.i;
  }
  double to_double() const {
    if (tag_ == Tag::Int) return static_cast<double>(u_.i);
    check(Tag::Double);
    return u_.d;
  }
  bool to_bool() const {
    check(Tag::Bool);
    return u_.i != 0;
  }
  Scalar to_scalar() const;
  const TensorBase& to_tensor() const;
  const std::string& to_string() const;
  const std::vector<int64_t>& to_int_list() const;
  const std::vector<double>& to_double_list() const;
  const std::vector<bool>& to_bool_list() const;
  const std::vector<TensorBase>& to_tensor_list() const;
  const std::vector<std::optional<TensorBase>>& to_optional_tensor_list() const;
  const std::vector<IValue>& to_list() const;  // GenericList or Tuple
  Device to_device() const {
    check(Tag::Device);
    return Device(u_.device.type, u_.device.index);
  }
  Generator to_generator() const;
  Storage to_storage() const;
  intrusive_ptr<IValueObject> to_object() const;

 private:
  void check(Tag expected) const {
    if (TORCH_UNLIKELY(tag_ != expected)) wrong_tag(expected);
  }
  [[noreturn]] void wrong_tag(Tag expected) const;
  template <class T>
  const T& held(Tag tag) const;
  template <class T>
  void hold(Tag tag, T value);

  union {
    int64_t i;
    double d;
    struct {
      DeviceType type;
      DeviceIndex index;
    } device;
  } u_{};
  intrusive_ptr<intrusive_ptr_target> ptr_;  // tensors and everything on the heap
  Tag tag_ = Tag::None;
};

}  // namespace tiny_torch
