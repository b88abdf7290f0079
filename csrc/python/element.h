// One element of a tensor as a Python number, and back. Works on raw memory of any dtype, the storage-only ones included.
#pragma once

#include "c10/ScalarType.h"
#include "python/support.h"

namespace tiny_torch {
namespace python {

/// A new reference, or null with an error set (memory, or a dtype without numbers).
PyObject* read_element(const void* element, ScalarType dtype, bool conjugate = false);
/// Stores a Python number. Floats lose their fraction in integer dtypes, as in PyTorch; throws for what does not fit.
void store_element(void* element, ScalarType dtype, PyObject* value);

}  // namespace python
}  // namespace tiny_torch
