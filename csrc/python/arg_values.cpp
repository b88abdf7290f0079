// Accessors of PythonArgs: Python objects that were checked become C++ values.
#include <forward_list>

#include "python/arg_checks.h"
#include "python/module.h"

namespace tiny_torch {
namespace python {

// What an accessor returns by reference lives here until the call is over; forward_lists cost nothing while empty.
struct PythonArgs::Holder {
  std::forward_list<TensorBase> tensors;
  std::forward_list<std::optional<TensorBase>> optional_tensors;
  std::forward_list<std::vector<TensorBase>> tensor_lists;
  std::forward_list<std::vector<std::optional<TensorBase>>> optional_tensor_lists;
  std::forward_list<DimVector> int_lists;
  std::forward_list<std::vector<double>> float_lists;
  std::forward_list<std::vector<Scalar>> scalar_lists;
  std::forward_list<SmallVector<bool, 8>> bool_lists;
};

void PythonArgs::HolderDeleter::operator()(Holder* h) const { delete h; }
PythonArgs::Holder& PythonArgs::holder() {
  if (holder_ == nullptr) holder_.reset(new Holder());
  return *holder_;
}

Scalar integer_scalar(PyObject* o) {
  int overflow = 0;
  const int64_t value = PyLong_AsLongLongAndOverflow(o, &overflow);
  if (overflow != 0) {
    const unsigned long long large = overflow > 0 ? PyLong_AsUnsignedLongLong(o) : 0;
    if (overflow < 0) PyErr_SetString(PyExc_OverflowError, "int too big to convert");
    if (PyErr_Occurred() != nullptr) throw_python_error();
    return Scalar(static_cast<double>(large));
  }
  if (value == -1 && PyErr_Occurred() != nullptr) throw_python_error();
  return Scalar(value);
}

namespace {

int64_t as_int64(PyObject* o) {
  if (is_tensor(o)) return read_scalar(unpack(o)).to_int();
  PyRef index;
  if (!PyLong_Check(o)) {
    index = PyRef(check(PyNumber_Index(o)));
    o = index.get();
  }
  int overflow = 0;
  const int64_t value = PyLong_AsLongLongAndOverflow(o, &overflow);
  if (overflow != 0) throw ValueError("Overflow when unpacking long long");
  if (value == -1 && PyErr_Occurred() != nullptr) throw_python_error();
  return value;
}

double as_double(PyObject* o) {
  if (PyFloat_Check(o)) return PyFloat_AS_DOUBLE(o);
  if (is_tensor(o)) return read_scalar(unpack(o)).to_double();
  const double value = PyFloat_AsDouble(o);
  if (value == -1.0 && PyErr_Occurred() != nullptr) throw_python_error();
  return value;
}

Scalar as_scalar(PyObject* o) {
  if (PyFloat_Check(o)) return Scalar(PyFloat_AS_DOUBLE(o));
  if (PyBool_Check(o)) return Scalar(o == Py_True);
  if (PyLong_Check(o)) return integer_scalar(o);
  if (PyComplex_Check(o)) return Scalar(complex<double>(PyComplex_RealAsDouble(o), PyComplex_ImagAsDouble(o)));
  if (is_tensor(o)) return read_scalar(unpack(o));
  if (std::strncmp(Py_TYPE(o)->tp_name, "numpy.bool", 10) == 0) {
    const int truth = PyObject_IsTrue(o);
    check(truth);
    return Scalar(truth == 1);
  }
  const PyNumberMethods* numbers = Py_TYPE(o)->tp_as_number;
  if (numbers != nullptr && numbers->nb_index != nullptr) return Scalar(as_int64(o));
  if (std::strncmp(Py_TYPE(o)->tp_name, "numpy.complex", 13) == 0) {
    return Scalar(complex<double>(PyComplex_RealAsDouble(o), PyComplex_ImagAsDouble(o)));
  }
  return Scalar(as_double(o));
}

PyObject* item(PyObject* sequence, Py_ssize_t i) {
  return PyTuple_Check(sequence) ? PyTuple_GET_ITEM(sequence, i) : PyList_GET_ITEM(sequence, i);
}
Py_ssize_t length(PyObject* sequence) {
  return PyTuple_Check(sequence) ? PyTuple_GET_SIZE(sequence) : PyList_GET_SIZE(sequence);
}
/// Element `k` of a list of ints; an int that does not fit is a TypeError there, as in PyTorch.
int64_t element_as_int64(PyObject* sequence, Py_ssize_t k) {
  PyObject* const o = item(sequence, k);
  TORCH_CHECK_TYPE(!is_tensor(o) || unpack(o).numel() == 1, "failed to unpack the object at pos ", k + 1,
                   ": type must be tuple of ints, but got Tensor");
  try {
    return as_int64(item(sequence, k));
  } catch (const ValueError& e) {
    throw TypeError("failed to unpack the object at pos " + std::to_string(k + 1) + " with error \"" + e.what() + "\"");
  }
}
bool is_sequence(PyObject* o) { return PyTuple_Check(o) || PyList_Check(o); }

}  // namespace

const TensorBase& PythonArgs::number_as_tensor(size_t i) {
  holder().tensors.push_front(wrapped_scalar(as_scalar(values_[i])));
  return holder_->tensors.front();
}

const std::optional<TensorBase>& PythonArgs::optional_tensor(size_t i) {
  std::optional<TensorBase> value;
  if (has_not_none(i)) value = tensor(i);
  if (optional_tensors_used_ < 2) return optional_tensors_[optional_tensors_used_++] = std::move(value);
  holder().optional_tensors.push_front(std::move(value));
  return holder_->optional_tensors.front();
}

const std::vector<TensorBase>& PythonArgs::tensor_list(size_t i) {
  std::vector<TensorBase> list;
  if (is_tensor(values_[i])) {
    list.push_back(unpack(values_[i]));
  } else if (has(i)) {
    const Py_ssize_t n = length(values_[i]);
    list.reserve(static_cast<size_t>(n));
    for (Py_ssize_t k = 0; k < n; ++k) list.push_back(unpack(item(values_[i], k)));
  }
  holder().tensor_lists.push_front(std::move(list));
  return holder_->tensor_lists.front();
}

const std::vector<std::optional<TensorBase>>& PythonArgs::optional_tensor_list(size_t i) {
  std::vector<std::optional<TensorBase>> list;
  const Py_ssize_t n = has(i) ? length(values_[i]) : 0;
  for (Py_ssize_t k = 0; k < n; ++k) {
    PyObject* o = item(values_[i], k);
    // None keeps a dimension whole for C++ callers; Python's signature asks for tensors.
    TORCH_CHECK_TYPE(o != Py_None, "expected Tensor as element ", k, " in argument ", i, ", but got NoneType");
    list.push_back(unpack(o));
  }
  holder().optional_tensor_lists.push_front(std::move(list));
  return holder_->optional_tensor_lists.front();
}

Scalar PythonArgs::scalar(size_t i) const { return as_scalar(values_[i]); }
int64_t PythonArgs::int64(size_t i) const { return as_int64(values_[i]); }
double PythonArgs::float64(size_t i) const { return as_double(values_[i]); }

const DimVector& PythonArgs::int_list(size_t i) {
  DimVector* list = nullptr;
  if (int_lists_used_ < 2) {
    list = &int_lists_[int_lists_used_++];
  } else {
    holder().int_lists.emplace_front();
    list = &holder_->int_lists.front();
  }
  PyObject* value = values_[i];
  if (is_sequence(value)) {
    const Py_ssize_t n = length(value);
    list->resize_uninitialized(static_cast<size_t>(n));
    for (Py_ssize_t k = 0; k < n; ++k) (*list)[static_cast<size_t>(k)] = element_as_int64(value, k);
  } else {
    const auto size = parser_->list_size(signature_, i);
    list->resize(static_cast<size_t>(size < 1 ? 1 : size), as_int64(value));
  }
  return *list;
}

const std::vector<double>& PythonArgs::float_list(size_t i) {
  std::vector<double> list;
  if (is_sequence(values_[i])) {
    for (Py_ssize_t k = 0; k < length(values_[i]); ++k) list.push_back(as_double(item(values_[i], k)));
  } else {
    list.assign(static_cast<size_t>(std::max<int64_t>(1, parser_->list_size(signature_, i))), as_double(values_[i]));
  }
  holder().float_lists.push_front(std::move(list));
  return holder_->float_lists.front();
}

ArrayRef<bool> PythonArgs::bool_list(size_t i) {
  holder().bool_lists.emplace_front();
  auto& list = holder_->bool_lists.front();
  for (Py_ssize_t k = 0; has(i) && k < length(values_[i]); ++k) list.push_back(item(values_[i], k) == Py_True);
  return list;
}

const std::vector<Scalar>& PythonArgs::scalar_list(size_t i) {
  std::vector<Scalar> list;
  for (Py_ssize_t k = 0; has(i) && k < length(values_[i]); ++k) list.push_back(as_scalar(item(values_[i], k)));
  holder().scalar_lists.push_front(std::move(list));
  return holder_->scalar_lists.front();
}

ScalarType PythonArgs::dtype(size_t i) const {
  PyObject* o = values_[i];
  if (is_dtype(o)) return unpack_dtype(o);
  if (o == reinterpret_cast<PyObject*>(&PyFloat_Type)) return kDouble;
  if (o == reinterpret_cast<PyObject*>(&PyBool_Type)) return kBool;
  return o == reinterpret_cast<PyObject*>(&PyLong_Type) ? kLong : kComplexDouble;
}

bool PythonArgs::truth(size_t i) const {
  const int truth = PyObject_IsTrue(values_[i]);
  check(truth);
  return truth == 1;
}

bool PythonArgs::is_large() const {
  constexpr int64_t kWorthwhile = 8192;
  const auto large = [](PyObject* o) {
    return is_tensor(o) && unpack(o).defined() && unpack(o).numel() >= kWorthwhile;
  };
  const size_t n = parser_->parameter_count(signature_);
  for (size_t i = 0; i < n; ++i) {
    PyObject* o = values_[i];
    if (o == nullptr) continue;
    if (large(o)) return true;
    if (PyList_Check(o) || PyTuple_Check(o)) {
      for (Py_ssize_t k = 0; k < length(o) && k < 4; ++k) {
        if (large(item(o, k))) return true;
      }
    }
  }
  return false;
}

}  // namespace python
}  // namespace tiny_torch
