#include <array>

#include "python/Tensor.h"
#include "python/types.h"

namespace tiny_torch {
namespace python {

PyTypeObject* dtype_type = nullptr;

namespace {
struct DtypeObject {
  PyObject_HEAD ScalarType dtype;
};

// Indexed by PyTorch's number.
std::array<PyObject*, static_cast<size_t>(ScalarType::NumOptions)> singletons{};

ScalarType self_dtype(PyObject* self) { return reinterpret_cast<DtypeObject*>(self)->dtype; }

PyObject* dtype_repr(PyObject* self) { return PyUnicode_FromFormat("torch.%s", python_name(self_dtype(self))); }

PyObject* dtype_reduce(PyObject* self, PyObject*) { return PyUnicode_FromString(python_name(self_dtype(self))); }

/// The module under which pickle finds `float32`: torch where that name is ours, else tiny_torch.
PyObject* dtype_module(PyObject*, void*) {
  PyObject* modules = PyImport_GetModuleDict();
  PyObject* torch = PyDict_GetItemString(modules, "torch");
  PyObject* own = PyDict_GetItemString(modules, "tiny_torch");
  return PyUnicode_FromString(own == nullptr || torch == own ? "torch" : "tiny_torch");
}

PyObject* dtype_is_floating_point(PyObject* self, void*) {
  return PyBool_FromLong(is_floating_point(self_dtype(self)));
}
PyObject* dtype_is_complex(PyObject* self, void*) { return PyBool_FromLong(is_complex_type(self_dtype(self))); }
PyObject* dtype_is_signed(PyObject* self, void*) { return PyBool_FromLong(is_signed(self_dtype(self))); }
PyObject* dtype_itemsize(PyObject* self, void*) { return PyLong_FromSize_t(element_size(self_dtype(self))); }

PyObject* dtype_to_real(PyObject* self, PyObject*) {
  HANDLE_ERRORS
  return wrap(to_real(self_dtype(self)));
  END_HANDLE_ERRORS
}

PyObject* dtype_to_complex(PyObject* self, PyObject*) {
  HANDLE_ERRORS
  const ScalarType dtype = self_dtype(self);
  TORCH_CHECK(is_floating_point(dtype) || is_complex_type(dtype),
              "to_complex(): expected a floating point or complex dtype, got torch.", python_name(dtype));
  return wrap(is_complex_type(dtype) ? dtype : to_complex(dtype));
  END_HANDLE_ERRORS
}

PyGetSetDef properties[] = {
    {"is_floating_point", &dtype_is_floating_point, nullptr, "Whether values are real floating point numbers.",
     nullptr},
    {"is_complex", &dtype_is_complex, nullptr, "Whether values are complex numbers.", nullptr},
    {"is_signed", &dtype_is_signed, nullptr, "Whether values can be negative.", nullptr},
    {"itemsize", &dtype_itemsize, nullptr, "Bytes per element.", nullptr},
    {"__module__", &dtype_module, nullptr, nullptr, nullptr},
    {nullptr, nullptr, nullptr, nullptr, nullptr},
};
PyMethodDef methods[] = {
    {"__reduce__", &dtype_reduce, METH_NOARGS, nullptr},
    {"to_real", &dtype_to_real, METH_NOARGS, "The dtype of the real part."},
    {"to_complex", &dtype_to_complex, METH_NOARGS, "The complex dtype whose parts have this dtype."},
    {nullptr, nullptr, 0, nullptr},
};
PyType_Slot slots[] = {
    {Py_tp_repr, reinterpret_cast<void*>(&dtype_repr)},
    {Py_tp_getset, properties},
    {Py_tp_methods, methods},
    {Py_tp_doc, const_cast<char*>("The element type of a tensor, such as torch.float32.")},
    {0, nullptr},
};
PyType_Spec spec = {"torch.dtype", sizeof(DtypeObject), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
                    slots};

// (dtype, further names under which the module offers it).
struct Alias {
  ScalarType dtype;
  const char* name;
};
constexpr Alias kAliases[] = {
    {kFloat, "float"}, {kDouble, "double"},     {kHalf, "half"},           {kShort, "short"},           {kInt, "int"},
    {kLong, "long"},   {kComplexHalf, "chalf"}, {kComplexFloat, "cfloat"}, {kComplexDouble, "cdouble"},
};
}  // namespace

ScalarType unpack_dtype(PyObject* o) { return self_dtype(o); }

PyObject* wrap(ScalarType dtype) {
  const auto number = static_cast<size_t>(dtype);
  TORCH_CHECK(number < singletons.size() && singletons[number] != nullptr, "there is no Python dtype for ",
              to_string(dtype));
  return Py_NewRef(singletons[number]);
}

void init_dtype(PyObject* module) {
  dtype_type = add_type(module, &spec);
  const auto add = [&](ScalarType dtype) {
    auto* self = reinterpret_cast<DtypeObject*>(check(dtype_type->tp_alloc(dtype_type, 0)));
    self->dtype = dtype;
    singletons[static_cast<size_t>(dtype)] = reinterpret_cast<PyObject*>(self);
    check(PyModule_AddObjectRef(module, python_name(dtype), reinterpret_cast<PyObject*>(self)));
  };
#define TORCH_ADD(type, name, number, python) add(ScalarType::name);
  TORCH_FORALL_SCALAR_TYPES(TORCH_ADD)
#undef TORCH_ADD
  for (const Alias& alias : kAliases)
    check(PyModule_AddObjectRef(module, alias.name, singletons[static_cast<size_t>(alias.dtype)]));
}

}  // namespace python
}  // namespace tiny_torch
