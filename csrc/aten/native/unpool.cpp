// Fronts of adaptive and fractional max pooling, and of max unpooling.
#include <algorithm>
#include <cmath>

#include "aten/core/operators.h"
#include "aten/native/max_windows.h"
#include "aten/native/pool.h"
#include "generated/kernels/unpool.h"
#include "generated/ops/copy.h"
#include "generated/ops/creation.h"
#include "generated/ops/index.h"
#include "generated/ops/pool.h"
#include "generated/ops/shape.h"
#include "generated/ops/unpool.h"
#include "generated/ops/view.h"

namespace tiny_torch::native {

DEFINE_STUB(max_windows_stub);
DEFINE_STUB(read_samples_stub);

namespace {

void check_floating(const char* op, const TensorBase& self) {
  TORCH_CHECK_NOT_IMPLEMENTED(is_floating_point(self.scalar_type()) && !is_float8(self.scalar_type()), "\"", op,
                              "\" not implemented for '", to_string(self.scalar_type()), "'");
}

// `dims` sizes behind the batch and the channels of `self`.
DimVector with_spatial(const TensorBase& self, IntArrayRef spatial) {
  DimVector shape(self.sizes());
  for (size_t i = 0; i < spatial.size(); ++i) shape[shape.size() - spatial.size() + i] = spatial[i];
  return shape;
}

std::tuple<TensorBase, TensorBase> max_windows(int64_t dims, const TensorBase& self, IntArrayRef output_size,
                                               const WindowTable& windows) {
  const DimVector shape = with_spatial(self, output_size);
  const MemoryFormat format = self.suggest_memory_format();
  TensorBase out = empty_tensor(shape, self.scalar_type(), self.device(), format),
             indices = empty_tensor(shape, kLong, self.device(), format);
  if (out.numel() != 0)
    max_windows_stub(self.device().type(), as_5d(out, dims), as_5d(indices, dims), as_5d(self, dims), windows);
  return {out, indices};
}

// One window over the single place of the dims that are missing.
WindowTable single_windows() {
  WindowTable windows;
  for (size_t d = 0; d < 3; ++d) {
    windows.begin[d] = {0};
    windows.end[d] = {1};
  }
  return windows;
}

void check_positions(const char* op, const TensorBase& self, int64_t dims) {
  TORCH_CHECK(self.dim() == dims + 1 || self.dim() == dims + 2, op, "(): Expected ", dims + 1, "D or ", dims + 2,
              "D tensor, but got: ", self.sizes());
  for (int64_t d = self.dim() == dims + 2 ? 1 : 0; d < self.dim(); ++d) {
    TORCH_CHECK(self.size(d) > 0, op,
                "(): Expected input to have non-zero size for non-batch dimensions, but input has sizes ", self.sizes(),
                " with dimension ", d, " being empty");
  }
}

}  // namespace

std::tuple<TensorBase, TensorBase> adaptive_max_pool(const char* op, int64_t dims, const TensorBase& self,
                                                     IntArrayRef output_size) {
  TORCH_CHECK(static_cast<int64_t>(output_size.size()) == dims, op, "(): output_size.size() must be ", dims);
  check_positions(op, self, dims);
  check_floating(op, self);
  for (int64_t size : output_size)
    TORCH_CHECK(size >= 0, "Trying to create tensor with negative dimension ", size, ": ", output_size);
  WindowTable windows = single_windows();
  checked_numel(with_spatial(self, output_size));
  for (int64_t i = 0; i < dims; ++i) {
    const auto d = static_cast<size_t>(3 - dims + i);
    const int64_t in = self.size(self.dim() - dims + i), out = output_size[static_cast<size_t>(i)];
    for (std::vector<int64_t>* ends : {&windows.begin[d], &windows.end[d]}) {
      ends->clear();
      ends->reserve(static_cast<size_t>(out));  // fails at once where there is no memory
    }
    for (int64_t o = 0; o < out; ++o) {
      windows.begin[d].push_back(o * in / out);
      windows.end[d].push_back(((o + 1) * in + out - 1) / out);
    }
  }
  return max_windows(dims, self, output_size, windows);
}

std::tuple<TensorBase, TensorBase> adaptive_max_pool1d(const TensorBase& self, IntArrayRef output_size) {
  TORCH_CHECK(self.dim() == 2 || self.dim() == 3, "Expected 2 to 3 dimensions, but got ", self.dim(),
              "-dimensional tensor for argument #1 'self' (while checking arguments for adaptive_max_pool1d)");
  TORCH_CHECK(output_size.size() == 1, "adaptive_max_pool1d(): expected one output size, got ", output_size);
  const int64_t size[] = {1, output_size[0]};
  const auto [out, indices] = ops::adaptive_max_pool2d(ops::unsqueeze(ops::contiguous(self), -2), size);
  return {ops::squeeze(out, -2), ops::squeeze(indices, -2)};
}

namespace {

// Starts of `out` windows of `kernel` places that cover `in` places, moved by a random part of the mean step.
template <class T>
void random_starts(std::vector<int64_t>& starts, T sample, int64_t in, int64_t out, int64_t kernel) {
  const T alpha = out > 1 ? static_cast<T>(in - kernel) / static_cast<T>(out - 1) : T(0);
  for (int64_t i = 0; i + 1 < out; ++i) {
    const int64_t start =
        static_cast<int64_t>((static_cast<T>(i) + sample) * alpha) - static_cast<int64_t>(sample * alpha);
    starts.push_back(std::clamp<int64_t>(start, 0, in - kernel));
  }
  if (out > 0) starts.push_back(in - kernel);
}

void check_samples(const TensorBase& self, const TensorBase& samples, int64_t dims) {
  const bool batched = self.dim() == dims + 2;
  TORCH_CHECK(samples.scalar_type() == self.scalar_type(), "Expect _random_samples to have the same dtype as input");
  TORCH_CHECK(samples.dim() == 3, "Expect _random_samples to have 3 dimensions, got ", samples.dim());
  TORCH_CHECK(samples.size(0) >= (batched ? self.size(0) : 1),
              "Expect _random_samples.size(0) no less then input batch size.");
  TORCH_CHECK(samples.size(1) == self.size(batched ? 1 : 0),
              "Expect _random_samples.size(1) equals to input channel size.");
  TORCH_CHECK(samples.size(2) == dims, "Expect _random_samples.size(2) equals to ", dims, "; got ", samples.size(2),
              ".");
}

}  // namespace

std::tuple<TensorBase, TensorBase> fractional_max_pool(const char* op, int64_t dims, const TensorBase& self,
                                                       IntArrayRef kernel_size, IntArrayRef output_size,
                                                       const TensorBase& random_samples) {
  TORCH_CHECK(static_cast<int64_t>(kernel_size.size()) == dims, op, ": kernel_size must either be a single int or ",
              "tuple of ", dims, " ints");
  TORCH_CHECK(static_cast<int64_t>(output_size.size()) == dims, op, ": output_size must either be a single int or ",
              "tuple of ", dims, " ints");
  check_positions(op, self, dims);
  check_floating(op, self);
  check_samples(self, random_samples, dims);
  for (int64_t i = 0; i < dims; ++i) {
    const int64_t in = self.size(self.dim() - dims + i), kernel = kernel_size[static_cast<size_t>(i)],
                  out = output_size[static_cast<size_t>(i)];
    // PyTorch leaves one place more in volumes.
    TORCH_CHECK(kernel > 0 && out > 0 && out + kernel - 1 + (dims == 3 ? 1 : 0) <= in, op, "(): pool size ", kernel,
                " with ", out, " outputs is too large relative to input size ", in, " in spatial dimension ", i);
  }
  WindowTable windows = single_windows();
  windows.per_plane = true;
  const int64_t planes = self.dim() == dims + 2 ? self.size(0) * self.size(1) : self.size(0);
  std::vector<double> samples;
  read_samples_stub(self.device().type(), random_samples, samples);
  samples.resize(static_cast<size_t>(planes * dims), 0.0);
  for (size_t d = 0; d < 3; ++d) {
    windows.begin[d].assign(static_cast<size_t>(planes), 0);
    windows.end[d].assign(static_cast<size_t>(planes), 1);
  }
  for (int64_t i = 0; i < dims; ++i) {
    const auto d = static_cast<size_t>(3 - dims + i);
    windows.begin[d].clear();
    // Images have the sample of the width first, volumes that of the depth.
    const int64_t place = dims == 2 ? 1 - i : i;
    const int64_t in = self.size(self.dim() - dims + i), kernel = kernel_size[static_cast<size_t>(i)],
                  out = output_size[static_cast<size_t>(i)];
    for (int64_t p = 0; p < planes; ++p) {
      const double sample = samples[static_cast<size_t>(p * dims + place)];
      TORCH_CHECK(std::abs(sample) < 1e6, op, "(): expected random samples in [0, 1), got ", sample);
      if (self.scalar_type() == kDouble) {
        random_starts<double>(windows.begin[d], sample, in, out, kernel);
      } else {
        random_starts<float>(windows.begin[d], static_cast<float>(sample), in, out, kernel);
      }
    }
    windows.end[d] = windows.begin[d];
    for (int64_t& end : windows.end[d]) end += kernel;
  }
  return max_windows(dims, self, output_size, windows);
}

TensorBase fractional_max_pool_backward(int64_t dims, const TensorBase& grad_output, const TensorBase& self,
                                        IntArrayRef, IntArrayRef output_size, const TensorBase& indices) {
  TORCH_CHECK(self.dim() > dims && static_cast<int64_t>(output_size.size()) == dims,
              "fractional_max_pool_backward(): expected an input of ", dims + 1, " or ", dims + 2, " dims and ", dims,
              " output sizes, got ", self.sizes(), " and ", output_size);
  TORCH_CHECK(grad_output.sizes() == IntArrayRef(with_spatial(self, output_size)),
              "fractional_max_pool_backward(): expected a gradient of size ",
              IntArrayRef(with_spatial(self, output_size)), ", got ", grad_output.sizes());
  return ops::_pool_scatter(grad_output, indices, self.sizes(), dims);
}

namespace {

TensorBase max_unpool(const char* op, int64_t dims, const TensorBase& self, const TensorBase& indices,
                      IntArrayRef output_size) {
  TORCH_CHECK(indices.scalar_type() == kLong,
              "elements in indices should be type int64 but got: ", to_string(indices.scalar_type()));
  TORCH_CHECK(static_cast<int64_t>(output_size.size()) == dims, "There should be exactly ", dims,
              " elements in output_size, but got ", output_size.size(), " elements.");
  TORCH_CHECK(self.dim() == dims + 1 || self.dim() == dims + 2, "Input to max_unpooling", dims, "d should be a ",
              dims + 1, "d or ", dims + 2, "d Tensor, but got a tensor with ", self.dim(), " dimensions.");
  TORCH_CHECK(self.sizes() == indices.sizes(), "Expected shape of indices to be same as that of the input tensor (",
              self.sizes(), ") but got indices tensor with shape: ", indices.sizes());
  check_floating(op, self);
  const DimVector shape = with_spatial(self, output_size);
  const MemoryFormat format = dims == 2 ? self.suggest_memory_format() : MemoryFormat::Contiguous;
  const int64_t plane = checked_numel(output_size);
  int64_t places = 1, planes = 1;
  for (int64_t d = 0; d < self.dim(); ++d) (d < self.dim() - dims ? planes : places) *= self.size(d);
  for (int64_t d = self.dim() - dims; d < self.dim(); ++d)
    TORCH_CHECK(self.size(d) > 0, op, "(): expected input to have non-zero size for non-batch dimensions, got ",
                self.sizes());
  const TensorBase zeros = ops::zeros({planes, plane}, self.scalar_type(), std::nullopt, self.device());
  const TensorBase out =
      ops::scatter(zeros, 1, ops::reshape(indices, {planes, places}), ops::reshape(self, {planes, places}));
  return ops::contiguous(ops::reshape(out, shape), format);
}

}  // namespace

TensorBase max_unpool2d(const TensorBase& self, const TensorBase& indices, IntArrayRef output_size) {
  return max_unpool("max_unpool2d", 2, self, indices, output_size);
}

TensorBase max_unpool3d(const TensorBase& self, const TensorBase& indices, IntArrayRef output_size, IntArrayRef stride,
                        IntArrayRef padding) {
  TORCH_CHECK(stride.size() == 3,
              "There should be exactly three elements (depth, height, width) in stride, but got: ", stride.size(),
              " elements.");
  TORCH_CHECK(padding.size() == 3,
              "There should be exactly three elements (depth, height, width) in padding, but got: ", padding.size(),
              " elements.");
  for (int64_t s : stride) TORCH_CHECK(s > 0, "strides should be greater than zero, but got stride: ", stride);
  return max_unpool("max_unpool3d", 3, self, indices, output_size);
}

}  // namespace tiny_torch::native
