#include "python/Tensor.h"
#include "python/types.h"

namespace tiny_torch {
namespace python {

PyTypeObject* size_type = nullptr;

namespace {

/// A Size with the items of `tuple`, which must all be ints.
PyObject* from_tuple(PyObject* tuple) {
  PyRef result(check(size_type->tp_alloc(size_type, PyTuple_GET_SIZE(tuple))));
  for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(tuple); ++i) {
    PyTuple_SET_ITEM(result.get(), i, Py_NewRef(PyTuple_GET_ITEM(tuple, i)));
  }
  return result.release();
}

/// An int for each item: ints, NumPy integers and one-element integer tensors are fine, floats are not.
PyObject* size_new(PyTypeObject*, PyObject* args, PyObject* kwargs) {
  HANDLE_ERRORS
  TORCH_CHECK_TYPE(kwargs == nullptr || PyDict_Size(kwargs) == 0, "torch.Size() takes no keyword arguments");
  const PyRef items(check(PyTuple_Type.tp_new(&PyTuple_Type, args, nullptr)));
  const Py_ssize_t n = PyTuple_GET_SIZE(items.get());
  PyRef result(check(size_type->tp_alloc(size_type, n)));
  for (Py_ssize_t i = 0; i < n; ++i) {
    PyObject* item = PyTuple_GET_ITEM(items.get(), i);
    PyObject* number = PyLong_CheckExact(item) ? Py_NewRef(item) : PyNumber_Index(item);
    if (number == nullptr) {
      PyErr_Clear();
      ::tiny_torch::detail::throw_type_error(
          str("torch.Size() takes an iterable of 'int' (item ", i, " is '", type_name(item), "')"));
    }
    PyTuple_SET_ITEM(result.get(), i, number);
  }
  return result.release();
  END_HANDLE_ERRORS
}

PyObject* size_repr(PyObject* self) {
  HANDLE_ERRORS
  std::string text = "torch.Size([";
  for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(self); ++i) {
    const PyRef item(check(PyObject_Repr(PyTuple_GET_ITEM(self, i))));
    text += std::string(i == 0 ? "" : ", ") + as_utf8(item.get());
  }
  return wrap(text + "])");
  END_HANDLE_ERRORS
}

PyObject* as_size(PyObject* result) {
  HANDLE_ERRORS
  if (result == nullptr || result == Py_NotImplemented || !PyTuple_Check(result) || is_size(result)) return result;
  const PyRef owned(result);
  return from_tuple(result);
  END_HANDLE_ERRORS
}

// All of tuple's operations give a Size, except that adding needs a tuple of ints.
PyObject* size_concat(PyObject* a, PyObject* b) {
  HANDLE_ERRORS
  TORCH_CHECK_TYPE(PyTuple_Check(a) && PyTuple_Check(b), "can only concatenate tuple (not \"",
                   type_name(PyTuple_Check(a) ? b : a), "\") to torch.Size");
  for (PyObject* part : {a, b}) {
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(part); ++i) {
      PyObject* item = PyTuple_GET_ITEM(part, i);
      TORCH_CHECK_TYPE(PyLong_Check(item), "can only concatenate tuple of ints to torch.Size, got ", type_name(item));
    }
  }
  return as_size(PyTuple_Type.tp_as_sequence->sq_concat(a, b));
  END_HANDLE_ERRORS
}
PyObject* size_add(PyObject* a, PyObject* b) {
  // Number protocol: tuple + Size must give a Size too, and tuple's own concatenation does not.
  if (!PyTuple_Check(a) || !PyTuple_Check(b)) Py_RETURN_NOTIMPLEMENTED;
  return size_concat(a, b);
}
PyObject* size_repeat(PyObject* self, Py_ssize_t n) { return as_size(PyTuple_Type.tp_as_sequence->sq_repeat(self, n)); }
PyObject* size_item(PyObject* self, Py_ssize_t i) { return PyTuple_Type.tp_as_sequence->sq_item(self, i); }
PyObject* size_subscript(PyObject* self, PyObject* key) {
  return as_size(PyTuple_Type.tp_as_mapping->mp_subscript(self, key));
}

PyObject* size_numel(PyObject* self, PyObject*) {
  PyRef product(PyLong_FromLong(1));
  for (Py_ssize_t i = 0; product && i < PyTuple_GET_SIZE(self); ++i) {
    product = PyRef(PyNumber_Multiply(product.get(), PyTuple_GET_ITEM(self, i)));
  }
  return product.release();
}
PyObject* size_reduce(PyObject* self, PyObject*) {
  const PyRef items(PyTuple_GetSlice(self, 0, PyTuple_GET_SIZE(self)));
  if (!items) return nullptr;
  // A plain tuple, because tuple.__reduce_ex__ would not call our constructor.
  const PyRef plain(PySequence_List(self));
  if (!plain) return nullptr;
  const PyRef tuple(PyList_AsTuple(plain.get()));
  if (!tuple) return nullptr;
  return Py_BuildValue("O(O)", size_type, tuple.get());
}

PyMethodDef methods[] = {
    {"numel", &size_numel, METH_NOARGS, "Number of elements of a tensor of this size."},
    {"__reduce__", &size_reduce, METH_NOARGS, nullptr},
    {nullptr, nullptr, 0, nullptr},
};
PyType_Slot slots[] = {
    {Py_tp_new, reinterpret_cast<void*>(&size_new)},
    {Py_tp_repr, reinterpret_cast<void*>(&size_repr)},
    {Py_tp_str, reinterpret_cast<void*>(&size_repr)},
    {Py_nb_add, reinterpret_cast<void*>(&size_add)},
    {Py_sq_concat, reinterpret_cast<void*>(&size_concat)},
    {Py_sq_repeat, reinterpret_cast<void*>(&size_repeat)},
    {Py_sq_item, reinterpret_cast<void*>(&size_item)},
    {Py_mp_subscript, reinterpret_cast<void*>(&size_subscript)},
    {Py_tp_methods, methods},
    {Py_tp_doc, const_cast<char*>("Size(iterable=())\n\nThe shape of a tensor: a tuple of ints.")},
    {0, nullptr},
};
PyType_Spec spec = {"torch.Size", 0, 0, Py_TPFLAGS_DEFAULT, slots};
}  // namespace

PyObject* wrap_size(IntArrayRef sizes) {
  PyObject* result = check(size_type->tp_alloc(size_type, static_cast<Py_ssize_t>(sizes.size())));
  for (size_t i = 0; i < sizes.size(); ++i) {
    PyObject* item = PyLong_FromLongLong(sizes[i]);
    if (item == nullptr) {
      Py_DECREF(result);
      throw_python_error();
    }
    PyTuple_SET_ITEM(result, static_cast<Py_ssize_t>(i), item);
  }
  return result;
}

DimVector to_int_list(PyObject* o, const char* what) {
  TORCH_CHECK_TYPE(PyTuple_Check(o) || PyList_Check(o), "argument '", what, "' must be tuple of ints, not ",
                   type_name(o));
  DimVector values;
  for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(o); ++i) {
    // An __index__ may change the list, so the item is ours and the size is read again each time.
    const PyRef item = PyRef::borrow(PySequence_Fast_GET_ITEM(o, i));
    TORCH_CHECK_TYPE(PyIndex_Check(item.get()), "argument '", what,
                     "' must be tuple of ints, but found element of type ", type_name(item.get()), " at pos ", i);
    const PyRef number(check(PyNumber_Index(item.get())));
    const long long value = PyLong_AsLongLong(number.get());
    if (value == -1 && PyErr_Occurred()) throw_python_error();
    values.push_back(value);
  }
  return values;
}

void init_size(PyObject* module) { size_type = add_type(module, &spec, reinterpret_cast<PyObject*>(&PyTuple_Type)); }

}  // namespace python
}  // namespace tiny_torch
