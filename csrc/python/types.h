// The small Python types beside Tensor: dtype, device, Size, layout, memory_format, Generator, UntypedStorage.
//
// Contract: is_x() is exact and cheap; unpack_x() expects an object for which is_x() holds; wrap() gives a new
// reference, for dtype, layout and memory_format always to the one object of that value.
#pragma once

#include "c10/Generator.h"
#include "c10/Layout.h"
#include "c10/ScalarType.h"
#include "c10/Storage.h"
#include "python/support.h"

namespace tiny_torch {
namespace python {

extern TORCH_API PyTypeObject* dtype_type;
extern TORCH_API PyTypeObject* device_type;
extern TORCH_API PyTypeObject* size_type;
extern TORCH_API PyTypeObject* layout_type;
extern TORCH_API PyTypeObject* memory_format_type;
extern TORCH_API PyTypeObject* generator_type;
extern TORCH_API PyTypeObject* storage_type;

inline bool is_dtype(PyObject* o) { return Py_TYPE(o) == dtype_type; }
inline bool is_device(PyObject* o) { return Py_TYPE(o) == device_type; }
inline bool is_size(PyObject* o) { return Py_TYPE(o) == size_type; }
inline bool is_layout(PyObject* o) { return Py_TYPE(o) == layout_type; }
inline bool is_memory_format(PyObject* o) { return Py_TYPE(o) == memory_format_type; }
inline bool is_generator(PyObject* o) { return PyObject_TypeCheck(o, generator_type); }
inline bool is_storage(PyObject* o) { return PyObject_TypeCheck(o, storage_type); }

TORCH_API ScalarType unpack_dtype(PyObject* o);
TORCH_API Device unpack_device(PyObject* o);
TORCH_API Layout unpack_layout(PyObject* o);
TORCH_API MemoryFormat unpack_memory_format(PyObject* o);
TORCH_API const Generator& unpack_generator(PyObject* o);
TORCH_API const Storage& unpack_storage(PyObject* o);

/// Whether `o` can stand for a device: a torch.device, a str, or an int (index of the accelerator).
inline bool is_device_like(PyObject* o) { return is_device(o) || PyUnicode_Check(o) || PyLong_CheckExact(o); }
/// RuntimeError for text that names no device.
TORCH_API Device to_device(PyObject* o);

TORCH_API PyObject* wrap(ScalarType dtype);
TORCH_API PyObject* wrap(Device device);
TORCH_API PyObject* wrap(Layout layout);
TORCH_API PyObject* wrap(MemoryFormat format);
TORCH_API PyObject* wrap(const Generator& generator);
TORCH_API PyObject* wrap_storage(Storage storage);
TORCH_API PyObject* wrap_size(IntArrayRef sizes);

/// The device that `with torch.device(...)` or set_default_device made the default; CPU otherwise.
TORCH_API Device default_device();
TORCH_API void set_default_device(Device device);

/// The ints of a tuple, list or Size; TypeError naming `what` for anything else.
TORCH_API DimVector to_int_list(PyObject* o, const char* what);

void init_dtype(PyObject* module);
void init_device(PyObject* module);
void init_size(PyObject* module);
void init_layout(PyObject* module);
void init_type_info(PyObject* module);
void init_generator(PyObject* module);
void init_storage(PyObject* module);

/// Makes a heap type from `spec`, adds it to the module under its last name, and returns it. Throws python_error.
PyTypeObject* add_type(PyObject* module, PyType_Spec* spec, PyObject* base = nullptr);

}  // namespace python
}  // namespace tiny_torch
