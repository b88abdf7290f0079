// Compute behind padding and resizing: each spatial dim of the result is made of places of the same dim of the input.
#pragma once

#include <array>
#include <vector>

#include "aten/core/TensorBase.h"
#include "aten/core/stub.h"

namespace tiny_torch::native {

/// For each place along D, H and W of the larger result: the place of the input that it shows.
using AxisMaps = std::array<std::vector<int64_t>, 3>;

/// The places of the input that one result place is a weighted sum of, `width` for each along this dim.
struct AxisTaps {
  int64_t in = 1, width = 1;
  std::vector<int64_t> places;
  std::vector<double> weights;
  int64_t out() const { return static_cast<int64_t>(places.size()) / width; }
};
using Taps = std::array<AxisTaps, 3>;

/// Tensors are (N, C, D, H, W) with any strides and not empty.
/// out[n, c, z, y, x] = self[n, c, maps[0][z], maps[1][y], maps[2][x]], and its transpose, which writes all of grad_input.
DECLARE_STUB(map_gather_stub, void(const TensorBase& out, const TensorBase& self, const AxisMaps& maps));
DECLARE_STUB(map_scatter_stub, void(const TensorBase& grad_input, const TensorBase& grad_output, const AxisMaps& maps));
/// The same with weighted sums, dim by dim from the last, and its transpose.
DECLARE_STUB(tap_stub, void(const TensorBase& out, const TensorBase& self, const Taps& taps));
DECLARE_STUB(tap_transposed_stub, void(const TensorBase& grad_input, const TensorBase& grad_output, const Taps& taps));

enum class PadMode : int8_t { Constant, Reflect, Replicate, Circular };

/// reflection_pad and replication_pad of `dims` spatial dims, and their gradients.
TORCH_API TensorBase mapped_pad(const char* op, int64_t dims, PadMode mode, const TensorBase& self,
                                IntArrayRef padding);
TORCH_API TensorBase mapped_pad_backward(const char* op, int64_t dims, PadMode mode, const TensorBase& grad_output,
                                         const TensorBase& self, IntArrayRef padding);

enum class ResizeMode : int8_t {
  Nearest,
  NearestExact,
  Linear,
  Cubic,
  LinearAntialias,
  CubicAntialias,
  LanczosAntialias
};
using ResizeFactors = ArrayRef<std::optional<double>>;

/// `self` (N, C, ...) in `output_size`; `factors` are scale factors the caller gave, per dim, or none.
TORCH_API TensorBase resize_images(const char* op, ResizeMode mode, const TensorBase& self, IntArrayRef output_size,
                                   bool align_corners, ResizeFactors factors);
TORCH_API TensorBase resize_images_backward(const char* op, ResizeMode mode, const TensorBase& grad_output,
                                            IntArrayRef output_size, IntArrayRef input_size, bool align_corners,
                                            ResizeFactors factors);
/// The output size of the forms that take a size or scale factors.
TORCH_API DimVector resized_size(const TensorBase& input, OptionalIntArrayRef output_size,
                                 std::optional<ArrayRef<double>> factors);
inline std::optional<double> factor_at(std::optional<ArrayRef<double>> factors, size_t dim) {
  return factors.has_value() && dim < factors->size() ? std::optional<double>((*factors)[dim]) : std::nullopt;
}

}  // namespace tiny_torch::native
