#include "api/nn/functional/pooling.h"

#include "generated/functions/pool.h"
#include "generated/functions/random.h"
#include "generated/functions/unpool.h"

namespace tiny_torch::frontend::nn::functional {
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

/// The size max_unpool gives, which has to be less than a stride away from the one that follows from the input.
template <size_t D>
std::vector<int64_t> unpooled_sizes(const Tensor& input, const MaxUnpoolFuncOptions<D>& o) {
  std::vector<int64_t> result;
  for (size_t d = 0; d < D; ++d) {
    const int64_t size = input.size(static_cast<int64_t>(d) - static_cast<int64_t>(D)), stride = o.stride()->at(d);
    const int64_t natural = (size - 1) * stride + o.kernel_size()->at(d) - 2 * o.padding()->at(d);
    result.push_back(natural);
    if (!o.output_size().has_value()) continue;
    const std::vector<int64_t>& wanted = *o.output_size();
    TORCH_CHECK(wanted.size() >= D, "output_size should have ", D, " elements, got ", wanted.size());
    result[d] = wanted[wanted.size() - D + d];
    TORCH_CHECK(std::abs(result[d] - natural) < stride, "invalid output_size ", IntArrayRef(wanted), " (dim ", d,
                " must be between ", natural - stride, " and ", natural + stride, ")");
  }
  return result;
}

/// The size fractional_max_pool gives: the one asked for, or a share of the input's.
template <size_t D>
std::vector<int64_t> fractional_sizes(const Tensor& input, const FractionalMaxPoolOptions<D>& o) {
  if (o.output_size().has_value()) return o.output_size()->view().vec();
  TORCH_CHECK(o.output_ratio().has_value(), "fractional_max_pool", D,
              "d requires specifying either an output_size or an output_ratio");
  std::vector<int64_t> result;
  for (size_t d = 0; d < D; ++d) {
    const auto size = static_cast<double>(input.size(static_cast<int64_t>(d) - static_cast<int64_t>(D)));
    result.push_back(static_cast<int64_t>(size * (**o.output_ratio())[d]));
  }
  return result;
}
/// Where the windows begin, drawn unless given.
template <size_t D>
Tensor fractional_samples(const Tensor& input, const FractionalMaxPoolOptions<D>& o) {
  if (o._random_samples().defined()) return o._random_samples();
  const auto dims = static_cast<int64_t>(D);
  const int64_t batch = input.dim() == dims + 1 ? 1 : input.size(0);
  return tiny_torch::rand({batch, input.size(-dims - 1), dims}, input.options().requires_grad(false));
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
#define AVG_POOL(D)                                                                                         \
  Tensor avg_pool##D##d(const Tensor& input, const AvgPool##D##dFuncOptions& o) {                           \
    return tiny_torch::avg_pool##D##d(input, o.kernel_size().view(), o.stride().view(), o.padding().view(), \
                                      o.ceil_mode(), o.count_include_pad(), o.divisor_override());          \
  }
AVG_POOL(2)
AVG_POOL(3)

#define POOLS(D)                                                                                                   \
  Tensor max_pool##D##d(const Tensor& input, const MaxPool##D##dFuncOptions& o) {                                  \
    return tiny_torch::max_pool##D##d(input, o.kernel_size().view(), o.stride().view(), o.padding().view(),        \
                                      o.dilation().view(), o.ceil_mode());                                         \
  }                                                                                                                \
  std::tuple<Tensor, Tensor> max_pool##D##d_with_indices(const Tensor& input, const MaxPool##D##dFuncOptions& o) { \
    return tiny_torch::max_pool##D##d_with_indices(input, o.kernel_size().view(), o.stride().view(),               \
                                                   o.padding().view(), o.dilation().view(), o.ceil_mode());        \
  }                                                                                                                \
  Tensor lp_pool##D##d(const Tensor& input, const LPPool##D##dFuncOptions& o) {                                    \
    const Tensor means =                                                                                           \
        avg_pool##D##d(input.pow(Scalar(o.norm_type())),                                                           \
                       AvgPool##D##dFuncOptions(o.kernel_size()).stride(o.stride()).ceil_mode(o.ceil_mode()));     \
    return norm_of_means(means, o.norm_type(), o.kernel_size().view());                                            \
  }                                                                                                                \
  Tensor adaptive_avg_pool##D##d(const Tensor& input, const AdaptiveAvgPool##D##dFuncOptions& o) {                 \
    return tiny_torch::adaptive_avg_pool##D##d(input, filled_sizes<D>(input, o.output_size()));                    \
  }                                                                                                                \
  Tensor adaptive_max_pool##D##d(const Tensor& input, const AdaptiveMaxPool##D##dFuncOptions& o) {                 \
    return std::get<0>(adaptive_max_pool##D##d_with_indices(input, o));                                            \
  }                                                                                                                \
  std::tuple<Tensor, Tensor> adaptive_max_pool##D##d_with_indices(const Tensor& input,                             \
                                                                  const AdaptiveMaxPool##D##dFuncOptions& o) {     \
    return tiny_torch::adaptive_max_pool##D##d(input, filled_sizes<D>(input, o.output_size()));                    \
  }
POOLS(1)
POOLS(2)
POOLS(3)
#define FRACTIONAL_POOLS(D)                                                                                        \
  std::tuple<Tensor, Tensor> fractional_max_pool##D##d_with_indices(const Tensor& input,                           \
                                                                    const FractionalMaxPool##D##dFuncOptions& o) { \
    const std::vector<int64_t> sizes = fractional_sizes<D>(input, o);                                              \
    return tiny_torch::fractional_max_pool##D##d(input, o.kernel_size().view(), sizes,                             \
                                                 fractional_samples<D>(input, o));                                 \
  }                                                                                                                \
  Tensor fractional_max_pool##D##d(const Tensor& input, const FractionalMaxPool##D##dFuncOptions& o) {             \
    return std::get<0>(fractional_max_pool##D##d_with_indices(input, o));                                          \
  }
FRACTIONAL_POOLS(2)
FRACTIONAL_POOLS(3)
#undef FRACTIONAL_POOLS
Tensor max_unpool1d(const Tensor& input, const Tensor& indices, const MaxUnpool1dFuncOptions& o) {
  std::vector<int64_t> sizes = unpooled_sizes<1>(input, o);
  sizes.push_back(1);
  return tiny_torch::max_unpool2d(input.unsqueeze(-1), indices.unsqueeze(-1), sizes).squeeze(-1);
}
Tensor max_unpool2d(const Tensor& input, const Tensor& indices, const MaxUnpool2dFuncOptions& o) {
  return tiny_torch::max_unpool2d(input, indices, unpooled_sizes<2>(input, o));
}
Tensor max_unpool3d(const Tensor& input, const Tensor& indices, const MaxUnpool3dFuncOptions& o) {
  return tiny_torch::max_unpool3d(input, indices, unpooled_sizes<3>(input, o), o.stride().view(), o.padding().view());
}
#undef AVG_POOL
#undef POOLS

}  // namespace tiny_torch::frontend::nn::functional
