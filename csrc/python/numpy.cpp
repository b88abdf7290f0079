#include "python/numpy.h"

#include <cstring>

#include "autograd/AutogradMeta.h"
#include "python/Tensor.h"
#include "python/module.h"

namespace tiny_torch {
namespace python {

namespace {

// (dtype, kind and size as in __array_interface__, format character of the buffer protocol).
struct NumpyType {
  ScalarType dtype;
  const char* typestr;
};
constexpr NumpyType kNumpyTypes[] = {
    {kFloat, "f4"},  {kDouble, "f8"}, {kHalf, "f2"},   {kComplexFloat, "c8"}, {kComplexDouble, "c16"},
    {kLong, "i8"},   {kInt, "i4"},    {kShort, "i2"},  {kChar, "i1"},         {kByte, "u1"},
    {kUInt16, "u2"}, {kUInt32, "u4"}, {kUInt64, "u8"}, {kBool, "b1"},
};

/// An attribute of numpy if that module is loaded, else null; never imports it.
PyObject* loaded_attribute(PyObject*& cache, const char* name) {
  if (TORCH_LIKELY(cache != nullptr)) return cache;
  PyObject* numpy = PyDict_GetItemString(PyImport_GetModuleDict(), "numpy");
  if (numpy == nullptr) return nullptr;
  cache = PyObject_GetAttrString(numpy, name);
  if (cache == nullptr) PyErr_Clear();  // still being imported
  return cache;
}

PyObject* array_type = nullptr;
PyObject* scalar_type = nullptr;

[[noreturn]] void throw_unsupported(PyObject* o) {
  const PyRef dtype(check(PyObject_GetAttrString(o, "dtype")));
  const PyRef type(check(PyObject_GetAttrString(dtype.get(), "type")));
  const char* name =
      PyType_Check(type.get()) ? reinterpret_cast<PyTypeObject*>(type.get())->tp_name : type_name(type.get());
  TORCH_CHECK_TYPE(false, "can't convert np.ndarray of type ", name,
                   ". The only supported types are: float64, float32, float16, complex64, complex128, int64, int32, "
                   "int16, int8, uint64, "
                   "uint32, uint16, uint8, and bool.");
  throw python_error();
}

struct BufferOwner {
  Py_buffer view;
};
void release_view(void* context) {
  auto* owner = static_cast<BufferOwner*>(context);
  if (interpreter_alive()) {
    const gil_scoped_acquire gil;
    const ErrorStash stash;
    PyBuffer_Release(&owner->view);
  }
  delete owner;
}

/// A tensor over `nbytes` bytes at `data`, for which `view` answers.
TensorBase over_buffer(std::unique_ptr<BufferOwner> owner, void* data, size_t nbytes, ScalarType dtype,
                       IntArrayRef sizes, IntArrayRef strides) {
  DataPtr pointer(data, owner.release(), &release_view, Device(DeviceType::CPU));
  auto storage = make_intrusive<StorageImpl>(nbytes, std::move(pointer), get_allocator(DeviceType::CPU), false);
  storage->set_externally_visible();
  auto impl = make_intrusive<TensorImpl>(std::move(storage), dtype, Device(DeviceType::CPU));
  impl->set_sizes_and_strides(sizes, strides);
  return TensorBase(std::move(impl));
}

}  // namespace

bool is_numpy_array(PyObject* o) {
  PyObject* type = loaded_attribute(array_type, "ndarray");
  return type != nullptr && PyObject_TypeCheck(o, reinterpret_cast<PyTypeObject*>(type));
}
bool is_numpy_scalar(PyObject* o) {
  PyObject* type = loaded_attribute(scalar_type, "generic");
  return type != nullptr && PyObject_TypeCheck(o, reinterpret_cast<PyTypeObject*>(type));
}

ScalarType numpy_dtype(PyObject* o) {
  const PyRef dtype(check(PyObject_GetAttrString(o, "dtype")));
  const PyRef text(check(PyObject_GetAttrString(dtype.get(), "str")));
  const char* typestr = as_utf8(text.get());
  for (const NumpyType& type : kNumpyTypes) {
    if (std::strcmp(typestr + 1, type.typestr) != 0) continue;
    TORCH_CHECK_VALUE(typestr[0] != '>',
                      "given numpy array has byte order different from the native byte order. Conversion between byte "
                      "orders is currently not supported.");
    return type.dtype;
  }
  throw_unsupported(o);
}

TensorBase tensor_from_numpy(PyObject* array, bool warn_if_read_only) {
  TORCH_CHECK_TYPE(is_numpy_array(array), "expected np.ndarray (got ", type_name(array), ")");
  const ScalarType dtype = numpy_dtype(array);
  auto owner = std::make_unique<BufferOwner>();
  if (PyObject_GetBuffer(array, &owner->view, PyBUF_STRIDES | PyBUF_WRITABLE) < 0) {
    PyErr_Clear();
    check(PyObject_GetBuffer(array, &owner->view, PyBUF_STRIDES));
    if (warn_if_read_only) {
      TORCH_WARN_ONCE(
          "The given NumPy array is not writable, and tensors always are: writing to this tensor is undefined "
          "behavior. Copy the "
          "array to protect its data, or make it writable before converting it.");
    }
  }
  // From here on the view is released with the owner, whatever happens.
  const Py_buffer& view = owner->view;
  std::unique_ptr<BufferOwner, void (*)(BufferOwner*)> guard(owner.release(), [](BufferOwner* o) { release_view(o); });
  const auto itemsize = static_cast<int64_t>(element_size(dtype));
  DimVector sizes, strides;
  for (int d = 0; d < view.ndim; ++d) {
    const int64_t stride = view.strides[d];
    TORCH_CHECK_VALUE(stride >= 0 || view.shape[d] <= 1,
                      "At least one stride in the given numpy array is negative, and tensors with negative strides are "
                      "not currently supported. "
                      "(You can probably work around this by making a copy of your array  with array.copy().) ");
    TORCH_CHECK_VALUE(stride % itemsize == 0 || view.shape[d] <= 1,
                      "given numpy array strides not a multiple of the element byte size. Copy the numpy array to "
                      "reallocate the memory.");
    sizes.push_back(view.shape[d]);
    strides.push_back(stride < 0 || stride % itemsize != 0 ? 1 : stride / itemsize);
  }
  const int64_t elements = storage_elements_needed(sizes, strides, 0);
  void* data = view.buf;
  return over_buffer(std::unique_ptr<BufferOwner>(guard.release()), data, static_cast<size_t>(elements * itemsize),
                     dtype, sizes, strides);
}

TensorBase tensor_from_buffer(PyObject* exporter, ScalarType dtype, int64_t count, int64_t offset) {
  TORCH_CHECK_VALUE(PyObject_CheckBuffer(exporter), "object does not implement Python buffer protocol.");
  const auto itemsize = static_cast<int64_t>(element_size(dtype));
  auto owner = std::make_unique<BufferOwner>();
  if (PyObject_GetBuffer(exporter, &owner->view, PyBUF_WRITABLE) < 0) {
    PyErr_Clear();
    TORCH_CHECK_VALUE(PyObject_GetBuffer(exporter, &owner->view, PyBUF_SIMPLE) == 0,
                      "could not retrieve buffer from object");
    TORCH_WARN_ONCE(
        "The given buffer is not writable, and tensors always are: writing to this tensor changes memory that should "
        "stay as it is. "
        "Copy the buffer to protect its data, or make it writable before converting it.");
  }
  std::unique_ptr<BufferOwner, void (*)(BufferOwner*)> guard(owner.release(), [](BufferOwner* o) { release_view(o); });
  const int64_t length = guard->view.len;
  TORCH_CHECK_VALUE(length > 0 && count != 0, "both buffer length (", length, ") and count (", count,
                    ") must not be 0");
  TORCH_CHECK_VALUE(offset >= 0 && offset < length, "offset (", offset,
                    " bytes) must be non-negative and no greater than buffer length (", length, " bytes) minus 1");
  if (count < 0) {
    TORCH_CHECK_VALUE((length - offset) % itemsize == 0, "buffer length (", length - offset, " bytes) after offset (",
                      offset, " bytes) must be a multiple of element size (", itemsize, ")");
    count = (length - offset) / itemsize;
  }
  TORCH_CHECK_VALUE(count <= (length - offset) / itemsize, "requested buffer length (", count, " * ", itemsize,
                    " bytes) after offset (", offset, " bytes) must not be greater than actual buffer length (", length,
                    " bytes)");
  void* data = static_cast<char*>(guard->view.buf) + offset;
  return over_buffer(std::unique_ptr<BufferOwner>(guard.release()), data, static_cast<size_t>(count * itemsize), dtype,
                     {count}, {1});
}

PyObject* tensor_to_numpy(const TensorBase& tensor) {
  TORCH_CHECK_TYPE(tensor.is_cpu(), "can't convert ", tensor.device(),
                   " device type tensor to numpy. Use Tensor.cpu() to copy the tensor to host memory first.");
  TORCH_CHECK(!(GradMode::is_enabled() && tensor.requires_grad()),
              "Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead.");
  TORCH_CHECK(!tensor.is_conj(),
              "Can't call numpy() on Tensor that has conjugate bit set. Use tensor.resolve_conj().numpy() instead.");
  const char* typestr = nullptr;
  for (const NumpyType& type : kNumpyTypes) {
    if (type.dtype == tensor.scalar_type()) typestr = type.typestr;
  }
  TORCH_CHECK_TYPE(typestr != nullptr, "Got unsupported ScalarType ", tensor.scalar_type());
  const PyRef numpy(check(PyImport_ImportModule("numpy")));
  PyObject* type = check(loaded_attribute(array_type, "ndarray"));

  const auto itemsize = static_cast<int64_t>(tensor.itemsize());
  PyRef sizes(check(PyTuple_New(tensor.dim())));
  PyRef strides(check(PyTuple_New(tensor.dim())));
  for (int64_t d = 0; d < tensor.dim(); ++d) {
    const auto i = static_cast<size_t>(d);
    PyTuple_SET_ITEM(sizes.get(), d, check(PyLong_FromLongLong(tensor.sizes()[i])));
    PyTuple_SET_ITEM(strides.get(), d, check(PyLong_FromLongLong(tensor.strides()[i] * itemsize)));
  }
  // The array may live as long as it likes: the memory must not move, and others may write to it at any time.
  tensor.storage()->set_resizable(false);
  tensor.storage()->set_externally_visible();
  const PyRef memory(wrap_storage(tensor.storage()));
  const int64_t offset = tensor.numel() == 0 ? 0 : tensor.storage_offset() * itemsize;
  const PyRef array(check(PyObject_CallFunction(type, "OsOLO", sizes.get(), typestr, memory.get(),
                                                static_cast<long long>(offset), strides.get())));
  return Py_NewRef(array.get());
}

namespace {

PyObject* tensor_numpy(PyObject* self, PyObject* args, PyObject* kwargs) {
  HANDLE_ERRORS
  static const char* names[] = {"force", nullptr};
  PyObject* force = Py_False;
  if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|$O:numpy", const_cast<char**>(names), &force)) return nullptr;
  TORCH_CHECK_TYPE(PyBool_Check(force), "numpy(): argument 'force' must be bool, not ", type_name(force));
  if (force == Py_False) return tensor_to_numpy(unpack(self));
  PyRef plain(wrap(autodiff::detach(unpack(self))));
  if (!unpack(plain.get()).is_cpu()) plain = call_method("cpu", plain.get());
  if (unpack(plain.get()).is_conj()) plain = call_method("resolve_conj", plain.get());
  return tensor_to_numpy(unpack(plain.get()));
  END_HANDLE_ERRORS
}

PyObject* from_numpy(PyObject*, PyObject* array) {
  HANDLE_ERRORS
  return wrap(tensor_from_numpy(array, true));
  END_HANDLE_ERRORS
}

PyObject* frombuffer(PyObject*, PyObject* args, PyObject* kwargs) {
  HANDLE_ERRORS
  static const char* names[] = {"buffer", "dtype", "count", "offset", "requires_grad", nullptr};
  PyObject *buffer = nullptr, *dtype = nullptr;
  long long count = -1, offset = 0;
  int requires_grad = 0;
  if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|$OLLp:frombuffer", const_cast<char**>(names), &buffer, &dtype,
                                   &count, &offset, &requires_grad)) {
    return nullptr;
  }
  TORCH_CHECK_TYPE(dtype != nullptr, "frombuffer() missing 1 required keyword-only argument: 'dtype'");
  TORCH_CHECK_TYPE(is_dtype(dtype), "frombuffer(): argument 'dtype' must be torch.dtype, not ", type_name(dtype));
  TensorBase result = tensor_from_buffer(buffer, unpack_dtype(dtype), count, offset);
  if (requires_grad) autodiff::set_requires_grad(result, true);
  return wrap(std::move(result));
  END_HANDLE_ERRORS
}

PyMethodDef functions[] = {
    {"from_numpy", &from_numpy, METH_O,
     "from_numpy(ndarray) -> Tensor\n\nA tensor that shares the memory of a NumPy array."},
    {"frombuffer", as_cfunction(&frombuffer), METH_VARARGS | METH_KEYWORDS,
     "frombuffer(buffer, *, dtype, count=-1, offset=0, requires_grad=False) -> Tensor\n\nA 1-D tensor over the bytes "
     "of a buffer exporter."},
    {nullptr, nullptr, 0, nullptr},
};

}  // namespace

PyMethodDef tensor_numpy_methods[] = {
    {"numpy", as_cfunction(&tensor_numpy), METH_VARARGS | METH_KEYWORDS,
     "numpy(*, force=False) -> numpy.ndarray\n\nAn array over the same memory. With `force`, of a detached copy on the "
     "CPU where needed."},
    {nullptr, nullptr, 0, nullptr},
};

void init_numpy(PyObject* module) { check(PyModule_AddFunctions(module, functions)); }

}  // namespace python
}  // namespace tiny_torch
