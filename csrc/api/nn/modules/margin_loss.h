// Modules of the losses by margins, of distances and of distributions; see the functions of the same names.
#pragma once

#include "api/nn/functional/margin_loss.h"
#include "api/nn/modules/loss.h"

namespace tiny_torch::frontend::nn {

#define TINY_TORCH_PAIR_LOSS_MODULE(Name) \
  TINY_TORCH_MODULE(Name, Name##Options,  \
                    Tensor forward(const Tensor& input1, const Tensor& input2, const Tensor& target);)
#define TINY_TORCH_TRIPLET_LOSS_MODULE(Name) \
  TINY_TORCH_MODULE(Name, Name##Options,     \
                    Tensor forward(const Tensor& anchor, const Tensor& positive, const Tensor& negative);)

TINY_TORCH_LOSS_MODULE(KLDivLoss);
TINY_TORCH_LOSS_MODULE(PoissonNLLLoss);
TINY_TORCH_LOSS_MODULE(HingeEmbeddingLoss);
TINY_TORCH_LOSS_MODULE(SoftMarginLoss);
TINY_TORCH_LOSS_MODULE(MultiMarginLoss);
TINY_TORCH_LOSS_MODULE(MultiLabelMarginLoss);
TINY_TORCH_LOSS_MODULE(MultiLabelSoftMarginLoss);
TINY_TORCH_PAIR_LOSS_MODULE(CosineEmbeddingLoss);
TINY_TORCH_PAIR_LOSS_MODULE(MarginRankingLoss);
TINY_TORCH_TRIPLET_LOSS_MODULE(TripletMarginLoss);
TINY_TORCH_TRIPLET_LOSS_MODULE(TripletMarginWithDistanceLoss);
TINY_TORCH_MODULE(CTCLoss, CTCLossOptions,
                  Tensor forward(const Tensor& log_probs, const Tensor& targets, const Tensor& input_lengths,
                                 const Tensor& target_lengths););

#undef TINY_TORCH_PAIR_LOSS_MODULE
#undef TINY_TORCH_TRIPLET_LOSS_MODULE

}  // namespace tiny_torch::frontend::nn
