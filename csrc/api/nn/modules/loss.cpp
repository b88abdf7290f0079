#include "api/nn/modules/loss.h"

namespace tiny_torch::frontend::nn {

namespace F = functional;

#define LOSS(Name, function, parentheses)                                 \
  Tensor Name##Impl::forward(const Tensor& input, const Tensor& target) { \
    return F::function(input, target, options);                           \
  }                                                                       \
  void Name##Impl::pretty_print(std::ostream& stream) const { stream << "torch::nn::" #Name parentheses; }

LOSS(L1Loss, l1_loss, "()")
LOSS(MSELoss, mse_loss, "()")
LOSS(SmoothL1Loss, smooth_l1_loss, "")
LOSS(HuberLoss, huber_loss, "")
LOSS(BCELoss, binary_cross_entropy, "()")
LOSS(BCEWithLogitsLoss, binary_cross_entropy_with_logits, "()")
LOSS(NLLLoss, nll_loss, "()")
LOSS(CrossEntropyLoss, cross_entropy, "()")

}  // namespace tiny_torch::frontend::nn
