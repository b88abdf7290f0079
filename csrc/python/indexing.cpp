#include "python/Tensor.h"
#include "python/module.h"

namespace tiny_torch {
namespace python {
PyObject* tensor_getitem(PyObject*, PyObject*) { PyErr_SetString(PyExc_NotImplementedError, "indexing"); return nullptr; }
int tensor_setitem(PyObject*, PyObject*, PyObject*) { PyErr_SetString(PyExc_NotImplementedError, "indexing"); return -1; }
}  // namespace python
}  // namespace tiny_torch
