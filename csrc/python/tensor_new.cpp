// Tensors from Python data: torch.tensor, as_tensor, asarray, Tensor.new_tensor and the old constructor torch.Tensor.
#include <cstring>

#include "autograd/AutogradMeta.h"
#include "generated/ops/copy.h"
#include "python/Tensor.h"
#include "python/element.h"
#include "python/module.h"
#include "python/numpy.h"

namespace tiny_torch {
namespace python {

namespace {

constexpr size_t kMaxDims = 128;

// ---- what dtype and what shape ----

ScalarType infer_dtype(PyObject* o, size_t depth);

ScalarType infer_sequence_dtype(PyObject* o, size_t depth) {
  TORCH_CHECK_VALUE(depth < kMaxDims, "too many dimensions '", type_name(o), "'");
  const Py_ssize_t n = PySequence_Size(o);
  if (n < 0) throw_python_error();
  std::optional<ScalarType> result;
  for (Py_ssize_t i = 0; i < n; ++i) {
    const PyRef item(check(PySequence_GetItem(o, i)));
    TORCH_CHECK_TYPE(item.get() != o, "new(): self-referential lists are incompatible");
    const ScalarType dtype = infer_dtype(item.get(), depth + 1);
    result = result.has_value() ? promote_types(*result, dtype) : dtype;
    if (*result == kComplexDouble) break;
  }
  return result.value_or(default_dtype());
}

ScalarType infer_dtype(PyObject* o, size_t depth) {
  if (PyFloat_CheckExact(o)) return default_dtype();
  if (PyLong_CheckExact(o)) return kLong;
  if (PyBool_Check(o)) return kBool;
  if (is_tensor(o)) return unpack(o).scalar_type();
  if (PyList_CheckExact(o) || PyTuple_CheckExact(o)) return infer_sequence_dtype(o, depth);
  if (is_numpy_array(o) || is_numpy_scalar(o)) return numpy_dtype(o);
  if (PyFloat_Check(o)) return default_dtype();
  if (PyLong_Check(o)) return kLong;
  if (PyComplex_Check(o)) return default_complex_dtype();
  TORCH_CHECK_TYPE(!PyUnicode_Check(o) && !PyBytes_Check(o), "new(): invalid data type '", type_name(o), "'");
  if (PySequence_Check(o)) return infer_sequence_dtype(o, depth);
  TORCH_CHECK(false, "Could not infer dtype of ", type_name(o));
  return kFloat;
}

bool is_leaf_value(PyObject* o) { return is_tensor(o) && unpack(o).dim() == 0; }

DimVector infer_sizes(PyObject* data) {
  DimVector sizes;
  PyRef current = PyRef::borrow(data);
  while (PySequence_Check(current.get()) && !is_leaf_value(current.get())) {
    const Py_ssize_t n = PySequence_Size(current.get());
    if (n < 0) throw_python_error();
    sizes.push_back(n);
    TORCH_CHECK_VALUE(sizes.size() <= kMaxDims, "too many dimensions '", type_name(current.get()), "'");
    if (n == 0) break;
    PyRef first(PySequence_GetItem(current.get(), 0));
    if (!first) {
      PyErr_Clear();
      TORCH_CHECK_VALUE(false, "could not determine the shape of object type '", type_name(current.get()), "'");
    }
    current = std::move(first);
  }
  return sizes;
}

// ---- filling memory ----

void store_value(char* to, ScalarType dtype, PyObject* value) {
  if (TORCH_UNLIKELY(is_tensor(value))) {
    TORCH_CHECK_TYPE(unpack(value).numel() == 1,
                     "only integer tensors of a single element can be converted to an index");
    const PyRef number(check(tensor_item(value)));
    store_element(to, dtype, number.get());
    return;
  }
  store_element(to, dtype, value);
}

void store_nested(char* to, ScalarType dtype, IntArrayRef sizes, const DimVector& steps, size_t dim, PyObject* data) {
  if (dim == sizes.size()) return store_value(to, dtype, data);
  const PyRef items(PySequence_Fast(data, "not a sequence"));
  check(items.get());
  TORCH_CHECK_VALUE(PySequence_Fast_GET_SIZE(items.get()) == sizes[dim], "expected sequence of length ", sizes[dim],
                    " at dim ", dim, " (got ", PySequence_Fast_GET_SIZE(items.get()), ")");
  for (int64_t i = 0; i < sizes[dim]; ++i, to += steps[dim]) {
    // Converting an item may run Python code that shortens the list.
    TORCH_CHECK_VALUE(i < PySequence_Fast_GET_SIZE(items.get()),
                      "a list changed its length while a tensor was made from it");
    const PyRef item = PyRef::borrow(PySequence_Fast_GET_ITEM(items.get(), i));
    store_nested(to, dtype, sizes, steps, dim + 1, item.get());
  }
}

TensorBase from_sequence(PyObject* data, std::optional<ScalarType> wanted) {
  // In this order, because a text inside of a list is a sequence like any other, whose depth has no end.
  const DimVector sizes = infer_sizes(data);
  const ScalarType dtype = wanted.has_value() ? *wanted : infer_dtype(data, 0);
  TensorBase result = empty_tensor(sizes, dtype);
  DimVector steps = contiguous_strides(sizes);
  for (int64_t& step : steps) step *= static_cast<int64_t>(element_size(dtype));
  // Where no element is stored PyTorch does not look for ragged lists either: [[], [1]] is (2, 0).
  if (result.numel() == 0) return result;
  auto* memory = static_cast<char*>(result.mutable_data_ptr());
  store_nested(memory, dtype, sizes, steps, 0, data);
  return result;
}

TensorBase converted(const TensorBase& tensor, std::optional<ScalarType> dtype, std::optional<Device> device) {
  if (device.has_value() && device->is_meta() && !tensor.is_meta()) {
    return empty_strided_tensor(tensor.sizes(), tensor.strides(), dtype.value_or(tensor.scalar_type()), *device);
  }
  if ((!dtype.has_value() || *dtype == tensor.scalar_type()) && (!device.has_value() || *device == tensor.device()))
    return tensor;
  return ops::to(tensor, dtype, std::nullopt, device);
}

/// An interchange object that is neither sequence, tensor nor array, seen as one of these; null if it is none.
PyRef through_protocol(PyObject* data) {
  if (PyList_Check(data) || PyTuple_Check(data) || PyNumber_Check(data) || PyUnicode_Check(data)) return PyRef();
  const PyRef method(PyObject_GetAttrString(reinterpret_cast<PyObject*>(Py_TYPE(data)), "__array__"));
  if (!method) {
    PyErr_Clear();
    return PyRef();
  }
  return PyRef(check(PyObject_CallMethod(data, "__array__", nullptr)));
}

struct NewArguments {
  PyObject* data = nullptr;
  std::optional<ScalarType> dtype;
  std::optional<Device> device;
  bool requires_grad = false;
};

void set_dtype(NewArguments& a, const char* function, PyObject* o) {
  if (o == nullptr || o == Py_None) return;
  TORCH_CHECK_TYPE(is_dtype(o), function, "(): argument 'dtype' must be torch.dtype, not ", type_name(o));
  a.dtype = unpack_dtype(o);
}
void set_device(NewArguments& a, const char* function, PyObject* o) {
  if (o == nullptr || o == Py_None) return;
  TORCH_CHECK_TYPE(is_device_like(o), function, "(): argument 'device' must be torch.device, not ", type_name(o));
  a.device = to_device(o);
}
bool to_flag(const char* function, const char* name, PyObject* o) {
  TORCH_CHECK_TYPE(PyBool_Check(o), function, "(): argument '", name, "' must be bool, not ", type_name(o));
  return o == Py_True;
}

/// data, *, dtype, device, requires_grad, pin_memory: the signature of tensor() and new_tensor().
NewArguments parse_new(const char* function, PyObject* const* args, Py_ssize_t nargs, PyObject* kwnames) {
  NewArguments result;
  TORCH_CHECK_TYPE(nargs <= 1, function, "() takes 1 positional argument but ", nargs, " were given");
  if (nargs == 1) result.data = args[0];
  const Py_ssize_t nkw = kwnames == nullptr ? 0 : PyTuple_GET_SIZE(kwnames);
  for (Py_ssize_t i = 0; i < nkw; ++i) {
    PyObject* name = PyTuple_GET_ITEM(kwnames, i);
    PyObject* value = args[nargs + i];
    const auto is = [&](const char* text) { return PyUnicode_CompareWithASCIIString(name, text) == 0; };
    if (is("data") && result.data == nullptr) {
      result.data = value;
    } else if (is("dtype")) {
      set_dtype(result, function, value);
    } else if (is("device")) {
      set_device(result, function, value);
    } else if (is("requires_grad")) {
      result.requires_grad = to_flag(function, "requires_grad", value);
    } else if (is("pin_memory")) {
      TORCH_CHECK(!to_flag(function, "pin_memory", value), "Need to provide pin_memory allocator to use pin memory.");
    } else {
      TORCH_CHECK_TYPE(is("names") && value == Py_None, function, "() got an unexpected keyword argument '",
                       as_utf8(name), "'");
    }
  }
  TORCH_CHECK_TYPE(result.data != nullptr, function, "() missing 1 required positional arguments: \"data\"");
  return result;
}

PyObject* finish(TensorBase tensor, bool requires_grad) {
  if (requires_grad) {
    TORCH_CHECK(is_differentiable_type(tensor.scalar_type()),
                "Only Tensors of floating point and complex dtype can require gradients");
    autodiff::set_requires_grad(tensor, true);
  }
  return wrap(std::move(tensor));
}

PyObject* py_tensor(PyObject*, PyObject* const* args, Py_ssize_t nargs, PyObject* kwnames) {
  HANDLE_ERRORS
  const NewArguments a = parse_new("tensor", args, nargs, kwnames);
  if (is_tensor(a.data)) {
    check(PyErr_WarnEx(PyExc_UserWarning,
                       "To copy construct from a tensor, it is recommended to use sourceTensor.detach().clone() or "
                       "sourceTensor.detach().clone().requires_grad_(True), rather than torch.tensor(sourceTensor).",
                       1));
    const TensorBase source = autodiff::detach(unpack(a.data));
    TensorBase result = converted(source, a.dtype, a.device);
    return finish(result.is_same(source) ? ops::clone(result) : std::move(result), a.requires_grad);
  }
  const std::optional<Device> device = a.device.has_value() ? a.device : std::optional<Device>(default_device());
  return finish(converted(tensor_from_data(a.data, a.dtype, "tensor"), a.dtype, device), a.requires_grad);
  END_HANDLE_ERRORS
}

PyObject* tensor_new_tensor(PyObject* self, PyObject* const* args, Py_ssize_t nargs, PyObject* kwnames) {
  HANDLE_ERRORS
  const NewArguments a = parse_new("new_tensor", args, nargs, kwnames);
  const ScalarType dtype = a.dtype.value_or(unpack(self).scalar_type());
  const Device device = a.device.value_or(unpack(self).device());
  if (is_tensor(a.data)) {
    const TensorBase source = autodiff::detach(unpack(a.data));
    TensorBase result = converted(source, dtype, device);
    return finish(result.is_same(source) ? ops::clone(result) : std::move(result), a.requires_grad);
  }
  return finish(converted(tensor_from_data(a.data, dtype, "new_tensor"), dtype, device), a.requires_grad);
  END_HANDLE_ERRORS
}

/// `data` as a tensor that shares its memory where it has some; the second is whether it does.
std::pair<TensorBase, bool> shared_or_new(PyObject* data, std::optional<ScalarType> dtype, const char* function) {
  if (is_tensor(data)) return {unpack(data), true};
  if (is_numpy_array(data)) return {tensor_from_numpy(data, true), true};
  const PyRef other = is_numpy_scalar(data) ? PyRef() : through_protocol(data);
  if (other) return {is_tensor(other.get()) ? unpack(other.get()) : tensor_from_numpy(other.get(), true), true};
  return {tensor_from_data(data, dtype, function), false};
}

PyObject* as_tensor(PyObject*, PyObject* args, PyObject* kwargs) {
  HANDLE_ERRORS
  static const char* names[] = {"data", "dtype", "device", nullptr};
  PyObject *data = nullptr, *dtype = nullptr, *device = nullptr;
  if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|OO:as_tensor", const_cast<char**>(names), &data, &dtype, &device))
    return nullptr;
  NewArguments a;
  set_dtype(a, "as_tensor", dtype);
  set_device(a, "as_tensor", device);
  const auto [tensor, is_shared] = shared_or_new(data, a.dtype, "as_tensor");
  if (!is_shared && !a.device.has_value()) a.device = default_device();
  return wrap(converted(tensor, a.dtype, a.device));
  END_HANDLE_ERRORS
}

PyObject* asarray(PyObject*, PyObject* args, PyObject* kwargs) {
  HANDLE_ERRORS
  static const char* names[] = {"obj", "dtype", "device", "copy", "requires_grad", nullptr};
  PyObject *data = nullptr, *dtype = nullptr, *device = nullptr, *copy = Py_None, *requires_grad = Py_False;
  if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|$OOOO:asarray", const_cast<char**>(names), &data, &dtype, &device,
                                   &copy, &requires_grad)) {
    return nullptr;
  }
  NewArguments a;
  set_dtype(a, "asarray", dtype);
  set_device(a, "asarray", device);
  const bool never_copies = copy != Py_None && !to_flag("asarray", "copy", copy);
  const bool copies = copy == Py_True;
  PyRef other;
  TensorBase tensor;
  bool is_shared = true;
  if (PyObject_HasAttrString(data, "__dlpack__") && !is_tensor(data) && !is_numpy_array(data) &&
      !is_numpy_scalar(data)) {
    const PyRef module(check(PyImport_ImportModule("tiny_torch.utils.dlpack")));
    other = PyRef(check(PyObject_CallMethod(module.get(), "from_dlpack", "O", data)));
    tensor = unpack(other.get());
  } else if (!is_tensor(data) && !is_numpy_array(data) && !is_numpy_scalar(data) && !PyList_Check(data) &&
             PyObject_CheckBuffer(data)) {
    tensor = tensor_from_buffer(data, a.dtype.value_or(default_dtype()), -1, 0);
  } else {
    std::tie(tensor, is_shared) = shared_or_new(data, a.dtype, "asarray");
    TORCH_CHECK_VALUE(is_shared || !never_copies, "can't alias arbitrary sequence into a tensor.");
    if (!is_shared && !a.device.has_value()) a.device = default_device();
  }
  if (never_copies) {
    TORCH_CHECK_VALUE(!a.device.has_value() || *a.device == tensor.device(), "can't alias tensor from device '",
                      tensor.device(), "' to '", a.device.value_or(Device()), "'.");
    TORCH_CHECK_VALUE(!a.dtype.has_value() || *a.dtype == tensor.scalar_type(), "can't alias tensor with dtype '",
                      tensor.scalar_type(), "' into dtype '", a.dtype.value_or(kFloat), "'.");
  }
  TensorBase result = converted(tensor, a.dtype, a.device);
  if (copies && is_shared && result.is_same(tensor)) result = ops::clone(result);
  const bool wants_grad = to_flag("asarray", "requires_grad", requires_grad);
  if (!wants_grad && result.requires_grad()) result = autodiff::detach(result);
  if (wants_grad && !result.requires_grad()) return finish(std::move(result), true);
  return wrap(std::move(result));
  END_HANDLE_ERRORS
}

constexpr int kFast = METH_FASTCALL | METH_KEYWORDS;
PyMethodDef functions[] = {
    {"tensor", as_cfunction(&py_tensor), kFast,
     "tensor(data, *, dtype=None, device=None, requires_grad=False, pin_memory=False) -> Tensor\n\nA new tensor with a "
     "copy of `data`: a number, "
     "nested sequences, or a NumPy array."},
    {"as_tensor", as_cfunction(&as_tensor), METH_VARARGS | METH_KEYWORDS,
     "as_tensor(data, dtype=None, device=None) -> Tensor\n\n`data` as a tensor, sharing its memory where it can."},
    {"asarray", as_cfunction(&asarray), METH_VARARGS | METH_KEYWORDS,
     "asarray(obj, *, dtype=None, device=None, copy=None, requires_grad=False) -> Tensor\n\nAn object as a tensor; "
     "`copy` says whether memory "
     "is shared (None: where it can be)."},
    {nullptr, nullptr, 0, nullptr},
};

}  // namespace

PyMethodDef tensor_new_methods[] = {
    {"new_tensor", as_cfunction(&tensor_new_tensor), kFast,
     "new_tensor(data, *, dtype=None, device=None, requires_grad=False) -> Tensor\n\nAs torch.tensor(), with dtype and "
     "device of self."},
    {nullptr, nullptr, 0, nullptr},
};

TensorBase tensor_from_data(PyObject* data, std::optional<ScalarType> dtype, const char*) {
  TORCH_CHECK_TYPE(!PyUnicode_Check(data) && !PyBytes_Check(data), "new(): invalid data type '", type_name(data), "'");
  if (is_numpy_array(data)) {
    // Converting copies as well, so a copy is only needed where dtypes agree.
    TensorBase shared = tensor_from_numpy(data, false);
    return dtype.has_value() && *dtype != shared.scalar_type() ? shared : ops::clone(shared);
  }
  return from_sequence(data, dtype);
}

TensorBase legacy_tensor(PyObject* args, PyObject* kwargs) {
  Device device(DeviceType::CPU);
  PyObject* data = nullptr;
  PyObject *key = nullptr, *value = nullptr;
  for (Py_ssize_t at = 0; kwargs != nullptr && PyDict_Next(kwargs, &at, &key, &value);) {
    if (PyUnicode_CompareWithASCIIString(key, "device") == 0) {
      if (value != Py_None) device = to_device(value);
    } else {
      TORCH_CHECK_TYPE(PyUnicode_CompareWithASCIIString(key, "data") == 0, "new() got an unexpected keyword argument '",
                       as_utf8(key), "'");
      data = value;
    }
  }
  const ScalarType dtype = default_dtype();
  const Py_ssize_t n = PyTuple_GET_SIZE(args);
  if (data == nullptr && n == 1 && !PyLong_Check(PyTuple_GET_ITEM(args, 0))) data = PyTuple_GET_ITEM(args, 0);
  if (data == nullptr) return empty_tensor(n == 0 ? DimVector{0} : to_int_list(args, "size"), dtype, device);
  if (is_size(data)) return empty_tensor(to_int_list(data, "size"), dtype, device);
  if (is_storage(data)) {
    const Storage& storage = unpack_storage(data);
    auto impl = make_intrusive<TensorImpl>(storage, dtype, storage->device());
    impl->set_sizes_contiguous({static_cast<int64_t>(storage->nbytes() / element_size(dtype))});
    return TensorBase(std::move(impl));
  }
  if (is_tensor(data)) {
    TORCH_CHECK_TYPE(unpack(data).scalar_type() == dtype, "expected ", dtype, " (got ", unpack(data).scalar_type(),
                     ")");
    return autodiff::detach(unpack(data));
  }
  TORCH_CHECK_TYPE(PySequence_Check(data), "new(): data must be a sequence (got ", type_name(data), ")");
  return converted(tensor_from_data(data, dtype, "new"), dtype, device);
}

void init_tensor_new(PyObject* module) { check(PyModule_AddFunctions(module, functions)); }

}  // namespace python
}  // namespace tiny_torch
