#include "api/nn/modules/normalization.h"

#include "generated/functions/creation.h"

namespace tiny_torch::frontend::nn {

namespace F = functional;

namespace {
void reset_affine(const Tensor& weight, const Tensor& bias) {
  if (!weight.defined()) return;
  init::ones_(weight);
  init::zeros_(bias);
}
template <class M>
void register_affine(M& module, IntArrayRef sizes, bool affine) {
  module.weight = module.register_parameter("weight", affine ? empty(sizes) : Tensor(), affine);
  module.bias = module.register_parameter("bias", affine ? empty(sizes) : Tensor(), affine);
  module.reset_parameters();
}
}  // namespace

Tensor batch_norm_forward(const Tensor& input, size_t dims, const BatchNormOptions& options, bool is_training,
                          const Tensor& weight, const Tensor& bias, const Tensor& running_mean,
                          const Tensor& running_var, const Tensor& num_batches_tracked) {
  const auto d = static_cast<int64_t>(dims);
  TORCH_CHECK(input.dim() == d + 2 || (d == 1 && input.dim() == 2), "expected ", d == 1 ? "2D or 3D" : str(d + 2, "D"),
              " input (got ", input.dim(), "D input)");
  double average = options.momentum().value_or(0);
  if (is_training && options.track_running_stats() && num_batches_tracked.defined()) {
    const NoGradGuard no_grad;
    num_batches_tracked.add_(1);
    if (!options.momentum().has_value()) average = 1.0 / num_batches_tracked.item<double>();
  }
  return F::batch_norm(input, running_mean, running_var,
                       F::BatchNormFuncOptions()
                           .weight(weight)
                           .bias(bias)
                           .training(is_training || !options.track_running_stats())
                           .momentum(average)
                           .eps(options.eps()));
}

Tensor instance_norm_forward(const Tensor& input, size_t dims, const InstanceNormOptions& options, bool is_training,
                             const Tensor& weight, const Tensor& bias, const Tensor& running_mean,
                             const Tensor& running_var) {
  const auto d = static_cast<int64_t>(dims);
  TORCH_CHECK(input.dim() == d + 1 || input.dim() == d + 2, "expected ", d + 1, "D or ", d + 2, "D input (got ",
              input.dim(), "D input)");
  const Tensor batched = input.dim() == d + 1 ? input.unsqueeze(0) : input;
  const Tensor result = F::instance_norm(batched, F::InstanceNormFuncOptions()
                                                      .running_mean(running_mean)
                                                      .running_var(running_var)
                                                      .weight(weight)
                                                      .bias(bias)
                                                      .use_input_stats(is_training || !options.track_running_stats())
                                                      .momentum(options.momentum())
                                                      .eps(options.eps()));
  return input.dim() == d + 1 ? result.squeeze(0) : result;
}

void print_norm(std::ostream& stream, const char* name, int64_t num_features, double eps,
                std::optional<double> momentum, bool affine, bool track_running_stats) {
  Shown shown(stream, name);
  shown(nullptr, num_features)("eps", eps);
  if (momentum.has_value()) {
    shown("momentum", *momentum);
  } else {
    shown("momentum", "None");
  }
  shown("affine", affine)("track_running_stats", track_running_stats);
}

void LayerNormImpl::reset() { register_affine(*this, options.normalized_shape(), options.elementwise_affine()); }
void LayerNormImpl::reset_parameters() { reset_affine(weight, bias); }
Tensor LayerNormImpl::forward(const Tensor& input) {
  return F::layer_norm(
      input, F::LayerNormFuncOptions(options.normalized_shape()).weight(weight).bias(bias).eps(options.eps()));
}
void LayerNormImpl::pretty_print(std::ostream& stream) const {
  Shown(stream, "LayerNorm")(nullptr, IntArrayRef(options.normalized_shape()))("eps", options.eps())(
      "elementwise_affine", options.elementwise_affine());
}

void GroupNormImpl::reset() { register_affine(*this, options.num_channels(), options.affine()); }
void GroupNormImpl::reset_parameters() { reset_affine(weight, bias); }
Tensor GroupNormImpl::forward(const Tensor& input) {
  return F::group_norm(input,
                       F::GroupNormFuncOptions(options.num_groups()).weight(weight).bias(bias).eps(options.eps()));
}
void GroupNormImpl::pretty_print(std::ostream& stream) const {
  Shown(stream, "GroupNorm")(nullptr, options.num_groups())(nullptr, options.num_channels())("eps", options.eps())(
      "affine", options.affine());
}

Tensor LocalResponseNormImpl::forward(const Tensor& input) { return F::local_response_norm(input, options); }
void LocalResponseNormImpl::pretty_print(std::ostream& stream) const {
  Shown(stream, "LocalResponseNorm")(nullptr, options.size())("alpha", options.alpha())("beta", options.beta())(
      "k", options.k());
}
Tensor CrossMapLRN2dImpl::forward(const Tensor& input) {
  return F::local_response_norm(input, F::LocalResponseNormFuncOptions(options.size())
                                           .alpha(options.alpha())
                                           .beta(options.beta())
                                           .k(static_cast<double>(options.k())));
}
void CrossMapLRN2dImpl::pretty_print(std::ostream& stream) const {
  Shown(stream, "CrossMapLRN2d")(nullptr, options.size())("alpha", options.alpha())("beta", options.beta())(
      "k", options.k());
}

}  // namespace tiny_torch::frontend::nn
