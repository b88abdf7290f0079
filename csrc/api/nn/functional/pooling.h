// torch::nn::functional: poolings over the last dimensions of (N, C, ...) or (C, ...).
#pragma once

#include "api/nn/options/pooling.h"

namespace tiny_torch::frontend::nn::functional {

#define TINY_TORCH_POOLS(D)                                                                                       \
  TORCH_API Tensor avg_pool##D##d(const Tensor& input, const AvgPool##D##dFuncOptions& options);                  \
  TORCH_API Tensor max_pool##D##d(const Tensor& input, const MaxPool##D##dFuncOptions& options);                  \
  /** Also where each maximum was, as a number within its plane. */                                               \
  TORCH_API std::tuple<Tensor, Tensor> max_pool##D##d_with_indices(const Tensor& input,                           \
                                                                   const MaxPool##D##dFuncOptions& options);      \
  TORCH_API Tensor lp_pool##D##d(const Tensor& input, const LPPool##D##dFuncOptions& options);                    \
  TORCH_API Tensor adaptive_avg_pool##D##d(const Tensor& input, const AdaptiveAvgPool##D##dFuncOptions& options); \
  TORCH_API Tensor adaptive_max_pool##D##d(const Tensor& input, const AdaptiveMaxPool##D##dFuncOptions& options); \
  TORCH_API std::tuple<Tensor, Tensor> adaptive_max_pool##D##d_with_indices(                                      \
      const Tensor& input, const AdaptiveMaxPool##D##dFuncOptions& options);                                      \
  /** Puts each value where its index says and zeros elsewhere. */                                                \
  TORCH_API Tensor max_unpool##D##d(const Tensor& input, const Tensor& indices,                                   \
                                    const MaxUnpool##D##dFuncOptions& options)
TINY_TORCH_POOLS(1);
TINY_TORCH_POOLS(2);
TINY_TORCH_POOLS(3);
#undef TINY_TORCH_POOLS

#define TINY_TORCH_FRACTIONAL_POOLS(D)                                                                                \
  /** Maxima over windows at random places (Graham, 2014). RuntimeError without a size or a ratio of the output. */   \
  TORCH_API Tensor fractional_max_pool##D##d(const Tensor& input, const FractionalMaxPool##D##dFuncOptions& options); \
  TORCH_API std::tuple<Tensor, Tensor> fractional_max_pool##D##d_with_indices(                                        \
      const Tensor& input, const FractionalMaxPool##D##dFuncOptions& options)
TINY_TORCH_FRACTIONAL_POOLS(2);
TINY_TORCH_FRACTIONAL_POOLS(3);
#undef TINY_TORCH_FRACTIONAL_POOLS

}  // namespace tiny_torch::frontend::nn::functional
