// Modules of the piecewise activations; see the functions of the same names.
#pragma once

#include "api/nn/functional/rectifier.h"

namespace tiny_torch::frontend::nn {

TINY_TORCH_UNARY_MODULE(ELU, ELUOptions);
TINY_TORCH_UNARY_MODULE(SELU, SELUOptions);
TINY_TORCH_UNARY_MODULE(Hardshrink, HardshrinkOptions);
TINY_TORCH_UNARY_MODULE(Hardtanh, HardtanhOptions);
TINY_TORCH_UNARY_MODULE(LogSigmoid, NoOptions);
TINY_TORCH_UNARY_MODULE(ReLU6, ReLU6Options);
/// A leaky ReLU whose slope is drawn anew for each element in training.
TINY_TORCH_UNARY_MODULE(RReLU, RReLUOptions);
TINY_TORCH_UNARY_MODULE(CELU, CELUOptions);
TINY_TORCH_UNARY_MODULE(GLU, GLUOptions);
TINY_TORCH_UNARY_MODULE(Mish, NoOptions);
TINY_TORCH_UNARY_MODULE(Softplus, SoftplusOptions);
TINY_TORCH_UNARY_MODULE(Softshrink, SoftshrinkOptions);

class TORCH_API ThresholdImpl : public OptionsModule<ThresholdImpl, ThresholdOptions> {
 public:
  using OptionsModule<ThresholdImpl, ThresholdOptions>::OptionsModule;
  ThresholdImpl(double threshold, double value) : OptionsModule(ThresholdOptions(threshold, value)) {}
  Tensor forward(const Tensor& input);
  void pretty_print(std::ostream& stream) const override;
};
TORCH_MODULE(Threshold);
/// A leaky ReLU with learned slopes: one, or one for each channel.
class TORCH_API PReLUImpl : public Cloneable<PReLUImpl> {
 public:
  explicit PReLUImpl(const PReLUOptions& given = {}) : options(given) { PReLUImpl::reset(); }
  void reset() override;
  Tensor forward(const Tensor& input);
  void pretty_print(std::ostream& stream) const override;

  PReLUOptions options;
  Tensor weight;
};
TORCH_MODULE(PReLU);

}  // namespace tiny_torch::frontend::nn
