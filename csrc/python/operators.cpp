// Calls of any operator of the dispatcher by its schema: what tiny_torch.ops is made of.
#include "aten/core/Library.h"
#include "python/ArgParser.h"
#include "python/ivalue.h"
#include "python/module.h"

namespace tiny_torch {
namespace python {
namespace {

OperatorEntry& find_operator(PyObject* full_name) {
  OperatorEntry* op = Dispatcher::singleton().find(as_utf8(full_name));
  TORCH_CHECK(op != nullptr && op->has_schema(), "no such operator: ", as_utf8(full_name));
  return *op;
}

// Where PyTorch takes a number for a tensor: the second operand of arithmetic.
bool takes_numbers(const FunctionSchema& s, const Argument& a) {
  return s.name.compare(0, 6, "aten::") == 0 && (a.name == "other" || a.name == "exponent");
}

struct Call {
  PyObject* args;
  PyObject* kwargs;  // or null
  Py_ssize_t positional() const { return PyTuple_GET_SIZE(args); }
  PyObject* keyword(const std::string& name) const {
    return kwargs == nullptr ? nullptr : PyDict_GetItemString(kwargs, name.c_str());
  }
};

std::string wrong_value(const FunctionSchema& s, size_t i, PyObject* value) {
  const Argument& a = s.arguments[i];
  const PyRef text(PyObject_Repr(value));
  if (!text) PyErr_Clear();
  return str(s.name, "() Expected a value of type '", a.type.str(), "' for argument '", a.name,
             "' but instead found type '", type_name(value), "'.\nPosition: ", i,
             "\nValue: ", text ? as_utf8(text.get()) : "?", "\nDeclaration: ", s.str());
}

/// Fills the stack; the reason when the call does not fit the schema, else an empty text.
std::string bind(const FunctionSchema& s, const Call& call, Stack& stack) {
  size_t positional = 0;
  for (const Argument& a : s.arguments) positional += a.kwarg_only ? 0 : 1;
  if (static_cast<size_t>(call.positional()) > positional) {
    if (positional == s.arguments.size())
      return str(s.name, "() expected at most ", positional, " argument(s) but received ",
                 call.positional() + (call.kwargs == nullptr ? 0 : PyDict_Size(call.kwargs)),
                 " argument(s). Declaration: ", s.str());
    return str(s.name, "() takes ", positional, " positional argument(s) but ", call.positional(),
               " was/were given.  Declaration: ", s.str());
  }
  Py_ssize_t used = 0;
  for (size_t i = 0; i < s.arguments.size(); ++i) {
    const Argument& a = s.arguments[i];
    PyObject* value = call.keyword(a.name);
    if (value != nullptr) ++used;
    if (!a.kwarg_only && static_cast<Py_ssize_t>(i) < call.positional()) {
      if (value != nullptr) return str(s.name, "() got multiple values for argument '", a.name, "'");
      value = PyTuple_GET_ITEM(call.args, static_cast<Py_ssize_t>(i));
    }
    if (value == nullptr) {
      if (!a.default_value.has_value())
        return str(s.name, "() is missing value for argument '", a.name, "'. Declaration: ", s.str());
      stack.push_back(*a.default_value);
      continue;
    }
    IValue converted;
    if (!to_ivalue(value, a.type, converted, takes_numbers(s, a))) return wrong_value(s, i, value);
    stack.push_back(std::move(converted));
  }
  if (call.kwargs != nullptr && used != PyDict_Size(call.kwargs)) {
    Py_ssize_t at = 0;
    PyObject *key = nullptr, *value = nullptr;
    while (PyDict_Next(call.kwargs, &at, &key, &value)) {
      bool known = false;
      for (const Argument& a : s.arguments) known = known || a.name == as_utf8(key);
      if (!known)
        return str("Unknown keyword argument '", as_utf8(key), "' for operator '", s.name, "'. Schema: ", s.str());
    }
  }
  return "";
}

/// _call_operator(function, names, args, kwargs): the first of the named overloads that takes the arguments.
PyObject* call_operator(PyObject*, PyObject* const* a, Py_ssize_t n) {
  HANDLE_ERRORS
  TORCH_CHECK_TYPE(n == 4 && PyTuple_Check(a[1]) && PyTuple_Check(a[2]) && PyDict_Check(a[3]),
                   "_call_operator(): expected a function, a tuple of names, args and kwargs");
  const Call call{a[2], a[3]};
  if (torch_function_enabled()) {
    const std::vector<PyObject*> overloaded = overloaded_arguments(call.args, call.kwargs);
    if (!overloaded.empty()) return dispatch_torch_function(overloaded, a[0], call.args, call.kwargs);
  }
  std::string reasons;
  const Py_ssize_t candidates = PyTuple_GET_SIZE(a[1]);
  for (Py_ssize_t i = 0; i < candidates; ++i) {
    const OperatorEntry& op = find_operator(PyTuple_GET_ITEM(a[1], i));
    Stack stack;
    const std::string reason = bind(op.schema(), call, stack);
    if (!reason.empty()) {
      reasons += candidates == 1 ? reason : reason + "\n\n";
      continue;
    }
    {
      const gil_scoped_release no_gil;
      op.call_boxed(stack);
    }
    return from_results(stack, op.schema()).release();
  }
  TORCH_CHECK(candidates == 1, "Overloaded torch operator invoked from Python failed to match any schema:\n", reasons);
  throw Error(reasons);
  END_HANDLE_ERRORS
}

PyRef describe(const Argument& a) {
  PyRef default_value =
      a.default_value.has_value() ? from_ivalue(*a.default_value, a.type) : PyRef::borrow(Py_Ellipsis);
  PyRef alias = PyRef::borrow(Py_None);
  if (a.type.alias.has_value())
    alias = PyRef(check(Py_BuildValue("(sO)", a.type.alias->set.c_str(), a.type.alias->is_write ? Py_True : Py_False)));
  const SchemaType& t = a.type;
  return PyRef(check(Py_BuildValue("(s(sOOLO)OOO)", a.name.c_str(), t.base.c_str(), t.is_list ? Py_True : Py_False,
                                   t.element_optional ? Py_True : Py_False, static_cast<long long>(t.list_size),
                                   t.is_optional ? Py_True : Py_False, default_value.get(),
                                   a.kwarg_only ? Py_True : Py_False, alias.get())));
}

PyRef describe(const std::vector<Argument>& arguments) {
  PyRef list(check(PyTuple_New(static_cast<Py_ssize_t>(arguments.size()))));
  for (size_t i = 0; i < arguments.size(); ++i)
    PyTuple_SET_ITEM(list.get(), static_cast<Py_ssize_t>(i), describe(arguments[i]).release());
  return list;
}

PyRef describe(const FunctionSchema& s) {
  const PyRef arguments = describe(s.arguments);
  const PyRef returns = describe(s.returns);
  return PyRef(check(Py_BuildValue("(ssOOs)", s.name.c_str(), s.overload_name.c_str(), arguments.get(), returns.get(),
                                   s.str().c_str())));
}

PyObject* operator_schema(PyObject*, PyObject* full_name) {
  HANDLE_ERRORS
  return describe(find_operator(full_name).schema()).release();
  END_HANDLE_ERRORS
}
PyObject* parse_schema_(PyObject*, PyObject* text) {
  HANDLE_ERRORS
  return describe(parse_schema(as_utf8(text), "")).release();
  END_HANDLE_ERRORS
}
PyObject* operator_overloads(PyObject*, PyObject* name) {
  HANDLE_ERRORS
  const PyRef list(check(PyList_New(0)));
  for (const OperatorEntry* op : Dispatcher::singleton().overloads(as_utf8(name))) {
    const PyRef full_name(check(wrap(op->full_name())));
    check(PyList_Append(list.get(), full_name.get()));
  }
  return check(PyList_AsTuple(list.get()));
  END_HANDLE_ERRORS
}
PyObject* operator_names(PyObject*, PyObject*) {
  HANDLE_ERRORS
  PyRef list(check(PyList_New(0)));
  for (const OperatorEntry* op : Dispatcher::singleton().all()) {
    if (!op->has_schema()) continue;
    const PyRef full_name(check(wrap(op->full_name())));
    check(PyList_Append(list.get(), full_name.get()));
  }
  return list.release();
  END_HANDLE_ERRORS
}
PyObject* has_kernel(PyObject*, PyObject* args) {
  HANDLE_ERRORS
  PyObject *name = nullptr, *key = nullptr;
  if (!PyArg_ParseTuple(args, "UU:_dispatch_has_kernel_for_dispatch_key", &name, &key)) return nullptr;
  return PyBool_FromLong(find_operator(name).registered(parse_dispatch_key(as_utf8(key))).is_valid());
  END_HANDLE_ERRORS
}
PyObject* dump_operator(PyObject*, PyObject* name) {
  HANDLE_ERRORS
  return wrap(find_operator(name).dump());
  END_HANDLE_ERRORS
}
PyObject* load_library_(PyObject*, PyObject* path) {
  HANDLE_ERRORS
  const std::string file = as_utf8(path);
  const gil_scoped_release no_gil;
  load_library(file);
  END_HANDLE_ERRORS
  Py_RETURN_NONE;
}

PyMethodDef functions[] = {
    {"_call_operator", as_cfunction(call_operator), METH_FASTCALL, nullptr},
    {"_operator_schema", &operator_schema, METH_O, "The schema of 'ns::name.overload' as nested tuples."},
    {"_parse_schema_text", &parse_schema_, METH_O, nullptr},
    {"_operator_overloads", &operator_overloads, METH_O, "Full names of the overloads of 'ns::name', in order."},
    {"_dispatch_get_all_op_names", &operator_names, METH_NOARGS, "Full names of all operators."},
    {"_dispatch_has_kernel_for_dispatch_key", &has_kernel, METH_VARARGS, nullptr},
    {"_dispatch_dump", &dump_operator, METH_O, "What is registered for an operator, as text."},
    {"_load_library", &load_library_, METH_O, nullptr},
    {nullptr, nullptr, 0, nullptr},
};

}  // namespace

void init_operators(PyObject* module) { check(PyModule_AddFunctions(module, functions)); }

}  // namespace python
}  // namespace tiny_torch
