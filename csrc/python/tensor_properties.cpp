// Attributes of Tensor.
#include "autograd/AutogradMeta.h"
#include "python/Tensor.h"
#include "python/module.h"

namespace tiny_torch {
namespace python {

namespace {

PyObject* get_shape(PyObject* self, void*) {
  HANDLE_ERRORS
  return wrap_size(unpack(self).sizes());
  END_HANDLE_ERRORS
}
PyObject* get_dtype(PyObject* self, void*) {
  HANDLE_ERRORS
  return wrap(unpack(self).scalar_type());
  END_HANDLE_ERRORS
}
PyObject* get_device(PyObject* self, void*) {
  HANDLE_ERRORS
  return wrap(unpack(self).device());
  END_HANDLE_ERRORS
}
PyObject* get_layout(PyObject* self, void*) { return wrap(unpack(self).layout()); }
PyObject* get_ndim(PyObject* self, void*) { return PyLong_FromLongLong(unpack(self).dim()); }
PyObject* get_itemsize(PyObject* self, void*) { return PyLong_FromSize_t(unpack(self).itemsize()); }
PyObject* get_nbytes(PyObject* self, void*) { return PyLong_FromSize_t(unpack(self).nbytes()); }
PyObject* get_cdata(PyObject* self, void*) { return PyLong_FromVoidPtr(unpack(self).impl()); }

PyObject* get_is_cpu(PyObject* self, void*) { return PyBool_FromLong(unpack(self).is_cpu()); }
PyObject* get_is_cuda(PyObject* self, void*) { return PyBool_FromLong(unpack(self).is_cuda()); }
PyObject* get_is_meta(PyObject* self, void*) { return PyBool_FromLong(unpack(self).is_meta()); }
/// Kinds of tensors that PyTorch has and we do not.
PyObject* get_false(PyObject*, void*) { Py_RETURN_FALSE; }

// ---- autograd ----

PyObject* get_requires_grad(PyObject* self, void*) { return PyBool_FromLong(unpack(self).requires_grad()); }
int set_requires_grad(PyObject* self, PyObject* value, void*) {
  HANDLE_ERRORS
  TORCH_CHECK(value != nullptr && PyBool_Check(value), "requires_grad must be a bool");
  const TensorBase& tensor = unpack(self);
  const bool requires_grad = value == Py_True;
  TORCH_CHECK(requires_grad || autodiff::is_leaf(tensor),
              "you can only change requires_grad flags of leaf variables. If you want to use a computed variable in a "
              "subgraph that doesn't "
              "require differentiation use var_no_grad = var.detach().");
  TORCH_CHECK(!requires_grad || is_differentiable_type(tensor.scalar_type()),
              "only Tensors of floating point and complex dtype can require gradients");
  if (requires_grad != tensor.requires_grad()) autodiff::set_requires_grad(tensor, requires_grad);
  return 0;
  END_HANDLE_ERRORS_RET(-1)
}

PyObject* get_is_leaf(PyObject* self, void*) {
  HANDLE_ERRORS
  return PyBool_FromLong(autodiff::is_leaf(unpack(self)));
  END_HANDLE_ERRORS
}
PyObject* get_retains_grad(PyObject* self, void*) { return PyBool_FromLong(autodiff::retains_grad(unpack(self))); }
PyObject* get_output_nr(PyObject* self, void*) { return PyLong_FromUnsignedLong(autodiff::output_nr(unpack(self))); }
PyObject* get_version(PyObject* self, void*) {
  HANDLE_ERRORS
  return PyLong_FromLongLong(autodiff::version(unpack(self)));
  END_HANDLE_ERRORS
}
PyObject* get_base(PyObject* self, void*) {
  HANDLE_ERRORS
  const autodiff::ViewMeta* meta = autodiff::view_meta_or_null(unpack(self));
  return meta == nullptr ? wrap_none() : wrap(meta->base_);
  END_HANDLE_ERRORS
}

PyObject* get_grad_fn(PyObject* self, void*) {
  HANDLE_ERRORS
  const intrusive_ptr<autodiff::Node> node = autodiff::grad_fn(unpack(self));
  return node.defined() ? wrap_node(node) : wrap_none();
  END_HANDLE_ERRORS
}
int set_grad_fn(PyObject* self, PyObject* value, void*) {
  HANDLE_ERRORS
  TORCH_CHECK(value == nullptr || value == Py_None, "_grad_fn can be only set to None");
  autodiff::detach_(unpack(self));
  return 0;
  END_HANDLE_ERRORS_RET(-1)
}

// `quiet` for `_grad`, which hooks and frameworks look at without meaning anything by it.
PyObject* get_grad(PyObject* self, void* quiet) {
  HANDLE_ERRORS
  const TensorBase& tensor = unpack(self);
  TensorBase grad = autodiff::grad(tensor);
  if (!grad.defined() && quiet == nullptr && !autodiff::is_leaf(tensor) && !autodiff::retains_grad(tensor)) {
    TORCH_WARN(
        "The .grad attribute of a Tensor that is not a leaf Tensor is being accessed. backward() doesn't fill it: call "
        ".retain_grad() on the tensor before, if its gradient is wanted, or look at the leaf it was meant to be.");
  }
  return wrap(std::move(grad));
  END_HANDLE_ERRORS
}
int set_grad(PyObject* self, PyObject* value, void*) {
  HANDLE_ERRORS
  const TensorBase& tensor = unpack(self);
  if (value == nullptr || value == Py_None) {
    autodiff::set_grad(tensor, TensorBase());
    return 0;
  }
  TORCH_CHECK_TYPE(is_tensor(value), "assigned grad expected to be a Tensor or None but got grad of type ",
                   type_name(value));
  TORCH_CHECK(value != self, "can't assign Variable as its own grad");
  autodiff::set_grad(tensor, unpack(value));
  return 0;
  END_HANDLE_ERRORS_RET(-1)
}

PyObject* get_data(PyObject* self, void*) {
  HANDLE_ERRORS
  return wrap(autodiff::variable_data(unpack(self)));
  END_HANDLE_ERRORS
}
int set_data(PyObject* self, PyObject* value, void*) {
  HANDLE_ERRORS
  TORCH_CHECK(value != nullptr, "Deleting tensor data is not allowed. Delete tensor instead!");
  TORCH_CHECK_TYPE(is_tensor(value), "Variable data has to be a tensor, but got ", type_name(value));
  autodiff::set_data(unpack(self), unpack(value));
  return 0;
  END_HANDLE_ERRORS_RET(-1)
}

PyObject* get_name(PyObject* self, void*) {
  HANDLE_ERRORS
  const std::string& name = autodiff::tensor_name(unpack(self));
  return name.empty() ? wrap_none() : wrap(name);
  END_HANDLE_ERRORS
}

// ---- hooks ----

using HookSetter = void (*)(PyObject* tensor, PyObject* dict);
int set_hooks(PyObject* self, PyObject* value, PyObject* TensorObject::* slot, HookSetter setter) {
  HANDLE_ERRORS
  PyObject* dict = value == Py_None ? nullptr : value;
  PyObject* old =
      std::exchange(reinterpret_cast<TensorObject*>(self)->*slot, dict == nullptr ? nullptr : Py_NewRef(dict));
  Py_XDECREF(old);
  setter(self, dict);
  return 0;
  END_HANDLE_ERRORS_RET(-1)
}
PyObject* get_hooks(PyObject* self, PyObject* TensorObject::* slot) {
  PyObject* dict = reinterpret_cast<TensorObject*>(self)->*slot;
  return Py_NewRef(dict == nullptr ? Py_None : dict);
}
PyObject* get_backward_hooks(PyObject* self, void*) { return get_hooks(self, &TensorObject::backward_hooks); }
int set_backward_hooks_(PyObject* self, PyObject* value, void*) {
  return set_hooks(self, value, &TensorObject::backward_hooks, &set_backward_hooks);
}
PyObject* get_post_hooks(PyObject* self, void*) { return get_hooks(self, &TensorObject::post_accumulate_grad_hooks); }
int set_post_hooks(PyObject* self, PyObject* value, void*) {
  return set_hooks(self, value, &TensorObject::post_accumulate_grad_hooks, &set_post_accumulate_grad_hooks);
}

// ---- attributes that are operators ----

PyObject* transposed(PyObject* self) {
  const PyRef first(PyLong_FromLong(-2));
  const PyRef second(PyLong_FromLong(-1));
  return call_method("transpose", self, {first.get(), second.get()}).release();
}
PyObject* conjugated(PyObject* self, PyRef result) {
  return unpack(self).is_complex() ? call_method("conj", result.get()).release() : result.release();
}

PyObject* get_T(PyObject* self, void*) {
  HANDLE_ERRORS
  const int64_t dim = unpack(self).dim();
  if (dim == 0) {
    TORCH_WARN_ONCE("x.T of a 0-d tensor is deprecated; it gives x itself");
  } else if (dim != 2) {
    TORCH_WARN_ONCE(
        "x.T reverses the shape of a tensor that is no matrix, which is deprecated; use x.mT or x.permute()");
  }
  const PyRef order(check(PyTuple_New(dim)));
  for (int64_t i = 0; i < dim; ++i) PyTuple_SET_ITEM(order.get(), i, check(PyLong_FromLongLong(dim - 1 - i)));
  return call_method("permute", self, {order.get()}).release();
  END_HANDLE_ERRORS
}
PyObject* get_mT(PyObject* self, void*) {
  HANDLE_ERRORS
  const int64_t dim = unpack(self).dim();
  TORCH_CHECK(dim >= 2, "tensor.mT is only supported on matrices or batches of matrices. Got ", dim, "-D tensor.");
  return transposed(self);
  END_HANDLE_ERRORS
}
PyObject* get_H(PyObject* self, void*) {
  HANDLE_ERRORS
  const int64_t dim = unpack(self).dim();
  TORCH_CHECK(dim == 2, "tensor.H is only supported on matrices (2-D tensors). Got ", dim, "-D tensor.",
              dim > 2 ? " For batches of matrices, consider using tensor.mH" : "");
  return conjugated(self, PyRef(transposed(self)));
  END_HANDLE_ERRORS
}
PyObject* get_mH(PyObject* self, void*) {
  HANDLE_ERRORS
  const int64_t dim = unpack(self).dim();
  TORCH_CHECK(dim >= 2, "tensor.mH is only supported on matrices or batches of matrices. Got ", dim, "-D tensor.");
  return conjugated(self, PyRef(transposed(self)));
  END_HANDLE_ERRORS
}

PyObject* get_real(PyObject* self, void*) {
  HANDLE_ERRORS
  if (!unpack(self).is_complex()) return Py_NewRef(self);
  return check(call_function("real", &self, 1));
  END_HANDLE_ERRORS
}
PyObject* get_imag(PyObject* self, void*) {
  HANDLE_ERRORS
  TORCH_CHECK(unpack(self).is_complex(), "imag is not implemented for tensors with non-complex dtypes.");
  return check(call_function("imag", &self, 1));
  END_HANDLE_ERRORS
}
int set_part(PyObject* self, PyObject* value, getter part) {
  HANDLE_ERRORS
  TORCH_CHECK(value != nullptr, "the parts of a tensor cannot be deleted");
  const PyRef target(check(part(self, nullptr)));
  if (is_tensor(value)) {
    call_method("copy_", target.get(), {value});
  } else {
    call_method("fill_", target.get(), {value});
  }
  return 0;
  END_HANDLE_ERRORS_RET(-1)
}
int set_real(PyObject* self, PyObject* value, void*) { return set_part(self, value, &get_real); }
int set_imag(PyObject* self, PyObject* value, void*) { return set_part(self, value, &get_imag); }

#define TORCH_FALSE(name) {name, &get_false, nullptr, nullptr, nullptr}

}  // namespace

PyGetSetDef tensor_properties[] = {
    {"shape", &get_shape, nullptr, "The size of each dimension, a torch.Size.", nullptr},
    {"dtype", &get_dtype, nullptr, "The dtype of the elements.", nullptr},
    {"device", &get_device, nullptr, "Where the memory is.", nullptr},
    {"layout", &get_layout, nullptr, "torch.strided.", nullptr},
    {"ndim", &get_ndim, nullptr, "Number of dimensions.", nullptr},
    {"itemsize", &get_itemsize, nullptr, "Bytes per element.", nullptr},
    {"nbytes", &get_nbytes, nullptr, "Bytes of all elements together.", nullptr},
    {"requires_grad", &get_requires_grad, &set_requires_grad,
     "Whether operations on this tensor are recorded for gradients.", nullptr},
    {"is_leaf", &get_is_leaf, nullptr, "Whether no recorded operation made this tensor.", nullptr},
    {"grad", &get_grad, &set_grad, "The gradient that backward() accumulated, or None.", nullptr},
    {"_grad", &get_grad, &set_grad, nullptr, const_cast<char*>("quiet")},
    {"grad_fn", &get_grad_fn, nullptr, "The node of the operation that made this tensor, or None.", nullptr},
    {"_grad_fn", &get_grad_fn, &set_grad_fn, nullptr, nullptr},
    {"data", &get_data, &set_data, "The same values outside of the graph.", nullptr},
    {"retains_grad", &get_retains_grad, nullptr, "Whether backward() keeps the gradient although this is no leaf.",
     nullptr},
    {"output_nr", &get_output_nr, nullptr, "Which output of its node this tensor is.", nullptr},
    {"_version", &get_version, nullptr, "How often the memory was changed in place.", nullptr},
    {"_base", &get_base, nullptr, "The tensor this one is a view of, or None.", nullptr},
    {"_cdata", &get_cdata, nullptr, nullptr, nullptr},
    {"name", &get_name, nullptr, nullptr, nullptr},
    {"grad_dtype", &get_dtype, nullptr, "The dtype that gradients of this tensor have.", nullptr},
    {"_backward_hooks", &get_backward_hooks, &set_backward_hooks_, nullptr, nullptr},
    {"_post_accumulate_grad_hooks", &get_post_hooks, &set_post_hooks, nullptr, nullptr},
    {"T", &get_T, nullptr, "All dimensions in reversed order, a view.", nullptr},
    {"mT", &get_mT, nullptr, "The last two dimensions swapped, a view.", nullptr},
    {"H", &get_H, nullptr, "The conjugate transpose of a matrix.", nullptr},
    {"mH", &get_mH, nullptr, "The conjugate transpose of each matrix.", nullptr},
    {"real", &get_real, &set_real, "The real part.", nullptr},
    {"imag", &get_imag, &set_imag, "The imaginary part of a complex tensor, a view.", nullptr},
    {"is_cpu", &get_is_cpu, nullptr, nullptr, nullptr},
    {"is_cuda", &get_is_cuda, nullptr, nullptr, nullptr},
    {"is_meta", &get_is_meta, nullptr, nullptr, nullptr},
    TORCH_FALSE("is_sparse"),
    TORCH_FALSE("is_sparse_csr"),
    TORCH_FALSE("is_quantized"),
    TORCH_FALSE("is_mkldnn"),
    TORCH_FALSE("is_mps"),
    TORCH_FALSE("is_xpu"),
    TORCH_FALSE("is_xla"),
    TORCH_FALSE("is_ipu"),
    TORCH_FALSE("is_vulkan"),
    TORCH_FALSE("is_maia"),
    TORCH_FALSE("is_mtia"),
    TORCH_FALSE("is_nested"),
    TORCH_FALSE("volatile"),
    {nullptr, nullptr, nullptr, nullptr, nullptr},
};

}  // namespace python
}  // namespace tiny_torch
