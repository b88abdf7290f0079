// AdaptiveLogSoftmaxWithLoss: a softmax over many classes, the rare ones in clusters (Grave et al., 2016).
#pragma once

#include "api/nn/modules/container/lists.h"
#include "api/nn/modules/linear.h"
#include "api/nn/options/adaptive.h"

namespace tiny_torch::frontend::nn {

/// The log probability of each example's class, and the loss: the mean of their negatives.
struct TORCH_API ASMoutput {
  ASMoutput(Tensor output_, double loss_) : output(std::move(output_)), loss(loss_) {}
  Tensor output;
  double loss;
};

/// The head scores the classes below the first cutoff and one entry for each cluster; each cluster scores its own.
class TORCH_API AdaptiveLogSoftmaxWithLossImpl : public Cloneable<AdaptiveLogSoftmaxWithLossImpl> {
 public:
  AdaptiveLogSoftmaxWithLossImpl(int64_t in_features, int64_t n_classes, std::vector<int64_t> cutoffs)
      : AdaptiveLogSoftmaxWithLossImpl(AdaptiveLogSoftmaxWithLossOptions(in_features, n_classes, std::move(cutoffs))) {}
  /// RuntimeError unless the cutoffs increase from at least 1 to at most n_classes - 1.
  explicit AdaptiveLogSoftmaxWithLossImpl(AdaptiveLogSoftmaxWithLossOptions given);

  /// Input (N, in_features) and target (N) of classes, or without N. RuntimeError for other shapes and classes.
  ASMoutput forward(const Tensor& input, const Tensor& target);
  void reset() override;
  void reset_parameters();
  void pretty_print(std::ostream& stream) const override { stream << "torch::nn::AdaptiveLogSoftmaxWithLoss"; }
  /// (N, n_classes) from the input and what `head` gives for it.
  Tensor _get_full_log_prob(const Tensor& input, const Tensor& head_output);
  /// (N, in_features) -> (N, n_classes)
  Tensor log_prob(const Tensor& input);
  /// (N, in_features) -> the most probable class of each (N)
  Tensor predict(const Tensor& input);

  AdaptiveLogSoftmaxWithLossOptions options;
  /// Those of the options, then n_classes.
  std::vector<int64_t> cutoffs;
  int64_t shortlist_size = 0;
  int64_t n_clusters = 0;
  int64_t head_size = 0;
  Linear head = nullptr;
  ModuleList tail;

 private:
  Tensor cluster_log_prob(size_t cluster, const Tensor& input) const;
};
TORCH_MODULE(AdaptiveLogSoftmaxWithLoss);

}  // namespace tiny_torch::frontend::nn
