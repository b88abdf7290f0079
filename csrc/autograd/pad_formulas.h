// What the gradients of padding use.
#pragma once

#include "aten/core/TensorBase.h"

namespace tiny_torch::autodiff {

inline std::vector<int64_t> negated(std::vector<int64_t> values) {
  for (int64_t& value : values) value = -value;
  return values;
}

}  // namespace tiny_torch::autodiff
