// What the files in generated/python give to the hand-written bindings.
#pragma once

#include "python/support.h"

namespace tiny_torch {
namespace python {

using FastMethod = PyObject* (*)(PyObject* self, PyObject* const* args, Py_ssize_t nargs, PyObject* kwnames);

/// Methods of Tensor, METH_FASTCALL | METH_KEYWORDS, ended by an entry without a name.
extern PyMethodDef tensor_methods[];

/// Fills `_C._VariableFunctions` and the other namespaces of functions.
void add_generated_functions(PyObject* module);

/// Makes every class of `torch.return_types`, those of results that were not there yet included.
void make_return_types();

}  // namespace python
}  // namespace tiny_torch
