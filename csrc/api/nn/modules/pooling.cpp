#include "api/nn/modules/pooling.h"

#include "api/nn/module_bodies.h"

namespace tiny_torch::frontend::nn {

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

void check_fractional_output(size_t dims, bool has_size, ArrayRef<double> ratio) {
  TORCH_CHECK(has_size || !ratio.empty(), "FractionalMaxPool", dims,
              "d requires specifying either an output size, or a pooling ratio");
  TORCH_CHECK(!has_size || ratio.empty(), "only one of output_size and output_ratio may be specified");
  for (const double one : ratio) {
    TORCH_CHECK(one > 0 && one < 1, "output_ratio must be between 0 and 1 (got ", ratio, ")");
  }
}

#define FRACTIONAL_POOLS(D)                                                                           \
  FractionalMaxPool##D##dImpl::FractionalMaxPool##D##dImpl(FractionalMaxPool##D##dOptions given)      \
      : options(std::move(given)) {                                                                   \
    FractionalMaxPool##D##dImpl::reset();                                                             \
  }                                                                                                   \
  void FractionalMaxPool##D##dImpl::reset() {                                                         \
    const auto& ratio = options.output_ratio();                                                       \
    check_fractional_output(D, options.output_size().has_value(),                                     \
                            ratio.has_value() ? ratio->view() : ArrayRef<double>());                  \
    _random_samples = register_buffer("_random_samples", options._random_samples());                  \
  }                                                                                                   \
  TINY_TORCH_PRINT(FractionalMaxPool##D##d, ;)                                                        \
  std::tuple<Tensor, Tensor> FractionalMaxPool##D##dImpl::forward_with_indices(const Tensor& input) { \
    return F::fractional_max_pool##D##d_with_indices(                                                 \
        input, FractionalMaxPool##D##dOptions(options)._random_samples(_random_samples));             \
  }                                                                                                   \
  Tensor FractionalMaxPool##D##dImpl::forward(const Tensor& input) { return std::get<0>(forward_with_indices(input)); }
FRACTIONAL_POOLS(2)
FRACTIONAL_POOLS(3)
#undef FRACTIONAL_POOLS

}  // namespace tiny_torch::frontend::nn
