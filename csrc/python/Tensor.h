// Tensor in Python: `_C.TensorBase`, what Python's `class Tensor(_C.TensorBase)` derives from, and the way between a
// PyObject and a TensorImpl.
//
// Contract: a TensorImpl has at most one Python object, and wrap() always returns that one.
// Note [Who owns whom]
// Usually the Python object holds one counted reference to the impl, and the impl knows its object without owning it.
// When the last Python reference goes while C++ still holds the impl (a saved graph, a module), the finalizer turns this
// around: the impl owns the object (owns_pyobj), whose own reference is given up, so attributes and identity survive. The
// next wrap() turns it back. When the impl dies while it owns, the hook in c10 gives up the object. A weak reference
// may reach an object owned by its impl; if the impl dies meanwhile, the object gets a twin of it.
#pragma once

#include <tuple>
#include <vector>

#include "aten/core/TensorBase.h"
#include "python/support.h"
#include "python/types.h"

namespace tiny_torch {
namespace python {

struct TensorObject {
  PyObject_HEAD TensorBase tensor;
  PyObject* backward_hooks;
  PyObject* post_accumulate_grad_hooks;
};

extern TORCH_API PyTypeObject tensor_meta_type;
extern TORCH_API PyTypeObject tensor_base_type;
/// `Tensor` and `Parameter` once registered by _set_tensor_class / _set_parameter_class, TensorBase before.
extern TORCH_API PyTypeObject* tensor_class;
extern TORCH_API PyTypeObject* parameter_class;

/// Exactly Tensor or Parameter: no __torch_function__ of its own to ask.
inline bool is_tensor_exact(PyObject* o) { return Py_TYPE(o) == tensor_class || Py_TYPE(o) == parameter_class; }
inline bool is_tensor(PyObject* o) { return is_tensor_exact(o) || PyType_IsSubtype(Py_TYPE(o), &tensor_base_type); }
/// The tensor behind an object for which is_tensor() holds.
inline const TensorBase& unpack(PyObject* o) { return reinterpret_cast<TensorObject*>(o)->tensor; }
/// A handle that in-place and out= calls can write to.
inline TensorBase& unpack_mutable(PyObject* o) { return reinterpret_cast<TensorObject*>(o)->tensor; }

/// The object of `tensor`; None when it is undefined.
TORCH_API PyObject* wrap(const TensorBase& tensor);
TORCH_API PyObject* wrap(TensorBase&& tensor);
/// A new object of class `type` for a tensor that has none yet. RuntimeError when it has.
TORCH_API PyObject* wrap_as(PyTypeObject* type, TensorBase tensor);
/// Scalars give Python numbers.
TORCH_API PyObject* wrap(const Scalar& value);
inline PyObject* wrap(bool value) { return PyBool_FromLong(value); }
inline PyObject* wrap(int64_t value) { return PyLong_FromLongLong(value); }
inline PyObject* wrap(double value) { return PyFloat_FromDouble(value); }
inline PyObject* wrap(complex<double> value) { return PyComplex_FromDoubles(value.real(), value.imag()); }
TORCH_API PyObject* wrap(const std::string& text);
inline PyObject* wrap(const char*) = delete;
/// Lists of tensors and of ints come back as tuples, as in PyTorch.
TORCH_API PyObject* wrap(const std::vector<TensorBase>& tensors);
TORCH_API PyObject* wrap(const std::vector<int64_t>& values);
/// For functions without a result.
inline PyObject* wrap_none() { return Py_NewRef(Py_None); }

template <class... T>
PyObject* wrap(const std::tuple<T...>& values);
/// A struct sequence with the fields of `type` (see return_type()).
template <class... T>
PyObject* wrap(PyTypeObject* type, const std::tuple<T...>& values);

/// The class `torch.return_types.<name>` with these fields; made once, then found again.
/// Example: `static PyTypeObject* type = return_type("max", {"values", "indices"}); return wrap(type, result);`
TORCH_API PyTypeObject* return_type(const char* name, std::initializer_list<const char*> fields);

/// `_C.TensorBase`, its metaclass, and the functions that register classes.
void init_tensor(PyObject* module);

// ---- implementation ----

namespace wrap_detail {
template <class Tuple, size_t... I>
PyObject* wrap_fields(PyTypeObject* type, const Tuple& values, std::index_sequence<I...>) {
  PyRef result(type == nullptr ? check(PyTuple_New(sizeof...(I))) : check(PyStructSequence_New(type)));
  // A struct sequence is a tuple underneath; unset items are null, so a throw half way leaves it sound.
  const auto set = [&](size_t i, PyObject* item) {
    PyTuple_SET_ITEM(result.get(), static_cast<Py_ssize_t>(i), check(item));
  };
  (set(I, wrap(std::get<I>(values))), ...);
  return result.release();
}
}  // namespace wrap_detail

template <class... T>
PyObject* wrap(const std::tuple<T...>& values) {
  return wrap_detail::wrap_fields(nullptr, values, std::index_sequence_for<T...>());
}
template <class... T>
PyObject* wrap(PyTypeObject* type, const std::tuple<T...>& values) {
  return wrap_detail::wrap_fields(type, values, std::index_sequence_for<T...>());
}

}  // namespace python
}  // namespace tiny_torch
