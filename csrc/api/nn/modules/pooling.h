// AvgPool, MaxPool, MaxUnpool, LPPool, AdaptiveAvgPool and AdaptiveMaxPool, each for 1 to 3 dimensions of space, and
// FractionalMaxPool for 2 and 3.
#pragma once

#include "api/nn/functional/pooling.h"

namespace tiny_torch::frontend::nn {

#define TINY_TORCH_POOL_MODULES(D)                                                                            \
  TINY_TORCH_UNARY_MODULE(AvgPool##D##d, AvgPool##D##dOptions);                                               \
  TINY_TORCH_MODULE(MaxPool##D##d, MaxPool##D##dOptions, Tensor forward(const Tensor& input);                 \
                    std::tuple<Tensor, Tensor> forward_with_indices(const Tensor& input););                   \
  TINY_TORCH_UNARY_MODULE(AdaptiveAvgPool##D##d, AdaptiveAvgPool##D##dOptions);                               \
  TINY_TORCH_MODULE(AdaptiveMaxPool##D##d, AdaptiveMaxPool##D##dOptions, Tensor forward(const Tensor& input); \
                    std::tuple<Tensor, Tensor> forward_with_indices(const Tensor& input););                   \
  TINY_TORCH_MODULE(MaxUnpool##D##d, MaxUnpool##D##dOptions,                                                  \
                    Tensor forward(const Tensor& input, const Tensor& indices,                                \
                                   const std::optional<std::vector<int64_t>>& output_size = std::nullopt););  \
  class TORCH_API LPPool##D##dImpl : public OptionsModule<LPPool##D##dImpl, LPPool##D##dOptions> {            \
   public:                                                                                                    \
    using OptionsModule<LPPool##D##dImpl, LPPool##D##dOptions>::OptionsModule;                                \
    LPPool##D##dImpl(double norm_type, ExpandingArray<D> kernel_size)                                         \
        : OptionsModule(LPPool##D##dOptions(norm_type, kernel_size)) {}                                       \
    Tensor forward(const Tensor& input);                                                                      \
    void pretty_print(std::ostream& stream) const override;                                                   \
  };                                                                                                          \
  TORCH_MODULE(LPPool##D##d)
TINY_TORCH_POOL_MODULES(1);
TINY_TORCH_POOL_MODULES(2);
TINY_TORCH_POOL_MODULES(3);
#undef TINY_TORCH_POOL_MODULES

/// RuntimeError unless the options have either a size or a ratio, and that between 0 and 1.
TORCH_API void check_fractional_output(size_t dims, bool has_size, ArrayRef<double> ratio);

#define TINY_TORCH_FRACTIONAL_MODULE(D)                                                         \
  class TORCH_API FractionalMaxPool##D##dImpl : public Cloneable<FractionalMaxPool##D##dImpl> { \
   public:                                                                                      \
    FractionalMaxPool##D##dImpl(ExpandingArray<D> kernel_size) /* NOLINT: implicit */           \
        : FractionalMaxPool##D##dImpl(FractionalMaxPool##D##dOptions(kernel_size)) {}           \
    explicit FractionalMaxPool##D##dImpl(FractionalMaxPool##D##dOptions given);                 \
    void reset() override;                                                                      \
    void pretty_print(std::ostream& stream) const override;                                     \
    Tensor forward(const Tensor& input);                                                        \
    std::tuple<Tensor, Tensor> forward_with_indices(const Tensor& input);                       \
                                                                                                \
    FractionalMaxPool##D##dOptions options;                                                     \
    Tensor _random_samples;                                                                     \
  };                                                                                            \
  TORCH_MODULE(FractionalMaxPool##D##d)
TINY_TORCH_FRACTIONAL_MODULE(2);
TINY_TORCH_FRACTIONAL_MODULE(3);
#undef TINY_TORCH_FRACTIONAL_MODULE

}  // namespace tiny_torch::frontend::nn
