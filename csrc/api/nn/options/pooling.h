// Options of poolings; D is the number of dimensions of space. A stride that isn't given is the kernel's size.
#pragma once

#include "api/nn/options_module.h"

namespace tiny_torch::frontend::nn {

template <size_t D>
struct AvgPoolOptions {
  AvgPoolOptions(ExpandingArray<D> kernel_size)
      : kernel_size_(kernel_size), stride_(kernel_size) {}  // NOLINT: implicit
  TORCH_ARG(ExpandingArray<D>, kernel_size);
  TORCH_ARG(ExpandingArray<D>, stride);
  TORCH_ARG(ExpandingArray<D>, padding) = 0;
  TORCH_ARG(bool, ceil_mode) = false;
  TORCH_ARG(bool, count_include_pad) = true;
  TORCH_ARG(std::optional<int64_t>, divisor_override) = std::nullopt;
};
template <size_t D>
struct MaxPoolOptions {
  MaxPoolOptions(ExpandingArray<D> kernel_size) : kernel_size_(kernel_size), stride_(kernel_size) {}  // NOLINT
  TORCH_ARG(ExpandingArray<D>, kernel_size);
  TORCH_ARG(ExpandingArray<D>, stride);
  TORCH_ARG(ExpandingArray<D>, padding) = 0;
  TORCH_ARG(ExpandingArray<D>, dilation) = 1;
  TORCH_ARG(bool, ceil_mode) = false;
};
template <size_t D>
struct LPPoolOptions {
  LPPoolOptions(double norm_type, ExpandingArray<D> kernel_size)
      : norm_type_(norm_type), kernel_size_(kernel_size), stride_(kernel_size) {}
  TORCH_ARG(double, norm_type);
  TORCH_ARG(ExpandingArray<D>, kernel_size);
  TORCH_ARG(ExpandingArray<D>, stride);
  TORCH_ARG(bool, ceil_mode) = false;
};
/// A size without a value is the input's.
template <class Sizes>
struct AdaptiveAvgPoolOptions {
  AdaptiveAvgPoolOptions(Sizes output_size) : output_size_(output_size) {}  // NOLINT
  TORCH_ARG(Sizes, output_size);
};
template <class Sizes>
using AdaptiveMaxPoolOptions = AdaptiveAvgPoolOptions<Sizes>;
template <size_t D>
struct MaxUnpoolOptions {
  MaxUnpoolOptions(ExpandingArray<D> kernel_size) : kernel_size_(kernel_size), stride_(kernel_size) {}  // NOLINT
  TORCH_ARG(ExpandingArray<D>, kernel_size);
  TORCH_ARG(ExpandingArray<D>, stride);
  TORCH_ARG(ExpandingArray<D>, padding) = 0;
};
/// Either the output's size or its share of the input's size; _random_samples (N, C, D) in [0, 1) place the windows.
template <size_t D>
struct FractionalMaxPoolOptions {
  using ExpandingArrayDouble = ExpandingArray<D, double>;
  FractionalMaxPoolOptions(ExpandingArray<D> kernel_size) : kernel_size_(kernel_size) {}  // NOLINT
  TORCH_ARG(ExpandingArray<D>, kernel_size);
  TORCH_ARG(std::optional<ExpandingArray<D>>, output_size) = std::nullopt;
  TORCH_ARG(std::optional<ExpandingArrayDouble>, output_ratio) = std::nullopt;
  TORCH_ARG(Tensor, _random_samples);
};
using FractionalMaxPool2dOptions = FractionalMaxPoolOptions<2>;
using FractionalMaxPool3dOptions = FractionalMaxPoolOptions<3>;

namespace functional {
using FractionalMaxPool2dFuncOptions = FractionalMaxPool2dOptions;
using FractionalMaxPool3dFuncOptions = FractionalMaxPool3dOptions;
template <size_t D>
struct MaxUnpoolFuncOptions : MaxUnpoolOptions<D> {
  using MaxUnpoolOptions<D>::MaxUnpoolOptions;
  MaxUnpoolFuncOptions(const MaxUnpoolOptions<D>& o) : MaxUnpoolOptions<D>(o) {}  // NOLINT: ends a chain of setters
  TORCH_ARG(std::optional<std::vector<int64_t>>, output_size) = std::nullopt;
};
}  // namespace functional
template <size_t D>
using AdaptiveSizes = std::conditional_t<D == 1, ExpandingArray<1>, ExpandingArrayWithOptionalElem<D>>;

#define TINY_TORCH_POOL_OPTIONS(D)                                               \
  using AvgPool##D##dOptions = AvgPoolOptions<D>;                                \
  using MaxPool##D##dOptions = MaxPoolOptions<D>;                                \
  using LPPool##D##dOptions = LPPoolOptions<D>;                                  \
  using AdaptiveAvgPool##D##dOptions = AdaptiveAvgPoolOptions<AdaptiveSizes<D>>; \
  using AdaptiveMaxPool##D##dOptions = AdaptiveMaxPoolOptions<AdaptiveSizes<D>>; \
  using MaxUnpool##D##dOptions = MaxUnpoolOptions<D>;                            \
  namespace functional {                                                         \
  using AdaptiveMaxPool##D##dFuncOptions = AdaptiveMaxPool##D##dOptions;         \
  using MaxUnpool##D##dFuncOptions = MaxUnpoolFuncOptions<D>;                    \
  using AvgPool##D##dFuncOptions = AvgPoolOptions<D>;                            \
  using MaxPool##D##dFuncOptions = MaxPoolOptions<D>;                            \
  using LPPool##D##dFuncOptions = LPPoolOptions<D>;                              \
  using AdaptiveAvgPool##D##dFuncOptions = AdaptiveAvgPool##D##dOptions;         \
  }
TINY_TORCH_POOL_OPTIONS(1)
TINY_TORCH_POOL_OPTIONS(2)
TINY_TORCH_POOL_OPTIONS(3)
#undef TINY_TORCH_POOL_OPTIONS

}  // namespace tiny_torch::frontend::nn
