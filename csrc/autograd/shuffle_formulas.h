// What the gradients of columns use.
#pragma once

#include "aten/core/TensorBase.h"

namespace tiny_torch::autodiff {

inline DimVector last_two(IntArrayRef sizes) { return DimVector{sizes[sizes.size() - 2], sizes[sizes.size() - 1]}; }

}  // namespace tiny_torch::autodiff
