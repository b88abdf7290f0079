// backward() and grad() for Python, and init_autograd().
#include "autograd/Engine.h"
#include "autograd/autograd.h"
#include "autograd/basic_nodes.h"
#include "autograd/kernel_support.h"
#include "python/autograd.h"
#include "python/autograd_anomaly.h"

namespace tiny_torch {
namespace python {

using namespace autodiff;

namespace {

std::vector<TensorBase> to_tensors(PyObject* object, const char* function, const char* argument) {
  std::vector<TensorBase> list;
  if (is_tensor(object)) {
    list.push_back(unpack(object));
    return list;
  }
  const PyRef items(check(PySequence_Fast(object, "expected Tensors or a sequence of Tensors")));
  for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(items.get()); ++i) {
    PyObject* item = PySequence_Fast_GET_ITEM(items.get(), i);
    TORCH_CHECK(is_tensor(item), function, "(): all ", argument, " have to be Tensors, but got ", type_name(item));
    list.push_back(unpack(item));
  }
  return list;
}

std::vector<TensorBase> to_gradients(PyObject* object) {
  std::vector<TensorBase> list;
  if (object == Py_None) return list;
  const bool single = is_tensor(object);
  const PyRef items(single ? check(PyTuple_Pack(1, object))
                           : check(PySequence_Fast(object, "gradients must be Tensors or None")));
  for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(items.get()); ++i) {
    PyObject* item = PySequence_Fast_GET_ITEM(items.get(), i);
    TORCH_CHECK_TYPE(item == Py_None || is_tensor(item), "gradients can be either Tensors or None, but got ",
                     type_name(item));
    list.push_back(item == Py_None ? TensorBase() : unpack(item));
  }
  return list;
}

std::optional<bool> to_optional_bool(PyObject* object) {
  if (object == Py_None) return std::nullopt;
  const long value = PyLong_AsLong(object);
  if (value == -1 && PyErr_Occurred() != nullptr) throw_python_error();
  return value != 0;
}

/// _engine_backward(tensors, grad_tensors, retain_graph, create_graph, inputs)
PyObject* engine_backward(PyObject*, PyObject* const* args, Py_ssize_t nargs) {
  HANDLE_ERRORS
  TORCH_CHECK_TYPE(nargs == 5, "_engine_backward() takes 5 arguments");
  const std::vector<TensorBase> tensors = to_tensors(args[0], "backward", "tensors");
  const std::vector<TensorBase> grads = to_gradients(args[1]);
  const std::optional<bool> retain_graph = to_optional_bool(args[2]);
  const bool create_graph = to_optional_bool(args[3]).value_or(false);
  std::vector<TensorBase> inputs;
  if (args[4] != Py_None) inputs = to_tensors(args[4], "backward", "inputs");
  const std::optional<TensorList> wanted = args[4] == Py_None ? std::nullopt : std::optional<TensorList>(inputs);
  {
    const gil_scoped_release release;
    backward(tensors, grads, retain_graph, create_graph, wanted);
  }
  Py_RETURN_NONE;
  END_HANDLE_ERRORS
}

/// _engine_grad(outputs, inputs, grad_outputs, retain_graph, create_graph, allow_unused, materialize_grads)
PyObject* engine_grad(PyObject*, PyObject* const* args, Py_ssize_t nargs) {
  HANDLE_ERRORS
  TORCH_CHECK_TYPE(nargs == 7, "_engine_grad() takes 7 arguments");
  const std::vector<TensorBase> outputs = to_tensors(args[0], "grad", "outputs");
  const std::vector<TensorBase> inputs = to_tensors(args[1], "grad", "inputs");
  const std::vector<TensorBase> grads = to_gradients(args[2]);
  const std::optional<bool> retain_graph = to_optional_bool(args[3]);
  const bool create_graph = to_optional_bool(args[4]).value_or(false);
  const bool allow_unused = to_optional_bool(args[5]).value_or(false);
  const bool materialize = to_optional_bool(args[6]).value_or(false);
  variable_list result;
  {
    const gil_scoped_release release;
    result = grad(outputs, inputs, grads, retain_graph, create_graph, allow_unused, materialize);
  }
  return wrap_tuple(result);
  END_HANDLE_ERRORS
}

edge_list to_edges(PyObject* object) {
  const PyRef items(check(PySequence_Fast(object, "expected a sequence of GradientEdge")));
  edge_list edges;
  for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(items.get()); ++i) {
    PyObject *node = nullptr, *nr = nullptr, *token = nullptr;
    PyObject* item = PySequence_Fast_GET_ITEM(items.get(), i);
    TORCH_CHECK_TYPE(PyTuple_Check(item), "expected a GradientEdge, but got ", type_name(item));
    if (!PyArg_UnpackTuple(item, "GradientEdge", 2, 3, &node, &nr, &token)) throw_python_error();
    const long number = PyLong_AsLong(nr);
    if (number == -1 && PyErr_Occurred() != nullptr) throw_python_error();
    intrusive_ptr<Node> function = unpack_node(node);
    TORCH_CHECK(number >= 0 && static_cast<size_t>(number) < function->num_inputs(), "GradientEdge: ", function->name(),
                " has ", function->num_inputs(), " outputs, got number ", number);
    edges.emplace_back(std::move(function), static_cast<uint32_t>(number));
  }
  return edges;
}

/// _engine_run_edges(outputs, grad_outputs, inputs, keep_graph, create_graph, accumulate_grad)
PyObject* engine_run_edges(PyObject*, PyObject* const* args, Py_ssize_t nargs) {
  HANDLE_ERRORS
  TORCH_CHECK_TYPE(nargs == 6, "_engine_run_edges() takes 6 arguments");
  const edge_list roots = to_edges(args[0]), inputs = to_edges(args[2]);
  const std::vector<TensorBase> given = to_gradients(args[1]);
  TORCH_CHECK(given.size() == roots.size(), "got ", roots.size(), " edges and ", given.size(), " gradients");
  variable_list grads;
  for (const TensorBase& grad : given) grads.push_back(grad);
  const bool keep = to_optional_bool(args[3]).value_or(false), create = to_optional_bool(args[4]).value_or(false);
  const bool accumulate = to_optional_bool(args[5]).value_or(false);
  variable_list result;
  {
    const gil_scoped_release release;
    result = Engine::get().run_backward(roots, std::move(grads), keep, create, inputs, accumulate);
  }
  return wrap_tuple(result);
  END_HANDLE_ERRORS
}

PyObject* queue_callback(PyObject*, PyObject* function) {
  HANDLE_ERRORS
  std::shared_ptr<PyObject> held(Py_NewRef(function), [](PyObject* object) {
    if (!interpreter_alive()) return;
    const gil_scoped_acquire gil;
    Py_DECREF(object);
  });
  Engine::get().queue_callback([held] {
    const gil_scoped_acquire gil;
    const PyRef done(check(PyObject_CallNoArgs(held.get())));
  });
  Py_RETURN_NONE;
  END_HANDLE_ERRORS
}

/// _delayed_error(message, tensors): the same values, through a node that raises when differentiated.
PyObject* delayed_error(PyObject*, PyObject* args) {
  HANDLE_ERRORS
  const char* message = nullptr;
  PyObject* tensors = nullptr;
  if (!PyArg_ParseTuple(args, "sO:_delayed_error", &message, &tensors)) return nullptr;
  const std::vector<TensorBase> list = to_gradients(tensors);
  intrusive_ptr<Node> node = make_intrusive<ErrorNode>(message);
  edge_list edges;
  variable_list results;
  for (const TensorBase& tensor : list) {
    results.push_back(tensor.defined() ? detach(tensor) : TensorBase());
    edges.emplace_back();
  }
  node->set_next_edges(std::move(edges));
  for (const TensorBase& result : results) set_history(result, node);
  return wrap_tuple(results);
  END_HANDLE_ERRORS
}

PyObject* is_running(PyObject*, PyObject*) { return PyBool_FromLong(Engine::is_running()); }

PyObject* has_inputs(PyObject*, PyObject*) { return PyBool_FromLong(Engine::current_task_has_inputs()); }

PyObject* gradient_node(PyObject*, PyObject* tensor) {
  HANDLE_ERRORS
  TORCH_CHECK_TYPE(is_tensor(tensor), "_gradient_node() expected a Tensor, but got ", type_name(tensor));
  return wrap_node(gradient_edge(unpack(tensor)).function);
  END_HANDLE_ERRORS
}

PyObject* increment_version_(PyObject*, PyObject* tensor) {
  HANDLE_ERRORS
  TORCH_CHECK_TYPE(is_tensor(tensor), "increment_version expects each element of the iterable to be a tensor, but got ",
                   type_name(tensor));
  increment_version(unpack(tensor));
  Py_RETURN_NONE;
  END_HANDLE_ERRORS
}

PyMethodDef functions[] = {
    {"_gradient_node", &gradient_node, METH_O, nullptr},
    {"_increment_version", &increment_version_, METH_O, nullptr},
    {"_engine_backward", as_cfunction(&engine_backward), METH_FASTCALL, nullptr},
    {"_engine_grad", as_cfunction(&engine_grad), METH_FASTCALL, nullptr},
    {"_engine_run_edges", as_cfunction(&engine_run_edges), METH_FASTCALL, nullptr},
    {"_queue_callback", &queue_callback, METH_O, nullptr},
    {"_delayed_error", &delayed_error, METH_VARARGS, nullptr},
    {"_backward_has_inputs", &has_inputs, METH_NOARGS, nullptr},
    {"_is_backward_running", &is_running, METH_NOARGS, nullptr},
    {nullptr, nullptr, 0, nullptr},
};

}  // namespace

void init_autograd(PyObject* module) {
  check(PyModule_AddFunctions(module, functions));
  init_autograd_saved(module);
  init_autograd_node(module);
  init_autograd_function(module);
  init_autograd_hooks(module);
  init_autograd_anomaly(module);
}

}  // namespace python
}  // namespace tiny_torch
