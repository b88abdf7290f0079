#include "python/ivalue.h"

#include "python/arg_checks.h"
#include "python/module.h"

namespace tiny_torch {
namespace python {
namespace {

bool is_sequence(PyObject* o) { return PyTuple_Check(o) || PyList_Check(o); }

// Errors of a conversion mean that the object does not fit.
bool failed() {
  if (PyErr_Occurred() == nullptr) return false;
  PyErr_Clear();
  return true;
}

bool to_int(PyObject* o, IValue& value) {
  const PyNumberMethods* numbers = Py_TYPE(o)->tp_as_number;
  if (numbers == nullptr || numbers->nb_index == nullptr) return false;
  const PyRef index(PyNumber_Index(o));
  const int64_t number = index ? PyLong_AsLongLong(index.get()) : -1;
  if (failed()) return false;
  value = IValue(number);
  return true;
}

bool to_float(PyObject* o, IValue& value) {
  const PyNumberMethods* numbers = Py_TYPE(o)->tp_as_number;
  if (numbers == nullptr || (numbers->nb_float == nullptr && numbers->nb_index == nullptr)) return false;
  const double number = PyFloat_AsDouble(o);
  if (failed()) return false;
  value = IValue(number);
  return true;
}

bool to_bool(PyObject* o, IValue& value) {
  const PyNumberMethods* numbers = Py_TYPE(o)->tp_as_number;
  if (numbers == nullptr || numbers->nb_bool == nullptr) return false;
  const int truth = PyObject_IsTrue(o);
  if (failed()) return false;
  value = IValue(truth == 1);
  return true;
}

bool to_number(PyObject* o, IValue& value) {
  std::optional<Scalar> number;
  if (is_tensor(o)) {
    const TensorBase& t = unpack(o);
    if (!t.defined() || t.dim() != 0 || t.device().type() == DeviceType::Meta) return false;
    number = read_scalar(t);
  } else if (is_number(o)) {
    number = to_scalar(o);
  }
  if (number.has_value()) value = IValue(*number);
  return number.has_value();
}

template <class Element, class Read>
bool to_list_of(PyObject* o, const SchemaType& element, IValue& value, const Read& read) {
  std::vector<Element> list;
  const Py_ssize_t n = PySequence_Fast_GET_SIZE(o);
  list.reserve(static_cast<size_t>(n));
  for (Py_ssize_t i = 0; i < n; ++i) {
    IValue item;
    if (!to_ivalue(PySequence_Fast_GET_ITEM(o, i), element, item)) return false;
    list.push_back(read(item));
  }
  value = IValue(std::move(list));
  return true;
}

bool is_enumeration(const std::string& base) {
  return base == "ScalarType" || base == "Layout" || base == "MemoryFormat";
}
bool is_integer(const std::string& base) { return base == "int" || base == "SymInt" || is_enumeration(base); }

bool to_list(PyObject* o, const SchemaType& type, IValue& value) {
  SchemaType element = type;
  element.is_list = false;
  element.is_optional = type.element_optional;
  if (!is_sequence(o)) {
    // int[2] takes one int for all.
    if (type.list_size <= 0 || type.base == "Tensor" || !to_ivalue(o, element, value)) return false;
    const auto n = static_cast<size_t>(type.list_size);
    if (is_integer(type.base)) {
      value = IValue(std::vector<int64_t>(n, value.to_int()));
    } else if (type.base == "float") {
      value = IValue(std::vector<double>(n, value.to_double()));
    } else {
      value = IValue(std::vector<bool>(n, value.to_bool()));
    }
    return true;
  }
  if (type.base == "Tensor" && type.element_optional) {
    return to_list_of<std::optional<TensorBase>>(o, element, value, [](const IValue& v) {
      return v.is_none() ? std::optional<TensorBase>() : std::optional<TensorBase>(v.to_tensor());
    });
  }
  if (type.base == "Tensor")
    return to_list_of<TensorBase>(o, element, value, [](const IValue& v) { return v.to_tensor(); });
  if (is_integer(type.base)) return to_list_of<int64_t>(o, element, value, [](const IValue& v) { return v.to_int(); });
  if (type.base == "float") return to_list_of<double>(o, element, value, [](const IValue& v) { return v.to_double(); });
  if (type.base == "bool") return to_list_of<bool>(o, element, value, [](const IValue& v) { return v.to_bool(); });
  return to_list_of<IValue>(o, element, value, [](const IValue& v) { return v; });
}

template <class T, class Wrap>
PyRef list_from(const std::vector<T>& values, const Wrap& wrap_one) {
  PyRef list(check(PyList_New(static_cast<Py_ssize_t>(values.size()))));
  for (size_t i = 0; i < values.size(); ++i)
    PyList_SET_ITEM(list.get(), static_cast<Py_ssize_t>(i), wrap_one(values[i]).release());
  return list;
}

PyRef from_int(int64_t number, const std::string& base) {
  if (base == "ScalarType") return PyRef(check(wrap(static_cast<ScalarType>(number))));
  if (base == "Layout") return PyRef(check(wrap(static_cast<Layout>(number))));
  if (base == "MemoryFormat") return PyRef(check(wrap(static_cast<MemoryFormat>(number))));
  return PyRef(check(wrap(number)));
}

}  // namespace

bool to_ivalue(PyObject* o, const SchemaType& type, IValue& value, bool number_as_tensor) {
  if (o == Py_None) {
    value = IValue();
    return type.is_optional || type.base == "Any" || type.base == "NoneType";
  }
  if (type.is_list) return to_list(o, type, value);
  const std::string& base = type.base;
  if (base == "Tensor") {
    if (is_tensor(o)) {
      value = IValue(unpack(o));
      return true;
    }
    const std::optional<Scalar> number = number_as_tensor && is_number(o) ? to_scalar(o) : std::nullopt;
    if (number.has_value()) value = IValue(wrapped_scalar(*number));
    return number.has_value();
  }
  if (base == "int" || base == "SymInt") return to_int(o, value);
  if (base == "float" || base == "SymFloat") return to_float(o, value);
  if (base == "bool" || base == "SymBool") return to_bool(o, value);
  if (base == "Scalar" || base == "complex") return to_number(o, value);
  if (base == "str") {
    if (!PyUnicode_Check(o)) return false;
    value = IValue(as_utf8(o));
    return true;
  }
  if (base == "ScalarType" && is_dtype(o)) {
    value = IValue(unpack_dtype(o));
  } else if (base == "Layout" && is_layout(o)) {
    value = IValue(unpack_layout(o));
  } else if (base == "MemoryFormat" && is_memory_format(o)) {
    value = IValue(unpack_memory_format(o));
  } else if (base == "Device" && is_device_like(o)) {
    value = IValue(to_device(o));
  } else if (base == "Generator" && is_generator(o)) {
    value = IValue(unpack_generator(o));
  } else if (base == "Storage" && is_storage(o)) {
    value = IValue(unpack_storage(o));
  } else {
    return is_enumeration(base) && to_int(o, value);
  }
  return true;
}

PyRef from_ivalue(const IValue& value, const SchemaType& type) {
  using Tag = IValue::Tag;
  switch (value.tag()) {
    case Tag::None:
      return PyRef::borrow(Py_None);
    case Tag::Tensor:
      return PyRef(check(wrap(value.to_tensor())));
    case Tag::Int:
      return from_int(value.to_int(), type.base);
    case Tag::Double:
      return PyRef(check(wrap(value.to_double())));
    case Tag::Bool:
      return PyRef(check(wrap(value.to_bool())));
    case Tag::Complex:
      return PyRef(check(wrap(value.to_scalar())));
    case Tag::String:
      return PyRef(check(wrap(value.to_string())));
    case Tag::IntList:
      return list_from(value.to_int_list(), [&](int64_t v) { return from_int(v, type.base); });
    case Tag::DoubleList:
      return list_from(value.to_double_list(), [](double v) { return PyRef(check(wrap(v))); });
    case Tag::BoolList:
      return list_from(value.to_bool_list(), [](bool v) { return PyRef(check(wrap(v))); });
    case Tag::TensorList:
      return list_from(value.to_tensor_list(), [](const TensorBase& t) { return PyRef(check(wrap(t))); });
    case Tag::OptionalTensorList:
      return list_from(value.to_optional_tensor_list(), [](const std::optional<TensorBase>& t) {
        return t.has_value() ? PyRef(check(wrap(*t))) : PyRef::borrow(Py_None);
      });
    case Tag::GenericList:
    case Tag::Tuple: {
      PyRef list = list_from(value.to_list(), [&](const IValue& v) { return from_ivalue(v, type); });
      return value.is_tuple() ? PyRef(check(PyList_AsTuple(list.get()))) : std::move(list);
    }
    case Tag::Device:
      return PyRef(check(wrap(value.to_device())));
    case Tag::Generator:
      return PyRef(check(wrap(value.to_generator())));
    case Tag::Storage:
      return PyRef(check(wrap_storage(value.to_storage())));
    case Tag::Object:
      break;
  }
  throw TypeError(str("a value of type '", value.tag_name(), "' has no form in Python"));
}

PyRef from_results(const Stack& stack, const FunctionSchema& schema) {
  TORCH_CHECK(stack.size() == schema.returns.size(), schema.name, "(): the kernel returned ", stack.size(),
              " values, the schema promises ", schema.returns.size());
  if (stack.empty()) return PyRef::borrow(Py_None);
  if (stack.size() == 1) return from_ivalue(stack[0], schema.returns[0].type);
  PyRef tuple(check(PyTuple_New(static_cast<Py_ssize_t>(stack.size()))));
  for (size_t i = 0; i < stack.size(); ++i)
    PyTuple_SET_ITEM(tuple.get(), static_cast<Py_ssize_t>(i), from_ivalue(stack[i], schema.returns[i].type).release());
  return tuple;
}

void to_results(PyObject* result, const FunctionSchema& schema, Stack& stack) {
  stack.clear();
  const size_t n = schema.returns.size();
  const auto push = [&](PyObject* o, const SchemaType& type) {
    IValue value;
    // A missing gradient is an undefined tensor.
    if (o == Py_None && type.base == "Tensor" && !type.is_list) {
      value = IValue(TensorBase());
    } else {
      TORCH_CHECK(to_ivalue(o, type, value), "Unable to cast ", type_name(o), " to ", type.str(),
                  ", which the operator ", schema.name, " returns");
    }
    stack.push_back(std::move(value));
  };
  if (n == 0) {
    TORCH_CHECK(result == Py_None, "Expected ", schema.name, " to return None, got ", type_name(result));
  } else if (n == 1) {
    push(result, schema.returns[0].type);
  } else {
    TORCH_CHECK(is_sequence(result) && PySequence_Fast_GET_SIZE(result) == static_cast<Py_ssize_t>(n), "Expected ",
                schema.name, " to return a tuple of ", n, " values, got ", type_name(result));
    for (size_t i = 0; i < n; ++i)
      push(PySequence_Fast_GET_ITEM(result, static_cast<Py_ssize_t>(i)), schema.returns[i].type);
  }
}

}  // namespace python
}  // namespace tiny_torch
