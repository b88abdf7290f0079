// Fronts of shuffles, columns of windows and sampling grids; all but the columns are made of views.
#include "generated/kernels/shuffle.h"

#include <limits>

#include "aten/core/operators.h"
#include "generated/ops/copy.h"
#include "generated/ops/creation.h"
#include "generated/ops/index.h"
#include "generated/ops/join.h"
#include "generated/ops/matmul.h"
#include "generated/ops/pad.h"
#include "generated/ops/reduce.h"
#include "generated/ops/shape.h"
#include "generated/ops/shuffle.h"
#include "generated/ops/view.h"

namespace tiny_torch::native {

namespace {

// The dims before the last three, then `tail`.
DimVector with_tail(const TensorBase& self, std::initializer_list<int64_t> tail) {
  DimVector shape;
  for (int64_t d = 0; d < self.dim() - 3; ++d) shape.push_back(self.size(d));
  for (int64_t size : tail) shape.push_back(size);
  return shape;
}

// Permutes the last five dims, which `last` numbers from 0.
TensorBase permute_last(const TensorBase& t, std::initializer_list<int64_t> last) {
  DimVector dims;
  const auto count = static_cast<int64_t>(last.size());
  for (int64_t d = 0; d < t.dim() - count; ++d) dims.push_back(d);
  for (int64_t d : last) dims.push_back(t.dim() - count + d);
  return ops::permute(t, dims);
}

}  // namespace

TensorBase pixel_shuffle(const TensorBase& self, int64_t r) {
  TORCH_CHECK(self.dim() >= 3, "pixel_shuffle expects input to have at least 3 dimensions, but got input with ",
              self.dim(), " dimension(s)");
  TORCH_CHECK(r > 0, "pixel_shuffle expects a positive upscale_factor, but got ", r);
  TORCH_CHECK_VALUE(r <= std::numeric_limits<int64_t>::max() / r, "pixel_shuffle(): upscale factor is too large, got ",
                    r);
  const int64_t c = self.size(-3), h = self.size(-2), w = self.size(-1);
  TORCH_CHECK(r <= std::max<int64_t>(c, 1) && c % (r * r) == 0,
              "pixel_shuffle expects its input's 'channel' dimension to be divisible by the square of upscale_factor, "
              "but input.size(-3)=",
              c, " is not divisible by ", r, " squared");
  const int64_t out = c / (r * r);
  const TensorBase split = ops::reshape(self, with_tail(self, {out, r, r, h, w}));
  return ops::reshape(ops::clone(permute_last(split, {0, 3, 1, 4, 2}), MemoryFormat::Contiguous),
                      with_tail(self, {out, h * r, w * r}));
}

TensorBase pixel_unshuffle(const TensorBase& self, int64_t r) {
  TORCH_CHECK(self.dim() >= 3, "pixel_unshuffle expects input to have at least 3 dimensions, but got input with ",
              self.dim(), " dimension(s)");
  TORCH_CHECK(r > 0, "pixel_unshuffle expects a positive downscale_factor, but got ", r);
  const int64_t c = self.size(-3), h = self.size(-2), w = self.size(-1);
  TORCH_CHECK(h % r == 0, "pixel_unshuffle expects height to be divisible by downscale_factor, but input.size(-2)=", h,
              " is not divisible by ", r);
  TORCH_CHECK(w % r == 0, "pixel_unshuffle expects width to be divisible by downscale_factor, but input.size(-1)=", w,
              " is not divisible by ", r);
  const TensorBase split = ops::reshape(self, with_tail(self, {c, h / r, r, w / r, r}));
  return ops::reshape(ops::clone(permute_last(split, {0, 2, 4, 1, 3}), MemoryFormat::Contiguous),
                      with_tail(self, {c * r * r, h / r, w / r}));
}

TensorBase channel_shuffle(const TensorBase& self, int64_t groups) {
  TORCH_CHECK(self.dim() > 2, "channel_shuffle expects input with > 2 dims, but got input with sizes ", self.sizes());
  TORCH_CHECK(groups > 0, "Number of groups to divide channels in must be positive. Value of groups:", groups);
  const int64_t channels = self.size(1);
  TORCH_CHECK(channels % groups == 0, "Number of channels must be divisible by groups. Got ", channels,
              " channels and ", groups, " groups.");
  DimVector shape{self.size(0), groups, channels / groups};
  for (int64_t d = 2; d < self.dim(); ++d) shape.push_back(self.size(d));
  const TensorBase swapped = ops::clone(ops::transpose(ops::reshape(self, shape), 1, 2), MemoryFormat::Contiguous);
  return ops::reshape(swapped, self.sizes());
}

namespace {

// Windows along one dim: how many, and their geometry.
struct Windows {
  int64_t size, kernel, dilation, padding, stride, count;
};

Windows windows_of(const char* op, size_t d, int64_t size, IntArrayRef kernel, IntArrayRef dilation,
                   IntArrayRef padding, IntArrayRef stride) {
  for (const auto& [name, given] : {std::pair<const char*, IntArrayRef>("kernel_size", kernel),
                                    {"dilation", dilation},
                                    {"padding", padding},
                                    {"stride", stride}})
    TORCH_CHECK(given.size() == 2, "It is expected ", name, " equals to 2, but got size ", given.size());
  TORCH_CHECK(kernel[d] > 0, op, ": kernel size should be greater than zero, but got ", kernel);
  TORCH_CHECK(dilation[d] > 0, op, ": dilation should be greater than zero, but got ", dilation);
  TORCH_CHECK(padding[d] >= 0, op, ": padding should be non-negative, but got ", padding);
  TORCH_CHECK(stride[d] > 0, op, ": stride should be greater than zero, but got ", stride);
  const int64_t span = size + 2 * padding[d] - dilation[d] * (kernel[d] - 1) - 1;
  const int64_t count = span < 0 ? 0 : span / stride[d] + 1;
  return {size, kernel[d], dilation[d], padding[d], stride[d], count};
}

}  // namespace

TensorBase im2col(const TensorBase& self, IntArrayRef kernel_size, IntArrayRef dilation, IntArrayRef padding,
                  IntArrayRef stride) {
  for (const IntArrayRef pair : {kernel_size, dilation, padding, stride})
    TORCH_CHECK(pair.size() == 2, "im2col(): It is expected that each argument has two numbers, but got ", pair);
  TORCH_CHECK_INDEX(self.dim() > 1, "im2col(): Dimension out of range: expected 3D or 4D input, got ", self.sizes());
  TORCH_CHECK(self.dim() == 3 || self.dim() == 4, "Expected 3D or 4D (batch mode) tensor for input, got ",
              self.sizes());
  for (int64_t d = self.dim() - 3; d < self.dim(); ++d) {
    TORCH_CHECK(self.size(d) != 0,
                "Expected 3D or 4D (batch mode) tensor with possibly 0 batch size and other "
                "non-zero dimensions for input, but got: ",
                self.sizes());
  }
  const Windows y = windows_of("im2col", 0, self.size(-2), kernel_size, dilation, padding, stride),
                x = windows_of("im2col", 1, self.size(-1), kernel_size, dilation, padding, stride);
  TORCH_CHECK(y.count >= 1 && x.count >= 1, "Given input with spatial size (", y.size, ", ", x.size,
              "), kernel_size=", kernel_size, ", dilation=", dilation, ", padding=", padding, ", stride=", stride,
              ", calculated shape of the array of sliding blocks as (", y.count, ", ", x.count,
              "), but its components must be at least one.");
  const TensorBase batch = self.dim() == 3 ? ops::unsqueeze(self, 0) : self;
  const TensorBase padded =
      ops::contiguous(ops::constant_pad_nd(batch, {x.padding, x.padding, y.padding, y.padding}, Scalar(0)));
  const int64_t n = padded.size(0), c = padded.size(1), w = padded.size(3), plane = padded.size(2) * w;
  const int64_t sizes[] = {n, c, y.kernel, x.kernel, y.count, x.count};
  const int64_t strides[] = {c * plane, plane, y.dilation * w, x.dilation, y.stride * w, x.stride};
  const TensorBase windows = alias_with(padded, sizes, strides, padded.storage_offset());
  const int64_t flat[] = {n, c * y.kernel * x.kernel, y.count * x.count};
  const TensorBase out = ops::reshape(ops::clone(windows, MemoryFormat::Contiguous), flat);
  return self.dim() == 3 ? ops::squeeze(out, 0) : out;
}

TensorBase col2im(const TensorBase& self, IntArrayRef output_size, IntArrayRef kernel_size, IntArrayRef dilation,
                  IntArrayRef padding, IntArrayRef stride) {
  TORCH_CHECK(output_size.size() == 2, "It is expected output_size equals to 2, but got size ", output_size.size());
  const Windows y = windows_of("col2im", 0, output_size[0], kernel_size, dilation, padding, stride),
                x = windows_of("col2im", 1, output_size[1], kernel_size, dilation, padding, stride);
  const int64_t ndim = self.dim(), block = y.kernel * x.kernel;
  TORCH_CHECK(
      (ndim == 2 && self.size(0) != 0 && self.size(1) != 0) || (ndim == 3 && self.size(1) != 0 && self.size(2) != 0),
      "Expected 2D or 3D (batch mode) tensor for input with possibly 0 batch size and non-zero dimensions for "
      "input, but got: ",
      self.sizes());
  TORCH_CHECK(self.size(-2) % block == 0,
              "Expected size of input's dimension 1 to be divisible by the product of kernel_size, but got "
              "input.size(1)=",
              self.size(-2), " and kernel_size=", kernel_size, ".");
  TORCH_CHECK(y.count >= 1 && x.count >= 1 && self.size(-1) == y.count * x.count, "Given output_size=", output_size,
              ", kernel_size=", kernel_size, ", dilation=", dilation, ", padding=", padding, ", stride=", stride,
              ", expected size of input's dimension 2 to match the calculated number of sliding blocks ", y.count,
              " * ", x.count, " = ", y.count * x.count, ", but got input.size(2)=", self.size(-1), ".");
  const int64_t n = ndim == 3 ? self.size(0) : 1, c = self.size(-2) / block;
  const int64_t split[] = {n, c, y.kernel, x.kernel, y.count, x.count};
  const TensorBase columns = ops::reshape(self, split);
  const int64_t height = y.size + 2 * y.padding, width = x.size + 2 * x.padding;
  const ScalarType dtype = self.scalar_type();
  // Half types would lose small summands.
  const bool half = dtype == kHalf || dtype == kBFloat16;
  TensorBase padded = ops::zeros({n, c, height, width}, half ? kFloat : dtype, std::nullopt, self.device());
  for (int64_t i = 0; i < y.kernel; ++i) {
    for (int64_t j = 0; j < x.kernel; ++j) {
      const int64_t top = i * y.dilation, left = j * x.dilation;
      TensorBase target = ops::slice(ops::slice(padded, 2, top, top + (y.count - 1) * y.stride + 1, y.stride), 3, left,
                                     left + (x.count - 1) * x.stride + 1, x.stride);
      ops::add_(target, ops::select(ops::select(columns, 2, i), 2, j));
    }
  }
  TensorBase out = ops::contiguous(ops::narrow(ops::narrow(padded, 2, y.padding, y.size), 3, x.padding, x.size));
  if (half) out = ops::to(out, dtype);
  return ndim == 2 ? ops::squeeze(out, 0) : out;
}

namespace {

// -1 to 1 in `steps`, at the corners or at the centres of the places.
TensorBase axis_positions(const TensorBase& theta, int64_t steps, bool align_corners) {
  if (steps <= 1) return ops::zeros({steps}, theta.scalar_type(), std::nullopt, theta.device());
  const TensorBase range =
      ops::linspace(Scalar(-1), Scalar(1), steps, theta.scalar_type(), std::nullopt, theta.device());
  return align_corners ? range : range * Scalar(static_cast<double>(steps - 1) / static_cast<double>(steps));
}

}  // namespace

TensorBase affine_grid_generator(const TensorBase& theta, IntArrayRef size, bool align_corners) {
  TORCH_CHECK(size.size() == 4 || size.size() == 5,
              "AffineGridGenerator needs 4d (spatial) or 5d (volumetric) inputs.");
  const auto dims = static_cast<int64_t>(size.size()) - 2;
  TORCH_CHECK_INDEX(theta.dim() > 2, "Dimension out of range: affine_grid_generator() expected 3-D theta, got ",
                    theta.sizes());
  TORCH_CHECK(theta.dim() == 3 && theta.size(0) == size[0] && theta.size(1) == dims && theta.size(2) == dims + 1,
              "affine_grid_generator(): expected theta of size [", size[0], ", ", dims, ", ", dims + 1, "], got ",
              theta.sizes());
  // Coordinates run x, y, (z), then the 1 of the translation.
  DimVector shape(size.slice(2));
  std::vector<TensorBase> coordinates;
  for (int64_t d = dims - 1; d >= 0; --d) {
    DimVector along(static_cast<size_t>(dims), 1);
    along[static_cast<size_t>(d)] = shape[static_cast<size_t>(d)];
    coordinates.push_back(
        ops::expand(ops::reshape(axis_positions(theta, shape[static_cast<size_t>(d)], align_corners), along), shape));
  }
  coordinates.push_back(ops::ones(shape, theta.scalar_type(), std::nullopt, theta.device()));
  const int64_t places = checked_numel(shape);
  const TensorBase base = ops::reshape(ops::stack(coordinates, dims), {1, places, dims + 1});
  const TensorBase grid = ops::bmm(ops::expand(base, {size[0], places, dims + 1}), ops::transpose(theta, 1, 2));
  DimVector result{size[0]};
  for (int64_t s : shape) result.push_back(s);
  result.push_back(dims);
  return ops::reshape(grid, result);
}

TensorBase one_hot(const TensorBase& self, int64_t num_classes) {
  TORCH_CHECK(self.scalar_type() == kLong, "one_hot is only applicable to index tensor of type LongTensor.");
  DimVector shape(self.sizes());
  if (self.numel() == 0) {
    TORCH_CHECK(num_classes > 0, "Can not infer total number of classes from empty tensor.");
    shape.push_back(num_classes);
    return ops::empty(shape, kLong, std::nullopt, self.device());
  }
  if (!self.is_meta()) {
    TORCH_CHECK(read_scalar(ops::min(self)).to<int64_t>() >= 0, "Class values must be non-negative.");
    const int64_t largest = read_scalar(ops::max(self)).to<int64_t>();
    if (num_classes == -1) {
      num_classes = largest + 1;
    } else {
      TORCH_CHECK(num_classes > 0, "num_classes should be positive");
      TORCH_CHECK(num_classes > largest, "Class values must be smaller than num_classes.");
    }
  }
  TORCH_CHECK(num_classes > 0, "one_hot(): expected num_classes for a tensor without values, got ", num_classes);
  shape.push_back(num_classes);
  TensorBase out = ops::zeros(shape, kLong, std::nullopt, self.device());
  return ops::scatter_(out, -1, ops::unsqueeze(self, -1), Scalar(1));
}

}  // namespace tiny_torch::native
