// torch::IValue: IValue with the names that C++ programs use.
#pragma once

#include <ostream>
#include <string>
#include <type_traits>
#include <vector>

#include "api/containers.h"
#include "aten/Tensor.h"
#include "aten/core/IValue.h"

namespace tiny_torch {
namespace ivalue {
struct Tuple;
}  // namespace ivalue
namespace api {

class TORCH_API IValue : public tiny_torch::IValue {
 public:
  using tiny_torch::IValue::IValue;
  IValue() = default;
  IValue(const tiny_torch::IValue& v) : tiny_torch::IValue(v) {}                      // NOLINT: implicit, all of them
  IValue(const Tensor& t) : tiny_torch::IValue(static_cast<const TensorBase&>(t)) {}  // NOLINT
  IValue(const std::vector<Tensor>& list)                                             // NOLINT
      : tiny_torch::IValue(std::vector<TensorBase>(list.begin(), list.end())) {}
  IValue(const std::vector<IValue>& list)  // NOLINT
      : tiny_torch::IValue(std::vector<tiny_torch::IValue>(list.begin(), list.end())) {}
  IValue(const std::vector<std::string>& list)  // NOLINT
      : tiny_torch::IValue(std::vector<tiny_torch::IValue>(list.begin(), list.end())) {}
  template <class T>
  IValue(const List<T>& list) : IValue(list.vec()) {}  // NOLINT
  IValue(const intrusive_ptr<ivalue::Tuple>& tuple);   // NOLINT

  bool isNone() const { return is_none(); }
  bool isTensor() const { return is_tensor(); }
  bool isInt() const { return is_int(); }
  bool isDouble() const { return is_double(); }
  bool isComplexDouble() const { return tag() == Tag::Complex; }
  bool isBool() const { return is_bool(); }
  bool isScalar() const { return is_scalar(); }
  bool isString() const { return is_string(); }
  bool isDevice() const { return tag() == Tag::Device; }
  bool isGenerator() const { return tag() == Tag::Generator; }
  bool isList() const { return is_list(); }
  bool isTuple() const { return is_tuple(); }
  bool isIntList() const { return tag() == Tag::IntList; }
  bool isDoubleList() const { return tag() == Tag::DoubleList; }
  bool isBoolList() const { return tag() == Tag::BoolList; }
  bool isTensorList() const { return is_tensor_list(); }
  /// "Int", "Double", "Tensor", "GenericList", ...: what errors call the kind.
  std::string tagKind() const;

  /// TypeError when the value is of another kind, all of them; lists also from a list of values of that kind.
  Tensor toTensor() const { return to_tensor(); }
  int64_t toInt() const { return to_int(); }
  double toDouble() const { return to_double(); }
  complex<double> toComplexDouble() const { return to_scalar().to_complex_double(); }
  bool toBool() const { return to_bool(); }
  Scalar toScalar() const { return to_scalar(); }
  Device toDevice() const { return to_device(); }
  Layout toLayout() const { return static_cast<Layout>(to_int()); }
  MemoryFormat toMemoryFormat() const { return static_cast<MemoryFormat>(to_int()); }
  ScalarType toScalarType() const { return static_cast<ScalarType>(to_int()); }
  Generator toGenerator() const { return to_generator(); }
  const std::string& toStringRef() const { return to_string(); }
  std::string_view toStringView() const { return to_string(); }
  /// Elements of any list or tuple.
  std::vector<IValue> toListRef() const;
  List<IValue> toList() const { return List<IValue>(toListRef()); }
  intrusive_ptr<ivalue::Tuple> toTuple() const;
  std::vector<int64_t> toIntVector() const;
  std::vector<double> toDoubleVector() const;
  std::vector<Tensor> toTensorVector() const;
  List<int64_t> toIntList() const { return List<int64_t>(toIntVector()); }
  List<double> toDoubleList() const { return List<double>(toDoubleVector()); }
  List<Tensor> toTensorList() const { return List<Tensor>(toTensorVector()); }
  List<bool> toBoolList() const { return List<bool>(to_bool_list()); }
  /// Nothing for None.
  template <class T>
  std::optional<T> toOptional() const {
    return is_none() ? std::nullopt : std::optional<T>(to<T>());
  }
  template <class T>
  T to() const;
};

/// As Python writes the value.
TORCH_API std::ostream& operator<<(std::ostream& out, const IValue& value);

template <class T>
T IValue::to() const {
  if constexpr (std::is_same_v<T, IValue>) {
    return *this;
  } else if constexpr (std::is_same_v<T, Tensor>) {
    return toTensor();
  } else if constexpr (std::is_same_v<T, bool>) {
    return toBool();
  } else if constexpr (std::is_integral_v<T>) {
    return static_cast<T>(toInt());
  } else if constexpr (std::is_floating_point_v<T>) {
    return static_cast<T>(toDouble());
  } else if constexpr (std::is_same_v<T, complex<double>>) {
    return toComplexDouble();
  } else if constexpr (std::is_same_v<T, Scalar>) {
    return toScalar();
  } else if constexpr (std::is_same_v<T, Device>) {
    return toDevice();
  } else if constexpr (std::is_same_v<T, std::string>) {
    return toStringRef();
  } else if constexpr (std::is_same_v<T, std::vector<int64_t>>) {
    return toIntVector();
  } else if constexpr (std::is_same_v<T, std::vector<double>>) {
    return toDoubleVector();
  } else if constexpr (std::is_same_v<T, std::vector<Tensor>>) {
    return toTensorVector();
  } else if constexpr (std::is_same_v<T, std::vector<IValue>>) {
    return toListRef();
  } else {
    static_assert(std::is_same_v<T, List<IValue>>, "IValue::to<T>(): no value of this type is kept");
    return toList();
  }
}

}  // namespace api

namespace ivalue {
/// The elements of a tuple.
struct Tuple : intrusive_ptr_target {
  explicit Tuple(std::vector<api::IValue> elements) : elements_(std::move(elements)) {}
  static intrusive_ptr<Tuple> create(std::vector<api::IValue> elements) {
    return make_intrusive<Tuple>(std::move(elements));
  }
  const std::vector<api::IValue>& elements() const { return elements_; }
  size_t size() const { return elements_.size(); }

 private:
  std::vector<api::IValue> elements_;
};
}  // namespace ivalue
}  // namespace tiny_torch
