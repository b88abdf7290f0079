#include <cstring>
#include <mutex>

#include "aten/core/CPUGeneratorImpl.h"
#include "python/Tensor.h"
#include "python/types.h"

namespace tiny_torch {
namespace python {

PyTypeObject* generator_type = nullptr;

namespace {
struct GeneratorObject {
  PyObject_HEAD Generator generator;
};
Generator& self_generator(PyObject* o) { return reinterpret_cast<GeneratorObject*>(o)->generator; }

PyObject* make(PyTypeObject* type, Generator generator) {
  PyObject* o = check(type->tp_alloc(type, 0));
  new (&self_generator(o)) Generator(std::move(generator));
  return o;
}

PyObject* generator_new(PyTypeObject* type, PyObject* args, PyObject* kwargs) {
  HANDLE_ERRORS
  static const char* names[] = {"device", nullptr};
  PyObject* device = nullptr;
  if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|O:Generator", const_cast<char**>(names), &device)) return nullptr;
  const Device where = device == nullptr ? Device(DeviceType::CPU) : to_device(device);
  TORCH_CHECK(where.is_cpu(), "Device type ", where.type(), " is not supported for torch.Generator() api.");
  return make(type, make_cpu_generator());
  END_HANDLE_ERRORS
}

void generator_dealloc(PyObject* self) {
  PyTypeObject* type = Py_TYPE(self);
  self_generator(self).~Generator();
  type->tp_free(self);
  Py_DECREF(type);
}

/// Negative seeds count from 2^64 down, as in PyTorch.
uint64_t as_seed(PyObject* o) {
  TORCH_CHECK(PyIndex_Check(o) && !PyBool_Check(o), "manual_seed expected a long, but got ", type_name(o));
  const PyRef number(check(PyNumber_Index(o)));
  const unsigned long long seed = PyLong_AsUnsignedLongLong(number.get());
  if (seed != static_cast<unsigned long long>(-1) || !PyErr_Occurred()) return seed;
  PyErr_Clear();
  const long long negative = PyLong_AsLongLong(number.get());
  if (negative == -1 && PyErr_Occurred()) {
    PyErr_Clear();
    ::tiny_torch::detail::throw_value_error("Overflow when unpacking long long");
  }
  return static_cast<uint64_t>(negative);
}

PyObject* generator_manual_seed(PyObject* self, PyObject* seed) {
  HANDLE_ERRORS
  const uint64_t value = as_seed(seed);
  const std::lock_guard<std::mutex> lock(self_generator(self).mutex());
  self_generator(self).set_current_seed(value);
  return Py_NewRef(self);
  END_HANDLE_ERRORS
}
PyObject* generator_seed(PyObject* self, PyObject*) {
  HANDLE_ERRORS
  const std::lock_guard<std::mutex> lock(self_generator(self).mutex());
  return PyLong_FromUnsignedLongLong(self_generator(self).seed());
  END_HANDLE_ERRORS
}
PyObject* generator_initial_seed(PyObject* self, PyObject*) {
  HANDLE_ERRORS
  return PyLong_FromUnsignedLongLong(self_generator(self).current_seed());
  END_HANDLE_ERRORS
}
PyObject* generator_get_state(PyObject* self, PyObject*) {
  HANDLE_ERRORS
  std::vector<uint8_t> state;
  {
    const std::lock_guard<std::mutex> lock(self_generator(self).mutex());
    state = self_generator(self).get()->get_state();
  }
  TensorBase result = empty_tensor({static_cast<int64_t>(state.size())}, kByte);
  std::memcpy(result.mutable_data_ptr(), state.data(), state.size());
  return wrap(std::move(result));
  END_HANDLE_ERRORS
}
PyObject* generator_set_state(PyObject* self, PyObject* state) {
  HANDLE_ERRORS
  TORCH_CHECK_TYPE(is_tensor(state) && unpack(state).scalar_type() == kByte && unpack(state).is_cpu(),
                   "expected a torch.ByteTensor, but got ", type_name(state));
  const TensorBase& bytes = unpack(state);
  TORCH_CHECK(bytes.is_contiguous(), "set_state(): expected a contiguous tensor");
  const auto* data = static_cast<const uint8_t*>(bytes.const_data_ptr());
  const std::lock_guard<std::mutex> lock(self_generator(self).mutex());
  self_generator(self).get()->set_state(std::vector<uint8_t>(data, data + bytes.numel()));
  return Py_NewRef(self);
  END_HANDLE_ERRORS
}
PyObject* generator_clone_state(PyObject* self, PyObject*) {
  HANDLE_ERRORS
  const std::lock_guard<std::mutex> lock(self_generator(self).mutex());
  return wrap(self_generator(self).clone());
  END_HANDLE_ERRORS
}
PyObject* generator_reduce(PyObject* self, PyObject*) {
  HANDLE_ERRORS
  const PyRef state(generator_get_state(self, nullptr));
  check(state.get());
  const PyRef device(wrap(self_generator(self).device()));
  const PyRef rebuild(check(PyObject_GetAttrString(reinterpret_cast<PyObject*>(generator_type), "_rebuild")));
  return Py_BuildValue("O(OO)", rebuild.get(), device.get(), state.get());
  END_HANDLE_ERRORS
}
PyObject* generator_rebuild(PyObject*, PyObject* args) {
  HANDLE_ERRORS
  PyObject *device = nullptr, *state = nullptr;
  if (!PyArg_ParseTuple(args, "OO:_rebuild", &device, &state)) return nullptr;
  PyRef result(check(PyObject_CallOneArg(reinterpret_cast<PyObject*>(generator_type), device)));
  const PyRef same(check(generator_set_state(result.get(), state)));
  return result.release();
  END_HANDLE_ERRORS
}
PyObject* generator_device(PyObject* self, void*) {
  HANDLE_ERRORS
  return wrap(self_generator(self).device());
  END_HANDLE_ERRORS
}
PyObject* generator_cdata(PyObject* self, void*) { return PyLong_FromVoidPtr(self_generator(self).get()); }
PyObject* generator_repr(PyObject* self) {
  HANDLE_ERRORS
  return wrap(str("<torch._C.Generator object at ", static_cast<const void*>(self), ">"));
  END_HANDLE_ERRORS
}

PyMethodDef methods[] = {
    {"manual_seed", &generator_manual_seed, METH_O,
     "manual_seed(seed) -> Generator\n\nStarts the stream of numbers that belongs to `seed`."},
    {"seed", &generator_seed, METH_NOARGS, "Takes a seed from the system and returns it."},
    {"initial_seed", &generator_initial_seed, METH_NOARGS, "The seed last set."},
    {"get_state", &generator_get_state, METH_NOARGS, "The state as a uint8 tensor."},
    {"set_state", &generator_set_state, METH_O, "Goes back to a state that get_state() returned."},
    {"clone_state", &generator_clone_state, METH_NOARGS, "A new generator in the same state."},
    {"__reduce__", &generator_reduce, METH_NOARGS, nullptr},
    {"_rebuild", &generator_rebuild, METH_VARARGS | METH_STATIC, nullptr},
    {nullptr, nullptr, 0, nullptr},
};
PyGetSetDef properties[] = {
    {"device", &generator_device, nullptr, "Where the generator draws.", nullptr},
    {"_cdata", &generator_cdata, nullptr, nullptr, nullptr},
    {nullptr, nullptr, nullptr, nullptr, nullptr},
};
PyType_Slot slots[] = {
    {Py_tp_new, reinterpret_cast<void*>(&generator_new)},
    {Py_tp_dealloc, reinterpret_cast<void*>(&generator_dealloc)},
    {Py_tp_repr, reinterpret_cast<void*>(&generator_repr)},
    {Py_tp_getset, properties},
    {Py_tp_methods, methods},
    {Py_tp_doc, const_cast<char*>("Generator(device='cpu')\n\nA stream of random numbers.")},
    {0, nullptr},
};
PyType_Spec spec = {"torch.Generator", sizeof(GeneratorObject), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, slots};
}  // namespace

const Generator& unpack_generator(PyObject* o) { return self_generator(o); }
PyObject* wrap(const Generator& generator) {
  if (!generator.defined()) return Py_NewRef(Py_None);
  return make(generator_type, generator);
}

void init_generator(PyObject* module) {
  generator_type = add_type(module, &spec);
  const PyRef shared(wrap(default_cpu_generator()));
  check(PyModule_AddObjectRef(module, "default_generator", shared.get()));
}

}  // namespace python
}  // namespace tiny_torch
