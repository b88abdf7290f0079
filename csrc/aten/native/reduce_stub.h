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

enum class ReduceKind : uint8_t { Sum, Prod, Max, Min, Any, All, SumOfSquares, SumOfAbs, MaxOfAbs, CountNonzero };
inline constexpr int kNumReduceKinds = 10;
enum class ReducePost : uint8_t { None, Scale, Sqrt };

/// out = post(reduction over the flagged dims). `self` is contiguous and its reduced dims, sizes of one aside, are neighbours.
/// Sums and products are computed in out's dtype, the others in self's;
/// float accumulates in double, the half types in float and double, integers in int64.
struct ReduceCall {
  ReduceKind kind;
  const TensorBase& out;
  const TensorBase& self;
  const ReduceDims& reduced;
  ReducePost post = ReducePost::None;
  double scale = 1.0;
};
DECLARE_STUB(reduce_stub, void(const ReduceCall& call));

/// Along one dimension of size > 0, brought to the end: `self` is a contiguous (rows, n) tensor, the outputs (rows).
/// Ties go to the first index, nan wins.
DECLARE_STUB(extremum_stub,
             void(const TensorBase& values, const TensorBase& indices, const TensorBase& self, bool largest));
/// Running sums or products along the last dimension of contiguous tensors; computed in out's dtype.
DECLARE_STUB(scan_stub, void(const TensorBase& out, const TensorBase& self, bool product));

}  // namespace tiny_torch::native
