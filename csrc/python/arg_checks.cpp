#include "python/arg_checks.h"

#include <cstring>
#include <sstream>

namespace tiny_torch {
namespace python {
namespace {

// Tensors of one element stand for numbers where gradients are not lost.
bool is_plain_0d(PyObject* o, bool integral_only) {
  if (!is_tensor(o)) return false;
  const TensorBase& t = unpack(o);
  return t.defined() && t.dim() == 0 && t.device().type() != DeviceType::Meta && !t.requires_grad() &&
         (!integral_only || is_integral(t.scalar_type(), false));
}

bool is_numpy_scalar(PyObject* o, const char* method) {
  // NumPy's scalar types are the ones from numpy that are no arrays; asking for the slot avoids importing it.
  const char* name = Py_TYPE(o)->tp_name;
  if (std::strncmp(name, "numpy.", 6) != 0 || std::strcmp(name, "numpy.ndarray") == 0) return false;
  const PyNumberMethods* numbers = Py_TYPE(o)->tp_as_number;
  return numbers != nullptr && (method[0] == 'i' ? numbers->nb_index != nullptr : numbers->nb_float != nullptr);
}

bool is_float_like(PyObject* o) {
  return PyFloat_Check(o) || PyLong_Check(o) || is_numpy_scalar(o, "float") || is_plain_0d(o, false);
}
bool is_bool_like(PyObject* o) { return PyBool_Check(o) || std::strncmp(Py_TYPE(o)->tp_name, "numpy.bool", 10) == 0; }

template <class Check>
bool is_sequence_of(PyObject* o, const Check& fits) {
  if (PyTuple_Check(o)) {
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(o); ++i) {
      if (!fits(PyTuple_GET_ITEM(o, i))) return false;
    }
    return true;
  }
  if (!PyList_Check(o)) return false;
  for (Py_ssize_t i = 0; i < PyList_GET_SIZE(o); ++i) {
    if (!fits(PyList_GET_ITEM(o, i))) return false;
  }
  return true;
}

// Like PyTorch, the first element decides; what the others are is found out as they are read.
bool is_int_sequence(PyObject* o) {
  if (PyTuple_Check(o)) return PyTuple_GET_SIZE(o) == 0 || is_int_like(PyTuple_GET_ITEM(o, 0));
  return PyList_Check(o) && (PyList_GET_SIZE(o) == 0 || is_int_like(PyList_GET_ITEM(o, 0)));
}

/// Where a list may be a single number, a tensor of one element stands for it whatever its dims.
bool is_one_int(PyObject* o) {
  if (!is_tensor(o)) return false;
  const TensorBase& t = unpack(o);
  return t.defined() && t.numel() == 1 && !t.is_meta() && !t.requires_grad() && is_integral(t.scalar_type(), false);
}

bool is_tensor_like(PyObject* o, bool& overloaded) {
  if (TORCH_LIKELY(is_tensor_exact(o))) return true;
  if (has_torch_function(o)) {
    overloaded = true;
    return true;
  }
  return is_tensor(o);
}

bool is_dtype_like(PyObject* o) {
  return is_dtype(o) || o == reinterpret_cast<PyObject*>(&PyFloat_Type) ||
         o == reinterpret_cast<PyObject*>(&PyLong_Type) || o == reinterpret_cast<PyObject*>(&PyBool_Type) ||
         o == reinterpret_cast<PyObject*>(&PyComplex_Type);
}

}  // namespace

bool is_int_like(PyObject* o) {
  if (PyLong_CheckExact(o)) return true;
  if (PyBool_Check(o)) return false;
  return PyLong_Check(o) || is_numpy_scalar(o, "index") || is_plain_0d(o, true);
}
bool all_int_like(PyObject* const* values, Py_ssize_t n) {
  for (Py_ssize_t i = 0; i < n; ++i) {
    if (!is_int_like(values[i])) return false;
  }
  return true;
}
bool is_number(PyObject* o) {
  return PyFloat_Check(o) || PyLong_Check(o) || PyComplex_Check(o) || is_numpy_scalar(o, "float");
}

PyObject* find_keyword(PyObject* kwnames, PyObject* const* values, PyObject* name, PyObject* alias) {
  const Py_ssize_t n = PyTuple_GET_SIZE(kwnames);
  for (Py_ssize_t i = 0; i < n; ++i) {
    PyObject* given = PyTuple_GET_ITEM(kwnames, i);
    if (given == name || given == alias) return values[i];
  }
  for (Py_ssize_t i = 0; i < n; ++i) {
    PyObject* given = PyTuple_GET_ITEM(kwnames, i);
    if (PyUnicode_Compare(given, name) == 0 || (alias != nullptr && PyUnicode_Compare(given, alias) == 0))
      return values[i];
  }
  return nullptr;
}

bool check_argument(const SignatureParameter& p, PyObject* v, bool& overloaded) {
  switch (p.kind) {
    case ParameterKind::Self:
      return true;
    case ParameterKind::Tensor:
      return is_tensor_like(v, overloaded);
    case ParameterKind::TensorOrNumber:
      return is_tensor_like(v, overloaded) || is_number(v);
    case ParameterKind::TensorList:
      if (p.list_size > 0 && is_tensor(v)) return true;
      return is_sequence_of(v, [&](PyObject* o) { return is_tensor_like(o, overloaded); });
    case ParameterKind::OptionalTensorList:
      return is_sequence_of(v, [&](PyObject* o) { return o == Py_None || is_tensor_like(o, overloaded); });
    case ParameterKind::Scalar:
      return is_number(v) || is_plain_0d(v, false);
    case ParameterKind::Int:
      return is_int_like(v);
    case ParameterKind::Float:
      return is_float_like(v);
    case ParameterKind::Bool:
      return is_bool_like(v);
    case ParameterKind::IntList:
      return is_int_sequence(v) || (p.list_size > 0 && (is_int_like(v) || is_one_int(v)));
    case ParameterKind::FloatList:
      return is_sequence_of(v, is_float_like) || (p.list_size > 0 && is_float_like(v));
    case ParameterKind::BoolList:
      return is_sequence_of(v, is_bool_like);
    case ParameterKind::ScalarList:
      return is_sequence_of(v, is_number);
    case ParameterKind::ScalarType:
      return is_dtype_like(v);
    case ParameterKind::Device:
      return is_device_like(v);
    case ParameterKind::Layout:
      return is_layout(v);
    case ParameterKind::MemoryFormat:
      return is_memory_format(v);
    case ParameterKind::Generator:
      return is_generator(v);
    case ParameterKind::String:
      return PyUnicode_Check(v) || PyBytes_Check(v);
    case ParameterKind::Storage:
      return is_storage(v);
  }
  return false;
}

std::string missing_text(const PythonSignature& s, const PythonArgs& given, size_t first_missing) {
  size_t count = 0;
  std::string names;
  for (size_t i = first_missing; i < s.parameters.size(); ++i) {
    const SignatureParameter& p = s.parameters[i];
    if (p.optional || p.kind == ParameterKind::Self || (i != first_missing && given.has(i))) continue;
    names += (count++ == 0 ? "\"" : ", \"") + p.name + "\"";
  }
  return str("missing ", count, " required positional argument", count == 1 ? "" : "s", ": ", names);
}

std::string wrong_type_text(const SignatureParameter& p, PyObject* value, int position) {
  std::string expected = p.type_text;
  if (p.kind == ParameterKind::Scalar) expected = "Number";
  if (p.kind == ParameterKind::TensorOrNumber) expected = "Tensor";
  if (p.kind == ParameterKind::IntList) expected = "tuple of ints";
  if (p.kind == ParameterKind::TensorList || p.kind == ParameterKind::OptionalTensorList) expected = "tuple of Tensors";
  if (p.kind == ParameterKind::ScalarType) expected = "torch.dtype";
  if (p.kind == ParameterKind::Device) expected = "torch.device";
  std::string text = str("argument '", p.name, "'");
  if (position > 0) text += str(" (position ", position, ")");
  return text + str(" must be ", expected, ", not ", type_name(value));
}

std::string unexpected_keyword_text(const PythonSignature& s, PyObject* kwnames) {
  for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(kwnames); ++i) {
    PyObject* given = PyTuple_GET_ITEM(kwnames, i);
    bool known = false;
    for (const SignatureParameter& p : s.parameters) {
      known = known || (p.interned != nullptr && PyUnicode_Compare(given, p.interned) == 0) ||
              (p.alias != nullptr && PyUnicode_Compare(given, p.alias) == 0);
    }
    if (!known) return str("got an unexpected keyword argument '", as_utf8(given), "'");
  }
  return "got an argument twice";
}

std::string describe_call(PyObject* const* args, Py_ssize_t nargs, PyObject* kwnames) {
  std::ostringstream out;
  const auto describe = [&](PyObject* o) {
    if (PyTuple_Check(o) || PyList_Check(o)) {
      out << type_name(o) << " of (";
      const Py_ssize_t n = PySequence_Fast_GET_SIZE(o);
      for (Py_ssize_t i = 0; i < n && i < 8; ++i)
        out << (i == 0 ? "" : ", ") << type_name(PySequence_Fast_GET_ITEM(o, i));
      out << (n > 8 ? ", ...)" : ")");
    } else {
      out << type_name(o);
    }
  };
  out << '(';
  for (Py_ssize_t i = 0; i < nargs; ++i) {
    out << (i == 0 ? "" : ", ");
    describe(args[i]);
  }
  for (Py_ssize_t i = 0; kwnames != nullptr && i < PyTuple_GET_SIZE(kwnames); ++i) {
    out << (nargs + i == 0 ? "" : ", ") << as_utf8(PyTuple_GET_ITEM(kwnames, i)) << '=';
    describe(args[nargs + i]);
  }
  out << ')';
  return out.str();
}

}  // namespace python
}  // namespace tiny_torch
