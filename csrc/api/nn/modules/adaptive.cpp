#include "api/nn/modules/adaptive.h"

#include <cmath>

#include "api/nn/modules/container/sequential.h"
#include "generated/functions/creation.h"
#include "generated/functions/join.h"
#include "generated/functions/reduce.h"
#include "generated/functions/softmax.h"
#include "generated/functions/special.h"

namespace tiny_torch::frontend::nn {

AdaptiveLogSoftmaxWithLossImpl::AdaptiveLogSoftmaxWithLossImpl(AdaptiveLogSoftmaxWithLossOptions given)
    : options(std::move(given)) {
  AdaptiveLogSoftmaxWithLossImpl::reset();
}

void AdaptiveLogSoftmaxWithLossImpl::reset() {
  cutoffs = options.cutoffs();
  TORCH_CHECK(!cutoffs.empty(), "cutoffs should be a sequence of length larger than 0");
  int64_t before = 0;
  bool increasing = true;
  for (const int64_t one : cutoffs) {
    increasing = increasing && one > before;
    before = one;
  }
  TORCH_CHECK(increasing && before < options.n_classes(),
              "cutoffs should be a sequence of unique, positive integers sorted in an increasing order, ",
              "where each value is between 1 and n_classes-1");
  shortlist_size = cutoffs[0];
  n_clusters = static_cast<int64_t>(cutoffs.size());
  head_size = shortlist_size + n_clusters;
  cutoffs.push_back(options.n_classes());

  head = register_module("head", Linear(LinearOptions(options.in_features(), head_size).bias(options.head_bias())));
  tail = register_module("tail", ModuleList());
  double divisor = 1;
  for (size_t i = 0; i + 1 < cutoffs.size(); ++i) {
    divisor *= options.div_value();
    const auto hidden = static_cast<int64_t>(std::floor(static_cast<double>(options.in_features()) / divisor));
    tail->push_back(Sequential(Linear(LinearOptions(options.in_features(), hidden).bias(false)),
                               Linear(LinearOptions(hidden, cutoffs[i + 1] - cutoffs[i]).bias(false))));
  }
}

void AdaptiveLogSoftmaxWithLossImpl::reset_parameters() {
  head->reset_parameters();
  for (const auto& cluster : *tail) {
    for (const auto& layer : cluster->children()) layer->as<Linear>()->reset_parameters();
  }
}

Tensor AdaptiveLogSoftmaxWithLossImpl::cluster_log_prob(size_t cluster, const Tensor& input) const {
  return log_softmax(tail->at<SequentialImpl>(cluster).forward(input), 1);
}

ASMoutput AdaptiveLogSoftmaxWithLossImpl::forward(const Tensor& given_input, const Tensor& given_target) {
  TORCH_CHECK(given_target.dim() <= 1, "0D or 1D target tensor expected, multi-target not supported");
  const bool batched = given_target.dim() == 1;
  TORCH_CHECK(given_input.dim() == (batched ? 2 : 1), given_target.dim(), "D target tensor expects ", batched ? 2 : 1,
              "D input tensors, but found inputs with sizes ", given_input.sizes());
  TORCH_CHECK(!batched || given_input.size(0) == given_target.size(0),
              "Input and target should have the same size in the batch dimension.");
  const Tensor input = batched ? given_input : given_input.unsqueeze(0);
  const Tensor target = batched ? given_target : given_target.unsqueeze(0);
  const Tensor outside = target.lt(0).logical_or(target.ge(options.n_classes()));
  TORCH_CHECK(!outside.any().item<bool>(), "Target values should be in [0, ", options.n_classes() - 1,
              "], but values in range [", target.min().item<int64_t>(), ", ", target.max().item<int64_t>(),
              "] were found. ");

  // The head's entry of a class is the class itself or its cluster's; clusters add what they know of their rows.
  Tensor entries = target.clone();
  Tensor output = zeros({target.size(0)}, input.options().requires_grad(false));
  for (size_t i = 0; i + 1 < cutoffs.size(); ++i) {
    const Tensor rows = target.ge(cutoffs[i]).logical_and(target.lt(cutoffs[i + 1])).nonzero().squeeze(1);
    if (rows.numel() == 0) continue;
    const Tensor within = target.index_select(0, rows) - cutoffs[i];
    const Tensor local = cluster_log_prob(i, input.index_select(0, rows)).gather(1, within.unsqueeze(1)).squeeze(1);
    entries.index_fill_(0, rows, shortlist_size + static_cast<int64_t>(i));
    output = output.index_copy(0, rows, local);
  }
  output = output + log_softmax(head(input), 1).gather(1, entries.unsqueeze(1)).squeeze(1);
  const double loss = (-output).mean().item<double>();
  return {batched ? output : output.squeeze(0), loss};
}

Tensor AdaptiveLogSoftmaxWithLossImpl::_get_full_log_prob(const Tensor& input, const Tensor& head_output) {
  const Tensor head_log_prob = log_softmax(head_output, 1);
  std::vector<Tensor> parts{head_log_prob.slice(1, 0, shortlist_size)};
  for (size_t i = 0; i + 1 < cutoffs.size(); ++i) {
    const int64_t entry = shortlist_size + static_cast<int64_t>(i);
    parts.push_back(cluster_log_prob(i, input) + head_log_prob.slice(1, entry, entry + 1));
  }
  return cat(parts, 1);
}

Tensor AdaptiveLogSoftmaxWithLossImpl::log_prob(const Tensor& input) { return _get_full_log_prob(input, head(input)); }

Tensor AdaptiveLogSoftmaxWithLossImpl::predict(const Tensor& input) {
  const Tensor head_output = head(input);
  Tensor output = argmax(head_output, 1);
  // Only rows whose best entry is a cluster need the classes in it.
  const Tensor rows = output.ge(shortlist_size).nonzero().squeeze(1);
  if (rows.numel() == 0) return output;
  const Tensor best = argmax(_get_full_log_prob(input.index_select(0, rows), head_output.index_select(0, rows)), 1);
  return output.index_copy_(0, rows, best);
}

}  // namespace tiny_torch::frontend::nn
