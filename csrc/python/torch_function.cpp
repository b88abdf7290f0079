// __torch_function__: classes that take over operators called with their instances.
#include <algorithm>
#include <cstring>
#include <utility>

#include "python/ArgParser.h"

namespace tiny_torch {
namespace python {
namespace {

thread_local bool enabled TORCH_TLS_INITIAL_EXEC = true;
PyObject* disabled_implementation = nullptr;  // _C._disabled_torch_function_impl

// This thread's modes, a list whose last one is asked before any class; made when the first is entered.
thread_local PyObject* modes TORCH_TLS_INITIAL_EXEC = nullptr;

PyObject* attribute_name() {
  static PyObject* name = PyUnicode_InternFromString("__torch_function__");
  return name;
}

// The class attribute, or null; errors other than its absence are none of ours to report here.
PyRef implementation_of(PyObject* o) {
  PyObject* found = PyObject_GetAttr(reinterpret_cast<PyObject*>(Py_TYPE(o)), attribute_name());
  if (found == nullptr) PyErr_Clear();
  return PyRef(found);
}

// PyTorch's own tensors beside ours: their default would call our function again, and so on without end.
bool is_default_of_pytorch(PyObject* implementation) {
  if (PyCFunction_Check(implementation)) {
    return std::strcmp(reinterpret_cast<PyCFunctionObject*>(implementation)->m_ml->ml_name,
                       "_disabled_torch_function_impl") == 0;
  }
  if (!PyMethod_Check(implementation)) return false;
  PyObject* function = PyMethod_GET_FUNCTION(implementation);
  if (!PyFunction_Check(function)) return false;
  PyObject* module = PyFunction_GetModule(function);
  if (module == nullptr || !PyUnicode_Check(module) || PyUnicode_CompareWithASCIIString(module, "torch._tensor") != 0)
    return false;
  // Ours has that name as well once it stands in for PyTorch.
  PyObject* own = PyDict_GetItemString(PyImport_GetModuleDict(), "tiny_torch._tensor");
  return own == nullptr || PyModule_GetDict(own) != PyFunction_GetGlobals(function);
}

void collect(PyObject* o, std::vector<PyObject*>& overloaded) {
  if (o == nullptr || !has_torch_function(o)) return;
  for (PyObject* known : overloaded) {
    if (Py_TYPE(known) == Py_TYPE(o)) return;
  }
  // Subclasses are asked before their bases, otherwise from left to right.
  auto at = std::find_if(overloaded.begin(), overloaded.end(),
                         [&](PyObject* known) { return PyType_IsSubtype(Py_TYPE(o), Py_TYPE(known)); });
  overloaded.insert(at, o);
}

void collect_all(PyObject* o, std::vector<PyObject*>& overloaded) {
  if (o != nullptr && (PyTuple_Check(o) || PyList_Check(o))) {
    for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(o); ++i) collect(PySequence_Fast_GET_ITEM(o, i), overloaded);
  } else {
    collect(o, overloaded);
  }
}

PyObject* disabled_torch_function_impl(PyObject*, PyObject* args) {
  PyObject *function = nullptr, *types = nullptr, *call_args = nullptr, *call_kwargs = nullptr;
  if (!PyArg_UnpackTuple(args, "_disabled_torch_function_impl", 2, 4, &function, &types, &call_args, &call_kwargs))
    return nullptr;
  static thread_local PyObject* running TORCH_TLS_INITIAL_EXEC = nullptr;
  // PyTorch met one of our Parameters: the same call comes back at once, and it is not ours to answer.
  if (running == function && !enabled) Py_RETURN_NOTIMPLEMENTED;
  PyObject* const outer = std::exchange(running, function);
  const bool before = set_torch_function_enabled(false);
  PyRef empty;
  if (call_args == nullptr) {
    empty = PyRef(PyTuple_New(0));
    call_args = empty.get();
  }
  PyObject* result = PyObject_Call(function, call_args, call_kwargs == Py_None ? nullptr : call_kwargs);
  set_torch_function_enabled(before);
  running = outer;
  return result;
}

PyObject* py_push_mode(PyObject*, PyObject* mode) {
  if (modes == nullptr) modes = PyList_New(0);
  if (modes == nullptr || PyList_Append(modes, mode) < 0) return nullptr;
  Py_RETURN_NONE;
}
PyObject* py_pop_mode(PyObject*, PyObject*) {
  HANDLE_ERRORS
  TORCH_CHECK(torch_function_modes_active(), "there is no torch function mode to leave");
  const Py_ssize_t last = PyList_GET_SIZE(modes) - 1;
  PyRef mode = PyRef::borrow(PyList_GET_ITEM(modes, last));
  check(PyList_SetSlice(modes, last, last + 1, nullptr));
  return mode.release();
  END_HANDLE_ERRORS
}
PyObject* py_count_modes(PyObject*, PyObject*) {
  return PyLong_FromSsize_t(modes == nullptr ? 0 : PyList_GET_SIZE(modes));
}

/// Asks the innermost mode, which is off meanwhile. Null with an error set.
PyObject* call_mode(PyObject* function, PyObject* types, PyObject* args, PyObject* kwargs) {
  const PyRef mode(py_pop_mode(nullptr, nullptr));
  if (!mode) return nullptr;
  const PyRef method(PyObject_GetAttr(mode.get(), attribute_name()));
  PyObject* result =
      method ? PyObject_CallFunctionObjArgs(method.get(), function, types, args, kwargs, nullptr) : nullptr;
  const ErrorStash stash;
  if (PyList_Append(modes, mode.get()) < 0) PyErr_Clear();
  return result;
}
PyObject* py_call_mode(PyObject*, PyObject* const* args, Py_ssize_t n) {
  HANDLE_ERRORS
  TORCH_CHECK_TYPE(n == 4, "_call_torch_function_mode() takes 4 arguments");
  return call_mode(args[0], args[1], args[2], args[3]);
  END_HANDLE_ERRORS
}

PyObject* py_set_enabled(PyObject*, PyObject* value) {
  return PyBool_FromLong(set_torch_function_enabled(value == Py_True));
}
PyObject* py_is_enabled(PyObject*, PyObject*) { return PyBool_FromLong(enabled); }
PyObject* py_has(PyObject*, PyObject* objects) {
  PyRef sequence(PySequence_Fast(objects, "has_torch_function(): expected a sequence"));
  if (!sequence) return nullptr;
  bool any = torch_function_modes_active();
  for (Py_ssize_t i = 0; enabled && i < PySequence_Fast_GET_SIZE(sequence.get()); ++i)
    any = any || has_torch_function(PySequence_Fast_GET_ITEM(sequence.get(), i));
  return PyBool_FromLong(any);
}
PyObject* py_has_variadic(PyObject*, PyObject* const* args, Py_ssize_t n) {
  bool any = torch_function_modes_active();
  for (Py_ssize_t i = 0; enabled && i < n; ++i) any = any || has_torch_function(args[i]);
  return PyBool_FromLong(any);
}
PyObject* py_has_unary(PyObject*, PyObject* o) {
  return PyBool_FromLong(torch_function_modes_active() || (enabled && has_torch_function(o)));
}

PyMethodDef methods[] = {
    {"_disabled_torch_function_impl", disabled_torch_function_impl, METH_VARARGS,
     "A __torch_function__ that takes nothing over."},
    {"_set_torch_function_enabled", py_set_enabled, METH_O,
     "Turns __torch_function__ on or off for this thread; returns what it was."},
    {"_is_torch_function_enabled", py_is_enabled, METH_NOARGS, "Whether __torch_function__ is asked on this thread."},
    {"_has_torch_function", py_has, METH_O, "Whether any object of a sequence overrides __torch_function__."},
    {"_has_torch_function_unary", py_has_unary, METH_O, "Whether the object overrides __torch_function__."},
    {"_has_torch_function_variadic", as_cfunction(py_has_variadic), METH_FASTCALL,
     "Whether any argument overrides __torch_function__."},
    {"_push_torch_function_mode", py_push_mode, METH_O, nullptr},
    {"_pop_torch_function_mode", py_pop_mode, METH_NOARGS, nullptr},
    {"_len_torch_function_stack", py_count_modes, METH_NOARGS, "Modes that are entered on this thread."},
    {"_call_torch_function_mode", as_cfunction(py_call_mode), METH_FASTCALL, nullptr},
    {nullptr, nullptr, 0, nullptr},
};

}  // namespace

bool torch_function_modes_active() { return modes != nullptr && PyList_GET_SIZE(modes) != 0; }
bool torch_function_enabled() { return enabled; }
bool set_torch_function_enabled(bool on) { return std::exchange(enabled, on); }

bool has_torch_function(PyObject* o) {
  PyTypeObject* type = Py_TYPE(o);
  if (is_tensor_exact(o) || PyLong_CheckExact(o) || PyFloat_CheckExact(o) || type == &PyTuple_Type ||
      type == &PyList_Type || type == &PyUnicode_Type || type == &PyBool_Type || o == Py_None || type == &PyType_Type ||
      type == &PyDict_Type) {
    return false;
  }
  const PyRef found = implementation_of(o);
  return found && found.get() != disabled_implementation && !is_default_of_pytorch(found.get());
}

std::vector<PyObject*> overloaded_arguments(PyObject* args, PyObject* kwargs) {
  std::vector<PyObject*> overloaded;
  for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(args); ++i) collect_all(PyTuple_GET_ITEM(args, i), overloaded);
  Py_ssize_t at = 0;
  PyObject *key = nullptr, *value = nullptr;
  while (kwargs != nullptr && PyDict_Next(kwargs, &at, &key, &value)) collect_all(value, overloaded);
  return overloaded;
}

PyObject* dispatch_torch_function(const std::vector<PyObject*>& overloaded, PyObject* function, PyObject* args,
                                  PyObject* kwargs) {
  PyRef types(check(PyTuple_New(static_cast<Py_ssize_t>(overloaded.size()))));
  for (size_t i = 0; i < overloaded.size(); ++i)
    PyTuple_SET_ITEM(types.get(), static_cast<Py_ssize_t>(i),
                     Py_NewRef(reinterpret_cast<PyObject*>(Py_TYPE(overloaded[i]))));
  PyRef no_args, no_kwargs;
  if (args == nullptr) {
    no_args = PyRef(check(PyTuple_New(0)));
    args = no_args.get();
  }
  if (kwargs == nullptr) {
    no_kwargs = PyRef(check(PyDict_New()));
    kwargs = no_kwargs.get();
  }
  if (torch_function_modes_active()) {
    PyRef result(check(call_mode(function, types.get(), args, kwargs)));
    if (result.get() != Py_NotImplemented) return result.release();
  }
  for (PyObject* o : overloaded) {
    const PyRef implementation = implementation_of(o);
    PyRef result(
        check(PyObject_CallFunctionObjArgs(implementation.get(), function, types.get(), args, kwargs, nullptr)));
    if (result.get() != Py_NotImplemented) return result.release();
  }
  std::string names;
  for (PyObject* o : overloaded) names += (names.empty() ? "" : ", ") + std::string(type_name(o));
  throw TypeError(
      str("no implementation found for the called function on types that implement __torch_function__: [", names, "]"));
}

PyObject* PythonArgs::call_torch_function() {
  std::vector<PyObject*> overloaded;
  if (self_ != nullptr) collect(self_, overloaded);
  const Py_ssize_t nkw = kwnames_ == nullptr ? 0 : PyTuple_GET_SIZE(kwnames_);
  for (Py_ssize_t i = 0; i < nargs_ + nkw; ++i) collect_all(args_[i], overloaded);
  const Py_ssize_t offset = self_ != nullptr ? 1 : 0;
  PyRef args(check(PyTuple_New(nargs_ + offset)));
  if (self_ != nullptr) PyTuple_SET_ITEM(args.get(), 0, Py_NewRef(self_));
  for (Py_ssize_t i = 0; i < nargs_; ++i) PyTuple_SET_ITEM(args.get(), i + offset, Py_NewRef(args_[i]));
  PyRef kwargs(check(PyDict_New()));
  for (Py_ssize_t i = 0; i < nkw; ++i)
    check(PyDict_SetItem(kwargs.get(), PyTuple_GET_ITEM(kwnames_, i), args_[nargs_ + i]));
  PyRef owner;
  if (self_ != nullptr) {
    owner = PyRef::borrow(reinterpret_cast<PyObject*>(tensor_class));
  } else {
    const PyRef module(check(PyImport_ImportModule("tiny_torch._C")));
    owner = *parser_->module() == '\0' ? PyRef::borrow(module.get())
                                       : PyRef(check(PyObject_GetAttrString(module.get(), parser_->module())));
  }
  const PyRef function(check(PyObject_GetAttrString(owner.get(), parser_->name())));
  return dispatch_torch_function(overloaded, function.get(), args.get(), kwargs.get());
}

void init_torch_function(PyObject* module) {
  check(PyModule_AddFunctions(module, methods));
  disabled_implementation = check(PyObject_GetAttrString(module, "_disabled_torch_function_impl"));
}

}  // namespace python
}  // namespace tiny_torch
