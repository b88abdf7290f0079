#include "api/ivalue.h"

#include <cmath>
#include <sstream>

namespace tiny_torch::api {
namespace {

std::vector<tiny_torch::IValue> elements_of(const ivalue::Tuple& tuple) {
  return {tuple.elements().begin(), tuple.elements().end()};
}

void print_elements(std::ostream& out, const IValue& list, char open, char close) {
  out << open;
  const char* separator = "";
  for (const IValue& element : list.toListRef()) {
    out << separator << element;
    separator = ", ";
  }
  out << close;
}

/// A whole number ends with a point, which tells it from an integer.
void print_double(std::ostream& out, double value) {
  out << value;
  if (std::isfinite(value) && value == std::trunc(value) && std::fabs(value) < 1e6) out << '.';
}

}  // namespace

IValue::IValue(const intrusive_ptr<ivalue::Tuple>& tuple)
    : tiny_torch::IValue(tiny_torch::IValue::make_tuple(elements_of(*tuple))) {}

std::string IValue::tagKind() const {
  static constexpr const char* kNames[] = {"None",          "Tensor",      "Int",         "Double",      "Bool",
                                           "ComplexDouble", "String",      "GenericList", "GenericList", "GenericList",
                                           "GenericList",   "GenericList", "GenericList", "Tuple",       "Device",
                                           "Generator",     "Storage",     "Object"};
  return kNames[static_cast<int>(tag())];
}

std::vector<IValue> IValue::toListRef() const {
  switch (tag()) {
    case Tag::IntList:
      return {to_int_list().begin(), to_int_list().end()};
    case Tag::DoubleList:
      return {to_double_list().begin(), to_double_list().end()};
    case Tag::BoolList: {
      std::vector<IValue> result;
      for (const bool value : to_bool_list()) result.emplace_back(value);
      return result;
    }
    case Tag::TensorList:
      return {to_tensor_list().begin(), to_tensor_list().end()};
    case Tag::OptionalTensorList:
      return {to_optional_tensor_list().begin(), to_optional_tensor_list().end()};
    default:
      return {to_list().begin(), to_list().end()};
  }
}

intrusive_ptr<ivalue::Tuple> IValue::toTuple() const {
  if (!is_tuple()) tiny_torch::detail::throw_type_error(str("toTuple(): expected a tuple but got ", tagKind()));
  return ivalue::Tuple::create(toListRef());
}

std::vector<int64_t> IValue::toIntVector() const {
  if (tag() != Tag::GenericList) return to_int_list();
  std::vector<int64_t> result;
  for (const IValue& element : toListRef()) result.push_back(element.toInt());
  return result;
}
std::vector<double> IValue::toDoubleVector() const {
  if (tag() != Tag::GenericList) return to_double_list();
  std::vector<double> result;
  for (const IValue& element : toListRef()) result.push_back(element.toDouble());
  return result;
}
std::vector<Tensor> IValue::toTensorVector() const {
  if (tag() != Tag::GenericList) return {to_tensor_list().begin(), to_tensor_list().end()};
  std::vector<Tensor> result;
  for (const IValue& element : toListRef()) result.push_back(element.toTensor());
  return result;
}

std::ostream& operator<<(std::ostream& out, const IValue& value) {
  using Tag = IValue::Tag;
  switch (value.tag()) {
    case Tag::None:
      return out << "None";
    case Tag::Tensor:
      return out << value.toTensor();
    case Tag::Bool:
      return out << (value.toBool() ? "True" : "False");
    case Tag::Double:
      print_double(out, value.toDouble());
      return out;
    case Tag::Int:
    case Tag::Complex:
      return out << value.toScalar();
    case Tag::String:
      return out << value.toStringRef();
    case Tag::Device:
      return out << value.toDevice();
    case Tag::Tuple:
      print_elements(out, value, '(', ')');
      return out;
    case Tag::Generator:
    case Tag::Storage:
    case Tag::Object:
      return out << '<' << value.tagKind() << '>';
    default:
      print_elements(out, value, '[', ']');
      return out;
  }
}

}  // namespace tiny_torch::api
