#include "api/nn/functional/margin_loss.h"

#include "api/nn/functional/helpers.h"
#include "generated/functions/binary.h"
#include "generated/functions/ctc.h"
#include "generated/functions/distance.h"
#include "generated/functions/loss.h"
#include "generated/functions/margin_loss.h"

namespace tiny_torch::frontend::nn::functional {
namespace {
template <class Options>
Tensor reduced(const Tensor& losses, const Options& options) {
  const int64_t how = reduction(options);
  return how == 0 ? losses : how == 1 ? losses.mean() : losses.sum();
}
}  // namespace

Tensor kl_div(const Tensor& input, const Tensor& target, const KLDivFuncOptions& options) {
  if (!std::holds_alternative<enumtype::kBatchMean>(options.reduction())) {
    return tiny_torch::kl_div(input, target, reduction(options), options.log_target());
  }
  const Tensor sum = tiny_torch::kl_div(input, target, /*reduction=*/2, options.log_target());
  return input.dim() == 0 ? sum : sum / input.size(0);
}
Tensor poisson_nll_loss(const Tensor& input, const Tensor& target, const PoissonNLLLossFuncOptions& options) {
  return tiny_torch::poisson_nll_loss(input, target, options.log_input(), options.full(), options.eps(),
                                      reduction(options));
}
Tensor hinge_embedding_loss(const Tensor& input, const Tensor& target, const HingeEmbeddingLossFuncOptions& options) {
  return tiny_torch::hinge_embedding_loss(input, target, options.margin(), reduction(options));
}
Tensor cosine_embedding_loss(const Tensor& input1, const Tensor& input2, const Tensor& target,
                             const CosineEmbeddingLossFuncOptions& options) {
  return tiny_torch::cosine_embedding_loss(input1, input2, target, options.margin(), reduction(options));
}
Tensor margin_ranking_loss(const Tensor& input1, const Tensor& input2, const Tensor& target,
                           const MarginRankingLossFuncOptions& options) {
  return tiny_torch::margin_ranking_loss(input1, input2, target, options.margin(), reduction(options));
}
Tensor soft_margin_loss(const Tensor& input, const Tensor& target, const SoftMarginLossFuncOptions& options) {
  return tiny_torch::soft_margin_loss(input, target, reduction(options));
}
Tensor multi_margin_loss(const Tensor& input, const Tensor& target, const MultiMarginLossFuncOptions& options) {
  TORCH_CHECK_VALUE(options.p() == 1 || options.p() == 2, "only p == 1 and p == 2 supported");
  return tiny_torch::multi_margin_loss(input, target, options.p(), options.margin(), if_defined(options.weight()),
                                       reduction(options));
}
Tensor multilabel_margin_loss(const Tensor& input, const Tensor& target,
                              const MultilabelMarginLossFuncOptions& options) {
  return tiny_torch::multilabel_margin_loss(input, target, reduction(options));
}
Tensor multilabel_soft_margin_loss(const Tensor& input, const Tensor& target,
                                   const MultilabelSoftMarginLossFuncOptions& options) {
  const Tensor losses =
      tiny_torch::binary_cross_entropy_with_logits(input, target, if_defined(options.weight()), {}, /*reduction=*/0);
  return reduced(losses.mean(-1), options);
}
Tensor triplet_margin_loss(const Tensor& anchor, const Tensor& positive, const Tensor& negative,
                           const TripletMarginLossFuncOptions& options) {
  return tiny_torch::triplet_margin_loss(anchor, positive, negative, options.margin(), options.p(), options.eps(),
                                         options.swap(), reduction(options));
}
Tensor triplet_margin_with_distance_loss(const Tensor& anchor, const Tensor& positive, const Tensor& negative,
                                         const TripletMarginWithDistanceLossFuncOptions& options) {
  const auto distance = options.distance_function().value_or(
      [](const Tensor& a, const Tensor& b) { return tiny_torch::pairwise_distance(a, b); });
  const Tensor near = distance(anchor, positive);
  Tensor far = distance(anchor, negative);
  if (options.swap()) far = tiny_torch::minimum(far, distance(positive, negative));
  return reduced((near - far + options.margin()).clamp_min(0), options);
}
Tensor ctc_loss(const Tensor& log_probs, const Tensor& targets, const Tensor& input_lengths,
                const Tensor& target_lengths, const CTCLossFuncOptions& options) {
  return tiny_torch::ctc_loss(log_probs, targets, input_lengths, target_lengths, options.blank(), reduction(options),
                              options.zero_infinity());
}

}  // namespace tiny_torch::frontend::nn::functional
