// Parts of `_C` that other files define. Weak, so that the module also works in a build without them.
#pragma once

#include "python/support.h"

namespace tiny_torch {
namespace python {

/// Bindings of autograd: Node, Function, hooks, backward.
__attribute__((weak)) void init_autograd(PyObject* module);

}  // namespace python
}  // namespace tiny_torch
