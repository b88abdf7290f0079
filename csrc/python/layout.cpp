#include <cstring>

#include "python/Tensor.h"
#include "python/types.h"

namespace tiny_torch {
namespace python {

PyTypeObject* layout_type = nullptr;
PyTypeObject* memory_format_type = nullptr;

namespace {
struct NamedValue {
  PyObject_HEAD int value;
  const char* name;
};
NamedValue* named(PyObject* o) { return reinterpret_cast<NamedValue*>(o); }

PyObject* named_repr(PyObject* self) { return PyUnicode_FromFormat("torch.%s", named(self)->name); }
PyObject* named_reduce(PyObject* self, PyObject*) { return PyUnicode_FromString(named(self)->name); }
PyObject* named_module(PyObject*, void*) {
  PyObject* modules = PyImport_GetModuleDict();
  PyObject* torch = PyDict_GetItemString(modules, "torch");
  PyObject* own = PyDict_GetItemString(modules, "tiny_torch");
  return PyUnicode_FromString(own == nullptr || torch == own ? "torch" : "tiny_torch");
}

PyMethodDef methods[] = {{"__reduce__", &named_reduce, METH_NOARGS, nullptr}, {nullptr, nullptr, 0, nullptr}};
PyGetSetDef properties[] = {{"__module__", &named_module, nullptr, nullptr, nullptr},
                            {nullptr, nullptr, nullptr, nullptr, nullptr}};
PyType_Slot layout_slots[] = {
    {Py_tp_repr, reinterpret_cast<void*>(&named_repr)},
    {Py_tp_methods, methods},
    {Py_tp_getset, properties},
    {Py_tp_doc, const_cast<char*>("How the elements of a tensor are arranged: torch.strided.")},
    {0, nullptr}};
PyType_Slot format_slots[] = {
    {Py_tp_repr, reinterpret_cast<void*>(&named_repr)},
    {Py_tp_methods, methods},
    {Py_tp_getset, properties},
    {Py_tp_doc, const_cast<char*>("The order of the dimensions in memory, such as torch.channels_last.")},
    {0, nullptr}};
constexpr unsigned kFlags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION;
PyType_Spec layout_spec = {"torch.layout", sizeof(NamedValue), 0, kFlags, layout_slots};
PyType_Spec format_spec = {"torch.memory_format", sizeof(NamedValue), 0, kFlags, format_slots};

PyObject* layouts[2] = {};
PyObject* formats[4] = {};

PyObject* add_value(PyObject* module, PyTypeObject* type, int value, const char* name) {
  PyObject* o = check(type->tp_alloc(type, 0));
  named(o)->value = value;
  named(o)->name = name;
  check(PyModule_AddObjectRef(module, name, o));
  return o;
}
}  // namespace

Layout unpack_layout(PyObject* o) { return static_cast<Layout>(named(o)->value); }
MemoryFormat unpack_memory_format(PyObject* o) { return static_cast<MemoryFormat>(named(o)->value); }
PyObject* wrap(Layout layout) { return Py_NewRef(layouts[static_cast<int>(layout)]); }
PyObject* wrap(MemoryFormat format) { return Py_NewRef(formats[static_cast<int>(format)]); }

void init_layout(PyObject* module) {
  layout_type = add_type(module, &layout_spec);
  layouts[0] = add_value(module, layout_type, 0, "strided");
  layouts[1] = add_value(module, layout_type, 1, "sparse_coo");
  memory_format_type = add_type(module, &format_spec);
  static constexpr const char* kNames[] = {"contiguous_format", "preserve_format", "channels_last", "channels_last_3d"};
  for (int i = 0; i < 4; ++i) formats[i] = add_value(module, memory_format_type, i, kNames[i]);
}

PyTypeObject* add_type(PyObject* module, PyType_Spec* spec, PyObject* base) {
  PyRef bases(base == nullptr ? nullptr : check(PyTuple_Pack(1, base)));
  PyObject* type = check(PyType_FromSpecWithBases(spec, bases.get()));
  const char* dot = std::strrchr(spec->name, '.');
  check(PyModule_AddObjectRef(module, dot == nullptr ? spec->name : dot + 1, type));
  return reinterpret_cast<PyTypeObject*>(type);
}

}  // namespace python
}  // namespace tiny_torch
