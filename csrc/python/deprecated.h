#pragma once

#include "c10/macros.h"

namespace tiny_torch {
namespace python {

/// Warns that the arguments of `name` came in an old order; true, for a variable that is initialised once.
TORCH_API bool warn_deprecated(const char* name, const char* order);

}  // namespace python
}  // namespace tiny_torch
