// TINY_TORCH_VERBOSE=dispatch prints which implementation was refused and why.
#pragma once

#include "c10/macros.h"

namespace tiny_torch {

TORCH_API bool verbose_dispatch();
TORCH_API void log_refusal(const char* op, const char* implementation, const char* reason);

}  // namespace tiny_torch
