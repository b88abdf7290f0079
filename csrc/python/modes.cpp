// What a thread has switched on: recording of gradients, inference mode, __torch_function__.
#include "python/ArgParser.h"
#include "python/Tensor.h"
#include "python/module.h"

namespace tiny_torch {
namespace python {

namespace {

bool to_flag(PyObject* o, const char* function) {
  TORCH_CHECK_TYPE(PyBool_Check(o), function, "(): argument must be bool, not ", type_name(o));
  return o == Py_True;
}

PyObject* is_grad_enabled(PyObject*, PyObject*) { return PyBool_FromLong(GradMode::is_enabled()); }
PyObject* set_grad_enabled(PyObject*, PyObject* enabled) {
  HANDLE_ERRORS
  GradMode::set_enabled(to_flag(enabled, "set_grad_enabled"));
  Py_RETURN_NONE;
  END_HANDLE_ERRORS
}
PyObject* is_inference_mode_enabled(PyObject*, PyObject*) { return PyBool_FromLong(inference_mode_enabled()); }

PyMethodDef functions[] = {
    {"is_grad_enabled", &is_grad_enabled, METH_NOARGS, "Whether operations on this thread record gradients."},
    {"_set_grad_enabled", &set_grad_enabled, METH_O, nullptr},
    {"is_inference_mode_enabled", &is_inference_mode_enabled, METH_NOARGS,
     "Whether inference mode is on for this thread."},
    {nullptr, nullptr, 0, nullptr},
};

// ---- inference mode as a context manager ----

struct InferenceModeObject {
  PyObject_HEAD InferenceMode* guard;
  bool enabled;
};
PyObject* inference_mode_new(PyTypeObject* type, PyObject* args, PyObject*) {
  HANDLE_ERRORS
  PyObject* enabled = Py_True;
  if (!PyArg_ParseTuple(args, "|O:_InferenceMode", &enabled)) return nullptr;
  const bool flag = to_flag(enabled, "_InferenceMode");
  PyObject* o = check(type->tp_alloc(type, 0));
  reinterpret_cast<InferenceModeObject*>(o)->enabled = flag;
  return o;
  END_HANDLE_ERRORS
}
PyObject* inference_mode_enter(PyObject* self, PyObject*) {
  HANDLE_ERRORS
  auto* mode = reinterpret_cast<InferenceModeObject*>(self);
  TORCH_CHECK(mode->guard == nullptr, "inference_mode is already entered");
  mode->guard = new InferenceMode(mode->enabled);
  return Py_NewRef(self);
  END_HANDLE_ERRORS
}
PyObject* inference_mode_exit(PyObject* self, PyObject*) {
  delete std::exchange(reinterpret_cast<InferenceModeObject*>(self)->guard, nullptr);
  Py_RETURN_NONE;
}
void inference_mode_dealloc(PyObject* self) {
  // A guard that was never left stays in force: undoing it here could hit another thread or scope.
  PyTypeObject* type = Py_TYPE(self);
  type->tp_free(self);
  Py_DECREF(type);
}
PyMethodDef inference_mode_methods[] = {
    {"__enter__", &inference_mode_enter, METH_NOARGS, nullptr},
    {"__exit__", &inference_mode_exit, METH_VARARGS, nullptr},
    {nullptr, nullptr, 0, nullptr},
};
PyType_Slot inference_mode_slots[] = {
    {Py_tp_new, reinterpret_cast<void*>(&inference_mode_new)},
    {Py_tp_dealloc, reinterpret_cast<void*>(&inference_mode_dealloc)},
    {Py_tp_methods, inference_mode_methods},
    {0, nullptr},
};
PyType_Spec inference_mode_spec = {"torch._C._InferenceMode", sizeof(InferenceModeObject), 0, Py_TPFLAGS_DEFAULT,
                                   inference_mode_slots};

// ---- __torch_function__ ----

struct DisabledObject {
  PyObject_HEAD bool is_entered;
  bool was_enabled;
};
PyObject* disabled_enter(PyObject* self, PyObject*) {
  HANDLE_ERRORS
  auto* scope = reinterpret_cast<DisabledObject*>(self);
  TORCH_CHECK(!scope->is_entered, "the scope is already entered");
  scope->was_enabled = set_torch_function_enabled(false);
  scope->is_entered = true;
  return Py_NewRef(self);
  END_HANDLE_ERRORS
}
PyObject* disabled_exit(PyObject* self, PyObject*) {
  auto* scope = reinterpret_cast<DisabledObject*>(self);
  if (scope->is_entered) set_torch_function_enabled(scope->was_enabled);
  scope->is_entered = false;
  Py_RETURN_NONE;
}
PyMethodDef disabled_methods[] = {
    {"__enter__", &disabled_enter, METH_NOARGS, nullptr},
    {"__exit__", &disabled_exit, METH_VARARGS, nullptr},
    {nullptr, nullptr, 0, nullptr},
};
PyType_Slot disabled_slots[] = {
    {Py_tp_new, reinterpret_cast<void*>(&PyType_GenericNew)},
    {Py_tp_methods, disabled_methods},
    {Py_tp_doc, const_cast<char*>("Inside, tensors of subclasses are handled like plain ones.")},
    {0, nullptr},
};
PyType_Spec disabled_spec = {"torch._C.DisableTorchFunctionSubclass", sizeof(DisabledObject), 0, Py_TPFLAGS_DEFAULT,
                             disabled_slots};

}  // namespace

void init_modes(PyObject* module) {
  add_type(module, &inference_mode_spec);
  PyTypeObject* disabled = add_type(module, &disabled_spec);
  check(PyModule_AddObjectRef(module, "DisableTorchFunction", reinterpret_cast<PyObject*>(disabled)));
  check(PyModule_AddFunctions(module, functions));
}

}  // namespace python
}  // namespace tiny_torch
