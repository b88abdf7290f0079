#include "autograd/loss_formulas.h"

#include "autograd/formulas.h"
#include "generated/ops/activation.h"
#include "generated/ops/compare.h"
#include "generated/ops/loss.h"
#include "generated/ops/transcendental.h"

namespace tiny_torch::autodiff {

namespace {
constexpr int64_t kMean = 1;

Scalar mean_factor(int64_t reduction, int64_t numel) {
  return Scalar(reduction == kMean ? 1.0 / static_cast<double>(numel) : 1.0);
}

// The gradient of each element: weighted, and divided for the mean.
TensorBase element_grad(const TensorBase& grad, const std::optional<TensorBase>& weight, int64_t reduction,
                        int64_t numel) {
  const TensorBase g = weight.has_value() ? grad * *weight : grad;
  return reduction == kMean ? g * mean_factor(reduction, numel) : g;
}

TensorBase probability_variance(const TensorBase& p) { return ops::clamp_min((Scalar(1) - p) * p, Scalar(1e-12)); }
// What second derivatives divide by: PyTorch adds the bound where the first derivative takes a maximum.
TensorBase shifted_variance(const TensorBase& p) { return (Scalar(1) - p) * p + Scalar(1e-12); }
}  // namespace

TensorBase mse_loss_double_backward(const TensorBase& grad, int64_t numel, int64_t reduction) {
  return grad * Scalar(2) * mean_factor(reduction, numel);
}

TensorBase smooth_l1_double_backward(const TensorBase& grad, const TensorBase& self, const TensorBase& target,
                                     int64_t reduction, double beta) {
  const TensorBase curved = ops::lt(ops::abs(self - target), wrapped_scalar(beta));
  const TensorBase g = grad * mean_factor(reduction, self.numel());
  return ops::where(curved, beta == 0 ? g : g / Scalar(beta), zeros_like_grad(g));
}

TensorBase huber_double_backward(const TensorBase& grad, const TensorBase& self, const TensorBase& target,
                                 int64_t reduction, double delta) {
  const TensorBase curved = ops::lt(ops::abs(self - target), wrapped_scalar(delta));
  const TensorBase g = grad * mean_factor(reduction, self.numel());
  return ops::where(curved, g, zeros_like_grad(g));
}

TensorBase bce_target_backward(const TensorBase& grad, const TensorBase& self, const TensorBase& target,
                               const std::optional<TensorBase>& weight, int64_t reduction) {
  const TensorBase slope =
      ops::clamp_min(ops::log1p(-self), Scalar(-100)) - ops::clamp_min(ops::log(self), Scalar(-100));
  return element_grad(grad, weight, reduction, target.numel()) * slope;
}

// The backward is (p - t) / (p (1 - p)).
TensorBase bce_double_backward_grad_output(const TensorBase& grad, const TensorBase& self, const TensorBase& target,
                                           const std::optional<TensorBase>& weight, int64_t reduction) {
  return element_grad(grad, weight, reduction, self.numel()) * ((self - target) / shifted_variance(self));
}

TensorBase bce_double_backward(const TensorBase& grad, const TensorBase& self, const TensorBase& target,
                               const std::optional<TensorBase>& weight, int64_t reduction) {
  const TensorBase variance = shifted_variance(self);
  const TensorBase slope = (self * self - self * target * Scalar(2) + target) / (variance * variance);
  return element_grad(grad, weight, reduction, target.numel()) * slope;
}

TensorBase bce_double_backward_target(const TensorBase& grad, const TensorBase& self,
                                      const std::optional<TensorBase>& weight, int64_t reduction) {
  return -(element_grad(grad, weight, reduction, self.numel()) / probability_variance(self));
}

TensorBase bce_logits_backward(const TensorBase& grad, const TensorBase& self, const TensorBase& target,
                               const std::optional<TensorBase>& weight, const std::optional<TensorBase>& pos_weight,
                               int64_t reduction) {
  const TensorBase g = element_grad(grad, weight, reduction, self.numel());
  if (!pos_weight.has_value()) return g * (ops::sigmoid(self) - target);
  const TensorBase positive = *pos_weight * target;
  return g * ((positive + Scalar(1) - target) * ops::sigmoid(self) - positive);
}

TensorBase bce_logits_target_backward(const TensorBase& grad, const TensorBase& self, const TensorBase& target,
                                      const std::optional<TensorBase>& weight,
                                      const std::optional<TensorBase>& pos_weight, int64_t reduction) {
  const TensorBase g = element_grad(grad, weight, reduction, target.numel());
  if (!pos_weight.has_value()) return g * -self;
  return g * (ops::log_sigmoid(-self) - *pos_weight * ops::log_sigmoid(self));
}

}  // namespace tiny_torch::autodiff
