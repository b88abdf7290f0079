// at::globalContext(): what this build can do, and settings of the whole process.
#pragma once

#include <torch/types.h>

#include "aten/core/Context.h"
