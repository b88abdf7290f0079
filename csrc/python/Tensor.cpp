#include "python/Tensor.h"

#include <new>
#include <thread>

#include "python/module.h"

namespace tiny_torch {
namespace python {

PyTypeObject* tensor_class = nullptr;
PyTypeObject* parameter_class = nullptr;

namespace {

// Python 3.13 without the GIL lacks the try-incref this needs; there the module does not declare itself ready, so that the
// interpreter keeps its lock.
#if defined(Py_GIL_DISABLED) && PY_VERSION_HEX >= 0x030E0000
#define TORCH_FREE_THREADED 1
#endif

TensorObject* as_object(void* o) { return static_cast<TensorObject*>(o); }

/// PEP 442 runs a finalizer once; an object that was brought back must be able to go through it again.
void clear_finalized_bit(PyObject* o) {
#ifdef Py_GIL_DISABLED
  o->ob_gc_bits &= static_cast<uint8_t>(~2);
#else
  // The two words of the collector before the object; bit 0 of the second says "finalized".
  reinterpret_cast<uintptr_t*>(o)[-1] &= ~static_cast<uintptr_t>(1);
#endif
}

/// A new object for an impl that has none; another thread may have been first, then its object.
PyObject* create(PyTypeObject* type, TensorBase&& tensor) {
  PyObject* o = check(type->tp_alloc(type, 0));
  auto* self = as_object(o);
  new (&self->tensor) TensorBase(std::move(tensor));
#ifdef TORCH_FREE_THREADED
  PyUnstable_EnableTryIncRef(o);
#endif
  void* none = nullptr;
  if (TORCH_UNLIKELY(!self->tensor.impl()->pyobj().compare_exchange_strong(none, o, std::memory_order_acq_rel))) {
    TensorBase kept = std::move(self->tensor);
    Py_DECREF(o);
    TORCH_INTERNAL_ASSERT(kept.impl()->pyobj().load() != nullptr, "");
    return wrap(std::move(kept));
  }
  return o;
}

/// The object an impl already has. `tensor` holds a reference, so the impl stays while we look.
PyObject* existing(TensorImpl* impl, PyObject* o) {
#ifdef TORCH_FREE_THREADED
  while (true) {
    bool owned = true;
    if (impl->owns_pyobj().compare_exchange_strong(owned, false, std::memory_order_acq_rel)) break;
    // A zero count means that its finalizer is just about to hand the object over to the impl.
    if (PyUnstable_TryIncRef(o)) return o;
    std::this_thread::yield();
  }
#else
  if (TORCH_LIKELY(!impl->owns_pyobj().load(std::memory_order_acquire))) return Py_NewRef(o);
  impl->owns_pyobj().store(false, std::memory_order_release);
#endif
  // The impl's reference to the object becomes the caller's; the object's handle counts again.
  clear_finalized_bit(o);
  TensorBase& handle = as_object(o)->tensor;
  handle.take_impl().release();
  handle = TensorBase(intrusive_ptr<TensorImpl>::reclaim_copy(impl));
  return o;
}

// ---- the end of an object ----

/// Called by a dying impl that owns its object.
void release_object(void* object) {
  if (!interpreter_alive()) return;
  const gil_scoped_acquire gil;
  const ErrorStash stash;
  auto* o = static_cast<PyObject*>(object);
  auto* self = as_object(object);
  TensorImpl* dying = self->tensor.take_impl().release();
  // Reached through a weak reference, or about to run a __del__ of its class: it must still be a whole tensor.
  if (Py_REFCNT(o) > 1 || !is_tensor_exact(o)) {
    auto twin = dying->shallow_copy();
    twin->pyobj().store(o, std::memory_order_release);
    self->tensor = TensorBase(std::move(twin));
  }
  clear_finalized_bit(o);
  Py_DECREF(o);
}

/// Runs __del__ of a Python class, which would otherwise have taken the finalizer's place.
void call_del(PyObject* o) {
  static PyObject* const name = PyUnicode_InternFromString("__del__");
  const PyRef method(PyObject_GetAttr(reinterpret_cast<PyObject*>(Py_TYPE(o)), name));
  if (!method) {
    PyErr_Clear();
    return;
  }
  if (!PyFunction_Check(method.get())) return;
  const PyRef result(PyObject_CallOneArg(method.get(), o));
  if (!result) PyErr_WriteUnraisable(method.get());
}

void tensor_finalize(PyObject* o) {
  auto* self = as_object(o);
  TensorImpl* impl = self->tensor.impl();
  if (impl != nullptr && self->tensor.use_count() > 1 && impl->pyobj().load(std::memory_order_acquire) == o) {
    Py_INCREF(o);
    clear_finalized_bit(o);
    impl->owns_pyobj().store(true, std::memory_order_release);
    // If the others let go meanwhile this is the last reference, and release_object() gives us a twin or nothing.
    intrusive_ptr<TensorImpl>::reclaim(impl).reset();
    return;
  }
  if (is_tensor_exact(o)) {
    clear_finalized_bit(o);
    return;
  }
  const ErrorStash stash;
  call_del(o);
}

int tensor_traverse(PyObject* o, visitproc visit, void* arg) {
  auto* self = as_object(o);
  Py_VISIT(self->backward_hooks);
  Py_VISIT(self->post_accumulate_grad_hooks);
  // While others own the impl too, what it owns stays reachable through them.
  return self->tensor.use_count() == 1 ? visit_hooks(self->tensor, visit, arg) : 0;
}

int tensor_clear(PyObject* o) {
  auto* self = as_object(o);
  Py_CLEAR(self->backward_hooks);
  Py_CLEAR(self->post_accumulate_grad_hooks);
  return 0;
}

void tensor_dealloc(PyObject* o) {
  // Python classes come here from subtype_dealloc, which has run the finalizer already.
  if (Py_TYPE(o) == &tensor_base_type) {
    if (PyObject_CallFinalizerFromDealloc(o) < 0) return;
    PyObject_GC_UnTrack(o);
  }
  auto* self = as_object(o);
  tensor_clear(o);
  if (self->tensor.defined()) {
    void* expected = o;
    self->tensor.impl()->pyobj().compare_exchange_strong(expected, nullptr, std::memory_order_acq_rel);
  }
  self->tensor.~TensorBase();
  Py_TYPE(o)->tp_free(o);
}

PyObject* tensor_new(PyTypeObject* type, PyObject* args, PyObject* kwargs) {
  HANDLE_ERRORS
  TORCH_CHECK_TYPE(type != &tensor_base_type, "Cannot create instances of TensorBase; use torch.tensor()");
  return wrap_as(type, legacy_tensor(args, kwargs));
  END_HANDLE_ERRORS
}

// ---- the metaclass ----

int meta_init(PyObject* cls, PyObject* args, PyObject* kwargs) {
  if (PyType_Type.tp_init(cls, args, kwargs) < 0) return -1;
  auto* type = reinterpret_cast<PyTypeObject*>(cls);
  // A class with a __del__ of its own must not lose the hand-over to C++; tensor_finalize calls it.
  type->tp_finalize = &tensor_finalize;
  // Python takes __iadd__ for concatenation as well, and would give out its NotImplemented as a result.
  PySequenceMethods* sequence = type->tp_as_sequence;
  if (sequence != nullptr && sequence->sq_inplace_concat == tensor_base_type.tp_as_number->nb_inplace_add)
    sequence->sq_inplace_concat = nullptr;
  return 0;
}

PyObject* set_class(PyTypeObject*& slot, PyObject* cls) {
  if (!PyType_Check(cls) || !PyType_IsSubtype(reinterpret_cast<PyTypeObject*>(cls), &tensor_base_type)) {
    PyErr_Format(PyExc_TypeError, "expected a subclass of TensorBase, got %R", cls);
    return nullptr;
  }
  Py_INCREF(cls);
  slot = reinterpret_cast<PyTypeObject*>(cls);
  Py_RETURN_NONE;
}
PyObject* set_tensor_class(PyObject*, PyObject* cls) { return set_class(tensor_class, cls); }
PyObject* set_parameter_class(PyObject*, PyObject* cls) { return set_class(parameter_class, cls); }

PyMethodDef functions[] = {
    {"_set_tensor_class", &set_tensor_class, METH_O, "Registers the class of tensors that C++ gives to Python."},
    {"_set_parameter_class", &set_parameter_class, METH_O,
     "Registers nn.Parameter, whose exact instances take the fast path."},
    {nullptr, nullptr, 0, nullptr},
};

}  // namespace

// Static types, because only Python 3.12 and newer can make a heap type with a metaclass. Filled by init_tensor().
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
PyTypeObject tensor_meta_type = {PyVarObject_HEAD_INIT(nullptr, 0)};
PyTypeObject tensor_base_type = {PyVarObject_HEAD_INIT(&tensor_meta_type, 0)};
#pragma GCC diagnostic pop

PyObject* wrap(const TensorBase& tensor) {
  if (TORCH_UNLIKELY(!tensor.defined())) return Py_NewRef(Py_None);
  void* o = tensor.impl()->pyobj().load(std::memory_order_acquire);
  if (o != nullptr) return existing(tensor.impl(), static_cast<PyObject*>(o));
  return create(tensor_class, TensorBase(tensor));
}

PyObject* wrap(TensorBase&& tensor) {
  if (TORCH_UNLIKELY(!tensor.defined())) return Py_NewRef(Py_None);
  void* o = tensor.impl()->pyobj().load(std::memory_order_acquire);
  if (o != nullptr) return existing(tensor.impl(), static_cast<PyObject*>(o));
  return create(tensor_class, std::move(tensor));
}

PyObject* wrap_as(PyTypeObject* type, TensorBase tensor) {
  TORCH_CHECK(tensor.defined() && tensor.impl()->pyobj().load() == nullptr, "Creating a new Tensor subclass ",
              type->tp_name, " but the raw Tensor object is already associated to a python object of type ",
              tensor.defined() ? type_name(static_cast<PyObject*>(tensor.impl()->pyobj().load())) : "None");
  return create(type, std::move(tensor));
}

void init_tensor(PyObject* module) {
  tensor_meta_type.tp_name = "torch._C._TensorMeta";
  tensor_meta_type.tp_base = &PyType_Type;
  tensor_meta_type.tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE;
  tensor_meta_type.tp_init = &meta_init;
  check(PyType_Ready(&tensor_meta_type));

  PyTypeObject& type = tensor_base_type;
  type.tp_name = "torch._C.TensorBase";
  type.tp_basicsize = sizeof(TensorObject);
  type.tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC;
  type.tp_dealloc = &tensor_dealloc;
  type.tp_traverse = &tensor_traverse;
  type.tp_clear = &tensor_clear;
  type.tp_finalize = &tensor_finalize;
  type.tp_new = &tensor_new;
  init_tensor_slots(type);
  check(PyType_Ready(&type));
  if (tensor_class == nullptr) tensor_class = &type;
  check(PyModule_AddObjectRef(module, "_TensorMeta", reinterpret_cast<PyObject*>(&tensor_meta_type)));
  check(PyModule_AddObjectRef(module, "TensorBase", reinterpret_cast<PyObject*>(&type)));
  check(PyModule_AddFunctions(module, functions));
  pyobject_hooks().decref = &release_object;
}

}  // namespace python
}  // namespace tiny_torch
