// Options of AdaptiveLogSoftmaxWithLoss.
#pragma once

#include <vector>

#include "api/arg.h"

namespace tiny_torch::frontend::nn {

struct TORCH_API AdaptiveLogSoftmaxWithLossOptions {
  AdaptiveLogSoftmaxWithLossOptions(int64_t in_features, int64_t n_classes, std::vector<int64_t> cutoffs)
      : in_features_(in_features), n_classes_(n_classes), cutoffs_(std::move(cutoffs)) {}
  TORCH_ARG(int64_t, in_features);
  TORCH_ARG(int64_t, n_classes);
  /// The classes that the clusters after the frequent ones begin with, in increasing order.
  TORCH_ARG(std::vector<int64_t>, cutoffs);
  /// Each cluster works with this many times fewer features than the one before it.
  TORCH_ARG(double, div_value) = 4.;
  TORCH_ARG(bool, head_bias) = false;
};

}  // namespace tiny_torch::frontend::nn
