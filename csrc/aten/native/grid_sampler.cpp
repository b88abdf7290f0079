// Sampling at positions. The composite shows what the kernels compute, and gives their second derivatives.
#include "aten/native/grid_sampler.h"

#include "aten/core/operators.h"
#include "generated/kernels/grid_sampler.h"
#include "generated/ops/compare.h"
#include "generated/ops/copy.h"
#include "generated/ops/creation.h"
#include "generated/ops/grid_sampler.h"
#include "generated/ops/index.h"
#include "generated/ops/shape.h"
#include "generated/ops/view.h"

namespace tiny_torch::native {

DEFINE_STUB(grid_sampler_stub);
DEFINE_STUB(grid_sampler_backward_stub);

namespace {

using Interpolation = GridInterpolation;
using Padding = GridPadding;

struct Sampler {
  TensorBase planes;          // (N, C, places)
  std::vector<int64_t> size;  // along x, y, (z)
  Padding padding;
  bool align_corners;
};

TensorBase number(double value) { return wrapped_scalar(value); }

// [-1, 1] to [0, size - 1], or to [-0.5, size - 0.5].
TensorBase to_places(const TensorBase& x, int64_t size, bool align_corners) {
  const auto n = static_cast<double>(size);
  if (align_corners) return (x + Scalar(1)) / Scalar(2) * Scalar(n - 1);
  return ((x + Scalar(1)) * Scalar(n) - Scalar(1)) / Scalar(2);
}

// Without slope at the ends themselves.
TensorBase clip(const TensorBase& x, int64_t size) {
  const TensorBase low = number(0.0), high = number(static_cast<double>(size - 1));
  return ops::where(ops::le(x, low), low, ops::where(ops::ge(x, high), high, x));
}

// Back and forth between the outer places, or their outer edges.
TensorBase reflect(const TensorBase& x, int64_t size, bool align_corners) {
  const double low = align_corners ? 0.0 : -0.5,
               span = align_corners ? static_cast<double>(size - 1) : static_cast<double>(size);
  if (span == 0) return x * Scalar(0);
  const TensorBase distance = ops::abs(x - Scalar(low)), extra = ops::fmod(distance, number(span));
  const TensorBase flips = ops::floor(distance / Scalar(span));
  const TensorBase even = ops::eq(ops::fmod(flips, number(2)), number(0));
  return ops::where(even, extra + Scalar(low), Scalar(span + low) - extra);
}

TensorBase padded(const Sampler& s, const TensorBase& x, int64_t size) {
  if (s.padding == Padding::Zeros) return x;
  return clip(s.padding == Padding::Reflection ? reflect(x, size, s.align_corners) : x, size);
}

// The values (N, C, P) at whole places, one (N, P) of them per dim; zero outside.
TensorBase values_at(const Sampler& s, const std::vector<TensorBase>& at) {
  TensorBase inside, flat;
  for (size_t d = s.size.size(); d-- > 0;) {
    const TensorBase place = ops::detach(at[d]);
    const TensorBase fits =
        ops::logical_and(ops::ge(place, number(0)), ops::le(place, number(static_cast<double>(s.size[d] - 1))));
    inside = inside.defined() ? ops::logical_and(inside, fits) : fits;
    const TensorBase index = ops::to(ops::where(fits, place, ops::zeros_like(place)), kLong);
    flat = flat.defined() ? flat * Scalar(s.size[d]) + index : index;
  }
  const int64_t n = s.planes.size(0), c = s.planes.size(1), places = flat.size(1);
  const TensorBase picked = ops::gather(s.planes, 2, ops::expand(ops::unsqueeze(flat, 1), {n, c, places}));
  return ops::where(ops::unsqueeze(inside, 1), picked, number(0.0));
}

// The two places around each coordinate, with their weights.
struct Neighbours {
  std::vector<TensorBase> places, weights;
};

TensorBase sample_linear(const Sampler& s, const std::vector<TensorBase>& at) {
  std::vector<Neighbours> around;
  for (const TensorBase& x : at) {
    const TensorBase low = ops::detach(ops::floor(x)), high = low + Scalar(1);
    around.push_back({{low, high}, {high - x, x - low}});
  }
  TensorBase sum;
  const size_t dims = at.size();
  for (size_t corner = 0; corner < (size_t{1} << dims); ++corner) {
    std::vector<TensorBase> places;
    TensorBase weight;
    for (size_t d = 0; d < dims; ++d) {
      const size_t side = corner >> d & 1;
      places.push_back(around[d].places[side]);
      weight = weight.defined() ? weight * around[d].weights[side] : around[d].weights[side];
    }
    const TensorBase term = values_at(s, places) * ops::unsqueeze(weight, 1);
    sum = sum.defined() ? sum + term : term;
  }
  return sum;
}

TensorBase sample_nearest(const Sampler& s, const std::vector<TensorBase>& at) {
  std::vector<TensorBase> places;
  for (const TensorBase& x : at) places.push_back(ops::round(ops::detach(x)));
  TensorBase out = values_at(s, places);
  // The positions have a gradient, which is zero.
  for (const TensorBase& x : at) {
    const TensorBase everywhere = ops::ones(x.sizes(), kBool, std::nullopt, x.device());
    out = out + ops::unsqueeze(ops::masked_fill(x, everywhere, Scalar(0)), 1);
  }
  return out;
}

// Keys' cubic convolution with a = -0.75.
TensorBase cubic_near(const TensorBase& x) { return ((x * Scalar(1.25) - Scalar(2.25)) * x) * x + Scalar(1); }
TensorBase cubic_far(const TensorBase& x) {
  return ((x * Scalar(-0.75) + Scalar(3.75)) * x - Scalar(6)) * x + Scalar(3);
}

// Coordinates are not padded here: each of the 4 x 4 places is.
TensorBase sample_cubic(const Sampler& s, const std::vector<TensorBase>& at) {
  std::vector<Neighbours> around;
  for (size_t d = 0; d < 2; ++d) {
    const TensorBase low = ops::detach(ops::floor(at[d])), t = at[d] - low;
    Neighbours n;
    for (int64_t i = -1; i <= 2; ++i) n.places.push_back(padded(s, low + Scalar(i), s.size[d]));
    n.weights = {cubic_far(t + Scalar(1)), cubic_near(t), cubic_near(Scalar(1) - t), cubic_far(Scalar(2) - t)};
    around.push_back(std::move(n));
  }
  TensorBase sum;
  for (size_t y = 0; y < 4; ++y) {
    TensorBase row;
    for (size_t x = 0; x < 4; ++x) {
      const TensorBase term =
          values_at(s, {around[0].places[x], around[1].places[y]}) * ops::unsqueeze(around[0].weights[x], 1);
      row = row.defined() ? row + term : term;
    }
    row = row * ops::unsqueeze(around[1].weights[y], 1);
    sum = sum.defined() ? sum + row : row;
  }
  return sum;
}

void check_sampled(const TensorBase& input, const TensorBase& grid, int64_t interpolation, int64_t padding,
                   int64_t dims) {
  TORCH_CHECK(input.device() == grid.device(),
              "grid_sampler(): expected input and grid to be on same device, but "
              "input is on ",
              input.device(), " and grid is on ", grid.device());
  for (const TensorBase* t : {&input, &grid}) t->size(0);  // an IndexError for a 0-d tensor
  TORCH_CHECK(input.dim() == dims + 2 && grid.dim() == dims + 2,
              "grid_sampler(): expected input and grid with same number of dimensions, but got input with sizes ",
              input.sizes(), " and grid with sizes ", grid.sizes());
  TORCH_CHECK(input.size(0) == grid.size(0),
              "grid_sampler(): expected grid and input to have same batch size, but got input with sizes ",
              input.sizes(), " and grid with sizes ", grid.sizes());
  TORCH_CHECK(grid.size(-1) == dims, "grid_sampler(): expected grid to have size ", dims,
              " in last dimension, but got grid with sizes ", grid.sizes());
  for (int64_t d = 2; d < input.dim(); ++d) {
    TORCH_CHECK(input.size(d) > 0,
                "grid_sampler(): expected input to have non-empty spatial dimensions, but input has "
                "sizes ",
                input.sizes(), " with dimension ", d, " being empty");
  }
  TORCH_CHECK(interpolation >= 0 && interpolation <= 2 && padding >= 0 && padding <= 2,
              "grid_sampler(): expected modes in [0, 2], got interpolation ", interpolation, " and padding ", padding);
  TORCH_CHECK(interpolation != 2 || dims == 2, "grid_sampler(): bicubic interpolation only supports 4D input");
  TORCH_CHECK_NOT_IMPLEMENTED(is_floating_point(input.scalar_type()), "\"grid_sampler_", dims,
                              "d_cpu\" not implemented for '", to_string(input.scalar_type()), "'");
  TORCH_CHECK(input.scalar_type() == grid.scalar_type(),
              "grid_sampler(): expected input and grid to have same dtype, "
              "but input has ",
              to_string(input.scalar_type()), " and grid has ", to_string(grid.scalar_type()));
}

TensorBase sample(const TensorBase& input, const TensorBase& grid, int64_t interpolation, int64_t padding,
                  bool align_corners, int64_t dims) {
  check_sampled(input, grid, interpolation, padding, dims);
  const ScalarType dtype = input.scalar_type(), compute = dtype == kDouble ? kDouble : kFloat;
  const int64_t n = input.size(0), c = input.size(1);
  int64_t in_places = 1, out_places = 1;
  DimVector shape{n, c};
  Sampler s{{}, {}, static_cast<Padding>(padding), align_corners};
  for (int64_t d = 0; d < dims; ++d) {
    in_places *= input.size(d + 2);
    out_places *= grid.size(d + 1);
    shape.push_back(grid.size(d + 1));
    s.size.push_back(input.size(-1 - d));
  }
  s.planes = ops::reshape(ops::to(input, compute), {n, c, in_places});
  const TensorBase positions = ops::reshape(ops::to(grid, compute), {n, out_places, dims});
  const auto mode = static_cast<Interpolation>(interpolation);
  std::vector<TensorBase> at;
  for (int64_t d = 0; d < dims; ++d) {
    const int64_t size = s.size[static_cast<size_t>(d)];
    const TensorBase x = to_places(ops::select(positions, 2, d), size, align_corners);
    at.push_back(mode == Interpolation::Cubic ? x : padded(s, x, size));
  }
  const TensorBase out = mode == Interpolation::Linear    ? sample_linear(s, at)
                         : mode == Interpolation::Nearest ? sample_nearest(s, at)
                                                          : sample_cubic(s, at);
  return ops::to(ops::reshape(out, shape), dtype);
}

}  // namespace

TensorBase _grid_sampler_composite(const TensorBase& input, const TensorBase& grid, int64_t interpolation_mode,
                                   int64_t padding_mode, bool align_corners) {
  return sample(input, grid, interpolation_mode, padding_mode, align_corners, input.dim() - 2);
}

namespace {

GridMode mode_of(int64_t interpolation, int64_t padding, bool align_corners) {
  return {static_cast<GridInterpolation>(interpolation), static_cast<GridPadding>(padding), align_corners};
}
ScalarType compute_dtype(const TensorBase& input) { return input.scalar_type() == kDouble ? kDouble : kFloat; }
TensorBase prepared(const TensorBase& t, ScalarType dtype) { return ops::contiguous(ops::to(t, dtype)); }

TensorBase run_sampler(const TensorBase& input, const TensorBase& grid, int64_t interpolation, int64_t padding,
                       bool align_corners, int64_t dims) {
  check_sampled(input, grid, interpolation, padding, dims);
  const ScalarType compute = compute_dtype(input);
  DimVector shape{input.size(0), input.size(1)};
  for (int64_t d = 0; d < dims; ++d) shape.push_back(grid.size(d + 1));
  const TensorBase out = empty_tensor(shape, compute, input.device());
  if (out.numel() != 0) {
    grid_sampler_stub(input.device().type(), out, prepared(input, compute), prepared(grid, compute),
                      mode_of(interpolation, padding, align_corners));
  }
  return ops::to(out, input.scalar_type());
}

std::tuple<TensorBase, TensorBase> run_backward(const TensorBase& grad_output, const TensorBase& input,
                                                const TensorBase& grid, int64_t interpolation, int64_t padding,
                                                bool align_corners, ArrayRef<bool> output_mask, int64_t dims) {
  check_sampled(input, grid, interpolation, padding, dims);
  TORCH_CHECK(output_mask.size() == 2, "grid_sampler_", dims, "d_backward: expected output_mask to have 2 values, got ",
              output_mask.size());
  bool fits =
      grad_output.dim() == input.dim() && grad_output.size(0) == input.size(0) && grad_output.size(1) == input.size(1);
  for (int64_t d = 0; fits && d < dims; ++d) fits = grad_output.size(d + 2) == grid.size(d + 1);
  TORCH_CHECK(fits, "grid_sampler_", dims, "d_backward: expected grad_output with the shape of the result, got ",
              grad_output.sizes());
  const ScalarType compute = compute_dtype(input);
  TensorBase grad_input;
  if (output_mask[0]) grad_input = ops::zeros(input.sizes(), compute, std::nullopt, input.device());
  const TensorBase grad_grid = empty_tensor(grid.sizes(), compute, grid.device());
  if (grad_output.numel() != 0) {
    grid_sampler_backward_stub(input.device().type(), grad_input, grad_grid, prepared(grad_output, compute),
                               prepared(input, compute), prepared(grid, compute),
                               mode_of(interpolation, padding, align_corners));
  } else {
    TensorBase nothing = grad_grid;
    ops::zero_(nothing);
  }
  return {grad_input.defined() ? ops::to(grad_input, input.scalar_type()) : grad_input,
          ops::to(grad_grid, grid.scalar_type())};
}

}  // namespace

TensorBase grid_sampler_2d(const TensorBase& input, const TensorBase& grid, int64_t interpolation_mode,
                           int64_t padding_mode, bool align_corners) {
  return run_sampler(input, grid, interpolation_mode, padding_mode, align_corners, 2);
}

TensorBase grid_sampler_3d(const TensorBase& input, const TensorBase& grid, int64_t interpolation_mode,
                           int64_t padding_mode, bool align_corners) {
  return run_sampler(input, grid, interpolation_mode, padding_mode, align_corners, 3);
}

std::tuple<TensorBase, TensorBase> grid_sampler_2d_backward(const TensorBase& grad_output, const TensorBase& input,
                                                            const TensorBase& grid, int64_t interpolation_mode,
                                                            int64_t padding_mode, bool align_corners,
                                                            ArrayRef<bool> output_mask) {
  return run_backward(grad_output, input, grid, interpolation_mode, padding_mode, align_corners, output_mask, 2);
}

std::tuple<TensorBase, TensorBase> grid_sampler_3d_backward(const TensorBase& grad_output, const TensorBase& input,
                                                            const TensorBase& grid, int64_t interpolation_mode,
                                                            int64_t padding_mode, bool align_corners,
                                                            ArrayRef<bool> output_mask) {
  return run_backward(grad_output, input, grid, interpolation_mode, padding_mode, align_corners, output_mask, 3);
}

TensorBase grid_sampler(const TensorBase& input, const TensorBase& grid, int64_t interpolation_mode,
                        int64_t padding_mode, bool align_corners) {
  TORCH_CHECK(input.dim() == 4 || input.dim() == 5,
              "grid_sampler(): expected 4D or 5D input, but got input with sizes ", input.sizes());
  const auto run = input.dim() == 4 ? &ops::grid_sampler_2d : &ops::grid_sampler_3d;
  return run(input, grid, interpolation_mode, padding_mode, align_corners);
}

}  // namespace tiny_torch::native
