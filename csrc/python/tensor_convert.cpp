// From tensors to Python numbers and lists, and between dtypes and devices.
#include "autograd/AutogradMeta.h"
#include "generated/ops/copy.h"
#include "python/ArgParser.h"
#include "python/Tensor.h"
#include "python/element.h"
#include "python/module.h"

namespace tiny_torch {
namespace python {

namespace {

/// `self`, or a copy of it on the CPU when it is elsewhere. Meta tensors have no values.
PyRef on_cpu(PyObject* self, const char* function) {
  const TensorBase& tensor = unpack(self);
  if (tensor.is_cpu()) return PyRef::borrow(self);
  TORCH_CHECK_NOT_IMPLEMENTED(!tensor.is_meta(), "Tensor.", function, "() cannot be called on meta tensors");
  return call_method("cpu", self);
}

PyObject* to_list(const TensorBase& tensor, const char* data, size_t dim) {
  if (dim == tensor.sizes().size()) return check(read_element(data, tensor.scalar_type(), tensor.is_conj()));
  const int64_t n = tensor.sizes()[dim];
  const int64_t step = tensor.strides()[dim] * static_cast<int64_t>(tensor.itemsize());
  PyRef list(check(PyList_New(n)));
  for (int64_t i = 0; i < n; ++i, data += step) PyList_SET_ITEM(list.get(), i, to_list(tensor, data, dim + 1));
  return list.release();
}

PyObject* tensor_tolist(PyObject* self, PyObject*) {
  HANDLE_ERRORS
  const PyRef source = on_cpu(self, "tolist");
  // A copy of the handle, because making Python objects can run finalizers that change the tensor's geometry.
  const TensorBase tensor(unpack(source.get()).impl()->shallow_copy());
  return to_list(tensor, static_cast<const char*>(tensor.const_data_ptr()), 0);
  END_HANDLE_ERRORS
}

PyObject* tensor_complex(PyObject* self, PyObject*) {
  HANDLE_ERRORS
  TORCH_CHECK_VALUE(unpack(self).numel() == 1, "only one element tensors can be converted to Python scalars");
  const PyRef number(check(tensor_item(self, nullptr)));
  const Py_complex value = PyComplex_AsCComplex(number.get());
  if (value.real == -1.0 && PyErr_Occurred()) return nullptr;
  return PyComplex_FromCComplex(value);
  END_HANDLE_ERRORS
}

/// self.to(<name>=value, memory_format=..., non_blocking=...) with the keyword arguments that were given.
PyObject* convert(const char* function, PyObject* self, const char* name, PyObject* value, bool is_same,
                  PyObject* const* args, Py_ssize_t nargs, PyObject* kwnames) {
  const Py_ssize_t nkw = kwnames == nullptr ? 0 : PyTuple_GET_SIZE(kwnames);
  TORCH_CHECK_TYPE(nargs == 0, function, "() takes 0 positional arguments but ", nargs,
                   nargs == 1 ? " was given" : " were given");
  if (nkw == 0 && is_same) return Py_NewRef(self);
  const FastFunction to = find_method("to");
  TORCH_CHECK_NOT_IMPLEMENTED(to != nullptr, "Tensor.to is not in this build");
  PyRef names(check(PyTuple_New(nkw + 1)));
  std::vector<PyObject*> values{value};
  PyTuple_SET_ITEM(names.get(), 0, check(PyUnicode_InternFromString(name)));
  for (Py_ssize_t i = 0; i < nkw; ++i) {
    PyTuple_SET_ITEM(names.get(), i + 1, Py_NewRef(PyTuple_GET_ITEM(kwnames, i)));
    values.push_back(args[i]);
  }
  return to(self, values.data(), 0, names.get());
}

template <ScalarType dtype>
PyObject* to_dtype(PyObject* self, PyObject* const* args, Py_ssize_t nargs, PyObject* kwnames) {
  HANDLE_ERRORS
  const PyRef value(wrap(dtype));
  return convert(python_name(dtype), self, "dtype", value.get(),
                 unpack(self).scalar_type() == dtype && is_tensor_exact(self), args, nargs, kwnames);
  END_HANDLE_ERRORS
}

PyObject* tensor_to(PyObject* self, PyObject* const* args, Py_ssize_t nargs, PyObject* kwnames) {
  HANDLE_ERRORS
  static const PythonArgParser parser(
      "to",
      {"to(@, Device? device=None, ScalarType? dtype=None, bool non_blocking=False, bool copy=False, *, "
       "MemoryFormat? memory_format=None)",
       "to(@, ScalarType dtype, bool non_blocking=False, bool copy=False, *, MemoryFormat? memory_format=None)",
       "to(@, TensorOrNumber other, bool non_blocking=False, bool copy=False, *, MemoryFormat? memory_format=None)"});
  PythonArgs a;
  if (parser.parse(a, self, args, nargs, kwnames)) return a.call_torch_function();
  const TensorBase& tensor = unpack(self);
  // Where the options start: after (self, device, dtype), (self, dtype) or (self, other).
  const size_t rest = a.signature() == 0 ? 3 : 2;
  std::optional<Device> device;
  std::optional<ScalarType> dtype;
  if (a.signature() == 0) {
    device = a.optional_device(1);
    dtype = a.optional_dtype(2);
  } else if (a.signature() == 1) {
    dtype = a.dtype(1);
  } else {
    device = a.tensor(1).device();
    dtype = a.tensor(1).scalar_type();
  }
  const bool non_blocking = a.boolean_or(rest, false);
  const bool copy = a.boolean_or(rest + 1, false);
  const std::optional<MemoryFormat> format = a.optional_memory_format(rest + 2);
  TensorBase result;
  {
    const gil_scoped_release no_gil(a.is_large());
    result = ops::to(tensor, dtype, std::nullopt, device, std::nullopt, non_blocking, copy, format);
  }
  return wrap(std::move(result));
  END_HANDLE_ERRORS
}

PyObject* tensor_detach(PyObject* self, PyObject* const* args, Py_ssize_t nargs, PyObject* kwnames) {
  HANDLE_ERRORS
  static const PythonArgParser parser("detach", {"detach(@)"});
  PythonArgs a;
  if (parser.parse(a, self, args, nargs, kwnames)) return a.call_torch_function();
  return wrap(ops::detach(unpack(self)));
  END_HANDLE_ERRORS
}
PyObject* tensor_detach_(PyObject* self, PyObject*) {
  HANDLE_ERRORS
  autodiff::detach_(unpack(self));
  return Py_NewRef(self);
  END_HANDLE_ERRORS
}

PyObject* tensor_cpu(PyObject* self, PyObject* const* args, Py_ssize_t nargs, PyObject* kwnames) {
  HANDLE_ERRORS
  const PyRef value(wrap(Device(DeviceType::CPU)));
  return convert("cpu", self, "device", value.get(), unpack(self).is_cpu() && is_tensor_exact(self), args, nargs,
                 kwnames);
  END_HANDLE_ERRORS
}

PyObject* tensor_cuda(PyObject* self, PyObject* args, PyObject* kwargs) {
  HANDLE_ERRORS
  static const char* names[] = {"device", "non_blocking", "memory_format", nullptr};
  PyObject *device = Py_None, *non_blocking = Py_False, *format = Py_None;
  if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|OO$O:cuda", const_cast<char**>(names), &device, &non_blocking,
                                   &format))
    return nullptr;
  const Device where = device == Py_None ? Device(DeviceType::CUDA) : to_device(device);
  TORCH_CHECK(where.is_cuda(), "Invalid device, must be cuda device");
  const PyRef value(wrap(where));
  const PyRef keywords(check(Py_BuildValue("(ss)", "non_blocking", "memory_format")));
  PyObject* values[] = {non_blocking, format};
  return convert("cuda", self, "device", value.get(), false, values, 0, keywords.get());
  END_HANDLE_ERRORS
}

constexpr int kFast = METH_FASTCALL | METH_KEYWORDS;
#define TORCH_TO(name, dtype)                   \
  {name, as_cfunction(&to_dtype<dtype>), kFast, \
   name "(*, memory_format=torch.preserve_format) -> Tensor\n\nThe values in another dtype."}

}  // namespace

PyObject* tensor_item(PyObject* self, PyObject*) {
  HANDLE_ERRORS
  TORCH_CHECK(unpack(self).numel() == 1, "a Tensor with ", unpack(self).numel(),
              " elements cannot be converted to Scalar");
  const PyRef source = on_cpu(self, "item");
  const TensorBase& tensor = unpack(source.get());
  return read_element(tensor.const_data_ptr(), tensor.scalar_type(), tensor.is_conj());
  END_HANDLE_ERRORS
}

PyMethodDef tensor_convert_methods[] = {
    {"item", &tensor_item, METH_NOARGS,
     "item() -> number\n\nThe value of a tensor of one element. RuntimeError for any other."},
    {"tolist", &tensor_tolist, METH_NOARGS, "tolist() -> list or number\n\nThe values as nested lists."},
    {"__complex__", &tensor_complex, METH_NOARGS, nullptr},
    {"to", as_cfunction(&tensor_to), kFast,
     "to(device=None, dtype=None, non_blocking=False, copy=False, *, memory_format=torch.preserve_format) -> Tensor\n"
     "to(dtype, non_blocking=False, copy=False) -> Tensor\nto(other, non_blocking=False, copy=False) -> Tensor\n\n"
     "The values in another dtype or on another device; self where nothing changes."},
    {"detach", as_cfunction(&tensor_detach), kFast, "detach() -> Tensor\n\nThe same memory outside of the graph."},
    {"detach_", &tensor_detach_, METH_NOARGS,
     "detach_() -> Tensor\n\nTakes the tensor itself out of the graph. RuntimeError for views."},
    TORCH_TO("float", kFloat),
    TORCH_TO("double", kDouble),
    TORCH_TO("half", kHalf),
    TORCH_TO("bfloat16", kBFloat16),
    TORCH_TO("long", kLong),
    TORCH_TO("int", kInt),
    TORCH_TO("short", kShort),
    TORCH_TO("char", kChar),
    TORCH_TO("byte", kByte),
    TORCH_TO("bool", kBool),
    TORCH_TO("cfloat", kComplexFloat),
    TORCH_TO("cdouble", kComplexDouble),
    TORCH_TO("chalf", kComplexHalf),
    {"cpu", as_cfunction(&tensor_cpu), kFast, "cpu(*, memory_format=torch.preserve_format) -> Tensor"},
    {"cuda", as_cfunction(&tensor_cuda), METH_VARARGS | METH_KEYWORDS,
     "cuda(device=None, non_blocking=False, *, memory_format) -> Tensor"},
    {nullptr, nullptr, 0, nullptr},
};

}  // namespace python
}  // namespace tiny_torch
