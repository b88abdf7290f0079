#include "api/nn/functional/pooling.h"

#include "generated/Functions.h"

namespace tiny_torch::nn::functional {
namespace {

/// Sizes with those left open taken from the input.
template <size_t D, class Sizes>
std::vector<int64_t> filled_sizes(const Tensor& input, const Sizes& sizes) {
  std::vector<int64_t> result;
  for (size_t d = 0; d < D; ++d) {
    const std::optional<int64_t> size = sizes->at(d);
    result.push_back(size.value_or(input.size(static_cast<int64_t>(d) - static_cast<int64_t>(D))));
  }
  return result;
}

/// From a mean of powers to the norm: (n * |mean|)^(1/p), where nothing is powered below zero.
Tensor norm_of_means(const Tensor& means, double p, IntArrayRef kernel) {
  double count = 1;
  for (const int64_t size : kernel) count *= static_cast<double>(size);
  return ((means.sign() * means.abs().relu()) * count).pow(Scalar(1.0 / p));
}

}  // namespace

Tensor avg_pool1d(const Tensor& input, const AvgPool1dFuncOptions& o) {
  return tiny_torch::avg_pool1d(input, o.kernel_size().view(), o.stride().view(), o.padding().view(), o.ceil_mode(),
                                o.count_include_pad());
}
#define AVG_POOL(D)                                                                                               \
  Tensor avg_pool##D##d(const Tensor& input, const AvgPool##D##dFuncOptions& o) {                                 \
    return tiny_torch::avg_pool##D##d(input, o.kernel_size().view(), o.stride().view(), o.padding().view(),       \
                                      o.ceil_mode(), o.count_include_pad(), o.divisor_override());                \
  }
AVG_POOL(2)
AVG_POOL(3)

#define POOLS(D)                                                                                                     \
  Tensor max_pool##D##d(const Tensor& input, const MaxPool##D##dFuncOptions& o) {                                    \
    return tiny_torch::max_pool##D##d(input, o.kernel_size().view(), o.stride().view(), o.padding().view(),          \
                                      o.dilation().view(), o.ceil_mode());                                           \
  }                                                                                                                  \
  std::tuple<Tensor, Tensor> max_pool##D##d_with_indices(const Tensor& input, const MaxPool##D##dFuncOptions& o) {   \
    return tiny_torch::max_pool##D##d_with_indices(input, o.kernel_size().view(), o.stride().view(),                 \
                                                   o.padding().view(), o.dilation().view(), o.ceil_mode());          \
  }                                                                                                                  \
  Tensor lp_pool##D##d(const Tensor& input, const LPPool##D##dFuncOptions& o) {                                      \
    const Tensor means =                                                                                             \
        avg_pool##D##d(input.pow(Scalar(o.norm_type())),                                                             \
                       AvgPool##D##dFuncOptions(o.kernel_size()).stride(o.stride()).ceil_mode(o.ceil_mode()));       \
    return norm_of_means(means, o.norm_type(), o.kernel_size().view());                                              \
  }                                                                                                                  \
  Tensor adaptive_avg_pool##D##d(const Tensor& input, const AdaptiveAvgPool##D##dFuncOptions& o) {                   \
    return tiny_torch::adaptive_avg_pool##D##d(input, filled_sizes<D>(input, o.output_size()));                      \
  }
POOLS(1)
POOLS(2)
POOLS(3)
#undef AVG_POOL
#undef POOLS

}  // namespace tiny_torch::nn::functional
