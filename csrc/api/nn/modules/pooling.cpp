#include "api/nn/modules/pooling.h"

#include "api/nn/module_bodies.h"

namespace tiny_torch::nn {

namespace F = functional;

#define POOLS(D)                                                                                                     \
  TINY_TORCH_CALL(AvgPool##D##d, avg_pool##D##d,                                                                     \
                  ("kernel_size", options.kernel_size())("stride", options.stride())("padding", options.padding()))  \
  TINY_TORCH_CALL(MaxPool##D##d, max_pool##D##d,                                                                     \
                  ("kernel_size", options.kernel_size())("stride", options.stride())("padding", options.padding())(  \
                      "dilation", options.dilation())("ceil_mode", options.ceil_mode()))                             \
  TINY_TORCH_CALL(LPPool##D##d, lp_pool##D##d,                                                                       \
                  ("norm_type", options.norm_type())("kernel_size", options.kernel_size())(                          \
                      "stride", options.stride())("ceil_mode", options.ceil_mode()))                                 \
  TINY_TORCH_CALL(AdaptiveAvgPool##D##d, adaptive_avg_pool##D##d, ("output_size", options.output_size()))            \
  TINY_TORCH_CALL(AdaptiveMaxPool##D##d, adaptive_max_pool##D##d, ("output_size", options.output_size()))            \
  std::tuple<Tensor, Tensor> AdaptiveMaxPool##D##dImpl::forward_with_indices(const Tensor& input) {                  \
    return F::adaptive_max_pool##D##d_with_indices(input, options);                                                  \
  }                                                                                                                  \
  Tensor MaxUnpool##D##dImpl::forward(const Tensor& input, const Tensor& indices,                                    \
                                      const std::optional<std::vector<int64_t>>& output_size) {                      \
    F::MaxUnpool##D##dFuncOptions o(options);                                                                        \
    o.output_size(output_size);                                                                                      \
    return F::max_unpool##D##d(input, indices, o);                                                                   \
  }                                                                                                                  \
  TINY_TORCH_PRINT(MaxUnpool##D##d,                                                                                  \
                   ("kernel_size", options.kernel_size())("stride", options.stride())("padding", options.padding())) \
  std::tuple<Tensor, Tensor> MaxPool##D##dImpl::forward_with_indices(const Tensor& input) {                          \
    return F::max_pool##D##d_with_indices(input, options);                                                           \
  }
POOLS(1)
POOLS(2)
POOLS(3)
#undef POOLS

}  // namespace tiny_torch::nn
