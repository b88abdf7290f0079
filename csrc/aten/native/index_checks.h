// What the fronts of gather and scatter check.
#pragma once

#include "aten/core/TensorBase.h"

namespace tiny_torch::native {

/// 0-d tensors behave as one element.
TensorBase at_least_1d(const TensorBase& t);
/// The indices as contiguous int64. RuntimeError for other dtypes.
TensorBase index_values(const char* op, const TensorBase& index, bool int32_too = false);
/// `index` may not reach beyond `bound`, along `dim` only if `all_dims`. RuntimeError with both shapes.
void check_index_shape(const char* op, const TensorBase& index, const TensorBase& bound, int64_t dim, bool all_dims);

}  // namespace tiny_torch::native
