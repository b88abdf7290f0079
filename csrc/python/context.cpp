// Settings of the process that Python shares with at::globalContext().
#include "aten/core/Context.h"

#include "python/module.h"

namespace tiny_torch {
namespace python {

namespace {

PyObject* get_deterministic(PyObject*, PyObject*) { return PyBool_FromLong(globalContext().deterministicAlgorithms()); }
PyObject* get_warn_only(PyObject*, PyObject*) {
  return PyBool_FromLong(globalContext().deterministicAlgorithmsWarnOnly());
}
PyObject* set_deterministic(PyObject*, PyObject* args, PyObject* kwargs) {
  static const char* names[] = {"mode", "warn_only", nullptr};
  int mode = 0, warn_only = 0;
  if (!PyArg_ParseTupleAndKeywords(args, kwargs, "p|$p:_set_deterministic_algorithms", const_cast<char**>(names), &mode,
                                   &warn_only))
    return nullptr;
  globalContext().setDeterministicAlgorithms(mode != 0, warn_only != 0);
  Py_RETURN_NONE;
}
PyObject* get_precision(PyObject*, PyObject*) {
  return PyUnicode_FromString(to_string(globalContext().float32MatmulPrecision()));
}
PyObject* set_precision(PyObject*, PyObject* name) {
  HANDLE_ERRORS
  globalContext().setFloat32MatmulPrecision(as_utf8(name));
  Py_RETURN_NONE;
  END_HANDLE_ERRORS
}

PyMethodDef functions[] = {
    {"_get_deterministic_algorithms", &get_deterministic, METH_NOARGS, nullptr},
    {"_get_deterministic_algorithms_warn_only", &get_warn_only, METH_NOARGS, nullptr},
    {"_set_deterministic_algorithms", as_cfunction(&set_deterministic), METH_VARARGS | METH_KEYWORDS,
     "_set_deterministic_algorithms(mode, *, warn_only=False)"},
    {"_get_float32_matmul_precision", &get_precision, METH_NOARGS, nullptr},
    {"_set_float32_matmul_precision", &set_precision, METH_O, nullptr},
    {nullptr, nullptr, 0, nullptr},
};

}  // namespace

void init_context(PyObject* module) { check(PyModule_AddFunctions(module, functions)); }

}  // namespace python
}  // namespace tiny_torch
