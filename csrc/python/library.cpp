// Operators defined and implemented in Python: what tiny_torch.library is made of.
#include "aten/core/Library.h"

#include "python/ivalue.h"
#include "python/module.h"

namespace tiny_torch {
namespace python {
namespace {

// A Python callable as a kernel. It outlives the interpreter if the dispatcher does.
struct PythonKernel final : KernelFunctor {
  PythonKernel(PyObject* f, bool keys) : function(Py_NewRef(f)), with_keys(keys) {}
  PythonKernel(const PythonKernel&) = delete;
  PythonKernel& operator=(const PythonKernel&) = delete;
  ~PythonKernel() override {
    if (!interpreter_alive()) return;
    const gil_scoped_acquire gil;
    Py_DECREF(function);
  }
  PyObject* function;
  bool with_keys;
};

bool is_default(const IValue& value, const std::optional<IValue>& default_value) {
  using Tag = IValue::Tag;
  if (!default_value.has_value() || default_value->tag() != value.tag()) return false;
  switch (value.tag()) {
    case Tag::None:
      return true;
    case Tag::Int:
      return value.to_int() == default_value->to_int();
    case Tag::Double:
      return value.to_double() == default_value->to_double();
    case Tag::Bool:
      return value.to_bool() == default_value->to_bool();
    case Tag::String:
      return value.to_string() == default_value->to_string();
    case Tag::IntList:
      return value.to_int_list() == default_value->to_int_list();
    case Tag::DoubleList:
      return value.to_double_list() == default_value->to_double_list();
    case Tag::BoolList:
      return value.to_bool_list() == default_value->to_bool_list();
    default:
      return false;
  }
}

// As PyTorch does, leaves out what equals its default at the end of the positional arguments and among the others, so
// that a kernel need not name them.
void call_python(KernelFunctor* functor, const OperatorEntry& op, DispatchKeySet keys, Stack& stack) {
  const gil_scoped_acquire gil;
  const auto& kernel = *static_cast<PythonKernel*>(functor);
  const FunctionSchema& schema = op.schema();
  size_t positional = 0;
  while (positional < schema.arguments.size() && !schema.arguments[positional].kwarg_only) ++positional;
  size_t given = positional;
  while (given > 0 && is_default(stack[given - 1], schema.arguments[given - 1].default_value)) --given;
  const size_t first = kernel.with_keys ? 1 : 0;
  const PyRef args(check(PyTuple_New(static_cast<Py_ssize_t>(given + first))));
  if (kernel.with_keys) PyTuple_SET_ITEM(args.get(), 0, check(PyLong_FromUnsignedLong(keys.bits())));
  for (size_t i = 0; i < given; ++i)
    PyTuple_SET_ITEM(args.get(), static_cast<Py_ssize_t>(i + first),
                     from_ivalue(stack[i], schema.arguments[i].type).release());
  const PyRef kwargs(check(PyDict_New()));
  for (size_t i = positional; i < stack.size(); ++i) {
    const Argument& a = schema.arguments[i];
    if (is_default(stack[i], a.default_value)) continue;
    check(PyDict_SetItemString(kwargs.get(), a.name.c_str(), from_ivalue(stack[i], a.type).get()));
  }
  const PyRef result(check(PyObject_Call(kernel.function, args.get(), kwargs.get())));
  to_results(result.get(), schema, stack);
}

// ---- _C._Library ----

struct LibraryObject {
  PyObject_HEAD Library* library;
};
Library& library_of(PyObject* self) {
  Library* library = reinterpret_cast<LibraryObject*>(self)->library;
  TORCH_CHECK(library != nullptr, "the library was destroyed");
  return *library;
}

PyObject* library_new(PyTypeObject* type, PyObject* args, PyObject*) {
  HANDLE_ERRORS
  const char *kind = nullptr, *ns = nullptr, *key = nullptr;
  if (!PyArg_ParseTuple(args, "sss:_Library", &kind, &ns, &key)) return nullptr;
  const std::string_view kind_name(kind);
  const auto parsed_kind = kind_name == "DEF"    ? Library::Kind::Def
                           : kind_name == "IMPL" ? Library::Kind::Impl
                                                 : Library::Kind::Fragment;
  const auto parsed_key = *key == '\0' ? std::nullopt : std::optional<DispatchKey>(parse_dispatch_key(key));
  PyObject* self = check(type->tp_alloc(type, 0));
  reinterpret_cast<LibraryObject*>(self)->library = new Library(parsed_kind, ns, parsed_key, "Python", 0);
  return self;
  END_HANDLE_ERRORS
}
PyObject* library_define(PyObject* self, PyObject* schema) {
  HANDLE_ERRORS
  library_of(self).def(as_utf8(schema));
  Py_RETURN_NONE;
  END_HANDLE_ERRORS
}
PyObject* library_impl(PyObject* self, PyObject* args) {
  HANDLE_ERRORS
  const char *name = nullptr, *key = nullptr;
  PyObject* function = nullptr;
  int with_keys = 0;
  if (!PyArg_ParseTuple(args, "ssOp:impl", &name, &key, &function, &with_keys)) return nullptr;
  CppFunction kernel(function == Py_None ? KernelFunction::fallthrough()
                                         : KernelFunction::from_boxed(
                                               &call_python, std::make_shared<PythonKernel>(function, with_keys != 0)));
  kernel.key = *key == '\0' ? DispatchKey::CompositeImplicitAutograd : parse_dispatch_key(key);
  library_of(self).impl(name, std::move(kernel));
  Py_RETURN_NONE;
  END_HANDLE_ERRORS
}
PyObject* library_reset(PyObject* self, PyObject*) {
  delete std::exchange(reinterpret_cast<LibraryObject*>(self)->library, nullptr);
  Py_RETURN_NONE;
}
void library_dealloc(PyObject* self) {
  PyTypeObject* type = Py_TYPE(self);
  delete reinterpret_cast<LibraryObject*>(self)->library;
  type->tp_free(self);
  Py_DECREF(type);
}
PyMethodDef library_methods[] = {
    {"define", &library_define, METH_O, nullptr},
    {"impl", &library_impl, METH_VARARGS, nullptr},
    {"reset", &library_reset, METH_NOARGS, nullptr},
    {nullptr, nullptr, 0, nullptr},
};
PyType_Slot library_slots[] = {
    {Py_tp_new, reinterpret_cast<void*>(&library_new)},
    {Py_tp_dealloc, reinterpret_cast<void*>(&library_dealloc)},
    {Py_tp_methods, library_methods},
    {0, nullptr},
};
PyType_Spec library_spec = {"torch._C._Library", sizeof(LibraryObject), 0, Py_TPFLAGS_DEFAULT, library_slots};

// ---- scopes below autograd ----

struct ScopeObject {
  PyObject_HEAD bool is_entered;
  uint32_t before;
};
template <const DispatchKeySet& keys>
PyObject* scope_enter(PyObject* self, PyObject*) {
  HANDLE_ERRORS
  auto* scope = reinterpret_cast<ScopeObject*>(self);
  TORCH_CHECK(!scope->is_entered, "the scope is already entered");
  LocalDispatchKeySet& local = local_dispatch_keys();
  scope->before = local.excluded.bits();
  scope->is_entered = true;
  local.excluded = local.excluded | keys;
  return Py_NewRef(self);
  END_HANDLE_ERRORS
}
PyObject* scope_exit(PyObject* self, PyObject*) {
  auto* scope = reinterpret_cast<ScopeObject*>(self);
  if (scope->is_entered) local_dispatch_keys().excluded = DispatchKeySet(scope->before);
  scope->is_entered = false;
  Py_RETURN_NONE;
}
template <const DispatchKeySet& keys>
struct Scope {
  static inline PyMethodDef methods[] = {
      {"__enter__", &scope_enter<keys>, METH_NOARGS, nullptr},
      {"__exit__", &scope_exit, METH_VARARGS, nullptr},
      {nullptr, nullptr, 0, nullptr},
  };
  static inline PyType_Slot slots[] = {
      {Py_tp_new, reinterpret_cast<void*>(&PyType_GenericNew)},
      {Py_tp_methods, methods},
      {0, nullptr},
  };
};

}  // namespace

void init_library(PyObject* module) {
  static PyType_Spec below_autograd = {"torch._C._AutoDispatchBelowAutograd", sizeof(ScopeObject), 0,
                                       Py_TPFLAGS_DEFAULT, Scope<kAutogradKeys>::slots};
  static PyType_Spec below_views = {"torch._C._AutoDispatchBelowADInplaceOrView", sizeof(ScopeObject), 0,
                                    Py_TPFLAGS_DEFAULT, Scope<kADKeys>::slots};
  add_type(module, &library_spec);
  add_type(module, &below_autograd);
  add_type(module, &below_views);
}

}  // namespace python
}  // namespace tiny_torch
