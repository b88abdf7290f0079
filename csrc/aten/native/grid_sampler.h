// Compute behind grid_sampler. Tensors are contiguous, of one dtype, float or double.
#pragma once

#include "aten/core/TensorBase.h"
#include "aten/core/stub.h"

namespace tiny_torch::native {

enum class GridInterpolation : int8_t { Linear, Nearest, Cubic };
enum class GridPadding : int8_t { Zeros, Border, Reflection };

struct GridMode {
  GridInterpolation interpolation;
  GridPadding padding;
  bool align_corners;
};

/// `input` is (N, C, ...), `grid` (N, ..., dims), `out` (N, C, ...) with the positions of the grid.
DECLARE_STUB(grid_sampler_stub,
             void(const TensorBase& out, const TensorBase& input, const TensorBase& grid, const GridMode& mode));
/// Adds to `grad_input` unless it is undefined, and writes `grad_grid`.
DECLARE_STUB(grid_sampler_backward_stub,
             void(const TensorBase& grad_input, const TensorBase& grad_grid, const TensorBase& grad_output,
                  const TensorBase& input, const TensorBase& grid, const GridMode& mode));

}  // namespace tiny_torch::native
