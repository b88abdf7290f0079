// What the bodies in generated/python share.
#pragma once

#include "python/ArgParser.h"
#include "python/Tensor.h"
#include "python/generated.h"

namespace tiny_torch {
namespace python {

/// Runs an operator on arguments read beforehand, without the GIL when its work is large.
template <class F, class... Args>
decltype(auto) call(const PythonArgs& a, F&& f, Args&&... args) {
  const gil_scoped_release no_gil(a.is_large());
  return f(std::forward<Args>(args)...);
}

/// Factories' requires_grad argument.
TORCH_API TensorBase with_requires_grad(TensorBase t, bool requires_grad);

/// Adds an object `name` to the module whose attributes are `functions`.
void add_function_namespace(PyObject* module, const char* name, PyMethodDef* functions);

}  // namespace python
}  // namespace tiny_torch
