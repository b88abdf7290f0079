// Tensors, their operators and types under the names of namespace at.
#pragma once

#include <torch/types.h>
