// torch.autograd.Function: `_C._FunctionBase`, the ctx object, and the node that calls its backward.
#include "autograd/kernel_support.h"
#include "python/autograd.h"

namespace tiny_torch {
namespace python {

using namespace autodiff;

PyTypeObject* function_type = nullptr;

namespace {

constexpr const char* kFreed =
    "Trying to backward through the graph a second time (or directly access saved tensors after they have already been "
    "freed). Saved "
    "intermediate values of the graph are freed when you call .backward() or autograd.grad(). Specify "
    "retain_graph=True if you need to "
    "backward through the graph a second time or if you need to access saved tensors after calling backward.";

FunctionObject* as_function(PyObject* self) { return reinterpret_cast<FunctionObject*>(self); }

// ---- the object -----------------------------------------------------------------------------------------------------

PyObject* function_new(PyTypeObject* type, PyObject*, PyObject*) {
  PyObject* self = type->tp_alloc(type, 0);
  if (self == nullptr) return nullptr;
  FunctionObject* f = as_function(self);
  new (&f->node) intrusive_ptr<WeakNode>();
  new (&f->saved) std::vector<SavedVariable>();
  new (&f->outputs) std::vector<OutputInfo>();
  new (&f->is_tensor_input) std::vector<bool>();
  f->materialize_grads = true;
  return self;
}

int function_traverse(PyObject* self, visitproc visit, void* arg) {
  FunctionObject* f = as_function(self);
  Py_VISIT(Py_TYPE(self));
  Py_VISIT(f->needs_input_grad);
  Py_VISIT(f->to_save);
  Py_VISIT(f->non_differentiable);
  Py_VISIT(f->dirty_tensors);
  return 0;
}

int function_clear(PyObject* self) {
  FunctionObject* f = as_function(self);
  Py_CLEAR(f->needs_input_grad);
  Py_CLEAR(f->to_save);
  Py_CLEAR(f->non_differentiable);
  Py_CLEAR(f->dirty_tensors);
  // Tensors may end the life of other objects, which is fine only once they are out of reach from here.
  const std::vector<SavedVariable> saved = std::move(f->saved);
  f->saved.clear();
  f->outputs.clear();
  f->is_tensor_input.clear();
  return 0;
}

void function_dealloc(PyObject* self) {
  PyObject_GC_UnTrack(self);
  const ErrorStash stash;
  function_clear(self);
  FunctionObject* f = as_function(self);
  using std::vector;
  f->node.~intrusive_ptr<WeakNode>();
  f->saved.~vector<SavedVariable>();
  f->outputs.~vector<OutputInfo>();
  f->is_tensor_input.~vector<bool>();
  PyTypeObject* type = Py_TYPE(self);
  type->tp_free(self);
  Py_DECREF(type);
}

// ---- attributes -----------------------------------------------------------------------------------------------------

template <PyObject* FunctionObject::* Slot>
PyObject* get_object(PyObject* self, void*) {
  PyObject* value = as_function(self)->*Slot;
  return Py_NewRef(value == nullptr ? Py_None : value);
}
template <PyObject* FunctionObject::* Slot>
int set_object(PyObject* self, PyObject* value, void*) {
  PyObject* fresh = value == nullptr || value == Py_None ? nullptr : Py_NewRef(value);
  Py_XDECREF(std::exchange(as_function(self)->*Slot, fresh));
  return 0;
}

PyObject* get_saved_tensors(PyObject* self, void*) {
  HANDLE_ERRORS
  FunctionObject* f = as_function(self);
  TORCH_CHECK(!f->freed, kFreed);
  const intrusive_ptr<Node> node = f->node.defined() ? f->node->lock() : nullptr;
  PyRef tuple(check(PyTuple_New(static_cast<Py_ssize_t>(f->saved.size()))));
  for (size_t i = 0; i < f->saved.size(); ++i) {
    PyTuple_SET_ITEM(tuple.get(), static_cast<Py_ssize_t>(i),
                     check(wrap(f->saved[i].unpack(node, /*with_history=*/true))));
  }
  return tuple.release();
  END_HANDLE_ERRORS
}

PyObject* get_raw_saved_tensors(PyObject* self, void*) {
  HANDLE_ERRORS
  TORCH_CHECK(!as_function(self)->freed, kFreed);
  return raw_saved_tensors(unpack_node(self));
  END_HANDLE_ERRORS
}

PyObject* get_materialize_grads(PyObject* self, void*) { return PyBool_FromLong(as_function(self)->materialize_grads); }
int set_materialize_grads(PyObject* self, PyObject* value, void*) {
  HANDLE_ERRORS
  TORCH_CHECK_TYPE(value != nullptr && PyBool_Check(value), "set_materialize_grads() expects a bool");
  as_function(self)->materialize_grads = value == Py_True;
  return 0;
  END_HANDLE_ERRORS_RET(-1)
}

PyGetSetDef function_properties[] = {
    {"saved_tensors", &get_saved_tensors, nullptr, "The tensors given to save_for_backward().", nullptr},
    {"saved_variables", &get_saved_tensors, nullptr, nullptr, nullptr},
    {"_raw_saved_tensors", &get_raw_saved_tensors, nullptr, nullptr, nullptr},
    {"needs_input_grad", &get_object<&FunctionObject::needs_input_grad>, &set_object<&FunctionObject::needs_input_grad>,
     "A tuple of bools: which inputs of forward need a gradient.", nullptr},
    {"to_save", &get_object<&FunctionObject::to_save>, &set_object<&FunctionObject::to_save>, nullptr, nullptr},
    {"non_differentiable", &get_object<&FunctionObject::non_differentiable>,
     &set_object<&FunctionObject::non_differentiable>, nullptr, nullptr},
    {"dirty_tensors", &get_object<&FunctionObject::dirty_tensors>, &set_object<&FunctionObject::dirty_tensors>, nullptr,
     nullptr},
    {"materialize_grads", &get_materialize_grads, &set_materialize_grads, nullptr, nullptr},
    {nullptr, nullptr, nullptr, nullptr, nullptr},
};

// ---- forward --------------------------------------------------------------------------------------------------------

/// The tensors in a tuple that the author left on ctx; `what` names it in messages.
std::vector<TensorImpl*> marked(PyObject* tuple, const char* what) {
  std::vector<TensorImpl*> list;
  if (tuple == nullptr) return list;
  TORCH_CHECK_TYPE(PyTuple_Check(tuple), what, " attribute is expected to be a tuple but is ", type_name(tuple));
  for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(tuple); ++i) {
    PyObject* item = PyTuple_GET_ITEM(tuple, i);
    if (item == Py_None) continue;
    TORCH_CHECK_TYPE(is_tensor(item), what, " can only hold tensors, but argument ", i, " is of type ",
                     type_name(item));
    list.push_back(unpack(item).impl());
  }
  return list;
}

void save_tensors(FunctionObject* f, const intrusive_ptr<Node>& node) {
  PyRef to_save(std::exchange(f->to_save, nullptr));
  if (!to_save) return;
  TORCH_CHECK_TYPE(PyTuple_Check(to_save.get()), "saved tensors are expected to be a tuple, not ",
                   type_name(to_save.get()));
  f->saved.clear();
  for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(to_save.get()); ++i) {
    PyObject* item = PyTuple_GET_ITEM(to_save.get(), i);
    if (item == Py_None) {
      f->saved.emplace_back();
      continue;
    }
    TORCH_CHECK_TYPE(is_tensor(item), "save_for_backward can only save variables, but argument ", i, " is of type ",
                     type_name(item));
    if (!node.defined()) continue;
    const TensorBase& tensor = unpack(item);
    f->saved.emplace_back(tensor, /*is_output=*/grad_fn(tensor) == node);
  }
}

struct Inputs {
  variable_list tensors;
  bool any_requires_grad = false;
};

Inputs read_inputs(FunctionObject* f, PyObject* args) {
  Inputs inputs;
  const Py_ssize_t n = PyTuple_GET_SIZE(args);
  PyRef needs_grad(check(PyTuple_New(n)));
  f->is_tensor_input.resize(static_cast<size_t>(n));
  for (Py_ssize_t i = 0; i < n; ++i) {
    PyObject* arg = PyTuple_GET_ITEM(args, i);
    bool wants = false;
    if (is_tensor(arg)) {
      f->is_tensor_input[static_cast<size_t>(i)] = true;
      inputs.tensors.push_back(unpack(arg));
      wants = inputs.tensors.back().requires_grad();
    }
    inputs.any_requires_grad |= wants;
    PyTuple_SET_ITEM(needs_grad.get(), i, Py_NewRef(wants ? Py_True : Py_False));
  }
  Py_XDECREF(std::exchange(f->needs_input_grad, needs_grad.release()));
  return inputs;
}

PyRef call_forward(PyObject* cls, PyObject* ctx, PyObject* args) {
  const NoGradGuard no_grad;
  const PyRef forward(check(PyObject_GetAttrString(cls, "forward")));
  const PyRef separate(check(PyObject_GetAttrString(cls, "_has_setup_context")));
  if (separate.get() == Py_True) {
    PyRef output(check(PyObject_Call(forward.get(), args, nullptr)));
    const PyRef done(check(PyObject_CallMethod(cls, "setup_context", "OOO", ctx, args, output.get())));
    return output;
  }
  const Py_ssize_t n = PyTuple_GET_SIZE(args);
  const PyRef with_ctx(check(PyTuple_New(n + 1)));
  PyTuple_SET_ITEM(with_ctx.get(), 0, Py_NewRef(ctx));
  for (Py_ssize_t i = 0; i < n; ++i) PyTuple_SET_ITEM(with_ctx.get(), i + 1, Py_NewRef(PyTuple_GET_ITEM(args, i)));
  return PyRef(check(PyObject_Call(forward.get(), with_ctx.get(), nullptr)));
}

/// _function_apply(cls, args)
PyObject* function_apply(PyObject*, PyObject* const* call, Py_ssize_t count) {
  HANDLE_ERRORS
  TORCH_CHECK_TYPE(count == 2 && PyTuple_Check(call[1]), "_function_apply() takes a class and a tuple");
  PyObject* cls = call[0];
  PyObject* args = call[1];
  const PyRef context_class(check(PyObject_GetAttrString(cls, "_backward_cls")));
  const PyRef ctx(check(PyObject_CallNoArgs(context_class.get())));
  TORCH_CHECK_TYPE(PyObject_TypeCheck(ctx.get(), function_type), "_backward_cls must derive from _C._FunctionBase");
  FunctionObject* f = as_function(ctx.get());
  const Inputs inputs = read_inputs(f, args);
  intrusive_ptr<Node> node;
  if (inputs.any_requires_grad && GradMode::is_enabled()) {
    node = make_intrusive<PyNode>(ctx.get());
    edge_list edges;
    for (const TensorBase& tensor : inputs.tensors) autodiff::detail::collect_edge(edges, tensor);
    node->set_next_edges(std::move(edges));
    f->node = weak_reference(node);
  }
  PyRef output = call_forward(cls, ctx.get(), args);
  const bool single = !PyTuple_Check(output.get());
  if (single) output = PyRef(check(PyTuple_Pack(1, output.get())));

  const Py_ssize_t n = PyTuple_GET_SIZE(output.get());
  variable_list tensors;
  for (Py_ssize_t i = 0; i < n; ++i) {
    PyObject* item = PyTuple_GET_ITEM(output.get(), i);
    tensors.push_back(is_tensor(item) ? unpack(item) : TensorBase());
    f->outputs.push_back(tensors.back().defined() ? OutputInfo(tensors.back()) : OutputInfo());
  }
  CustomFunctionMarks marks;
  marks.dirty = marked(f->dirty_tensors, "mark_dirty");
  marks.non_differentiable = marked(f->non_differentiable, "mark_non_differentiable");
  const variable_list results = wrap_custom_outputs(inputs.tensors, tensors, marks, node);
  Py_CLEAR(f->dirty_tensors);
  Py_CLEAR(f->non_differentiable);
  save_tensors(f, node);

  PyRef wrapped(check(PyTuple_New(n)));
  for (Py_ssize_t i = 0; i < n; ++i) {
    PyObject* item = PyTuple_GET_ITEM(output.get(), i);
    const TensorBase& result = results[static_cast<size_t>(i)];
    PyTuple_SET_ITEM(wrapped.get(), i, result.defined() ? check(wrap(result)) : Py_NewRef(item));
  }
  return single ? Py_NewRef(PyTuple_GET_ITEM(wrapped.get(), 0)) : wrapped.release();
  END_HANDLE_ERRORS
}

PyMethodDef functions[] = {
    {"_function_apply", as_cfunction(&function_apply), METH_FASTCALL, nullptr},
    {nullptr, nullptr, 0, nullptr},
};

}  // namespace

// ---- backward -------------------------------------------------------------------------------------------------------

PyNode::~PyNode() {
  if (!interpreter_alive()) return;
  const gil_scoped_acquire gil;
  Py_DECREF(object_);
}

std::string PyNode::name() const {
  const gil_scoped_acquire gil;
  return type_name(object_);
}

void PyNode::release_variables() {
  if (!interpreter_alive()) return;
  std::vector<SavedVariable> saved;
  {
    const gil_scoped_acquire gil;
    FunctionObject* f = context();
    saved.swap(f->saved);
    f->freed = true;
  }
}

variable_list PyNode::apply(variable_list&& grads) {
  const gil_scoped_acquire gil;
  FunctionObject* f = context();
  const auto n = static_cast<Py_ssize_t>(grads.size());
  const PyRef args(check(PyTuple_New(n)));
  for (Py_ssize_t i = 0; i < n; ++i) {
    TensorBase& grad = grads[static_cast<size_t>(i)];
    const bool fill = !grad.defined() && f->materialize_grads && static_cast<size_t>(i) < f->outputs.size();
    PyTuple_SET_ITEM(args.get(), i, check(wrap(fill ? f->outputs[static_cast<size_t>(i)].zeros() : grad)));
    grad.reset();
  }
  const PyRef method(check(PyObject_GetAttrString(object_, "apply")));
  PyRef result(check(PyObject_Call(method.get(), args.get(), nullptr)));
  if (!PyTuple_Check(result.get())) result = PyRef(check(PyTuple_Pack(1, result.get())));

  Py_ssize_t given = PyTuple_GET_SIZE(result.get());
  const auto expected = static_cast<Py_ssize_t>(f->is_tensor_input.size());
  // Surplus None at the end does no harm.
  while (given > expected && PyTuple_GET_ITEM(result.get(), given - 1) == Py_None) --given;
  TORCH_CHECK(given == expected, "function ", type_name(object_),
              " returned an incorrect number of gradients (expected ", expected, ", got ", given, ")");
  variable_list out;
  out.reserve(num_outputs());
  for (Py_ssize_t i = 0; i < given; ++i) {
    PyObject* item = PyTuple_GET_ITEM(result.get(), i);
    if (!f->is_tensor_input[static_cast<size_t>(i)]) {
      TORCH_CHECK(item == Py_None, "function ", type_name(object_),
                  " returned a gradient different than None at position ", i + 1,
                  ", but the corresponding forward input was not a Variable");
      continue;
    }
    TORCH_CHECK(item == Py_None || is_tensor(item), "expected Variable or None (got ", type_name(item), ")");
    out.push_back(item == Py_None ? TensorBase() : TensorBase(python::unpack(item)));
  }
  return out;
}

void init_autograd_function(PyObject* module) {
  check(PyModule_AddFunctions(module, functions));
  static std::vector<PyGetSetDef> properties;
  for (const PyGetSetDef* p = function_properties; p->name != nullptr; ++p) properties.push_back(*p);
  for (const PyGetSetDef* p = node_properties; p->name != nullptr; ++p) properties.push_back(*p);
  properties.push_back({nullptr, nullptr, nullptr, nullptr, nullptr});
  PyType_Slot slots[] = {
      {Py_tp_new, reinterpret_cast<void*>(&function_new)},
      {Py_tp_dealloc, reinterpret_cast<void*>(&function_dealloc)},
      {Py_tp_traverse, reinterpret_cast<void*>(&function_traverse)},
      {Py_tp_clear, reinterpret_cast<void*>(&function_clear)},
      {Py_tp_methods, node_methods},
      {Py_tp_getset, properties.data()},
      {0, nullptr},
  };
  PyType_Spec spec = {"torch._C._FunctionBase", sizeof(FunctionObject), 0,
                      Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC, slots};
  function_type = add_type(module, &spec);
}

}  // namespace python
}  // namespace tiny_torch
