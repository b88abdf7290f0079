#include "api/nn/modules/margin_loss.h"

namespace tiny_torch::frontend::nn {

namespace F = functional;

#define LOSS(Name, function, shown)                                       \
  Tensor Name##Impl::forward(const Tensor& input, const Tensor& target) { \
    return F::function(input, target, options);                           \
  }                                                                       \
  void Name##Impl::pretty_print(std::ostream& stream) const { Shown(stream, #Name) shown; }
#define LOSS_OF_THREE(Name, function, shown)                                                   \
  Tensor Name##Impl::forward(const Tensor& first, const Tensor& second, const Tensor& third) { \
    return F::function(first, second, third, options);                                         \
  }                                                                                            \
  void Name##Impl::pretty_print(std::ostream& stream) const { Shown(stream, #Name) shown; }

LOSS(KLDivLoss, kl_div, ;)
LOSS(PoissonNLLLoss, poisson_nll_loss, ;)
LOSS(HingeEmbeddingLoss, hinge_embedding_loss, ("margin", options.margin()))
LOSS(SoftMarginLoss, soft_margin_loss, ;)
LOSS(MultiMarginLoss, multi_margin_loss, ("p", options.p())("margin", options.margin()))
LOSS(MultiLabelMarginLoss, multilabel_margin_loss, ;)
LOSS(MultiLabelSoftMarginLoss, multilabel_soft_margin_loss, ;)
LOSS_OF_THREE(CosineEmbeddingLoss, cosine_embedding_loss, ("margin", options.margin()))
LOSS_OF_THREE(MarginRankingLoss, margin_ranking_loss, ;)
LOSS_OF_THREE(TripletMarginLoss, triplet_margin_loss,
              ("margin", options.margin())("p", options.p())("eps", options.eps())("swap", options.swap()))
LOSS_OF_THREE(TripletMarginWithDistanceLoss, triplet_margin_with_distance_loss,
              ("margin", options.margin())("swap", options.swap()))
Tensor CTCLossImpl::forward(const Tensor& log_probs, const Tensor& targets, const Tensor& input_lengths,
                            const Tensor& target_lengths) {
  return F::ctc_loss(log_probs, targets, input_lengths, target_lengths, options);
}
void CTCLossImpl::pretty_print(std::ostream& stream) const { Shown(stream, "CTCLoss"); }

}  // namespace tiny_torch::frontend::nn
