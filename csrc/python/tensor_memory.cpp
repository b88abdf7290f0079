// Methods that change what memory a tensor looks at, and small queries of PyTorch's API without an operator of ours.
#include "autograd/AutogradMeta.h"
#include "generated/ops/copy.h"
#include "python/ArgParser.h"
#include "python/Tensor.h"
#include "python/module.h"

namespace tiny_torch {
namespace python {

namespace {

void check_may_change(const TensorBase& tensor, const char* what) {
  TORCH_CHECK(!tensor.requires_grad(), "cannot ", what, " variables that require grad");
}

void resize(const TensorBase& self, IntArrayRef sizes, std::optional<MemoryFormat> format) {
  check_may_change(self, "resize");
  for (int64_t size : sizes) {
    TORCH_CHECK(size >= 0, "Trying to create tensor with negative dimension ", size, ": ", sizes);
  }
  const MemoryFormat wanted = format.value_or(MemoryFormat::Contiguous);
  TORCH_CHECK(wanted != MemoryFormat::Preserve, "Unsupported memory format Preserve");
  const size_t rank = wanted == MemoryFormat::ChannelsLast     ? 4
                      : wanted == MemoryFormat::ChannelsLast3d ? 5
                                                               : sizes.size();
  TORCH_CHECK(sizes.size() == rank, "required rank ", rank, " tensor to use ", wanted, " format");
  if (self.sizes() != sizes) {
    resize_contiguous(self, sizes);
    self.impl()->version_counter().bump();
  }
  if (wanted != MemoryFormat::Contiguous) self.impl()->set_sizes_and_strides(sizes, channels_last_strides(sizes));
}

PyObject* tensor_resize(PyObject* self, PyObject* const* args, Py_ssize_t nargs, PyObject* kwnames) {
  HANDLE_ERRORS
  static const PythonArgParser parser("resize_", {"resize_(@, int[] size, *, MemoryFormat? memory_format=None)"});
  PythonArgs a;
  if (parser.parse(a, self, args, nargs, kwnames)) return a.call_torch_function();
  resize(unpack(self), a.int_list(1), a.optional_memory_format(2));
  return Py_NewRef(self);
  END_HANDLE_ERRORS
}
PyObject* tensor_resize_as(PyObject* self, PyObject* const* args, Py_ssize_t nargs, PyObject* kwnames) {
  HANDLE_ERRORS
  static const PythonArgParser parser("resize_as_",
                                      {"resize_as_(@, Tensor the_template, *, MemoryFormat? memory_format=None)"});
  PythonArgs a;
  if (parser.parse(a, self, args, nargs, kwnames)) return a.call_torch_function();
  std::optional<MemoryFormat> format = a.optional_memory_format(2);
  if (format == MemoryFormat::Preserve) format = a.tensor(1).suggest_memory_format();
  resize(unpack(self), a.tensor(1).sizes(), format);
  return Py_NewRef(self);
  END_HANDLE_ERRORS
}

/// `self` looks at `storage` from now on; every element must lie inside.
void set_storage(const TensorBase& self, const Storage& storage, int64_t offset, IntArrayRef sizes,
                 IntArrayRef strides) {
  check_may_change(self, "set the storage of");
  TORCH_CHECK(storage->device() == self.device(), "set_(): expected a storage on ", self.device(), ", got one on ",
              storage->device());
  TORCH_CHECK(sizes.size() == strides.size(), "set_(): expected as many strides as sizes, got ", sizes.size(),
              " sizes and ", strides.size(), " strides");
  TORCH_CHECK(offset >= 0, "Tensor: invalid storage offset ", offset);
  for (int64_t stride : strides) TORCH_CHECK(stride >= 0, "set_(): negative strides are not supported, got ", strides);
  checked_numel(sizes);
  const int64_t needed = storage_elements_needed(sizes, strides, offset);
  TORCH_CHECK(needed <= static_cast<int64_t>(storage->nbytes() / self.itemsize()), "setStorage: sizes ", sizes,
              ", strides ", strides, ", storage offset ", offset, ", and itemsize ", self.itemsize(),
              " requiring a storage size of ", needed, " elements are out of bounds for storage of size ",
              storage->nbytes());
  self.impl()->set_storage(storage);
  self.impl()->set_storage_offset(offset);
  self.impl()->set_sizes_and_strides(sizes, strides);
  self.impl()->version_counter().bump();
}

PyObject* tensor_set(PyObject* self, PyObject* const* args, Py_ssize_t nargs, PyObject* kwnames) {
  HANDLE_ERRORS
  static const PythonArgParser parser(
      "set_", {"set_(@)", "set_(@, Storage source)",
               "set_(@, Storage source, int storage_offset, int[] size, int[] stride=None)", "set_(@, Tensor source)",
               "set_(@, Tensor source, int storage_offset, int[] size, int[] stride=None)"});
  PythonArgs a;
  if (parser.parse(a, self, args, nargs, kwnames)) return a.call_torch_function();
  const TensorBase& tensor = unpack(self);
  const bool is_empty = a.signature() == 0;
  const bool from_tensor = a.signature() > 2;
  if (from_tensor) {
    TORCH_CHECK(a.tensor(1).scalar_type() == tensor.scalar_type(), "Could not set tensor of type ",
                a.tensor(1).scalar_type(), " to a tensor of type ", tensor.scalar_type());
  }
  const Storage storage = is_empty      ? make_storage(0, tensor.device())
                          : from_tensor ? a.tensor(1).storage()
                                        : unpack_storage(a.object(1));
  if (is_empty) {
    set_storage(tensor, storage, 0, {0}, {1});
  } else if (a.signature() == 3) {
    set_storage(tensor, storage, a.tensor(1).storage_offset(), a.tensor(1).sizes(), a.tensor(1).strides());
  } else if (a.signature() == 1) {
    const auto count = static_cast<int64_t>(storage->nbytes() / tensor.itemsize());
    set_storage(tensor, storage, 0, {count}, {1});
  } else {
    const DimVector sizes = a.int_list(3);
    const DimVector strides =
        a.has_not_none(4) && !(a.int_list(4).empty() && !sizes.empty()) ? a.int_list(4) : contiguous_strides(sizes);
    set_storage(tensor, storage, a.int64(2), sizes, strides);
  }
  return Py_NewRef(self);
  END_HANDLE_ERRORS
}

PyObject* tensor_is_set_to(PyObject* self, PyObject* const* args, Py_ssize_t nargs, PyObject* kwnames) {
  HANDLE_ERRORS
  static const PythonArgParser parser("is_set_to", {"is_set_to(@, Tensor tensor)"});
  PythonArgs a;
  if (parser.parse(a, self, args, nargs, kwnames)) return a.call_torch_function();
  const TensorBase& x = unpack(self);
  const TensorBase& y = a.tensor(1);
  return wrap(x.storage() == y.storage() && x.storage_offset() == y.storage_offset() && x.sizes() == y.sizes() &&
              x.strides() == y.strides());
  END_HANDLE_ERRORS
}

PyObject* tensor_is_nonzero(PyObject* self, PyObject*) {
  HANDLE_ERRORS
  const int truth = PyObject_IsTrue(self);
  check(truth);
  return wrap(truth == 1);
  END_HANDLE_ERRORS
}
PyObject* tensor_resolve_conj(PyObject* self, PyObject*) {
  HANDLE_ERRORS
  return unpack(self).is_conj() ? wrap(ops::clone(unpack(self))) : Py_NewRef(self);
  END_HANDLE_ERRORS
}
PyObject* tensor_self(PyObject* self, PyObject*) { return Py_NewRef(self); }
PyObject* tensor_is_pinned(PyObject*, PyObject*) { Py_RETURN_FALSE; }
PyObject* tensor_pin_memory(PyObject*, PyObject*) {
  PyErr_SetString(PyExc_RuntimeError, "Need to provide pin_memory allocator to use pin memory.");
  return nullptr;
}
PyObject* tensor_use_count(PyObject* self, PyObject*) { return PyLong_FromUnsignedLong(unpack(self).use_count()); }

/// The old way to a tensor of the same dtype: sizes, data, or nothing.
PyObject* tensor_new(PyObject* self, PyObject* args, PyObject* kwargs) {
  HANDLE_ERRORS
  const TensorBase& tensor = unpack(self);
  return wrap(ops::to(legacy_tensor(args, kwargs), tensor.device(), tensor.scalar_type()));
  END_HANDLE_ERRORS
}

constexpr int kFast = METH_FASTCALL | METH_KEYWORDS;

}  // namespace

PyMethodDef tensor_memory_methods[] = {
    {"resize_", as_cfunction(&tensor_resize), kFast,
     "resize_(*size, memory_format=torch.contiguous_format) -> Tensor\n\nChanges the shape; new elements are not "
     "initialised."},
    {"resize_as_", as_cfunction(&tensor_resize_as), kFast,
     "resize_as_(tensor) -> Tensor\n\nresize_() to the size of `tensor`."},
    {"set_", as_cfunction(&tensor_set), kFast,
     "set_(source=None, storage_offset=0, size=None, stride=()) -> Tensor\n\nLooks at the memory of a tensor or "
     "storage from now on."},
    {"is_set_to", as_cfunction(&tensor_is_set_to), kFast,
     "is_set_to(tensor) -> bool\n\nWhether both look at the same elements."},
    {"is_nonzero", &tensor_is_nonzero, METH_NOARGS, "is_nonzero() -> bool"},
    {"resolve_conj", &tensor_resolve_conj, METH_NOARGS, "The tensor itself, or a copy of conjugated values."},
    {"resolve_neg", &tensor_self, METH_NOARGS, "The tensor itself."},
    {"is_pinned", &tensor_is_pinned, METH_VARARGS, "Whether the memory is locked for transfers to a GPU."},
    {"pin_memory", &tensor_pin_memory, METH_VARARGS, nullptr},
    {"_use_count", &tensor_use_count, METH_NOARGS, nullptr},
    {"new", as_cfunction(&tensor_new), METH_VARARGS | METH_KEYWORDS, nullptr},
    {nullptr, nullptr, 0, nullptr},
};

}  // namespace python
}  // namespace tiny_torch
