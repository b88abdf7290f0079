// Geometry that views, reshape and indexing share.
#pragma once

#include <optional>

#include "aten/core/TensorBase.h"

namespace tiny_torch::native {

/// `shape` with its -1 replaced; RuntimeError unless it holds `numel` elements.
TORCH_API DimVector infer_size(IntArrayRef shape, int64_t numel);
/// Strides that show the same memory in a new shape; nothing if there are none.
TORCH_API std::optional<DimVector> compute_view_strides(IntArrayRef old_sizes, IntArrayRef old_strides,
                                                        IntArrayRef new_sizes, int64_t numel);

struct SliceRange {
  int64_t start, end;
};
/// Python's rules for slices: negative positions count from the end, out-of-range ones are clamped.
TORCH_API SliceRange clamp_slice(std::optional<int64_t> start, std::optional<int64_t> end, int64_t size);

}  // namespace tiny_torch::native
