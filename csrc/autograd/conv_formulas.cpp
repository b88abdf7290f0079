#include "autograd/conv_formulas.h"

#include "autograd/formulas.h"
#include "generated/ops/conv.h"

namespace tiny_torch::autodiff {

namespace {

TensorBase sum_of(const TensorBase& a, const TensorBase& b) {
  if (!a.defined()) return b;
  return b.defined() ? a + b : a;
}

}  // namespace

std::optional<std::vector<int64_t>> bias_sizes_of(const std::optional<TensorBase>& bias) {
  return bias.has_value() ? std::optional<std::vector<int64_t>>(bias->sizes().vec()) : std::nullopt;
}

ConvGrads convolution_grads(const TensorBase& grad, const TensorBase& input, const TensorBase& weight,
                            const std::optional<std::vector<int64_t>>& bias_sizes, IntArrayRef stride,
                            IntArrayRef padding, IntArrayRef dilation, bool transposed, IntArrayRef output_padding,
                            int64_t groups, std::array<bool, 3> mask) {
  const OptionalIntArrayRef sizes =
      bias_sizes.has_value() ? OptionalIntArrayRef(IntArrayRef(*bias_sizes)) : std::nullopt;
  return ops::convolution_backward(grad, ops::conj(input), ops::conj(weight), sizes, stride, padding, dilation,
                                   transposed, output_padding, groups, mask);
}

// With y = conv(x, w): grad_input is linear in grad_output and w, grad_weight in grad_output and x, each being the
// transposed map of the convolution. So the gradient of grad_output is a convolution of the incoming gradients, and
// those of input and weight are its ordinary gradients with the incoming ones in the place of the operands.
ConvGrads convolution_double_backward(const TensorBase& grad_of_input, const TensorBase& grad_of_weight,
                                      const TensorBase& grad_of_bias, const TensorBase& grad_output,
                                      const TensorBase& weight, const TensorBase& input, IntArrayRef stride,
                                      IntArrayRef padding, IntArrayRef dilation, bool transposed,
                                      IntArrayRef output_padding, int64_t groups, std::array<bool, 3> mask) {
  const TensorBase &v = grad_of_input, &a = grad_of_weight, &c = grad_of_bias;
  const auto conv = [&](const TensorBase& x, const TensorBase& w) {
    return ops::convolution(x, w, std::nullopt, stride, padding, dilation, transposed, output_padding, groups);
  };
  TensorBase to_output, to_input, to_weight;
  if (mask[0]) {
    if (v.defined()) to_output = conv(v, ops::conj(weight));
    if (a.defined()) to_output = sum_of(to_output, conv(ops::conj(input), a));
    if (c.defined()) {
      DimVector shape(static_cast<size_t>(grad_output.dim()), 1);
      shape[1] = c.size(0);
      to_output = sum_of(to_output, ops::expand(ops::reshape(c, shape), grad_output.sizes()));
    }
  }
  if (mask[1] && a.defined()) {
    to_input = std::get<0>(ops::convolution_backward(ops::conj(grad_output), input, a, std::nullopt, stride, padding,
                                                     dilation, transposed, output_padding, groups,
                                                     std::array<bool, 3>{true, false, false}));
  }
  if (mask[2] && v.defined()) {
    to_weight = std::get<1>(ops::convolution_backward(ops::conj(grad_output), v, weight, std::nullopt, stride, padding,
                                                      dilation, transposed, output_padding, groups,
                                                      std::array<bool, 3>{false, true, false}));
  }
  return {to_output, to_input, to_weight};
}

}  // namespace tiny_torch::autodiff
