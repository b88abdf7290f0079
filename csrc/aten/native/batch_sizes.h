// The batch_sizes of packed sequences: how many of them have a first step, a second one, ...
#pragma once

#include "aten/core/TensorBase.h"

namespace tiny_torch::native {

/// The rows of data that `sizes` speaks of, their sum; RuntimeError unless they are positive, do not grow and have one.
inline int64_t packed_rows(const char* op, IntArrayRef sizes) {
  int64_t total = 0;
  for (size_t i = 0; i < sizes.size(); ++i) {
    TORCH_CHECK(sizes[i] > 0 && (i == 0 || sizes[i] <= sizes[i - 1]), op,
                "(): expected batch_sizes that are positive and do not grow");
    TORCH_CHECK(!__builtin_add_overflow(total, sizes[i], &total), op, "(): expected batch_sizes with a sum");
  }
  return total;
}

}  // namespace tiny_torch::native
