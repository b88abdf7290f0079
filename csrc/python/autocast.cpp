// The state of autocast that a thread has; tiny_torch.amp makes context managers of it.
#include "autograd/autocast_mode.h"
#include "python/module.h"
#include "python/types.h"

namespace tiny_torch {
namespace python {

namespace {

DeviceType device_type_of(const char* name) { return Device(name).type(); }

bool flag_of(PyObject* o, const char* function) {
  TORCH_CHECK_TYPE(PyBool_Check(o), function, "(): argument 'enabled' must be bool, not ", type_name(o));
  return o == Py_True;
}

PyObject* is_enabled(PyObject*, PyObject* args, PyObject* kwargs) {
  HANDLE_ERRORS
  static const char* names[] = {"device_type", nullptr};
  const char* device = "cuda";
  if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|s:is_autocast_enabled", const_cast<char**>(names), &device))
    return nullptr;
  return PyBool_FromLong(autocast::is_autocast_enabled(device_type_of(device)));
  END_HANDLE_ERRORS
}
PyObject* set_enabled(PyObject*, PyObject* args, PyObject* kwargs) {
  HANDLE_ERRORS
  static const char* names[] = {"device_type", "enabled", nullptr};
  const char* device = "cuda";
  PyObject* enabled = nullptr;
  // set_autocast_enabled(enabled) is the older form, for CUDA.
  if (PyTuple_GET_SIZE(args) == 1 && kwargs == nullptr && PyBool_Check(PyTuple_GET_ITEM(args, 0))) {
    enabled = PyTuple_GET_ITEM(args, 0);
  } else if (!PyArg_ParseTupleAndKeywords(args, kwargs, "sO:set_autocast_enabled", const_cast<char**>(names), &device,
                                          &enabled)) {
    return nullptr;
  }
  autocast::set_autocast_enabled(device_type_of(device), flag_of(enabled, "set_autocast_enabled"));
  Py_RETURN_NONE;
  END_HANDLE_ERRORS
}
PyObject* get_dtype(PyObject*, PyObject* args, PyObject* kwargs) {
  HANDLE_ERRORS
  static const char* names[] = {"device_type", nullptr};
  const char* device = nullptr;
  if (!PyArg_ParseTupleAndKeywords(args, kwargs, "s:get_autocast_dtype", const_cast<char**>(names), &device))
    return nullptr;
  return wrap(autocast::get_autocast_dtype(device_type_of(device)));
  END_HANDLE_ERRORS
}
PyObject* set_dtype(PyObject*, PyObject* args, PyObject* kwargs) {
  HANDLE_ERRORS
  static const char* names[] = {"device_type", "dtype", nullptr};
  const char* device = nullptr;
  PyObject* dtype = nullptr;
  if (!PyArg_ParseTupleAndKeywords(args, kwargs, "sO!:set_autocast_dtype", const_cast<char**>(names), &device,
                                   dtype_type, &dtype))
    return nullptr;
  autocast::set_autocast_dtype(device_type_of(device), unpack_dtype(dtype));
  Py_RETURN_NONE;
  END_HANDLE_ERRORS
}
PyObject* is_cache_enabled(PyObject*, PyObject*) { return PyBool_FromLong(autocast::is_autocast_cache_enabled()); }
PyObject* set_cache_enabled(PyObject*, PyObject* enabled) {
  HANDLE_ERRORS
  autocast::set_autocast_cache_enabled(flag_of(enabled, "set_autocast_cache_enabled"));
  Py_RETURN_NONE;
  END_HANDLE_ERRORS
}
PyObject* clear_cache(PyObject*, PyObject*) {
  autocast::clear_cache();
  Py_RETURN_NONE;
}
PyObject* increment(PyObject*, PyObject*) { return PyLong_FromLong(autocast::increment_nesting()); }
PyObject* decrement(PyObject*, PyObject*) { return PyLong_FromLong(autocast::decrement_nesting()); }

PyMethodDef functions[] = {
    {"is_autocast_enabled", as_cfunction(&is_enabled), METH_VARARGS | METH_KEYWORDS,
     "is_autocast_enabled(device_type) -> bool\n\nWhether autocast is on for this thread and devices of this type."},
    {"set_autocast_enabled", as_cfunction(&set_enabled), METH_VARARGS | METH_KEYWORDS,
     "set_autocast_enabled(device_type, enabled)\n\nSwitches autocast for this thread; torch.autocast does it for a "
     "scope."},
    {"get_autocast_dtype", as_cfunction(&get_dtype), METH_VARARGS | METH_KEYWORDS,
     "get_autocast_dtype(device_type) -> dtype\n\nThe short dtype of autocast: bfloat16 on the CPU unless set."},
    {"set_autocast_dtype", as_cfunction(&set_dtype), METH_VARARGS | METH_KEYWORDS,
     "set_autocast_dtype(device_type, dtype)\n\nSets the short dtype of autocast for this thread."},
    {"is_autocast_cache_enabled", &is_cache_enabled, METH_NOARGS, "Whether casts of weights are kept within a scope."},
    {"set_autocast_cache_enabled", &set_cache_enabled, METH_O, "Switches the cache of weights' casts."},
    {"clear_autocast_cache", &clear_cache, METH_NOARGS, "Forgets the casts of weights."},
    {"autocast_increment_nesting", &increment, METH_NOARGS, "One scope deeper; returns the depth."},
    {"autocast_decrement_nesting", &decrement, METH_NOARGS, "One scope less deep; returns the depth."},
    {nullptr, nullptr, 0, nullptr},
};

}  // namespace

void init_autocast(PyObject* module) { check(PyModule_AddFunctions(module, functions)); }

}  // namespace python
}  // namespace tiny_torch
