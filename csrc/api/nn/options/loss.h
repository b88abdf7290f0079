// Options of the losses.
#pragma once

#include <functional>

#include "api/nn/options_module.h"

namespace tiny_torch::frontend::nn {

using LossReduction = std::variant<enumtype::kNone, enumtype::kMean, enumtype::kSum>;

/// Options of a loss: those given and the reduction, which also converts to them.
#define TINY_TORCH_LOSS_OPTIONS(Name, ...)                                                            \
  struct TORCH_API Name {                                                                             \
    using reduction_t = LossReduction;                                                                \
    Name() = default;                                                                                 \
    template <class Choice, class = std::enable_if_t<std::is_constructible_v<reduction_t, Choice> &&  \
                                                     !std::is_base_of_v<Name, std::decay_t<Choice>>>> \
    Name(Choice reduction) : reduction_(reduction) {} /* NOLINT: implicit as in PyTorch */            \
    __VA_ARGS__                                                                                       \
    TORCH_ARG(reduction_t, reduction) = kMean;                                                        \
  }

TINY_TORCH_LOSS_OPTIONS(L1LossOptions);
TINY_TORCH_LOSS_OPTIONS(MSELossOptions);
TINY_TORCH_LOSS_OPTIONS(BCELossOptions, TORCH_ARG(Tensor, weight););
TINY_TORCH_LOSS_OPTIONS(BCEWithLogitsLossOptions, TORCH_ARG(Tensor, weight); TORCH_ARG(Tensor, pos_weight););
TINY_TORCH_LOSS_OPTIONS(HingeEmbeddingLossOptions, TORCH_ARG(double, margin) = 1.0;);
TINY_TORCH_LOSS_OPTIONS(MultiMarginLossOptions, TORCH_ARG(int64_t, p) = 1; TORCH_ARG(double, margin) = 1.0;
                        TORCH_ARG(Tensor, weight););
TINY_TORCH_LOSS_OPTIONS(CosineEmbeddingLossOptions, TORCH_ARG(double, margin) = 0.0;);
TINY_TORCH_LOSS_OPTIONS(MultiLabelMarginLossOptions);
TINY_TORCH_LOSS_OPTIONS(SoftMarginLossOptions);
TINY_TORCH_LOSS_OPTIONS(MultiLabelSoftMarginLossOptions, TORCH_ARG(Tensor, weight););
TINY_TORCH_LOSS_OPTIONS(TripletMarginLossOptions, TORCH_ARG(double, margin) = 1.0; TORCH_ARG(double, p) = 2.0;
                        TORCH_ARG(double, eps) = 1e-6; TORCH_ARG(bool, swap) = false;);
TINY_TORCH_LOSS_OPTIONS(TripletMarginWithDistanceLossOptions,
                        using distance_function_t = std::function<Tensor(const Tensor&, const Tensor&)>;
                        TORCH_ARG(std::optional<distance_function_t>, distance_function) = std::nullopt;
                        TORCH_ARG(double, margin) = 1.0; TORCH_ARG(bool, swap) = false;);
TINY_TORCH_LOSS_OPTIONS(SmoothL1LossOptions, TORCH_ARG(std::optional<double>, beta) = std::nullopt;);
TINY_TORCH_LOSS_OPTIONS(HuberLossOptions, TORCH_ARG(double, delta) = 1.0;);
TINY_TORCH_LOSS_OPTIONS(PoissonNLLLossOptions, TORCH_ARG(bool, log_input) = true; TORCH_ARG(bool, full) = false;
                        TORCH_ARG(double, eps) = 1e-8;);
TINY_TORCH_LOSS_OPTIONS(MarginRankingLossOptions, TORCH_ARG(double, margin) = 0;);
TINY_TORCH_LOSS_OPTIONS(NLLLossOptions, TORCH_ARG(Tensor, weight); TORCH_ARG(int64_t, ignore_index) = -100;);
TINY_TORCH_LOSS_OPTIONS(CrossEntropyLossOptions, TORCH_ARG(Tensor, weight); TORCH_ARG(int64_t, ignore_index) = -100;
                        TORCH_ARG(double, label_smoothing) = 0.0;);
TINY_TORCH_LOSS_OPTIONS(CTCLossOptions, TORCH_ARG(int64_t, blank) = 0; TORCH_ARG(bool, zero_infinity) = false;);
#undef TINY_TORCH_LOSS_OPTIONS

struct TORCH_API KLDivLossOptions {
  using reduction_t = std::variant<enumtype::kNone, enumtype::kBatchMean, enumtype::kSum, enumtype::kMean>;
  KLDivLossOptions(reduction_t reduction = kMean) : reduction_(reduction) {}  // NOLINT: implicit
  template <class Choice, class = std::enable_if_t<std::is_constructible_v<reduction_t, Choice>>>
  KLDivLossOptions(Choice reduction) : reduction_(reduction) {}  // NOLINT
  TORCH_ARG(reduction_t, reduction) = kMean;
  TORCH_ARG(bool, log_target) = false;
};

namespace functional {
using L1LossFuncOptions = L1LossOptions;
using MSELossFuncOptions = MSELossOptions;
using BinaryCrossEntropyFuncOptions = BCELossOptions;
using BinaryCrossEntropyWithLogitsFuncOptions = BCEWithLogitsLossOptions;
using HingeEmbeddingLossFuncOptions = HingeEmbeddingLossOptions;
using MultiMarginLossFuncOptions = MultiMarginLossOptions;
using CosineEmbeddingLossFuncOptions = CosineEmbeddingLossOptions;
using MultilabelMarginLossFuncOptions = MultiLabelMarginLossOptions;
using SoftMarginLossFuncOptions = SoftMarginLossOptions;
using MultilabelSoftMarginLossFuncOptions = MultiLabelSoftMarginLossOptions;
using TripletMarginLossFuncOptions = TripletMarginLossOptions;
using TripletMarginWithDistanceLossFuncOptions = TripletMarginWithDistanceLossOptions;
using SmoothL1LossFuncOptions = SmoothL1LossOptions;
using HuberLossFuncOptions = HuberLossOptions;
using PoissonNLLLossFuncOptions = PoissonNLLLossOptions;
using MarginRankingLossFuncOptions = MarginRankingLossOptions;
using NLLLossFuncOptions = NLLLossOptions;
using CrossEntropyFuncOptions = CrossEntropyLossOptions;
using CTCLossFuncOptions = CTCLossOptions;
using KLDivFuncOptions = KLDivLossOptions;
}  // namespace functional
}  // namespace tiny_torch::frontend::nn
