// What a loss does with the losses of its elements.
#pragma once

#include "aten/core/TensorBase.h"

namespace tiny_torch::native {

inline constexpr int64_t kReduceNone = 0, kReduceMean = 1, kReduceSum = 2;

/// The losses themselves for any other `reduction` than mean and sum, as in PyTorch.
TensorBase reduced_loss(const TensorBase& loss, int64_t reduction);

}  // namespace tiny_torch::native
