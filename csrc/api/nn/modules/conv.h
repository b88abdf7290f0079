// Conv1d to Conv3d and ConvTranspose1d to ConvTranspose3d.
#pragma once

#include "api/nn/functional/conv.h"

namespace tiny_torch::frontend::nn {

/// The part of convolutions that does not depend on their types: a weight and, if wanted, a bias, with PyTorch's random
/// values; the result and how it is printed.
template <size_t D>
struct TORCH_API ConvCode {
  static std::pair<Tensor, Tensor> new_parameters(const ConvNdOptions<D>& options);
  static void fill_parameters(const Tensor& weight, const Tensor& bias);
  static Tensor run(const Tensor& input, const Tensor& weight, const Tensor& bias, const ConvNdOptions<D>& options);
  static Tensor run_transposed(const Tensor& input, const Tensor& weight, const Tensor& bias,
                               const ConvNdOptions<D>& options, const std::optional<std::vector<int64_t>>& output_size);
  static void print(std::ostream& stream, const ConvNdOptions<D>& options);
};

template <size_t D, class Derived>
class ConvNdImpl : public Cloneable<Derived> {
 public:
  explicit ConvNdImpl(ConvNdOptions<D> given) : options(std::move(given)) { reset(); }
  void reset() override {
    auto tensors = ConvCode<D>::new_parameters(options);
    weight = this->register_parameter("weight", tensors.first);
    bias = this->register_parameter("bias", tensors.second, options.bias());
  }
  void reset_parameters() { ConvCode<D>::fill_parameters(weight, bias); }
  void pretty_print(std::ostream& stream) const override { ConvCode<D>::print(stream, options); }

  ConvNdOptions<D> options;
  Tensor weight;
  Tensor bias;
};

#define TINY_TORCH_CONV_MODULES(D)                                                                           \
  class TORCH_API Conv##D##dImpl : public ConvNdImpl<D, Conv##D##dImpl> {                                    \
   public:                                                                                                   \
    Conv##D##dImpl(int64_t in_channels, int64_t out_channels, ExpandingArray<D> kernel_size)                 \
        : ConvNdImpl(ConvOptions<D>(in_channels, out_channels, kernel_size)) {}                              \
    explicit Conv##D##dImpl(ConvOptions<D> options) : ConvNdImpl(std::move(options)) {}                      \
    Tensor forward(const Tensor& input) { return ConvCode<D>::run(input, weight, bias, options); }           \
  };                                                                                                         \
  TORCH_MODULE(Conv##D##d);                                                                                  \
  class TORCH_API ConvTranspose##D##dImpl : public ConvNdImpl<D, ConvTranspose##D##dImpl> {                  \
   public:                                                                                                   \
    ConvTranspose##D##dImpl(int64_t in_channels, int64_t out_channels, ExpandingArray<D> kernel_size)        \
        : ConvTranspose##D##dImpl(ConvTransposeOptions<D>(in_channels, out_channels, kernel_size)) {}        \
    explicit ConvTranspose##D##dImpl(ConvTransposeOptions<D> options) : ConvNdImpl(std::move(options)) {}    \
    Tensor forward(const Tensor& input, const std::optional<IntArrayRef>& output_size = std::nullopt) {      \
      return ConvCode<D>::run_transposed(                                                                    \
          input, weight, bias, options,                                                                      \
          output_size.has_value() ? std::optional<std::vector<int64_t>>(output_size->vec()) : std::nullopt); \
    }                                                                                                        \
                                                                                                             \
   protected:                                                                                                \
    FORWARD_HAS_DEFAULT_ARGS({1, AnyValue(std::optional<IntArrayRef>())})                                    \
  };                                                                                                         \
  TORCH_MODULE(ConvTranspose##D##d)

TINY_TORCH_CONV_MODULES(1);
TINY_TORCH_CONV_MODULES(2);
TINY_TORCH_CONV_MODULES(3);
#undef TINY_TORCH_CONV_MODULES

}  // namespace tiny_torch::frontend::nn
