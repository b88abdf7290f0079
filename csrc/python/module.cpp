// `tiny_torch._C`: puts all bindings together.
#include <algorithm>
#include <limits>

#include "aten/core/promotion.h"
#include "c10/parallel.h"
#include "python/ArgParser.h"
#include "python/Tensor.h"
#include "python/generated.h"
#include "python/module.h"

namespace tiny_torch {
namespace python {

namespace {

int to_count(PyObject* o, const char* function) {
  TORCH_CHECK_TYPE(PyLong_Check(o) && !PyBool_Check(o), function, " expects an int, but got ", type_name(o));
  const long long n = PyLong_AsLongLong(o);
  if (n == -1 && PyErr_Occurred()) throw_python_error();
  TORCH_CHECK(n <= std::numeric_limits<int>::max(), function, ": expected a positive 32-bit number, got ", n);
  return static_cast<int>(std::max<long long>(n, -1));
}

PyObject* get_num_threads_(PyObject*, PyObject*) { return PyLong_FromLong(get_num_threads()); }
PyObject* set_num_threads_(PyObject*, PyObject* n) {
  HANDLE_ERRORS
  set_num_threads(to_count(n, "set_num_threads"));
  Py_RETURN_NONE;
  END_HANDLE_ERRORS
}
PyObject* get_num_interop_threads_(PyObject*, PyObject*) { return PyLong_FromLong(get_num_interop_threads()); }
PyObject* set_num_interop_threads_(PyObject*, PyObject* n) {
  HANDLE_ERRORS
  set_num_interop_threads(to_count(n, "set_num_interop_threads"));
  Py_RETURN_NONE;
  END_HANDLE_ERRORS
}

PyObject* get_default_dtype_(PyObject*, PyObject*) {
  HANDLE_ERRORS
  return wrap(default_dtype());
  END_HANDLE_ERRORS
}
PyObject* set_default_dtype_(PyObject*, PyObject* dtype) {
  HANDLE_ERRORS
  TORCH_CHECK_TYPE(is_dtype(dtype),
                   "invalid dtype object: only floating-point types are supported as the default type");
  const ScalarType type = unpack_dtype(dtype);
  TORCH_CHECK_TYPE(type == kFloat || type == kDouble || type == kHalf || type == kBFloat16,
                   "only floating-point types are supported as the default type");
  set_default_dtype(type);
  Py_RETURN_NONE;
  END_HANDLE_ERRORS
}

PyObject* promote_types_(PyObject*, PyObject* args) {
  HANDLE_ERRORS
  PyObject *a = nullptr, *b = nullptr;
  if (!PyArg_ParseTuple(args, "OO:promote_types", &a, &b)) return nullptr;
  TORCH_CHECK_TYPE(is_dtype(a) && is_dtype(b), "promote_types(): arguments must be torch.dtype, not ",
                   type_name(is_dtype(a) ? b : a));
  return wrap(promote_types(unpack_dtype(a), unpack_dtype(b)));
  END_HANDLE_ERRORS
}
PyObject* can_cast_(PyObject*, PyObject* args) {
  HANDLE_ERRORS
  PyObject *from = nullptr, *to = nullptr;
  if (!PyArg_ParseTuple(args, "OO:can_cast", &from, &to)) return nullptr;
  TORCH_CHECK_TYPE(is_dtype(from) && is_dtype(to), "can_cast(): arguments must be torch.dtype, not ",
                   type_name(is_dtype(from) ? to : from));
  return wrap(can_cast(unpack_dtype(from), unpack_dtype(to)));
  END_HANDLE_ERRORS
}

PyObject* result_type_(PyObject*, PyObject* const* args, Py_ssize_t nargs, PyObject* kwnames) {
  HANDLE_ERRORS
  static const PythonArgParser parser(
      "result_type", {"result_type(Tensor tensor, Tensor other)", "result_type(Scalar scalar, Tensor tensor)",
                      "result_type(Tensor tensor, Scalar other)", "result_type(Scalar scalar1, Scalar scalar2)"});
  PythonArgs a;
  if (parser.parse(a, nullptr, args, nargs, kwnames)) return a.call_torch_function();
  return wrap(result_type(a.tensor(0), a.tensor(1)));
  END_HANDLE_ERRORS
}

PyObject* device_count(PyObject*, PyObject* type) {
  HANDLE_ERRORS
  const Device device(as_utf8(type));
  DeviceGuardInterface* guard = try_device_guard(device.type());
  return PyLong_FromLong(guard == nullptr ? 0 : guard->device_count());
  END_HANDLE_ERRORS
}
PyObject* make_return_types_(PyObject*, PyObject*) {
  HANDLE_ERRORS
  make_return_types();
  Py_RETURN_NONE;
  END_HANDLE_ERRORS
}
PyObject* is_tensor_(PyObject*, PyObject* o) { return PyBool_FromLong(is_tensor(o)); }

PyMethodDef functions[] = {
    {"get_num_threads", &get_num_threads_, METH_NOARGS, "Threads that one operation uses on the CPU."},
    {"set_num_threads", &set_num_threads_, METH_O,
     "set_num_threads(n)\n\nSets how many threads one operation uses on the CPU."},
    {"get_num_interop_threads", &get_num_interop_threads_, METH_NOARGS, "Threads for running operations side by side."},
    {"set_num_interop_threads", &set_num_interop_threads_, METH_O, "set_num_interop_threads(n)"},
    {"get_default_dtype", &get_default_dtype_, METH_NOARGS, "The dtype of tensors made from Python floats."},
    {"_set_default_dtype", &set_default_dtype_, METH_O, nullptr},
    {"promote_types", &promote_types_, METH_VARARGS,
     "promote_types(type1, type2) -> dtype\n\nThe smallest dtype that both promote to."},
    {"can_cast", &can_cast_, METH_VARARGS,
     "can_cast(from, to) -> bool\n\nWhether a result of dtype `from` may be written to a tensor of dtype `to`."},
    {"result_type", as_cfunction(&result_type_), METH_FASTCALL | METH_KEYWORDS,
     "result_type(tensor1, tensor2) -> dtype\n\nThe dtype of an arithmetic operation on two tensors or numbers."},
    {"_device_count", &device_count, METH_O, "Devices of a type that this process can use."},
    {"_is_tensor", &is_tensor_, METH_O, nullptr},
    {"_make_return_types", &make_return_types_, METH_NOARGS, nullptr},
    {nullptr, nullptr, 0, nullptr},
};

void init_all(PyObject* module) {
  const PyRef return_types(check(PyDict_New()));
  check(PyModule_AddObjectRef(module, "_return_types", return_types.get()));
  init_errors(module);
  init_dtype(module);
  init_device(module);
  init_size(module);
  init_layout(module);
  init_type_info(module);
  init_storage(module);
  init_tensor(module);
  init_torch_function(module);
  init_generator(module);
  init_tensor_methods(module);
  init_indexing(module);
  init_tensor_new(module);
  init_numpy(module);
  init_dlpack(module);
  init_modes(module);
  init_autocast(module);
  init_context(module);
  init_operators(module);
  init_library(module);
  check(PyModule_AddFunctions(module, functions));
  add_generated_functions(module);
  init_autograd(module);
}

PyModuleDef definition = {PyModuleDef_HEAD_INIT,
                          "tiny_torch._C",
                          "The C++ core of tiny_torch.",
                          -1,
                          nullptr,
                          nullptr,
                          nullptr,
                          nullptr,
                          nullptr};

}  // namespace
}  // namespace python
}  // namespace tiny_torch

extern "C" TORCH_API PyObject* tiny_torch_init_module() {
  using tiny_torch::python::PyRef;
  HANDLE_ERRORS
  PyRef module(tiny_torch::python::check(PyModule_Create(&tiny_torch::python::definition)));
  tiny_torch::python::init_all(module.get());
#if defined(Py_GIL_DISABLED) && PY_VERSION_HEX >= 0x030E0000
  // 3.13 lacks the try-incref that wrap() needs, so there the interpreter keeps its lock.
  tiny_torch::python::check(PyUnstable_Module_SetGIL(module.get(), Py_MOD_GIL_NOT_USED));
#endif
  return module.release();
  END_HANDLE_ERRORS
}
