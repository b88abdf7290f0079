// NumPy without its headers: arrays are seen through the buffer protocol, made through the Python type numpy.ndarray.
// NumPy is imported when a tensor becomes an array, and otherwise only looked for among the modules already loaded.
#pragma once

#include <optional>

#include "aten/core/TensorBase.h"
#include "python/support.h"

namespace tiny_torch {
namespace python {

bool is_numpy_array(PyObject* o);
/// numpy.float32(1) and the like.
bool is_numpy_scalar(PyObject* o);
/// The dtype of an array or NumPy scalar. TypeError for one that tensors do not have.
ScalarType numpy_dtype(PyObject* o);
/// A tensor that shares the memory of an array, which it keeps alive. ValueError for negative strides.
TensorBase tensor_from_numpy(PyObject* array, bool warn_if_read_only);
/// A tensor over bytes of a buffer exporter; see torch.frombuffer.
TensorBase tensor_from_buffer(PyObject* exporter, ScalarType dtype, int64_t count, int64_t offset);
/// An array that shares the memory of a CPU tensor and keeps it alive.
PyObject* tensor_to_numpy(const TensorBase& tensor);

}  // namespace python
}  // namespace tiny_torch
