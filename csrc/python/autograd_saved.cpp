// What nodes keep for backward, in Python: grad_fn._saved_<name> and grad_fn._raw_saved_<name>.
#include "autograd/generated_support.h"
#include "python/autograd.h"
#include "python/types.h"

namespace tiny_torch {
namespace python {

using namespace autodiff;

namespace {

PyTypeObject* saved_tensor_type = nullptr;

constexpr size_t kOfContext = SIZE_MAX;

/// A saved tensor by its place in its node, because a node may free what it keeps.
struct SavedTensorObject {
  PyObject_HEAD intrusive_ptr<Node> node;
  size_t field;
  size_t element;
};

SavedSpan span_of(Node& node, size_t field) {
  if (field != kOfContext) return node.saved_variables(field);
  auto& saved = static_cast<PyNode&>(node).context()->saved;
  return {saved.data(), saved.size()};
}

SavedVariable& find_saved(PyObject* self) {
  auto* object = reinterpret_cast<SavedTensorObject*>(self);
  const SavedSpan span = span_of(*object->node, object->field);
  if (object->element >= span.second) throw_released();
  return span.first[object->element];
}

PyObject* new_saved_tensor(const intrusive_ptr<Node>& node, size_t field, size_t element) {
  PyObject* object = check(saved_tensor_type->tp_alloc(saved_tensor_type, 0));
  auto* saved = reinterpret_cast<SavedTensorObject*>(object);
  new (&saved->node) intrusive_ptr<Node>(node);
  saved->field = field;
  saved->element = element;
  return object;
}

PyObject* all_saved_tensors(const intrusive_ptr<Node>& node, size_t field) {
  const size_t n = span_of(*node, field).second;
  PyRef tuple(check(PyTuple_New(static_cast<Py_ssize_t>(n))));
  for (size_t i = 0; i < n; ++i)
    PyTuple_SET_ITEM(tuple.get(), static_cast<Py_ssize_t>(i), new_saved_tensor(node, field, i));
  return tuple.release();
}

void saved_tensor_dealloc(PyObject* self) {
  const ErrorStash stash;
  reinterpret_cast<SavedTensorObject*>(self)->node.~intrusive_ptr<Node>();
  PyTypeObject* type = Py_TYPE(self);
  type->tp_free(self);
  Py_DECREF(type);
}

PyObject* saved_tensor_register_hooks(PyObject* self, PyObject* args) {
  HANDLE_ERRORS
  PyObject *pack = nullptr, *unpack_hook = nullptr;
  if (!PyArg_ParseTuple(args, "OO:register_hooks", &pack, &unpack_hook)) return nullptr;
  TORCH_CHECK_TYPE(PyCallable_Check(pack) && PyCallable_Check(unpack_hook),
                   "register_hooks(): pack_hook and unpack_hook must be callable, got ", type_name(pack), " and ",
                   type_name(unpack_hook));
  find_saved(self).register_hooks(make_saved_hooks(pack, unpack_hook));
  Py_RETURN_NONE;
  END_HANDLE_ERRORS
}

PyMethodDef saved_tensor_methods[] = {
    {"register_hooks", &saved_tensor_register_hooks, METH_VARARGS,
     "register_hooks(pack_hook, unpack_hook)\n\nPacks this tensor now; backward unpacks it."},
    {nullptr, nullptr, 0, nullptr},
};

// ---- values ---------------------------------------------------------------------------------------------------------

PyObject* wrap_value(const IValue& value) {
  const auto tuple_of = [](const auto& list) {
    PyRef tuple(check(PyTuple_New(static_cast<Py_ssize_t>(list.size()))));
    for (size_t i = 0; i < list.size(); ++i)
      PyTuple_SET_ITEM(tuple.get(), static_cast<Py_ssize_t>(i), check(wrap_value(IValue(list[i]))));
    return tuple.release();
  };
  switch (value.tag()) {
    case IValue::Tag::Tensor:
      return wrap(value.to_tensor());
    case IValue::Tag::Int:
      return wrap(value.to_int());
    case IValue::Tag::Double:
      return wrap(value.to_double());
    case IValue::Tag::Bool:
      return wrap(value.to_bool());
    case IValue::Tag::Complex:
      return wrap(value.to_scalar());
    case IValue::Tag::String:
      return wrap(value.to_string());
    case IValue::Tag::IntList:
      return tuple_of(value.to_int_list());
    case IValue::Tag::DoubleList:
      return tuple_of(value.to_double_list());
    case IValue::Tag::GenericList:
      return tuple_of(value.to_list());
    default:
      return wrap_none();
  }
}

size_t index_of(void* closure) { return reinterpret_cast<size_t>(closure); }

PyObject* get_saved(PyObject* self, void* closure) {
  HANDLE_ERRORS
  return wrap_value(unpack_node(self)->saved_value(index_of(closure)));
  END_HANDLE_ERRORS
}

PyObject* get_raw_saved(PyObject* self, void* closure) {
  HANDLE_ERRORS
  return new_saved_tensor(unpack_node(self), index_of(closure), 0);
  END_HANDLE_ERRORS
}

PyObject* get_raw_saved_list(PyObject* self, void* closure) {
  HANDLE_ERRORS
  return all_saved_tensors(unpack_node(self), index_of(closure));
  END_HANDLE_ERRORS
}

/// For the life of the process, as the types that use it.
const char* kept_string(std::string text) { return (new std::string(std::move(text)))->c_str(); }

}  // namespace

PyObject* raw_saved_tensors(const intrusive_ptr<Node>& node) { return all_saved_tensors(node, kOfContext); }

PyGetSetDef* saved_properties(Node& node) {
  const ArrayRef<const char*> names = node.saved_names();
  auto* properties = new std::vector<PyGetSetDef>();
  for (size_t i = 0; i < names.size(); ++i) {
    void* closure = reinterpret_cast<void*>(i);
    properties->push_back({kept_string(str("_saved_", names[i])), &get_saved, nullptr, nullptr, closure});
    const Node::SavedKind kind = node.saved_kind(i);
    if (kind == Node::SavedKind::Value) continue;
    const getter raw = kind == Node::SavedKind::List ? &get_raw_saved_list : &get_raw_saved;
    properties->push_back({kept_string(str("_raw_saved_", names[i])), raw, nullptr, nullptr, closure});
  }
  properties->push_back({nullptr, nullptr, nullptr, nullptr, nullptr});
  return properties->data();
}

void init_autograd_saved(PyObject* module) {
  PyType_Slot slots[] = {
      {Py_tp_dealloc, reinterpret_cast<void*>(&saved_tensor_dealloc)},
      {Py_tp_methods, saved_tensor_methods},
      {Py_tp_doc, const_cast<char*>("A tensor that a node of the graph keeps for backward.")},
      {0, nullptr},
  };
  PyType_Spec spec = {"torch._C._autograd.SavedTensor", sizeof(SavedTensorObject), 0,
                      Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, slots};
  saved_tensor_type = add_type(module, &spec);
}

}  // namespace python
}  // namespace tiny_torch
