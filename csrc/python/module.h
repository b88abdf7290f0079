// Parts of `_C` and what its files share.
#pragma once

#include <optional>

#include "aten/core/TensorBase.h"
#include "autograd/Node.h"
#include "python/support.h"

namespace tiny_torch {
namespace python {

// ---- autograd_*.cpp ----

/// Bindings of autograd: Node, Function, hooks, backward.
void init_autograd(PyObject* module);
/// The Python object of a node, a new reference; None for no node.
PyObject* wrap_node(const intrusive_ptr<autodiff::Node>& node);
/// `tensor._backward_hooks = dict`: from now on backward calls the hooks in `dict` (null: no more).
void set_backward_hooks(PyObject* tensor, PyObject* dict);
/// The same for `tensor._post_accumulate_grad_hooks`.
void set_post_accumulate_grad_hooks(PyObject* tensor, PyObject* dict);

/// For the garbage collector: visits the dicts of Python hooks that only `tensor` owns.
int visit_hooks(const TensorBase& tensor, visitproc visitor, void* arg);

// ---- methods of Tensor ----

using FastFunction = PyObject* (*)(PyObject* self, PyObject* const* args, Py_ssize_t nargs, PyObject* kwnames);

/// The fast-call method `name` of TensorBase, hand-written or generated; null when there is none.
FastFunction find_method(const char* name);
/// Calls it; NotImplementedError when there is none. A new reference, or throws python_error.
PyRef call_method(const char* name, PyObject* self, std::initializer_list<PyObject*> args = {});
/// Calls `_C._VariableFunctions.<name>`. A new reference, or null with an error set.
PyObject* call_function(const char* name, PyObject* const* args, size_t nargs);

extern PyMethodDef tensor_own_methods[];      // tensor_methods.cpp
extern PyMethodDef tensor_convert_methods[];  // tensor_convert.cpp
extern PyGetSetDef tensor_properties[];       // tensor_properties.cpp
void init_tensor_slots(PyTypeObject& type);   // tensor_slots.cpp

/// tensor.item().
PyObject* tensor_item(PyObject* self, PyObject* unused = nullptr);

/// A Python number as a Scalar; nothing for other objects. ValueError for ints beyond 64 bits.
std::optional<Scalar> to_scalar(PyObject* o);
/// An int as a Scalar. What only an unsigned 64-bit integer holds travels as a float; OverflowError beyond that.
Scalar integer_scalar(PyObject* o);

/// Python indexing (indexing.cpp): tensor[key] and tensor[key] = value.
PyObject* tensor_getitem(PyObject* self, PyObject* key);
int tensor_setitem(PyObject* self, PyObject* key, PyObject* value);

/// Data in any form that torch.tensor() takes, as a new CPU tensor (of `dtype` if given, else as inferred).
/// `function` names the caller in messages.
TensorBase tensor_from_data(PyObject* data, std::optional<ScalarType> dtype, const char* function);
/// torch.Tensor(...): sizes, data, another tensor, or nothing.
TensorBase legacy_tensor(PyObject* args, PyObject* kwargs);

extern PyMethodDef tensor_numpy_methods[];  // numpy.cpp
extern PyMethodDef tensor_new_methods[];    // tensor_new.cpp
void init_modes(PyObject* module);
void init_autocast(PyObject* module);
void init_context(PyObject* module);
void init_operators(PyObject* module);  // operators.cpp: calls by schema
void init_library(PyObject* module);    // library.cpp: operators and kernels from Python
void init_tensor_methods(PyObject* module);
extern PyMethodDef tensor_memory_methods[];  // tensor_memory.cpp
extern PyMethodDef tensor_index_methods[];   // indexing.cpp
void init_indexing(PyObject* module);
void init_tensor_new(PyObject* module);
void init_numpy(PyObject* module);
void init_dlpack(PyObject* module);

}  // namespace python
}  // namespace tiny_torch
