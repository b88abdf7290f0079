// torch::IValue: IValue with the names that C++ programs use.
#pragma once

#include <vector>

#include "aten/Tensor.h"
#include "aten/core/IValue.h"

namespace tiny_torch::api {

class IValue : public tiny_torch::IValue {
 public:
  using tiny_torch::IValue::IValue;
  IValue() = default;
  IValue(const tiny_torch::IValue& v) : tiny_torch::IValue(v) {}                      // NOLINT: implicit
  IValue(const Tensor& t) : tiny_torch::IValue(static_cast<const TensorBase&>(t)) {}  // NOLINT
  IValue(const std::vector<Tensor>& list)                                             // NOLINT
      : tiny_torch::IValue(std::vector<TensorBase>(list.begin(), list.end())) {}

  bool isNone() const { return is_none(); }
  bool isTensor() const { return is_tensor(); }
  bool isInt() const { return is_int(); }
  bool isDouble() const { return is_double(); }
  bool isBool() const { return is_bool(); }
  bool isString() const { return is_string(); }
  bool isList() const { return is_list(); }
  bool isTuple() const { return is_tuple(); }
  bool isTensorList() const { return is_tensor_list(); }
  /// RuntimeError when the value is of another kind, all of them.
  Tensor toTensor() const { return to_tensor(); }
  int64_t toInt() const { return to_int(); }
  double toDouble() const { return to_double(); }
  bool toBool() const { return to_bool(); }
  Scalar toScalar() const { return to_scalar(); }
  const std::string& toStringRef() const { return to_string(); }
  std::vector<int64_t> toIntVector() const { return to_int_list(); }
  std::vector<double> toDoubleVector() const { return to_double_list(); }
  std::vector<Tensor> toTensorVector() const { return {to_tensor_list().begin(), to_tensor_list().end()}; }
};

}  // namespace tiny_torch::api
