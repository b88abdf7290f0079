// grad_fn objects: a wrapper class per kind of node.
#include <cstring>
#include <map>
#include <typeinfo>

#include "autograd/AccumulateGrad.h"
#include "python/autograd.h"
#include "python/autograd_anomaly.h"

namespace tiny_torch {
namespace python {

using namespace autodiff;

PyTypeObject* node_type = nullptr;

bool is_node(PyObject* object) {
  return PyObject_TypeCheck(object, node_type) || PyObject_TypeCheck(object, function_type);
}

intrusive_ptr<Node> unpack_node(PyObject* object) {
  if (PyObject_TypeCheck(object, node_type)) return reinterpret_cast<NodeObject*>(object)->node;
  TORCH_CHECK_TYPE(PyObject_TypeCheck(object, function_type), "expected a node of the graph, but got ",
                   type_name(object));
  const auto& weak = reinterpret_cast<FunctionObject*>(object)->node;
  intrusive_ptr<Node> node = weak.defined() ? weak->lock() : nullptr;
  TORCH_CHECK(
      node.defined(),
      "Attribute is invalid for this instance of _C._FunctionBase: it has no place in a graph (yet, or any more).");
  return node;
}

namespace {

struct NodeType {
  std::string full_name;
  PyTypeObject* type = nullptr;
};

PyObject* node_variable(PyObject* self, void*);

PyGetSetDef accumulator_properties[] = {
    {"variable", &node_variable, nullptr, "The leaf whose gradient is accumulated.", nullptr},
    {nullptr, nullptr, nullptr, nullptr, nullptr},
};

/// The class of wrappers for nodes of the C++ type of `node`.
PyTypeObject* type_of(Node& node) {
  static auto* types = new std::map<std::pair<const std::type_info*, std::string>, NodeType>();
  const std::string name = short_name(node);
  NodeType& entry = (*types)[{&typeid(node), name}];
  if (entry.type != nullptr) return entry.type;
  // Of module builtins, as PyTorch's are: repr() of the class then shows the bare name.
  entry.full_name = "builtins." + name;
  const bool is_accumulator = dynamic_cast<AccumulateGrad*>(&node) != nullptr;
  PyGetSetDef* properties = is_accumulator ? accumulator_properties : saved_properties(node);
  PyType_Slot slots[] = {{Py_tp_getset, properties}, {0, nullptr}};
  PyType_Spec spec = {entry.full_name.c_str(), sizeof(NodeObject), 0, Py_TPFLAGS_DEFAULT, slots};
  const PyRef bases(check(PyTuple_Pack(1, node_type)));
  entry.type = reinterpret_cast<PyTypeObject*>(check(PyType_FromSpecWithBases(&spec, bases.get())));
  entry.type->tp_name = entry.full_name.c_str() + std::strlen("builtins.");  // for messages
  return entry.type;
}

void node_dealloc(PyObject* self) {
  auto* object = reinterpret_cast<NodeObject*>(self);
  if (object->node.defined()) {
    void* expected = self;
    object->node->pyobj().compare_exchange_strong(expected, nullptr);
  }
  const ErrorStash stash;
  object->node.~intrusive_ptr<Node>();
  PyTypeObject* type = Py_TYPE(self);
  type->tp_free(self);
  Py_DECREF(type);
}

PyObject* node_repr(PyObject* self) {
  const char* dot = std::strrchr(type_name(self), '.');
  return PyUnicode_FromFormat("<%s object at %p>", dot == nullptr ? type_name(self) : dot + 1,
                              static_cast<void*>(self));
}

PyObject* node_call(PyObject* self, PyObject* args, PyObject* kwargs) {
  HANDLE_ERRORS
  TORCH_CHECK_TYPE(kwargs == nullptr || PyDict_GET_SIZE(kwargs) == 0, "keyword arguments are not supported");
  const intrusive_ptr<Node> node = unpack_node(self);
  TORCH_CHECK_TYPE(static_cast<size_t>(PyTuple_GET_SIZE(args)) == node->num_inputs(), "expected ", node->num_inputs(),
                   " arguments, got ", PyTuple_GET_SIZE(args), " instead");
  for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(args); ++i) {
    PyObject* arg = PyTuple_GET_ITEM(args, i);
    TORCH_CHECK_TYPE(arg == Py_None || is_tensor(arg), "argument ", i, " is not a Variable");
  }
  variable_list grads = unpack_grads(args, "node");
  variable_list results;
  {
    const gil_scoped_release release;
    results = (*node)(std::move(grads));
  }
  if (results.size() == 1) return wrap(results[0]);
  return wrap_tuple(results);
  END_HANDLE_ERRORS
}

// ---- methods that wrappers and ctx share ----

PyObject* node_name(PyObject* self, PyObject*) {
  HANDLE_ERRORS
  if (PyObject_TypeCheck(self, function_type)) return wrap(std::string(type_name(self)));
  return wrap(unpack_node(self)->name());
  END_HANDLE_ERRORS
}
PyObject* node_sequence_nr(PyObject* self, PyObject*) {
  HANDLE_ERRORS
  return PyLong_FromUnsignedLongLong(unpack_node(self)->sequence_nr());
  END_HANDLE_ERRORS
}
PyObject* node_set_sequence_nr(PyObject* self, PyObject* nr) {
  HANDLE_ERRORS
  const unsigned long long value = PyLong_AsUnsignedLongLong(nr);
  if (PyErr_Occurred() != nullptr) throw_python_error();
  unpack_node(self)->set_sequence_nr(value);
  Py_RETURN_NONE;
  END_HANDLE_ERRORS
}

/// A dict with `function` under the id of a new handle, and the handle.
std::pair<PyRef, PyRef> dict_with_handle(PyObject* function) {
  const PyRef collections(check(PyImport_ImportModule("collections")));
  PyRef dict(check(PyObject_CallMethod(collections.get(), "OrderedDict", nullptr)));
  const PyRef hooks(check(PyImport_ImportModule("tiny_torch.utils.hooks")));
  PyRef handle(check(PyObject_CallMethod(hooks.get(), "RemovableHandle", "O", dict.get())));
  const PyRef id(check(PyObject_GetAttrString(handle.get(), "id")));
  check(PyObject_SetItem(dict.get(), id.get(), function));
  return {std::move(dict), std::move(handle)};
}

PyObject* node_register_hook(PyObject* self, PyObject* function) {
  HANDLE_ERRORS
  const intrusive_ptr<Node> node = unpack_node(self);
  auto [dict, handle] = dict_with_handle(function);
  node->add_post_hook(make_post_hook(dict.get()));
  return handle.release();
  END_HANDLE_ERRORS
}
PyObject* node_register_prehook(PyObject* self, PyObject* function) {
  HANDLE_ERRORS
  const intrusive_ptr<Node> node = unpack_node(self);
  auto [dict, handle] = dict_with_handle(function);
  node->add_pre_hook(make_pre_hook(dict.get()));
  return handle.release();
  END_HANDLE_ERRORS
}
PyObject* node_register_hook_dict(PyObject*, PyObject* tensor) {
  HANDLE_ERRORS
  TORCH_CHECK_TYPE(is_tensor(tensor), "_register_hook_dict() expected a Tensor, but got ", type_name(tensor));
  // Assigning _backward_hooks has already told the node.
  Py_RETURN_NONE;
  END_HANDLE_ERRORS
}

PyObject* node_next_functions(PyObject* self, void*) {
  HANDLE_ERRORS
  const intrusive_ptr<Node> node = unpack_node(self);
  const edge_list& edges = node->next_edges();
  PyRef result(check(PyTuple_New(static_cast<Py_ssize_t>(edges.size()))));
  for (size_t i = 0; i < edges.size(); ++i) {
    PyRef pair(check(PyTuple_New(2)));
    PyTuple_SET_ITEM(pair.get(), 0, check(wrap_node(edges[i].function)));
    PyTuple_SET_ITEM(pair.get(), 1, check(PyLong_FromUnsignedLong(edges[i].input_nr)));
    PyTuple_SET_ITEM(result.get(), static_cast<Py_ssize_t>(i), pair.release());
  }
  return result.release();
  END_HANDLE_ERRORS
}
PyObject* node_requires_grad(PyObject*, void*) { Py_RETURN_TRUE; }
PyObject* node_metadata(PyObject* self, void*) {
  HANDLE_ERRORS
  return Py_NewRef(metadata_dict(*unpack_node(self)));
  END_HANDLE_ERRORS
}
PyObject* node_input_metadata(PyObject* self, void*) {
  HANDLE_ERRORS
  const intrusive_ptr<Node> node = unpack_node(self);
  PyRef result(check(PyTuple_New(static_cast<Py_ssize_t>(node->num_inputs()))));
  for (size_t i = 0; i < node->num_inputs(); ++i) {
    const InputMetadata& input = node->input_metadata(i);
    PyRef item;
    if (input.defined) {
      const PyRef shape(check(wrap_size(input.shape)));
      const PyRef dtype(check(wrap(input.dtype)));
      const PyRef device(check(wrap(input.device)));
      item = PyRef(check(PyTuple_Pack(3, shape.get(), dtype.get(), device.get())));
    } else {
      item = PyRef(wrap_none());
    }
    PyTuple_SET_ITEM(result.get(), static_cast<Py_ssize_t>(i), item.release());
  }
  return result.release();
  END_HANDLE_ERRORS
}
PyObject* node_variable(PyObject* self, void*) {
  HANDLE_ERRORS
  return wrap(static_cast<AccumulateGrad&>(*unpack_node(self)).variable_);
  END_HANDLE_ERRORS
}

}  // namespace

PyMethodDef node_methods[] = {
    {"name", &node_name, METH_NOARGS, "name() -> str\n\nThe name of the node: 'AddBackward0'."},
    {"_sequence_nr", &node_sequence_nr, METH_NOARGS, nullptr},
    {"_set_sequence_nr", &node_set_sequence_nr, METH_O, nullptr},
    {"register_hook", &node_register_hook, METH_O,
     "register_hook(fn) -> RemovableHandle\n\nCalls ``fn(grad_inputs, grad_outputs)`` after the node ran; a returned "
     "tuple replaces grad_inputs."},
    {"register_prehook", &node_register_prehook, METH_O,
     "register_prehook(fn) -> RemovableHandle\n\nCalls ``fn(grad_outputs)`` before the node runs; a returned tuple "
     "replaces grad_outputs."},
    {"_register_hook_dict", &node_register_hook_dict, METH_O, nullptr},
    {nullptr, nullptr, 0, nullptr},
};
PyGetSetDef node_properties[] = {
    {"next_functions", &node_next_functions, nullptr,
     "Where the gradients go: a tuple of (node or None, input number).", nullptr},
    {"requires_grad", &node_requires_grad, nullptr, nullptr, nullptr},
    {"metadata", &node_metadata, nullptr, "A dict for notes on this node; anomaly mode keeps the forward trace in it.",
     nullptr},
    {"_input_metadata", &node_input_metadata, nullptr, nullptr, nullptr},
    {nullptr, nullptr, nullptr, nullptr, nullptr},
};

PyObject* wrap_node(const intrusive_ptr<Node>& node) {
  if (!node.defined()) return wrap_none();
  if (auto* custom = dynamic_cast<PyNode*>(node.get())) return Py_NewRef(custom->object_);
  if (void* known = node->pyobj().load()) return Py_NewRef(static_cast<PyObject*>(known));
  PyTypeObject* type = type_of(*node);
  PyObject* object = check(type->tp_alloc(type, 0));
  new (&reinterpret_cast<NodeObject*>(object)->node) intrusive_ptr<Node>(node);
  node->pyobj().store(object);
  return object;
}

void init_autograd_node(PyObject* module) {
  PyType_Slot slots[] = {
      {Py_tp_dealloc, reinterpret_cast<void*>(&node_dealloc)},
      {Py_tp_call, reinterpret_cast<void*>(&node_call)},
      {Py_tp_repr, reinterpret_cast<void*>(&node_repr)},
      {Py_tp_methods, node_methods},
      {Py_tp_getset, node_properties},
      {Py_tp_doc, const_cast<char*>("A recorded operation of the graph; grad_fn of the tensors it made.")},
      {0, nullptr},
  };
  PyType_Spec spec = {"torch._C._Node", sizeof(NodeObject), 0,
                      Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_DISALLOW_INSTANTIATION, slots};
  node_type = add_type(module, &spec);
}

}  // namespace python
}  // namespace tiny_torch
