// Compute behind the reductions, and the dims they reduce.
#pragma once

#include "aten/core/TensorBase.h"
#include "aten/core/stub.h"

namespace tiny_torch::native {

/// One flag per dimension of the input.
using ReduceDims = SmallVector<bool, 8>;

/// RuntimeError for a dim named twice, IndexError for one out of range.
TORCH_API ReduceDims reduce_dims(OptionalIntArrayRef dim, int64_t ndim, bool empty_means_all);
TORCH_API DimVector reduced_shape(const TensorBase& self, const ReduceDims& reduced, bool keepdim);

/// out = sum over the flagged dims, computed in out's dtype with accumulation as accumulate_type says.
DECLARE_STUB(sum_stub, void(const TensorBase& out, const TensorBase& self, const ReduceDims& reduced));

}  // namespace tiny_torch::native
