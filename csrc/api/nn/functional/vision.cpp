#include "api/nn/functional/vision.h"

#include <cmath>

#include "generated/functions/distance.h"
#include "generated/functions/grid_sampler.h"
#include "generated/functions/pad.h"
#include "generated/functions/pool.h"
#include "generated/functions/shuffle.h"
#include "generated/functions/upsample.h"

namespace tiny_torch::frontend::nn::functional {
namespace {

/// Calls the operator with sizes, or with factors, one of which is set.
struct Target {
  std::optional<std::vector<int64_t>> size;
  std::optional<std::vector<double>> factors;
  std::optional<IntArrayRef> sizes() const {
    return size.has_value() ? std::optional<IntArrayRef>(*size) : std::nullopt;
  }
  std::optional<ArrayRef<double>> scales() const {
    return factors.has_value() ? std::optional<ArrayRef<double>>(*factors) : std::nullopt;
  }
};

Target resolve_target(const Tensor& input, const InterpolateFuncOptions& o) {
  const auto dims = static_cast<size_t>(input.dim() - 2);
  TORCH_CHECK(o.size().has_value() != o.scale_factor().has_value(),
              "only one of size or scale_factor should be defined");
  Target target{o.size(), o.scale_factor()};
  const auto widened = [&](auto& values, const char* what) {
    if (values->size() == 1) values->resize(dims, values->front());
    TORCH_CHECK(values->size() == dims, what, " shape must match number of spatial dimensions in input. Input has ",
                dims, " spatial dimensions but output ", what, " has ", values->size());
  };
  if (target.size.has_value()) widened(target.size, "size");
  if (target.factors.has_value()) widened(target.factors, "scale_factor");
  const bool is_area = std::holds_alternative<enumtype::kArea>(o.mode());
  if (target.factors.has_value() && (o.recompute_scale_factor().value_or(false) || is_area)) {
    target.size.emplace();
    for (size_t d = 0; d < dims; ++d) {
      const double size = static_cast<double>(input.size(static_cast<int64_t>(d) + 2)) * (*target.factors)[d];
      target.size->push_back(static_cast<int64_t>(std::floor(size)));
    }
    target.factors.reset();
  }
  return target;
}

}  // namespace

Tensor pad(const Tensor& input, const PadFuncOptions& options) {
  const bool is_constant = std::holds_alternative<enumtype::kConstant>(options.mode());
  const char* mode = is_constant                                                    ? "constant"
                     : std::holds_alternative<enumtype::kReflect>(options.mode())   ? "reflect"
                     : std::holds_alternative<enumtype::kReplicate>(options.mode()) ? "replicate"
                                                                                    : "circular";
  return tiny_torch::pad(input, options.pad(), mode,
                         is_constant ? std::optional<double>(options.value()) : std::nullopt);
}

Tensor interpolate(const Tensor& input, const InterpolateFuncOptions& o) {
  const int64_t dims = input.dim() - 2;
  TORCH_CHECK(dims >= 1 && dims <= 3, "Input Error: Only 3D, 4D and 5D input Tensors supported (got ", input.dim(),
              "D) for the modes");
  const Target to = resolve_target(input, o);
  const auto is = [&](auto mode) { return std::holds_alternative<decltype(mode)>(o.mode()); };
  const bool corners = o.align_corners().value_or(false);
  const bool takes_corners =
      is(enumtype::kLinear{}) || is(enumtype::kBilinear{}) || is(enumtype::kBicubic{}) || is(enumtype::kTrilinear{});
  TORCH_CHECK(
      takes_corners || !o.align_corners().has_value(),
      "align_corners option can only be set with the interpolating modes: linear | bilinear | bicubic | trilinear");
  TORCH_CHECK(!o.antialias() || ((is(enumtype::kBilinear{}) || is(enumtype::kBicubic{})) && dims == 2),
              "Anti-alias option is only supported for bilinear and bicubic modes");
  if (is(enumtype::kNearest{})) {
    return dims == 1   ? upsample_nearest1d(input, to.sizes(), to.scales())
           : dims == 2 ? upsample_nearest2d(input, to.sizes(), to.scales())
                       : upsample_nearest3d(input, to.sizes(), to.scales());
  }
  if (is(enumtype::kNearestExact{})) {
    return dims == 1   ? _upsample_nearest_exact1d(input, to.sizes(), to.scales())
           : dims == 2 ? _upsample_nearest_exact2d(input, to.sizes(), to.scales())
                       : _upsample_nearest_exact3d(input, to.sizes(), to.scales());
  }
  if (is(enumtype::kArea{})) {
    return dims == 1   ? adaptive_avg_pool1d(input, *to.size)
           : dims == 2 ? adaptive_avg_pool2d(input, *to.size)
                       : adaptive_avg_pool3d(input, *to.size);
  }
  if (is(enumtype::kLinear{}) && dims == 1) return upsample_linear1d(input, to.sizes(), corners, to.scales());
  if (is(enumtype::kBilinear{}) && dims == 2) {
    return o.antialias() ? _upsample_bilinear2d_aa(input, to.sizes(), corners, to.scales())
                         : upsample_bilinear2d(input, to.sizes(), corners, to.scales());
  }
  if (is(enumtype::kBicubic{}) && dims == 2) {
    return o.antialias() ? _upsample_bicubic2d_aa(input, to.sizes(), corners, to.scales())
                         : upsample_bicubic2d(input, to.sizes(), corners, to.scales());
  }
  TORCH_CHECK(is(enumtype::kTrilinear{}) && dims == 3, "interpolate(): mode ", enumtype::get_enum_name(o.mode()),
              " does not fit input of ", input.dim(), " dimensions");
  return upsample_trilinear3d(input, to.sizes(), corners, to.scales());
}

Tensor pixel_shuffle(const Tensor& input, const PixelShuffleFuncOptions& options) {
  return tiny_torch::pixel_shuffle(input, options.upscale_factor());
}
Tensor pixel_unshuffle(const Tensor& input, const PixelUnshuffleFuncOptions& options) {
  return tiny_torch::pixel_unshuffle(input, options.downscale_factor());
}
Tensor fold(const Tensor& input, const FoldFuncOptions& o) {
  return tiny_torch::col2im(input, o.output_size().view(), o.kernel_size().view(), o.dilation().view(),
                            o.padding().view(), o.stride().view());
}
Tensor unfold(const Tensor& input, const UnfoldFuncOptions& o) {
  return tiny_torch::im2col(input, o.kernel_size().view(), o.dilation().view(), o.padding().view(), o.stride().view());
}
Tensor affine_grid(const Tensor& theta, IntArrayRef size, bool align_corners) {
  return affine_grid_generator(theta, size, align_corners);
}
Tensor grid_sample(const Tensor& input, const Tensor& grid, const GridSampleFuncOptions& options) {
  return tiny_torch::grid_sampler(input, grid, static_cast<int64_t>(options.mode().index()),
                                  static_cast<int64_t>(options.padding_mode().index()),
                                  options.align_corners().value_or(false));
}
Tensor cosine_similarity(const Tensor& x1, const Tensor& x2, const CosineSimilarityFuncOptions& options) {
  return tiny_torch::cosine_similarity(x1, x2, options.dim(), options.eps());
}
Tensor pdist(const Tensor& input, double p) { return tiny_torch::pdist(input, p); }
Tensor pairwise_distance(const Tensor& x1, const Tensor& x2, const PairwiseDistanceFuncOptions& options) {
  return tiny_torch::pairwise_distance(x1, x2, options.p(), options.eps(), options.keepdim());
}

}  // namespace tiny_torch::frontend::nn::functional
