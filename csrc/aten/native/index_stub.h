// Compute behind the index operators. Geometry is checked by the fronts, index values by the kernels, before any write.
#pragma once

#include "aten/core/TensorBase.h"
#include "aten/core/stub.h"

namespace tiny_torch::native {

/// How a scattered value meets what is at its position.
enum class ScatterMode : uint8_t { Write, Add, Multiply, Max, Min };

/// `index` is contiguous int64; the other tensors may be strided and have the dims of `index`.
struct GatherCall {
  const char* op;
  const TensorBase& out;  // gather: result; scatter: the tensor written to
  const TensorBase& index;
  const TensorBase& other;  // gather: the source; scatter: the values, broadcast for a number
  int64_t dim;
  ScatterMode mode = ScatterMode::Write;
};
DECLARE_STUB(gather_stub, void(const GatherCall& call));
DECLARE_STUB(scatter_stub, void(const GatherCall& call));

/// Rows of a contiguous (rows, n) tensor in order; `k` < n keeps the first k. Unless `stable`, equal elements come as
/// std::sort leaves them, which is how PyTorch's come.
struct SortCall {
  const TensorBase& values;
  const TensorBase& indices;
  const TensorBase& self;
  int64_t k;
  bool descending;
  bool stable;
};
DECLARE_STUB(sort_stub, void(const SortCall& call));
/// Coordinates (dims, found) of what is true in the contiguous `mask`.
DECLARE_STUB(nonzero_stub, void(const TensorBase& mask, TensorBase& coordinates));
/// `out` has the sizes of `self`; both may be strided.
DECLARE_STUB(flip_stub, void(const TensorBase& out, const TensorBase& self, ArrayRef<bool> flipped));

}  // namespace tiny_torch::native
