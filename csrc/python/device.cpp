#include "c10/Allocator.h"
#include "python/Tensor.h"
#include "python/types.h"

namespace tiny_torch {
namespace python {

PyTypeObject* device_type = nullptr;

namespace {
struct DeviceObject {
  PyObject_HEAD Device device;
};

// set_default_device() and `with torch.device(...)`; per thread, as in PyTorch.
thread_local Device current_default{DeviceType::CPU};
thread_local std::vector<Device>* saved_defaults = nullptr;

Device self_device(PyObject* self) { return reinterpret_cast<DeviceObject*>(self)->device; }

int64_t as_index(PyObject* o) {
  TORCH_CHECK_TYPE(PyLong_Check(o), "torch.device(): argument 'index' must be int, not ", type_name(o));
  int overflow = 0;
  const long long index = PyLong_AsLongLongAndOverflow(o, &overflow);
  TORCH_CHECK_VALUE(overflow == 0, "Overflow when unpacking long long");
  if (index == -1 && PyErr_Occurred()) throw_python_error();
  TORCH_CHECK(index >= 0, "Device index must not be negative");
  return index;
}

DeviceIndex checked_index(int64_t index) {
  TORCH_CHECK(index <= 127, "Device index must be between 0 and 127, got ", index);
  return static_cast<DeviceIndex>(index);
}

PyObject* device_new(PyTypeObject*, PyObject* args, PyObject* kwargs) {
  HANDLE_ERRORS
  static const char* names[] = {"type", "index", nullptr};
  PyObject* type = nullptr;
  PyObject* index = nullptr;
  // Both of PyTorch's forms: device(device) and device(type, index).
  PyRef renamed;
  if (kwargs != nullptr && PyDict_GetItemString(kwargs, "device") != nullptr && PyTuple_GET_SIZE(args) == 0 &&
      PyDict_Size(kwargs) == 1) {
    renamed = PyRef(check(PyTuple_Pack(1, PyDict_GetItemString(kwargs, "device"))));
    args = renamed.get();
    kwargs = nullptr;
  }
  if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|O:device", const_cast<char**>(names), &type, &index))
    return nullptr;
  if (index == nullptr || index == Py_None) {
    if (is_device(type)) return Py_NewRef(type);
    TORCH_CHECK_TYPE(PyUnicode_Check(type) || (PyLong_Check(type) && !PyBool_Check(type)),
                     "device(): argument 'type' (position 1) must be str, int or torch.device, not ", type_name(type));
    return wrap(to_device(type));
  }
  TORCH_CHECK_TYPE(PyUnicode_Check(type), "device(): argument 'type' (position 1) must be str, not ", type_name(type));
  const Device parsed(as_utf8(type));
  TORCH_CHECK(!parsed.has_index(),
              "type (string) must not include an index because index was passed explicitly: ", as_utf8(type));
  return wrap(Device(parsed.type(), static_cast<DeviceIndex>(as_index(index))));
  END_HANDLE_ERRORS
}

PyObject* device_repr(PyObject* self) {
  HANDLE_ERRORS
  const Device device = self_device(self);
  std::string text = "device(type='" + to_string(device.type()) + "'";
  if (device.has_index()) text += ", index=" + std::to_string(device.index());
  return wrap(text + ")");
  END_HANDLE_ERRORS
}
PyObject* device_str(PyObject* self) {
  HANDLE_ERRORS
  return wrap(self_device(self).str());
  END_HANDLE_ERRORS
}
Py_hash_t device_hash(PyObject* self) { return static_cast<Py_hash_t>(std::hash<Device>()(self_device(self))) + 1; }

PyObject* device_compare(PyObject* a, PyObject* b, int op) {
  if (!is_device(a) || !is_device(b)) Py_RETURN_NOTIMPLEMENTED;
  const Device x = self_device(a), y = self_device(b);
  if (op == Py_EQ) return PyBool_FromLong(x == y);
  if (op == Py_NE) return PyBool_FromLong(x != y);
  PyErr_SetString(PyExc_TypeError, "comparison not implemented");
  return nullptr;
}

PyObject* device_get_type(PyObject* self, void*) {
  HANDLE_ERRORS
  return wrap(to_string(self_device(self).type()));
  END_HANDLE_ERRORS
}
PyObject* device_get_index(PyObject* self, void*) {
  const Device device = self_device(self);
  return device.has_index() ? PyLong_FromLong(device.index()) : Py_NewRef(Py_None);
}

PyObject* device_reduce(PyObject* self, PyObject*) {
  HANDLE_ERRORS
  const Device device = self_device(self);
  const std::string type = to_string(device.type());
  auto* cls = reinterpret_cast<PyObject*>(device_type);
  return device.has_index() ? Py_BuildValue("O(si)", cls, type.c_str(), static_cast<int>(device.index()))
                            : Py_BuildValue("O(s)", cls, type.c_str());
  END_HANDLE_ERRORS
}

PyObject* device_enter(PyObject* self, PyObject*) {
  HANDLE_ERRORS
  if (saved_defaults == nullptr) saved_defaults = new std::vector<Device>();
  saved_defaults->push_back(current_default);
  current_default = self_device(self);
  return Py_NewRef(self);
  END_HANDLE_ERRORS
}
PyObject* device_exit(PyObject*, PyObject*) {
  if (saved_defaults != nullptr && !saved_defaults->empty()) {
    current_default = saved_defaults->back();
    saved_defaults->pop_back();
  }
  Py_RETURN_NONE;
}

/// A device also serves as decorator: the function then runs inside `with device`.
PyObject* device_call(PyObject* self, PyObject* args, PyObject* kwargs) {
  HANDLE_ERRORS
  const PyRef module(check(PyImport_ImportModule("tiny_torch.utils._device")));
  const PyRef decorator(check(PyObject_GetAttrString(module.get(), "device_decorator")));
  const PyRef bound(check(PyTuple_New(PyTuple_GET_SIZE(args) + 1)));
  PyTuple_SET_ITEM(bound.get(), 0, Py_NewRef(self));
  for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(args); ++i)
    PyTuple_SET_ITEM(bound.get(), i + 1, Py_NewRef(PyTuple_GET_ITEM(args, i)));
  return PyObject_Call(decorator.get(), bound.get(), kwargs);
  END_HANDLE_ERRORS
}

PyGetSetDef properties[] = {
    {"type", &device_get_type, nullptr, "Kind of device: 'cpu', 'cuda', 'meta'.", nullptr},
    {"index", &device_get_index, nullptr, "Which device of this kind, or None for the current one.", nullptr},
    {nullptr, nullptr, nullptr, nullptr, nullptr},
};
PyMethodDef methods[] = {
    {"__reduce__", &device_reduce, METH_NOARGS, nullptr},
    {"__enter__", &device_enter, METH_NOARGS, nullptr},
    {"__exit__", &device_exit, METH_VARARGS, nullptr},
    {nullptr, nullptr, 0, nullptr},
};
PyType_Slot slots[] = {
    {Py_tp_new, reinterpret_cast<void*>(&device_new)},
    {Py_tp_repr, reinterpret_cast<void*>(&device_repr)},
    {Py_tp_str, reinterpret_cast<void*>(&device_str)},
    {Py_tp_hash, reinterpret_cast<void*>(&device_hash)},
    {Py_tp_call, reinterpret_cast<void*>(&device_call)},
    {Py_tp_richcompare, reinterpret_cast<void*>(&device_compare)},
    {Py_tp_getset, properties},
    {Py_tp_methods, methods},
    {Py_tp_doc,
     const_cast<char*>(
         "device(type, index=None)\n\nWhere a tensor lives. As a context manager, the device of tensors made inside.")},
    {0, nullptr},
};
PyType_Spec spec = {"torch.device", sizeof(DeviceObject), 0, Py_TPFLAGS_DEFAULT, slots};

PyObject* py_set_default(PyObject*, PyObject* device) {
  HANDLE_ERRORS
  set_default_device(device == Py_None ? Device(DeviceType::CPU) : to_device(device));
  Py_RETURN_NONE;
  END_HANDLE_ERRORS
}
PyObject* py_get_default(PyObject*, PyObject*) {
  HANDLE_ERRORS
  return wrap(default_device());
  END_HANDLE_ERRORS
}
PyMethodDef functions[] = {
    {"_set_default_device", &py_set_default, METH_O,
     "Makes `device` the place of tensors made without one, on this thread."},
    {"_get_default_device", &py_get_default, METH_NOARGS, nullptr},
    {nullptr, nullptr, 0, nullptr},
};
}  // namespace

Device unpack_device(PyObject* o) { return self_device(o); }

Device to_device(PyObject* o) {
  if (is_device(o)) return self_device(o);
  if (PyUnicode_Check(o)) return Device(as_utf8(o));
  TORCH_CHECK_TYPE(PyLong_Check(o), "expected torch.device, str or int, got ", type_name(o));
  // A number counts accelerators, and CUDA is the only kind there is.
  const int64_t index = as_index(o);
  TORCH_CHECK(try_device_guard(DeviceType::CUDA) != nullptr,
              "Cannot access accelerator device when none is available.");
  return Device(DeviceType::CUDA, checked_index(index));
}

PyObject* wrap(Device device) {
  PyObject* o = check(device_type->tp_alloc(device_type, 0));
  reinterpret_cast<DeviceObject*>(o)->device = device;
  return o;
}

Device default_device() { return current_default; }
void set_default_device(Device device) { current_default = device; }

void init_device(PyObject* module) {
  device_type = add_type(module, &spec);
  check(PyModule_AddFunctions(module, functions));
}

}  // namespace python
}  // namespace tiny_torch
