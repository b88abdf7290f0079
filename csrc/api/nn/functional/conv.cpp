#include "api/nn/functional/conv.h"

#include "api/nn/functional/helpers.h"
#include "generated/functions/conv.h"

namespace tiny_torch::frontend::nn::functional {
namespace {

/// Calls the operator with the padding as sizes or as its word.
template <size_t D, class Op>
Tensor with_padding(const ConvFuncOptions<D>& options, const Op& op) {
  return std::visit(
      [&](const auto& padding) {
        using T = std::decay_t<decltype(padding)>;
        if constexpr (std::is_same_v<T, ExpandingArray<D>>) {
          return op(padding.view());
        } else {
          return op(std::string_view(std::is_same_v<T, enumtype::kSame> ? "same" : "valid"));
        }
      },
      options.padding());
}

}  // namespace

#define CONV(D)                                                                                                     \
  Tensor conv##D##d(const Tensor& input, const Tensor& weight, const Conv##D##dFuncOptions& o) {                    \
    return with_padding<D>(o, [&](auto padding) {                                                                   \
      return tiny_torch::conv##D##d(input, weight, if_defined(o.bias()), o.stride().view(), padding,                \
                                    o.dilation().view(), o.groups());                                               \
    });                                                                                                             \
  }                                                                                                                 \
  Tensor conv_transpose##D##d(const Tensor& input, const Tensor& weight, const ConvTranspose##D##dFuncOptions& o) { \
    return tiny_torch::conv_transpose##D##d(input, weight, if_defined(o.bias()), o.stride().view(),                 \
                                            o.padding().view(), o.output_padding().view(), o.groups(),              \
                                            o.dilation().view());                                                   \
  }
CONV(1)
CONV(2)
CONV(3)
#undef CONV

}  // namespace tiny_torch::frontend::nn::functional
