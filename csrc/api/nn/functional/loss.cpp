#include "api/nn/functional/loss.h"

#include "api/nn/functional/helpers.h"
#include "generated/functions/loss.h"

namespace tiny_torch::frontend::nn::functional {
Tensor l1_loss(const Tensor& input, const Tensor& target, const L1LossFuncOptions& options) {
  return tiny_torch::l1_loss(input, target, reduction(options));
}
Tensor mse_loss(const Tensor& input, const Tensor& target, const MSELossFuncOptions& options) {
  return tiny_torch::mse_loss(input, target, reduction(options));
}
Tensor smooth_l1_loss(const Tensor& input, const Tensor& target, const SmoothL1LossFuncOptions& options) {
  return tiny_torch::smooth_l1_loss(input, target, reduction(options), options.beta().value_or(1.0));
}
Tensor huber_loss(const Tensor& input, const Tensor& target, const HuberLossFuncOptions& options) {
  return tiny_torch::huber_loss(input, target, reduction(options), options.delta());
}
Tensor binary_cross_entropy(const Tensor& input, const Tensor& target, const BinaryCrossEntropyFuncOptions& options) {
  return tiny_torch::binary_cross_entropy(input, target, if_defined(options.weight()), reduction(options));
}
Tensor binary_cross_entropy_with_logits(const Tensor& input, const Tensor& target,
                                        const BinaryCrossEntropyWithLogitsFuncOptions& options) {
  TORCH_CHECK_VALUE(input.sizes() == target.sizes(), "Target size (", target.sizes(),
                    ") must be the same as input size (", input.sizes(), ")");
  return tiny_torch::binary_cross_entropy_with_logits(input, target, if_defined(options.weight()),
                                                      if_defined(options.pos_weight()), reduction(options));
}
Tensor nll_loss(const Tensor& input, const Tensor& target, const NLLLossFuncOptions& options) {
  return tiny_torch::nll_loss_nd(input, target, if_defined(options.weight()), reduction(options),
                                 options.ignore_index());
}
Tensor cross_entropy(const Tensor& input, const Tensor& target, const CrossEntropyFuncOptions& options) {
  return tiny_torch::cross_entropy_loss(input, target, if_defined(options.weight()), reduction(options),
                                        options.ignore_index(), options.label_smoothing());
}

}  // namespace tiny_torch::frontend::nn::functional
