// Hooks written in Python.
#include "autograd/AutogradMeta.h"
#include "python/autograd.h"

namespace tiny_torch {
namespace python {

using namespace autodiff;

PyObject* wrap_tuple(const variable_list& list) {
  PyRef tuple(check(PyTuple_New(static_cast<Py_ssize_t>(list.size()))));
  for (size_t i = 0; i < list.size(); ++i)
    PyTuple_SET_ITEM(tuple.get(), static_cast<Py_ssize_t>(i), check(wrap(list[i])));
  return tuple.release();
}

variable_list unpack_grads(PyObject* object, const char* what) {
  variable_list list;
  const auto add = [&list, what](PyObject* item) {
    TORCH_CHECK_TYPE(item == Py_None || is_tensor(item), "expected Tensor or None, but ", what, " returned '",
                     type_name(item), "'");
    list.push_back(item == Py_None ? TensorBase() : TensorBase(unpack(item)));
  };
  if (PyTuple_Check(object) || PyList_Check(object)) {
    const PyRef items(check(PySequence_Fast(object, "expected a sequence")));
    for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(items.get()); ++i)
      add(PySequence_Fast_GET_ITEM(items.get(), i));
  } else {
    add(object);
  }
  return list;
}

namespace {

/// An owned dict {id: function} that outlives the interpreter without harm.
class HookDict {
 public:
  explicit HookDict(PyObject* dict) : dict_(Py_NewRef(dict)) {}
  HookDict(const HookDict&) = delete;
  HookDict& operator=(const HookDict&) = delete;
  ~HookDict() {
    if (!interpreter_alive()) return;
    const gil_scoped_acquire gil;
    Py_DECREF(dict_);
  }
  /// The functions as they are now: hooks may come and go while others run.
  PyRef functions() const { return PyRef(check(PyMapping_Values(dict_))); }
  int visit(visitproc visitor, void* arg) const { return visitor(dict_, arg); }

 private:
  PyObject* dict_;
};

std::string hook_name(PyObject* hook) {
  const PyRef name(PyObject_GetAttrString(hook, "__name__"));
  if (!name) {
    PyErr_Clear();
    return "<unknown>";
  }
  return as_utf8(name.get());
}

void check_replacement(const TensorBase& original, const TensorBase& result, PyObject* hook) {
  TORCH_CHECK(!original.defined() || original.sizes() == result.sizes(), "hook '", hook_name(hook),
              "' has changed the size of value");
  TORCH_CHECK(!original.defined() || original.dtype() == result.dtype(), "hook '", hook_name(hook),
              "' has changed the type of value (was torch.", python_name(original.dtype()), " got torch.",
              python_name(result.dtype()), ")");
}

struct PyTensorHook final : TensorHook {
  explicit PyTensorHook(PyObject* dict) : dict_(dict) {}
  TensorBase operator()(const TensorBase& grad) override {
    const gil_scoped_acquire gil;
    const PyRef functions = dict_.functions();
    TensorBase current = grad;
    bool changed = false;
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(functions.get()); ++i) {
      PyObject* hook = PyList_GET_ITEM(functions.get(), i);
      const PyRef argument(check(wrap(current)));
      const PyRef result(check(PyObject_CallOneArg(hook, argument.get())));
      if (result.get() == Py_None) continue;
      TORCH_CHECK_TYPE(is_tensor(result.get()), "expected Variable, but hook returned '", type_name(result.get()), "'");
      check_replacement(current, unpack(result.get()), hook);
      current = unpack(result.get());
      changed = true;
    }
    return changed ? current : TensorBase();
  }
  HookDict dict_;
};

struct PyPostAccumulateGradHook final : PostAccumulateGradHook {
  explicit PyPostAccumulateGradHook(PyObject* dict) : dict_(dict) {}
  void operator()(const TensorBase& variable) override {
    const gil_scoped_acquire gil;
    const PyRef functions = dict_.functions();
    const PyRef argument(check(wrap(variable)));
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(functions.get()); ++i) {
      PyObject* hook = PyList_GET_ITEM(functions.get(), i);
      const PyRef result(check(PyObject_CallOneArg(hook, argument.get())));
      TORCH_CHECK(result.get() == Py_None, "Tensor post accumulate grad hooks should return None.");
    }
  }
  HookDict dict_;
};

void replace(variable_list& values, PyObject* result, PyObject* hook) {
  if (result == Py_None) return;
  variable_list fresh = unpack_grads(result, "hook");
  TORCH_CHECK(fresh.size() == values.size(), "hook '", hook_name(hook),
              "' has returned an incorrect number of values (got ", fresh.size(), ", but expected ", values.size(),
              ")");
  for (size_t i = 0; i < values.size(); ++i) {
    if (fresh[i].defined()) check_replacement(values[i], fresh[i], hook);
  }
  values = std::move(fresh);
}

struct PyPreHook final : FunctionPreHook {
  explicit PyPreHook(PyObject* dict) : dict_(dict) {}
  variable_list operator()(variable_list grads) override {
    const gil_scoped_acquire gil;
    const PyRef functions = dict_.functions();
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(functions.get()); ++i) {
      PyObject* hook = PyList_GET_ITEM(functions.get(), i);
      const PyRef argument(wrap_tuple(grads));
      const PyRef result(check(PyObject_CallOneArg(hook, argument.get())));
      replace(grads, result.get(), hook);
    }
    return grads;
  }
  HookDict dict_;
};

struct PyPostHook final : FunctionPostHook {
  explicit PyPostHook(PyObject* dict) : dict_(dict) {}
  variable_list operator()(variable_list outputs, const variable_list& inputs) override {
    const gil_scoped_acquire gil;
    const PyRef functions = dict_.functions();
    const PyRef second(wrap_tuple(inputs));
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(functions.get()); ++i) {
      PyObject* hook = PyList_GET_ITEM(functions.get(), i);
      const PyRef first(wrap_tuple(outputs));
      const PyRef result(check(PyObject_CallFunctionObjArgs(hook, first.get(), second.get(), nullptr)));
      replace(outputs, result.get(), hook);
    }
    return outputs;
  }
  HookDict dict_;
};

// ---- tensors saved for backward ----

struct PySavedVariableHooks final : SavedVariableHooks {
  PySavedVariableHooks(PyObject* pack_hook, PyObject* unpack_hook)
      : pack_(Py_NewRef(pack_hook)), unpack_(Py_NewRef(unpack_hook)) {}
  ~PySavedVariableHooks() override {
    if (!interpreter_alive()) return;
    const gil_scoped_acquire gil;
    Py_XDECREF(data_);
    Py_DECREF(pack_);
    Py_DECREF(unpack_);
  }
  void pack(const TensorBase& tensor) override {
    const gil_scoped_acquire gil;
    const PyRef argument(check(wrap(tensor)));
    data_ = check(PyObject_CallOneArg(pack_, argument.get()));
  }
  TensorBase unpack() override {
    const gil_scoped_acquire gil;
    const PyRef result(check(PyObject_CallOneArg(unpack_, data_)));
    TORCH_CHECK_TYPE(is_tensor(result.get()),
                     "Output of saved tensor unpack_hook expected to be a Tensor but got result of type ",
                     type_name(result.get()));
    return python::unpack(result.get());
  }

  PyObject* pack_;
  PyObject* unpack_;
  PyObject* data_ = nullptr;
};

/// Shared by the copies that std::function makes.
struct HookPair {
  HookPair(PyObject* p, PyObject* u) : pack(Py_NewRef(p)), unpack(Py_NewRef(u)) {}
  HookPair(const HookPair&) = delete;
  HookPair& operator=(const HookPair&) = delete;
  ~HookPair() {
    if (!interpreter_alive()) return;
    const gil_scoped_acquire gil;
    Py_DECREF(pack);
    Py_DECREF(unpack);
  }
  PyObject* pack;
  PyObject* unpack;
};

PyObject* push_saved_tensors_hooks(PyObject*, PyObject* args) {
  HANDLE_ERRORS
  PyObject *pack = nullptr, *unpack_hook = nullptr;
  if (!PyArg_ParseTuple(args, "OO:_push_saved_tensors_default_hooks", &pack, &unpack_hook)) return nullptr;
  TORCH_CHECK_TYPE(PyCallable_Check(pack) && PyCallable_Check(unpack_hook), "saved_tensors_hooks: pack_hook and ",
                   "unpack_hook must be callable, got ", type_name(pack), " and ", type_name(unpack_hook));
  auto pair = std::make_shared<HookPair>(pack, unpack_hook);
  SavedTensorDefaultHooks::push([pair]() -> std::unique_ptr<SavedVariableHooks> {
    const gil_scoped_acquire gil;
    return std::make_unique<PySavedVariableHooks>(pair->pack, pair->unpack);
  });
  Py_RETURN_NONE;
  END_HANDLE_ERRORS
}
PyObject* pop_saved_tensors_hooks(PyObject*, PyObject*) {
  HANDLE_ERRORS
  SavedTensorDefaultHooks::pop();
  Py_RETURN_NONE;
  END_HANDLE_ERRORS
}
PyObject* disable_saved_tensors_hooks(PyObject*, PyObject* message) {
  HANDLE_ERRORS
  SavedTensorDefaultHooks::disable(as_utf8(message));
  Py_RETURN_NONE;
  END_HANDLE_ERRORS
}
PyObject* enable_saved_tensors_hooks(PyObject*, PyObject*) {
  SavedTensorDefaultHooks::enable();
  Py_RETURN_NONE;
}

PyMethodDef functions[] = {
    {"_push_saved_tensors_default_hooks", &push_saved_tensors_hooks, METH_VARARGS, nullptr},
    {"_pop_saved_tensors_default_hooks", &pop_saved_tensors_hooks, METH_NOARGS, nullptr},
    {"_saved_tensors_hooks_disable", &disable_saved_tensors_hooks, METH_O, nullptr},
    {"_saved_tensors_hooks_enable", &enable_saved_tensors_hooks, METH_NOARGS, nullptr},
    {nullptr, nullptr, 0, nullptr},
};

}  // namespace

std::unique_ptr<SavedVariableHooks> make_saved_hooks(PyObject* pack, PyObject* unpack) {
  return std::make_unique<PySavedVariableHooks>(pack, unpack);
}
std::shared_ptr<FunctionPreHook> make_pre_hook(PyObject* dict) { return std::make_shared<PyPreHook>(dict); }
std::shared_ptr<FunctionPostHook> make_post_hook(PyObject* dict) { return std::make_shared<PyPostHook>(dict); }

int visit_hooks(const TensorBase& tensor, visitproc visitor, void* arg) {
  const AutogradMeta* meta = meta_or_null(tensor);
  if (meta == nullptr) return 0;
  // A node that only this tensor holds belongs to it with all it owns.
  const bool owns_node = meta->grad_fn_.use_count() == 1;
  if (owns_node) {
    if (const auto* node = dynamic_cast<const PyNode*>(meta->grad_fn_.get())) {
      if (const int result = visitor(node->object_, arg)) return result;
    }
  }
  if (meta->extras_ == nullptr) return 0;
  for (const std::shared_ptr<TensorHook>& hook : meta->extras_->hooks) {
    if (hook.use_count() != (owns_node ? 2 : 1)) continue;
    const auto* ours = dynamic_cast<const PyTensorHook*>(hook.get());
    if (ours == nullptr) continue;
    if (const int result = ours->dict_.visit(visitor, arg)) return result;
  }
  const auto& post = meta->extras_->post_accumulate_grad_hook;
  const auto* ours = dynamic_cast<const PyPostAccumulateGradHook*>(post.get());
  return ours == nullptr || post.use_count() != 1 ? 0 : ours->dict_.visit(visitor, arg);
}

void set_backward_hooks(PyObject* tensor, PyObject* dict) {
  const TensorBase& t = unpack(tensor);
  if (AutogradMeta* meta = meta_or_null(t); meta != nullptr && meta->extras_ != nullptr) {
    const std::vector<std::shared_ptr<TensorHook>> hooks = meta->extras_->hooks;
    for (const auto& hook : hooks) {
      if (dynamic_cast<PyTensorHook*>(hook.get()) != nullptr) remove_tensor_hook(t, hook.get());
    }
  }
  if (dict == nullptr) return;
  auto hook = std::make_shared<PyTensorHook>(dict);
  if (t.requires_grad()) {
    add_tensor_hook(t, std::move(hook));
  } else {
    // A leaf that is being put together: it counts once the leaf requires grad.
    materialize_meta(t).extras().hooks.push_back(std::move(hook));
  }
}

void set_post_accumulate_grad_hooks(PyObject* tensor, PyObject* dict) {
  const TensorBase& t = unpack(tensor);
  if (dict == nullptr && meta_or_null(t) == nullptr) return;
  materialize_meta(t).extras().post_accumulate_grad_hook =
      dict == nullptr ? nullptr : std::make_shared<PyPostAccumulateGradHook>(dict);
}

void init_autograd_hooks(PyObject* module) { check(PyModule_AddFunctions(module, functions)); }

}  // namespace python
}  // namespace tiny_torch
