// Padding, Upsample, PixelShuffle, Fold, Unfold, CosineSimilarity and PairwiseDistance as modules.
#pragma once

#include "api/nn/functional/vision.h"

namespace tiny_torch::frontend::nn {

#define TINY_TORCH_PAD_MODULES(D)                                                                                 \
  TINY_TORCH_UNARY_MODULE(ReflectionPad##D##d, ReflectionPad##D##dOptions);                                       \
  TINY_TORCH_UNARY_MODULE(ReplicationPad##D##d, ReplicationPad##D##dOptions);                                     \
  TINY_TORCH_UNARY_MODULE(ZeroPad##D##d, ZeroPad##D##dOptions);                                                   \
  class TORCH_API ConstantPad##D##dImpl : public OptionsModule<ConstantPad##D##dImpl, ConstantPad##D##dOptions> { \
   public:                                                                                                        \
    using OptionsModule<ConstantPad##D##dImpl, ConstantPad##D##dOptions>::OptionsModule;                          \
    ConstantPad##D##dImpl(ExpandingArray<D * 2> padding, double value)                                            \
        : OptionsModule(ConstantPad##D##dOptions(padding, value)) {}                                              \
    Tensor forward(const Tensor& input);                                                                          \
    void pretty_print(std::ostream& stream) const override;                                                       \
  };                                                                                                              \
  TORCH_MODULE(ConstantPad##D##d)
TINY_TORCH_PAD_MODULES(1);
TINY_TORCH_PAD_MODULES(2);
TINY_TORCH_PAD_MODULES(3);
#undef TINY_TORCH_PAD_MODULES

TINY_TORCH_UNARY_MODULE(Upsample, UpsampleOptions);
TINY_TORCH_UNARY_MODULE(PixelShuffle, PixelShuffleOptions);
TINY_TORCH_UNARY_MODULE(PixelUnshuffle, PixelUnshuffleOptions);
TINY_TORCH_UNARY_MODULE(Unfold, UnfoldOptions);
class TORCH_API FoldImpl : public OptionsModule<FoldImpl, FoldOptions> {
 public:
  using OptionsModule<FoldImpl, FoldOptions>::OptionsModule;
  FoldImpl(ExpandingArray<2> output_size, ExpandingArray<2> kernel_size)
      : OptionsModule(FoldOptions(output_size, kernel_size)) {}
  Tensor forward(const Tensor& input);
  void pretty_print(std::ostream& stream) const override;
};
TORCH_MODULE(Fold);

TINY_TORCH_MODULE(CosineSimilarity, CosineSimilarityOptions, Tensor forward(const Tensor& x1, const Tensor& x2););
TINY_TORCH_MODULE(PairwiseDistance, PairwiseDistanceOptions, Tensor forward(const Tensor& x1, const Tensor& x2););

}  // namespace tiny_torch::frontend::nn
