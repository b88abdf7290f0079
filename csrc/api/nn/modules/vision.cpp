#include "api/nn/modules/vision.h"

namespace tiny_torch::frontend::nn {

namespace F = functional;

#define PAD(Name, pad_mode, shown_value)                                              \
  Tensor Name##Impl::forward(const Tensor& input) {                                   \
    return F::pad(input, F::PadFuncOptions(options.padding().view().vec()) pad_mode); \
  }                                                                                   \
  void Name##Impl::pretty_print(std::ostream& stream) const {                         \
    Shown(stream, #Name)("padding", options.padding()) shown_value;                   \
  }
#define PADS(D)                                  \
  PAD(ReflectionPad##D##d, .mode(kReflect), )    \
  PAD(ReplicationPad##D##d, .mode(kReplicate), ) \
  PAD(ZeroPad##D##d, , )                         \
  PAD(ConstantPad##D##d, .value(options.value()), ("value", options.value()))
PADS(1)
PADS(2)
PADS(3)
#undef PAD
#undef PADS

Tensor UpsampleImpl::forward(const Tensor& input) {
  F::InterpolateFuncOptions o;
  o.size(options.size()).scale_factor(options.scale_factor()).align_corners(options.align_corners());
  std::visit([&](auto mode) { o.mode(mode); }, options.mode());
  return F::interpolate(input, o);
}
void UpsampleImpl::pretty_print(std::ostream& stream) const {
  Shown shown(stream, "Upsample");
  if (options.scale_factor().has_value()) {
    shown("scale_factor", ArrayRef<double>(*options.scale_factor()));
  } else if (options.size().has_value()) {
    shown("size", IntArrayRef(*options.size()));
  }
  shown("mode", enumtype::get_enum_name(options.mode()));
}

Tensor PixelShuffleImpl::forward(const Tensor& input) { return F::pixel_shuffle(input, options); }
void PixelShuffleImpl::pretty_print(std::ostream& stream) const {
  Shown(stream, "PixelShuffle")("upscale_factor", options.upscale_factor());
}
Tensor PixelUnshuffleImpl::forward(const Tensor& input) { return F::pixel_unshuffle(input, options); }
void PixelUnshuffleImpl::pretty_print(std::ostream& stream) const {
  Shown(stream, "PixelUnshuffle")("downscale_factor", options.downscale_factor());
}
Tensor FoldImpl::forward(const Tensor& input) { return F::fold(input, options); }
void FoldImpl::pretty_print(std::ostream& stream) const {
  Shown(stream, "Fold")("output_size", options.output_size())("kernel_size", options.kernel_size())(
      "dilation", options.dilation())("padding", options.padding())("stride", options.stride());
}
Tensor UnfoldImpl::forward(const Tensor& input) { return F::unfold(input, options); }
void UnfoldImpl::pretty_print(std::ostream& stream) const {
  Shown(stream, "Unfold")("kernel_size", options.kernel_size())("dilation", options.dilation())(
      "padding", options.padding())("stride", options.stride());
}
Tensor CosineSimilarityImpl::forward(const Tensor& x1, const Tensor& x2) {
  return F::cosine_similarity(x1, x2, options);
}
void CosineSimilarityImpl::pretty_print(std::ostream& stream) const {
  Shown(stream, "CosineSimilarity")("dim", options.dim())("eps", options.eps());
}
Tensor PairwiseDistanceImpl::forward(const Tensor& x1, const Tensor& x2) {
  return F::pairwise_distance(x1, x2, options);
}
void PairwiseDistanceImpl::pretty_print(std::ostream& stream) const {
  Shown(stream, "PairwiseDistance")("p", options.p())("eps", options.eps())("keepdim", options.keepdim());
}

}  // namespace tiny_torch::frontend::nn
