#include "api/nn/modules/conv.h"

#include <cmath>

#include "api/nn/init.h"
#include "generated/functions/creation.h"
#include "generated/functions/pad.h"
#include "generated/functions/reduce.h"

namespace tiny_torch::frontend::nn {

namespace F = functional;

namespace {

template <size_t D>
Tensor convolve(const Tensor& input, const Tensor& weight, const F::ConvFuncOptions<D>& options) {
  if constexpr (D == 1) {
    return F::conv1d(input, weight, options);
  } else if constexpr (D == 2) {
    return F::conv2d(input, weight, options);
  } else {
    return F::conv3d(input, weight, options);
  }
}
template <size_t D>
Tensor convolve_transposed(const Tensor& input, const Tensor& weight, const F::ConvTransposeFuncOptions<D>& options) {
  if constexpr (D == 1) {
    return F::conv_transpose1d(input, weight, options);
  } else if constexpr (D == 2) {
    return F::conv_transpose2d(input, weight, options);
  } else {
    return F::conv_transpose3d(input, weight, options);
  }
}

/// Padding at both ends of each dimension of space, the last dimension first, as pad() takes it.
template <size_t D>
std::vector<int64_t> both_sides(const ConvNdOptions<D>& o) {
  std::vector<int64_t> result;
  for (size_t d = D; d-- > 0;) {
    int64_t before = 0, after = 0;
    if (const auto* sizes = std::get_if<ExpandingArray<D>>(&o.padding())) {
      before = after = (**sizes)[d];
    } else if (std::holds_alternative<enumtype::kSame>(o.padding())) {
      const int64_t total = o.dilation()->at(d) * (o.kernel_size()->at(d) - 1);
      before = total / 2;
      after = total - before;
    }
    result.push_back(before);
    result.push_back(after);
  }
  return result;
}

template <size_t D>
std::string padding_mode(const ConvNdOptions<D>& o) {
  return std::visit(
      [](auto mode) -> std::string {
        using T = decltype(mode);
        return std::is_same_v<T, enumtype::kReflect>     ? "reflect"
               : std::is_same_v<T, enumtype::kReplicate> ? "replicate"
               : std::is_same_v<T, enumtype::kCircular>  ? "circular"
                                                         : "zeros";
      },
      o.padding_mode());
}

}  // namespace

template <size_t D>
std::pair<Tensor, Tensor> ConvCode<D>::new_parameters(const ConvNdOptions<D>& o) {
  TORCH_CHECK(o.in_channels() > 0 && o.groups() > 0 && o.out_channels() > 0,
              "in_channels, groups and out_channels must be a positive integer.");
  TORCH_CHECK(o.in_channels() % o.groups() == 0, "in_channels must be divisible by groups");
  TORCH_CHECK(o.out_channels() % o.groups() == 0, "out_channels must be divisible by groups");
  TORCH_CHECK(!std::holds_alternative<enumtype::kSame>(o.padding()) ||
                  IntArrayRef(o.stride()).vec() == std::vector<int64_t>(D, 1),
              "padding='same' is not supported for strided convolutions");
  std::vector<int64_t> sizes = o.transposed() ? std::vector<int64_t>{o.in_channels(), o.out_channels() / o.groups()}
                                              : std::vector<int64_t>{o.out_channels(), o.in_channels() / o.groups()};
  sizes.insert(sizes.end(), o.kernel_size()->begin(), o.kernel_size()->end());
  std::pair<Tensor, Tensor> result(tiny_torch::empty(sizes),
                                   o.bias() ? tiny_torch::empty({o.out_channels()}) : Tensor());
  fill_parameters(result.first, result.second);
  return result;
}

template <size_t D>
void ConvCode<D>::fill_parameters(const Tensor& weight, const Tensor& bias) {
  init::kaiming_uniform_(weight, std::sqrt(5.0));
  if (!bias.defined()) return;
  const auto fan_in = std::get<0>(init::_calculate_fan_in_and_fan_out(weight));
  const double bound = 1 / std::sqrt(static_cast<double>(fan_in));
  init::uniform_(bias, -bound, bound);
}

template <size_t D>
Tensor ConvCode<D>::run(const Tensor& input, const Tensor& weight, const Tensor& bias, const ConvNdOptions<D>& o) {
  F::ConvFuncOptions<D> options;
  options.bias(bias).stride(o.stride()).dilation(o.dilation()).groups(o.groups());
  const std::string mode = padding_mode(o);
  if (mode == "zeros") return convolve<D>(input, weight, options.padding(o.padding()));
  return convolve<D>(pad(input, both_sides(o), mode), weight, options);
}

template <size_t D>
Tensor ConvCode<D>::run_transposed(const Tensor& input, const Tensor& weight, const Tensor& bias,
                                   const ConvNdOptions<D>& o, const std::optional<std::vector<int64_t>>& output_size) {
  TORCH_CHECK(padding_mode(o) == "zeros", "Only `zeros` padding mode is supported for ConvTranspose", D, "d");
  const auto* padding = std::get_if<ExpandingArray<D>>(&o.padding());
  TORCH_CHECK(padding != nullptr, "ConvTranspose", D, "d: expected padding as sizes");
  ExpandingArray<D> output_padding = o.output_padding();
  if (output_size.has_value()) {
    const std::vector<int64_t>& wanted = *output_size;
    TORCH_CHECK(wanted.size() == D || wanted.size() == D + 2, "output_size must have ", D, " or ", D + 2,
                " elements (got ", wanted.size(), ")");
    for (size_t d = 0; d < D; ++d) {
      const int64_t stride = o.stride()->at(d), in = input.size(static_cast<int64_t>(d + input.sizes().size() - D));
      const int64_t smallest =
          (in - 1) * stride - 2 * padding->operator*()[d] + o.dilation()->at(d) * (o.kernel_size()->at(d) - 1) + 1;
      const int64_t size = wanted[wanted.size() - D + d];
      TORCH_CHECK(size >= smallest && size < smallest + stride, "requested an output size of ", IntArrayRef(wanted),
                  ", but valid sizes of dimension ", d, " range from ", smallest, " to ", smallest + stride - 1);
      output_padding->at(d) = size - smallest;
    }
  }
  F::ConvTransposeFuncOptions<D> options;
  options.bias(bias).stride(o.stride()).padding(*padding).output_padding(output_padding);
  return convolve_transposed<D>(input, weight, options.groups(o.groups()).dilation(o.dilation()));
}

template <size_t D>
void ConvCode<D>::print(std::ostream& stream, const ConvNdOptions<D>& o) {
  const std::string name = (o.transposed() ? "ConvTranspose" : "Conv") + std::to_string(D) + "d";
  Shown shown(stream, name.c_str());
  const auto all = [](const ExpandingArray<D>& values, int64_t v) {
    return values.view().vec() == std::vector<int64_t>(D, v);
  };
  shown(nullptr, o.in_channels())(nullptr, o.out_channels())("kernel_size", o.kernel_size())("stride", o.stride());
  std::visit(
      [&](const auto& padding) {
        using T = std::decay_t<decltype(padding)>;
        if constexpr (std::is_same_v<T, ExpandingArray<D>>) {
          shown.when(!all(padding, 0), "padding", padding.view());
        } else {
          shown("padding", std::is_same_v<T, enumtype::kSame> ? "'same'" : "'valid'");
        }
      },
      o.padding());
  shown.when(!all(o.dilation(), 1), "dilation", o.dilation().view());
  shown.when(!all(o.output_padding(), 0), "output_padding", o.output_padding().view());
  shown.when(o.groups() != 1, "groups", o.groups());
  shown.when(!o.bias(), "bias", false);
  shown.when(padding_mode(o) != "zeros", "padding_mode", enumtype::get_enum_name(o.padding_mode()));
}

template struct ConvCode<1>;
template struct ConvCode<2>;
template struct ConvCode<3>;

}  // namespace tiny_torch::frontend::nn
