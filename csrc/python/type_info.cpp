// torch.finfo and torch.iinfo: the numeric limits of a dtype.
#include <cmath>

#include "python/Tensor.h"
#include "python/types.h"

namespace tiny_torch {
namespace python {

namespace {
struct InfoObject {
  PyObject_HEAD ScalarType dtype;
};
PyTypeObject* finfo_type = nullptr;
PyTypeObject* iinfo_type = nullptr;

ScalarType self_dtype(PyObject* self) { return reinterpret_cast<InfoObject*>(self)->dtype; }

struct FloatLimits {
  ScalarType dtype;
  int bits;
  double max;
  double eps;
  double smallest_normal;
  double resolution;
};
const FloatLimits kFloatLimits[] = {
    {kFloat, 32, 3.4028234663852886e38, 0x1p-23, 0x1p-126, 1e-6},
    {kDouble, 64, 1.7976931348623157e308, 0x1p-52, 0x1p-1022, 1e-15},
    {kHalf, 16, 65504.0, 0x1p-10, 0x1p-14, 1e-3},
    {kBFloat16, 16, 3.3895313892515355e38, 0x1p-7, 0x1p-126, 1e-2},
    {kFloat8_e5m2, 8, 57344.0, 0.25, 0x1p-14, 1.0},
    {kFloat8_e4m3fn, 8, 448.0, 0.125, 0x1p-6, 1.0},
    {kFloat8_e5m2fnuz, 8, 57344.0, 0.125, 0x1p-15, 1.0},
    {kFloat8_e4m3fnuz, 8, 240.0, 0.125, 0x1p-7, 1.0},
};
const FloatLimits& float_limits(PyObject* self) {
  for (const FloatLimits& limits : kFloatLimits) {
    if (limits.dtype == self_dtype(self)) return limits;
  }
  return kFloatLimits[0];
}

PyObject* make(PyTypeObject* type, ScalarType dtype) {
  PyObject* o = check(type->tp_alloc(type, 0));
  reinterpret_cast<InfoObject*>(o)->dtype = dtype;
  return o;
}

PyObject* parse_type(PyObject* args, PyObject* kwargs, const char* format, const char* function) {
  static const char* names[] = {"type", nullptr};
  PyObject* type = nullptr;
  if (!PyArg_ParseTupleAndKeywords(args, kwargs, format, const_cast<char**>(names), &type)) throw_python_error();
  TORCH_CHECK_TYPE(type == nullptr || is_dtype(type), function,
                   "(): argument 'type' (position 1) must be torch.dtype, not ", type_name(type));
  return type;
}

PyObject* finfo_new(PyTypeObject* cls, PyObject* args, PyObject* kwargs) {
  HANDLE_ERRORS
  PyObject* type = parse_type(args, kwargs, "|O:finfo", "finfo");
  const ScalarType dtype = type == nullptr ? default_dtype() : to_real(unpack_dtype(type));
  TORCH_CHECK_TYPE(is_floating_point(dtype),
                   "torch.finfo() requires a floating point input type. Use torch.iinfo to handle 'torch.finfo'");
  return make(cls, dtype);
  END_HANDLE_ERRORS
}
PyObject* iinfo_new(PyTypeObject* cls, PyObject* args, PyObject* kwargs) {
  HANDLE_ERRORS
  PyObject* type = parse_type(args, kwargs, "O:iinfo", "iinfo");
  const ScalarType dtype = unpack_dtype(type);
  TORCH_CHECK_TYPE(dtype != kBool, "torch.bool is not supported by torch.iinfo");
  TORCH_CHECK_TYPE(is_integral(dtype, false),
                   "torch.iinfo() requires an integer input type. Use torch.finfo to handle 'torch.iinfo'");
  return make(cls, dtype);
  END_HANDLE_ERRORS
}

PyObject* compare(PyObject* a, PyObject* b, int op) {
  if (Py_TYPE(a) != Py_TYPE(b) || (op != Py_EQ && op != Py_NE)) Py_RETURN_NOTIMPLEMENTED;
  return PyBool_FromLong((self_dtype(a) == self_dtype(b)) == (op == Py_EQ));
}
Py_hash_t hash(PyObject* self) { return static_cast<Py_hash_t>(self_dtype(self)); }

PyObject* get_bits(PyObject* self, void*) { return PyLong_FromSize_t(element_size(self_dtype(self)) * 8); }
PyObject* get_dtype(PyObject* self, void*) { return PyUnicode_FromString(python_name(self_dtype(self))); }
PyObject* reduce(PyObject* self, PyObject*) {
  HANDLE_ERRORS
  const PyRef dtype(wrap(self_dtype(self)));
  return Py_BuildValue("O(O)", Py_TYPE(self), dtype.get());
  END_HANDLE_ERRORS
}

PyObject* finfo_max(PyObject* self, void*) { return PyFloat_FromDouble(float_limits(self).max); }
PyObject* finfo_min(PyObject* self, void*) { return PyFloat_FromDouble(-float_limits(self).max); }
PyObject* finfo_eps(PyObject* self, void*) { return PyFloat_FromDouble(float_limits(self).eps); }
PyObject* finfo_smallest_normal(PyObject* self, void*) {
  return PyFloat_FromDouble(float_limits(self).smallest_normal);
}
PyObject* finfo_resolution(PyObject* self, void*) { return PyFloat_FromDouble(float_limits(self).resolution); }
PyObject* finfo_repr(PyObject* self) {
  HANDLE_ERRORS
  const FloatLimits& l = float_limits(self);
  return wrap(str("finfo(resolution=", l.resolution, ", min=", -l.max, ", max=", l.max, ", eps=", l.eps,
                  ", smallest_normal=", l.smallest_normal, ", tiny=", l.smallest_normal,
                  ", dtype=", python_name(l.dtype), ")"));
  END_HANDLE_ERRORS
}

PyObject* iinfo_max(PyObject* self, void*) {
  const ScalarType dtype = self_dtype(self);
  const size_t bits = element_size(dtype) * 8 - (is_signed(dtype) ? 1 : 0);
  return PyLong_FromUnsignedLongLong(~uint64_t{0} >> (64 - bits));
}
PyObject* iinfo_min(PyObject* self, void*) {
  const ScalarType dtype = self_dtype(self);
  if (!is_signed(dtype)) return PyLong_FromLong(0);
  return PyLong_FromLongLong(std::numeric_limits<int64_t>::min() >> (64 - element_size(dtype) * 8));
}
PyObject* iinfo_repr(PyObject* self) {
  HANDLE_ERRORS
  const PyRef low(check(iinfo_min(self, nullptr)));
  const PyRef high(check(iinfo_max(self, nullptr)));
  // As doubles, like PyTorch: 9.22337e+18.
  return wrap(str("iinfo(min=", PyLong_AsDouble(low.get()), ", max=", PyLong_AsDouble(high.get()),
                  ", dtype=", python_name(self_dtype(self)), ")"));
  END_HANDLE_ERRORS
}

PyMethodDef methods[] = {{"__reduce__", &reduce, METH_NOARGS, nullptr}, {nullptr, nullptr, 0, nullptr}};
PyGetSetDef finfo_properties[] = {
    {"bits", &get_bits, nullptr, "Bits per number.", nullptr},
    {"max", &finfo_max, nullptr, "Largest finite number.", nullptr},
    {"min", &finfo_min, nullptr, "Most negative finite number.", nullptr},
    {"eps", &finfo_eps, nullptr, "Distance from 1 to the next larger number.", nullptr},
    {"smallest_normal", &finfo_smallest_normal, nullptr, "Smallest positive normal number.", nullptr},
    {"tiny", &finfo_smallest_normal, nullptr, "The same as smallest_normal.", nullptr},
    {"resolution", &finfo_resolution, nullptr, "Decimal resolution.", nullptr},
    {"dtype", &get_dtype, nullptr, "Name of the dtype.", nullptr},
    {nullptr, nullptr, nullptr, nullptr, nullptr},
};
PyGetSetDef iinfo_properties[] = {
    {"bits", &get_bits, nullptr, "Bits per number.", nullptr},
    {"max", &iinfo_max, nullptr, "Largest number.", nullptr},
    {"min", &iinfo_min, nullptr, "Smallest number.", nullptr},
    {"dtype", &get_dtype, nullptr, "Name of the dtype.", nullptr},
    {nullptr, nullptr, nullptr, nullptr, nullptr},
};
PyType_Slot finfo_slots[] = {
    {Py_tp_new, reinterpret_cast<void*>(&finfo_new)},
    {Py_tp_repr, reinterpret_cast<void*>(&finfo_repr)},
    {Py_tp_richcompare, reinterpret_cast<void*>(&compare)},
    {Py_tp_hash, reinterpret_cast<void*>(&hash)},
    {Py_tp_getset, finfo_properties},
    {Py_tp_methods, methods},
    {Py_tp_doc, const_cast<char*>("finfo(type=None)\n\nNumeric limits of a floating point dtype.")},
    {0, nullptr}};
PyType_Slot iinfo_slots[] = {{Py_tp_new, reinterpret_cast<void*>(&iinfo_new)},
                             {Py_tp_repr, reinterpret_cast<void*>(&iinfo_repr)},
                             {Py_tp_richcompare, reinterpret_cast<void*>(&compare)},
                             {Py_tp_hash, reinterpret_cast<void*>(&hash)},
                             {Py_tp_getset, iinfo_properties},
                             {Py_tp_methods, methods},
                             {Py_tp_doc, const_cast<char*>("iinfo(type)\n\nNumeric limits of an integer dtype.")},
                             {0, nullptr}};
PyType_Spec finfo_spec = {"torch.finfo", sizeof(InfoObject), 0, Py_TPFLAGS_DEFAULT, finfo_slots};
PyType_Spec iinfo_spec = {"torch.iinfo", sizeof(InfoObject), 0, Py_TPFLAGS_DEFAULT, iinfo_slots};
}  // namespace

void init_type_info(PyObject* module) {
  finfo_type = add_type(module, &finfo_spec);
  iinfo_type = add_type(module, &iinfo_spec);
}

}  // namespace python
}  // namespace tiny_torch
