// Methods of Tensor that are no operators: geometry, memory, identity.
#include "autograd/AutogradMeta.h"
#include "generated/ops/copy.h"
#include "python/Tensor.h"
#include "python/element.h"
#include "python/module.h"

namespace tiny_torch {
namespace python {

namespace {

/// The only argument, by position or as `name`; null when it is not there. TypeError for anything more.
PyObject* single_argument(const char* function, const char* name, PyObject* const* args, Py_ssize_t nargs,
                          PyObject* kwnames) {
  const Py_ssize_t nkw = kwnames == nullptr ? 0 : PyTuple_GET_SIZE(kwnames);
  TORCH_CHECK_TYPE(nargs + nkw <= 1, function, "() takes at most 1 argument, but ", nargs + nkw, " were given");
  if (nkw == 1 && PyUnicode_CompareWithASCIIString(PyTuple_GET_ITEM(kwnames, 0), name) != 0) {
    ::tiny_torch::detail::throw_type_error(
        str(function, "() got an unexpected keyword argument '", as_utf8(PyTuple_GET_ITEM(kwnames, 0)), "'"));
  }
  return nargs + nkw == 1 ? args[0] : nullptr;
}

int64_t to_dim(const char* function, PyObject* o) {
  TORCH_CHECK_TYPE(PyIndex_Check(o) && !PyBool_Check(o), function, "(): argument 'dim' (position 1) must be int, not ",
                   type_name(o));
  const PyRef number(check(PyNumber_Index(o)));
  int overflow = 0;
  const long long dim = PyLong_AsLongLongAndOverflow(number.get(), &overflow);
  TORCH_CHECK_VALUE(overflow == 0, "Overflow when unpacking long long");
  if (dim == -1 && PyErr_Occurred()) throw_python_error();
  return dim;
}

PyObject* tensor_size(PyObject* self, PyObject* const* args, Py_ssize_t nargs, PyObject* kwnames) {
  HANDLE_ERRORS
  PyObject* dim = single_argument("size", "dim", args, nargs, kwnames);
  if (dim == nullptr || dim == Py_None) return wrap_size(unpack(self).sizes());
  return wrap(unpack(self).size(to_dim("size", dim)));
  END_HANDLE_ERRORS
}
PyObject* tensor_stride(PyObject* self, PyObject* const* args, Py_ssize_t nargs, PyObject* kwnames) {
  HANDLE_ERRORS
  PyObject* dim = single_argument("stride", "dim", args, nargs, kwnames);
  if (dim == nullptr || dim == Py_None) return wrap(unpack(self).strides().vec());
  return wrap(unpack(self).stride(to_dim("stride", dim)));
  END_HANDLE_ERRORS
}
PyObject* tensor_is_contiguous(PyObject* self, PyObject* const* args, Py_ssize_t nargs, PyObject* kwnames) {
  HANDLE_ERRORS
  TORCH_CHECK_TYPE(nargs == 0, "is_contiguous() takes 0 positional arguments but ", nargs,
                   nargs == 1 ? " was given" : " were given");
  PyObject* format = single_argument("is_contiguous", "memory_format", args, nargs, kwnames);
  if (format == nullptr) return PyBool_FromLong(unpack(self).is_contiguous());
  TORCH_CHECK_TYPE(is_memory_format(format),
                   "is_contiguous(): argument 'memory_format' must be torch.memory_format, not ", type_name(format));
  return PyBool_FromLong(unpack(self).is_contiguous(unpack_memory_format(format)));
  END_HANDLE_ERRORS
}

PyObject* tensor_numel(PyObject* self, PyObject*) { return PyLong_FromLongLong(unpack(self).numel()); }
PyObject* tensor_dim(PyObject* self, PyObject*) { return PyLong_FromLongLong(unpack(self).dim()); }
PyObject* tensor_element_size(PyObject* self, PyObject*) { return PyLong_FromLongLong(unpack(self).element_size()); }
PyObject* tensor_storage_offset(PyObject* self, PyObject*) {
  return PyLong_FromLongLong(unpack(self).storage_offset());
}
PyObject* tensor_get_device(PyObject* self, PyObject*) { return PyLong_FromLongLong(unpack(self).get_device()); }
PyObject* tensor_is_complex(PyObject* self, PyObject*) { return PyBool_FromLong(unpack(self).is_complex()); }
PyObject* tensor_is_floating_point(PyObject* self, PyObject*) {
  return PyBool_FromLong(unpack(self).is_floating_point());
}
PyObject* tensor_is_signed(PyObject* self, PyObject*) { return PyBool_FromLong(unpack(self).is_signed()); }
PyObject* tensor_is_inference(PyObject* self, PyObject*) { return PyBool_FromLong(unpack(self).is_inference()); }
PyObject* tensor_is_conj(PyObject* self, PyObject*) { return PyBool_FromLong(unpack(self).is_conj()); }
PyObject* tensor_is_neg(PyObject* self, PyObject*) { return PyBool_FromLong(unpack(self).is_neg()); }
PyObject* tensor_is_view(PyObject* self, PyObject*) {
  return PyBool_FromLong(autodiff::view_meta_or_null(unpack(self)) != nullptr);
}
PyObject* tensor_false(PyObject*, PyObject*) { Py_RETURN_FALSE; }

PyObject* tensor_data_ptr(PyObject* self, PyObject*) {
  HANDLE_ERRORS
  const TensorBase& tensor = unpack(self);
  if (tensor.has_storage()) tensor.storage()->set_externally_visible();
  return PyLong_FromVoidPtr(tensor.mutable_data_ptr());
  END_HANDLE_ERRORS
}
PyObject* tensor_untyped_storage(PyObject* self, PyObject*) {
  HANDLE_ERRORS
  return wrap_storage(unpack(self).storage());
  END_HANDLE_ERRORS
}

// ---- autograd ----

PyObject* tensor_requires_grad(PyObject* self, PyObject* const* args, Py_ssize_t nargs, PyObject* kwnames) {
  HANDLE_ERRORS
  PyObject* flag = single_argument("requires_grad_", "requires_grad", args, nargs, kwnames);
  TORCH_CHECK_TYPE(flag == nullptr || PyBool_Check(flag),
                   "requires_grad_(): argument 'requires_grad' (position 1) must be bool, not ", type_name(flag));
  check(PyObject_SetAttrString(self, "requires_grad", flag == nullptr ? Py_True : flag));
  return Py_NewRef(self);
  END_HANDLE_ERRORS
}
PyObject* tensor_retain_grad(PyObject* self, PyObject*) {
  HANDLE_ERRORS
  autodiff::retain_grad(unpack(self));
  Py_RETURN_NONE;
  END_HANDLE_ERRORS
}

// ---- classes ----

PyTypeObject* to_class(PyObject* cls) {
  TORCH_CHECK_TYPE(PyType_Check(cls), "cls must be a type (got ", type_name(cls), ")");
  TORCH_CHECK_TYPE(PyType_IsSubtype(reinterpret_cast<PyTypeObject*>(cls), &tensor_base_type),
                   "Creating a Tensor subclass from a class that does not inherit from Tensor is not possible. Make "
                   "sure your class inherits from Tensor.");
  return reinterpret_cast<PyTypeObject*>(cls);
}

PyObject* tensor_make_subclass(PyObject*, PyObject* args, PyObject* kwargs) {
  HANDLE_ERRORS
  static const char* names[] = {"cls", "data", "require_grad", nullptr};
  PyObject *cls = nullptr, *data = nullptr;
  int requires_grad = 0;
  if (!PyArg_ParseTupleAndKeywords(args, kwargs, "OO|p:_make_subclass", const_cast<char**>(names), &cls, &data,
                                   &requires_grad))
    return nullptr;
  PyTypeObject* type = to_class(cls);
  TORCH_CHECK_TYPE(is_tensor(data), "_make_subclass(): argument 'data' (position 2) must be Tensor, not ",
                   type_name(data));
  TensorBase tensor = autodiff::variable_data(unpack(data));
  autodiff::share_version(unpack(data), tensor);
  if (requires_grad) autodiff::set_requires_grad(tensor, true);
  return wrap_as(type, std::move(tensor));
  END_HANDLE_ERRORS
}

PyObject* tensor_as_subclass(PyObject* self, PyObject* const* args, Py_ssize_t nargs, PyObject* kwnames) {
  HANDLE_ERRORS
  PyObject* cls = single_argument("as_subclass", "cls", args, nargs, kwnames);
  TORCH_CHECK_TYPE(cls != nullptr, "as_subclass() missing 1 required positional arguments: \"cls\"");
  PyTypeObject* type = to_class(cls);
  // A recorded view of self, whose fresh Python object of class Tensor gives way to one of the wanted class.
  PyRef view;
  if (find_method("alias") != nullptr) {
    view = call_method("alias", self);
  } else {
    const PyRef sizes(wrap_size(unpack(self).sizes()));
    view = call_method("view", self, {sizes.get()});
  }
  if (Py_TYPE(view.get()) == type && view.get() != self) return view.release();
  TensorBase tensor = std::move(unpack_mutable(view.get()));
  tensor.impl()->pyobj().store(nullptr, std::memory_order_release);
  unpack_mutable(view.get()) = TensorBase(tensor.impl()->shallow_copy());
  unpack(view.get()).impl()->pyobj().store(view.get(), std::memory_order_release);
  return wrap_as(type, std::move(tensor));
  END_HANDLE_ERRORS
}

// ---- calling Python for each element ----

/// Positions of tensors of equal sizes, one element after the other. The Python code called in between may do anything
/// to the tensors, so geometry and memory are those of the beginning, and memory that moved is an error.
class ElementWalk {
 public:
  explicit ElementWalk(const std::vector<TensorBase>& tensors) : position_(static_cast<size_t>(tensors[0].dim()), 0) {
    for (const TensorBase& t : tensors) {
      tensors_.emplace_back(t.impl()->shallow_copy());
      pointers_.push_back(static_cast<char*>(t.mutable_data_ptr()));
      bases_.push_back(t.storage()->data_ptr().get());
    }
  }
  const std::vector<char*>& pointers() const {
    for (size_t k = 0; k < tensors_.size(); ++k) {
      TORCH_CHECK(tensors_[k].storage()->data_ptr().get() == bases_[k],
                  "the memory of a tensor changed while a function was applied to it");
    }
    return pointers_;
  }
  /// False after the last element.
  bool next() {
    const IntArrayRef sizes = tensors_[0].sizes();
    for (size_t d = sizes.size(); d-- > 0;) {
      const bool wraps = ++position_[d] == sizes[d];
      for (size_t k = 0; k < tensors_.size(); ++k) {
        const int64_t step = tensors_[k].strides()[d] * static_cast<int64_t>(tensors_[k].itemsize());
        pointers_[k] += wraps ? -step * (sizes[d] - 1) : step;
      }
      if (!wraps) return true;
      position_[d] = 0;
    }
    return false;
  }

 private:
  DimVector position_;
  std::vector<TensorBase> tensors_;
  std::vector<char*> pointers_;
  std::vector<void*> bases_;
};

/// self = function(self, others...), element by element.
PyObject* apply_elementwise(const char* name, PyObject* self, const std::vector<TensorBase>& tensors,
                            PyObject* function) {
  const TensorBase& target = tensors[0];
  for (const TensorBase& t : tensors) {
    TORCH_CHECK_TYPE(t.is_cpu(), name, " is only implemented on CPU tensors");
    TORCH_CHECK_TYPE(t.scalar_type() == target.scalar_type(), name, ": expected tensors of one dtype, got ",
                     t.scalar_type(), " and ", target.scalar_type());
  }
  TORCH_CHECK(!target.requires_grad() || !GradMode::is_enabled(), "Can't call ", name,
              "() on Variable that requires grad. Use var.detach().", name, "() instead.");
  const ScalarType dtype = target.scalar_type();
  if (target.numel() != 0) {
    ElementWalk walk(tensors);
    do {
      PyRef values(check(PyTuple_New(static_cast<Py_ssize_t>(tensors.size()))));
      for (size_t i = 0; i < tensors.size(); ++i) {
        PyTuple_SET_ITEM(values.get(), static_cast<Py_ssize_t>(i), check(read_element(walk.pointers()[i], dtype)));
      }
      const PyRef result(check(PyObject_Call(function, values.get(), nullptr)));
      store_element(walk.pointers()[0], dtype, result.get());
    } while (walk.next());
  }
  target.impl()->version_counter().bump();
  return Py_NewRef(self);
}

PyObject* tensor_apply(PyObject* self, PyObject* function) {
  HANDLE_ERRORS
  TORCH_CHECK_TYPE(PyCallable_Check(function), "'", type_name(function), "' object is not callable");
  return apply_elementwise("apply_", self, {unpack(self)}, function);
  END_HANDLE_ERRORS
}
PyObject* map_over(const char* name, PyObject* self, PyObject* args, Py_ssize_t others) {
  TORCH_CHECK_TYPE(PyTuple_GET_SIZE(args) == others + 1, name, "() takes ", others + 1, " positional arguments, got ",
                   PyTuple_GET_SIZE(args));
  std::vector<TensorBase> tensors{unpack(self)};
  const PyRef size(wrap_size(unpack(self).sizes()));
  for (Py_ssize_t i = 0; i < others; ++i) {
    PyObject* other = PyTuple_GET_ITEM(args, i);
    TORCH_CHECK_TYPE(is_tensor(other), name, "(): argument ", i + 1, " must be Tensor, not ", type_name(other));
    const PyRef expanded = unpack(other).sizes() == unpack(self).sizes() ? PyRef::borrow(other)
                                                                         : call_method("expand", other, {size.get()});
    tensors.push_back(unpack(expanded.get()));
  }
  return apply_elementwise(name, self, tensors, PyTuple_GET_ITEM(args, others));
}
PyObject* tensor_map(PyObject* self, PyObject* args) {
  HANDLE_ERRORS
  return map_over("map_", self, args, 1);
  END_HANDLE_ERRORS
}
PyObject* tensor_map2(PyObject* self, PyObject* args) {
  HANDLE_ERRORS
  return map_over("map2_", self, args, 2);
  END_HANDLE_ERRORS
}

PyObject* tensor_is_same_size(PyObject* self, PyObject* const* args, Py_ssize_t nargs, PyObject* kwnames) {
  HANDLE_ERRORS
  PyObject* other = single_argument("is_same_size", "other", args, nargs, kwnames);
  TORCH_CHECK_TYPE(other != nullptr && is_tensor(other),
                   "is_same_size(): argument 'other' (position 1) must be Tensor, not ",
                   other == nullptr ? "missing" : type_name(other));
  return PyBool_FromLong(unpack(self).sizes() == unpack(other).sizes());
  END_HANDLE_ERRORS
}

PyObject* set_tensor_metadata(PyObject*, PyObject* args) {
  HANDLE_ERRORS
  PyObject *object = nullptr, *metadata = nullptr;
  if (!PyArg_ParseTuple(args, "OO!:_set_tensor_metadata", &object, &PyDict_Type, &metadata)) return nullptr;
  TORCH_CHECK_TYPE(is_tensor(object), "_set_tensor_metadata(): expected Tensor, got ", type_name(object));
  const TensorBase& tensor = unpack(object);
  PyObject* conj = PyDict_GetItemString(metadata, "conj");
  PyObject* neg = PyDict_GetItemString(metadata, "neg");
  TORCH_CHECK(neg == nullptr || neg == Py_False,
              "_set_tensor_metadata(): tensors with the negative bit are not supported");
  if (conj == Py_True) {
    TORCH_CHECK(tensor.is_complex(), "_set_tensor_metadata(): only complex tensors can be conjugated, got ",
                tensor.scalar_type());
    // The values themselves, since nothing here makes tensors that are conjugated on reading.
    autodiff::set_data(tensor, ops::_conj_physical(autodiff::variable_data(tensor)));
  }
  Py_RETURN_NONE;
  END_HANDLE_ERRORS
}

PyMethodDef functions[] = {
    {"_set_tensor_metadata", &set_tensor_metadata, METH_VARARGS, nullptr},
    {nullptr, nullptr, 0, nullptr},
};

constexpr int kFast = METH_FASTCALL | METH_KEYWORDS;

}  // namespace

void init_tensor_methods(PyObject* module) { check(PyModule_AddFunctions(module, functions)); }

PyMethodDef tensor_own_methods[] = {
    {"size", as_cfunction(&tensor_size), kFast, "size(dim=None) -> torch.Size or int"},
    {"stride", as_cfunction(&tensor_stride), kFast,
     "stride(dim=None) -> tuple or int\n\nSteps between neighbours, in elements."},
    {"is_contiguous", as_cfunction(&tensor_is_contiguous), kFast,
     "is_contiguous(*, memory_format=torch.contiguous_format) -> bool"},
    {"numel", &tensor_numel, METH_NOARGS, "Number of elements."},
    {"nelement", &tensor_numel, METH_NOARGS, "Number of elements."},
    {"dim", &tensor_dim, METH_NOARGS, "Number of dimensions."},
    {"ndimension", &tensor_dim, METH_NOARGS, "Number of dimensions."},
    {"element_size", &tensor_element_size, METH_NOARGS, "Bytes per element."},
    {"storage_offset", &tensor_storage_offset, METH_NOARGS,
     "Position of the first element in the storage, in elements."},
    {"data_ptr", &tensor_data_ptr, METH_NOARGS, "Address of the first element."},
    {"untyped_storage", &tensor_untyped_storage, METH_NOARGS, "The bytes behind this tensor and its views."},
    {"get_device", &tensor_get_device, METH_NOARGS, "Index of the device; -1 for the CPU."},
    {"is_complex", &tensor_is_complex, METH_NOARGS, "Whether the dtype is complex."},
    {"is_floating_point", &tensor_is_floating_point, METH_NOARGS, "Whether the dtype is a real floating point one."},
    {"is_signed", &tensor_is_signed, METH_NOARGS, "Whether the dtype can hold negative numbers."},
    {"is_inference", &tensor_is_inference, METH_NOARGS, "Whether the tensor was made in inference mode."},
    {"is_conj", &tensor_is_conj, METH_NOARGS, "Whether the values are conjugated when they are read."},
    {"is_neg", &tensor_is_neg, METH_NOARGS, "Whether the values are negated when they are read."},
    {"is_distributed", &tensor_false, METH_NOARGS, nullptr},
    {"_is_view", &tensor_is_view, METH_NOARGS, nullptr},
    {"is_same_size", as_cfunction(&tensor_is_same_size), kFast, "is_same_size(other) -> bool"},
    {"requires_grad_", as_cfunction(&tensor_requires_grad), kFast, "requires_grad_(requires_grad=True) -> Tensor"},
    {"retain_grad", &tensor_retain_grad, METH_NOARGS, "Makes backward() keep .grad although this is no leaf."},
    {"_make_subclass", as_cfunction(&tensor_make_subclass), METH_STATIC | METH_VARARGS | METH_KEYWORDS, nullptr},
    {"as_subclass", as_cfunction(&tensor_as_subclass), kFast,
     "as_subclass(cls) -> Tensor\n\nThe same data and graph as an object of class `cls`."},
    {"apply_", &tensor_apply, METH_O,
     "apply_(callable) -> Tensor\n\nReplaces each element by callable(element); slow, CPU only."},
    {"map_", &tensor_map, METH_VARARGS,
     "map_(tensor, callable) -> Tensor\n\nReplaces each element by callable(element, other)."},
    {"map2_", &tensor_map2, METH_VARARGS, nullptr},
    {nullptr, nullptr, 0, nullptr},
};

}  // namespace python
}  // namespace tiny_torch
