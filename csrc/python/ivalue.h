// IValue and Python objects: what calls through the dispatcher's boxed form need.
//
// Contract: a schema type decides what a Python object becomes (an int may stand for a float, a str for a device) and
// what an IValue becomes (an int that is a dtype's number gives a torch.dtype). Lists come back as list, as from
// PyTorch's boxed calls.
#pragma once

#include "aten/core/Dispatcher.h"
#include "python/Tensor.h"

namespace tiny_torch {
namespace python {

/// Whether `o` fits `type`; then `value` is what it becomes. With `number_as_tensor` a number fits Tensor.
bool to_ivalue(PyObject* o, const SchemaType& type, IValue& value, bool number_as_tensor = false);
/// A new reference, or throws python_error.
PyRef from_ivalue(const IValue& value, const SchemaType& type);
/// The results of an operator: None, the one value, or a tuple.
PyRef from_results(const Stack& stack, const FunctionSchema& schema);
/// The way back, for kernels written in Python. RuntimeError when the result is not what the schema promises.
void to_results(PyObject* result, const FunctionSchema& schema, Stack& stack);

}  // namespace python
}  // namespace tiny_torch
