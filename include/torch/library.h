// TORCH_LIBRARY and TORCH_LIBRARY_IMPL: operators of one's own, from any library that is loaded into the process.
#pragma once

#include <torch/types.h>

#include "aten/core/Library.h"
