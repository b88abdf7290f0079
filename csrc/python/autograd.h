// Autograd in Python: nodes, hooks and custom functions as Python objects.
//
// Note [Python objects of nodes]
// A node of C++ gets a wrapper object on demand, of a class named as the node; the node knows its wrapper, so that
// `t.grad_fn is t.grad_fn` while somebody holds it. A node of a custom function (PyNode) owns its `ctx` object, which is
// also what grad_fn gives; ctx knows its node weakly.
#pragma once

#include "autograd/Node.h"
#include "autograd/SavedVariable.h"
#include "autograd/custom_function.h"
#include "python/Tensor.h"
#include "python/module.h"

namespace tiny_torch {
namespace python {

struct NodeObject {
  PyObject_HEAD intrusive_ptr<autodiff::Node> node;
};

/// `ctx` of a custom function.
struct FunctionObject {
  PyObject_HEAD PyObject* needs_input_grad;
  PyObject* to_save;
  PyObject* non_differentiable;
  PyObject* dirty_tensors;
  intrusive_ptr<autodiff::WeakNode> node;
  std::vector<autodiff::SavedVariable> saved;
  std::vector<autodiff::OutputInfo> outputs;
  std::vector<bool> is_tensor_input;
  bool materialize_grads;
  bool freed;
};

struct PyNode final : autodiff::Node {
  explicit PyNode(PyObject* object) : object_(Py_NewRef(object)) {}
  ~PyNode() override;
  autodiff::variable_list apply(autodiff::variable_list&& grads) override;
  void release_variables() override;
  bool apply_needs_lock() const override { return false; }
  std::string name() const override;
  FunctionObject* context() const { return reinterpret_cast<FunctionObject*>(object_); }

  PyObject* object_;
};

extern PyTypeObject* node_type;      // base of all wrappers
extern PyTypeObject* function_type;  // _C._FunctionBase

/// The node behind a wrapper or ctx; RuntimeError for a ctx without one.
intrusive_ptr<autodiff::Node> unpack_node(PyObject* object);
bool is_node(PyObject* object);

// Shared between wrappers and ctx.
extern PyMethodDef node_methods[];
extern PyGetSetDef node_properties[];

/// Hooks kept in a Python dict {id: function}.
std::shared_ptr<autodiff::FunctionPreHook> make_pre_hook(PyObject* dict);
std::shared_ptr<autodiff::FunctionPostHook> make_post_hook(PyObject* dict);
std::unique_ptr<autodiff::SavedVariableHooks> make_saved_hooks(PyObject* pack, PyObject* unpack);
/// The properties _saved_<name> and _raw_saved_<name> of the class of `node`; never freed.
PyGetSetDef* saved_properties(autodiff::Node& node);
/// What a custom function gave to save_for_backward(), as SavedTensor objects.
PyObject* raw_saved_tensors(const intrusive_ptr<autodiff::Node>& node);
/// A tuple of tensors, None for undefined ones.
PyObject* wrap_tuple(const autodiff::variable_list& list);
/// Reads what a hook or a custom backward returned: a tuple of tensors and None, or one of them.
autodiff::variable_list unpack_grads(PyObject* object, const char* what);

void init_autograd_node(PyObject* module);
void init_autograd_function(PyObject* module);
void init_autograd_hooks(PyObject* module);
void init_autograd_saved(PyObject* module);
void init_autograd_engine(PyObject* module);

}  // namespace python
}  // namespace tiny_torch
