// Fronts of the losses made of elementwise terms.
#include "generated/kernels/loss.h"
#include "aten/core/operators.h"
#include "aten/core/promotion.h"
#include "aten/native/loss_reduction.h"
#include "generated/ops/copy.h"
#include "generated/ops/loss.h"
#include "generated/ops/reduce.h"

namespace tiny_torch::native {

TensorBase reduced_loss(const TensorBase& loss, int64_t reduction) {
  if (reduction == kReduceMean) return ops::mean(loss);
  return reduction == kReduceSum ? ops::sum(loss) : loss;
}

namespace {
Scalar mean_factor(int64_t reduction, int64_t numel, double factor = 1.0) {
  return Scalar(reduction == kReduceMean ? factor / static_cast<double>(numel) : factor);
}
TensorBase weighted(const TensorBase& t, const std::optional<TensorBase>& weight) {
  return weight.has_value() ? t * *weight : t;
}
void check_beta(double beta) { TORCH_CHECK(beta >= 0, "smooth_l1_loss does not support negative values for beta."); }
void check_delta(double delta) { TORCH_CHECK(delta > 0, "huber_loss does not support non-positive values for delta."); }
}  // namespace

namespace {
void check_reduction(const char* op, int64_t reduction) {
  TORCH_CHECK(reduction >= kReduceNone && reduction <= kReduceSum, op,
              "(): expected reduction 0 (none), 1 (mean) or 2 (sum), got ", reduction);
}
}  // namespace

TensorBase mse_loss(const TensorBase& self, const TensorBase& target, int64_t reduction) {
  check_reduction("mse_loss", reduction);
  return reduced_loss(ops::_squared_difference(self, target), reduction);
}
TensorBase mse_loss_backward(const TensorBase& grad_output, const TensorBase& self, const TensorBase& target,
                             int64_t reduction) {
  return ops::_scaled_difference(self, target, grad_output, mean_factor(reduction, self.numel(), 2.0));
}

TensorBase l1_loss(const TensorBase& self, const TensorBase& target, int64_t reduction) {
  return reduced_loss(ops::abs(self - target), reduction);
}

TensorBase smooth_l1_loss(const TensorBase& self, const TensorBase& target, int64_t reduction, double beta) {
  check_reduction("smooth_l1_loss", reduction);
  check_beta(beta);
  if (beta == 0) return native::l1_loss(self, target, reduction);
  return reduced_loss(ops::_smooth_l1(self, target, Scalar(beta)), reduction);
}
TensorBase smooth_l1_loss_backward(const TensorBase& grad_output, const TensorBase& self, const TensorBase& target,
                                   int64_t reduction, double beta) {
  check_beta(beta);
  return ops::_smooth_l1_grad(grad_output, self, target, Scalar(beta), mean_factor(reduction, self.numel()));
}

TensorBase huber_loss(const TensorBase& self, const TensorBase& target, int64_t reduction, double delta) {
  check_delta(delta);
  const TensorBase loss = ops::_huber(self, target, Scalar(delta));
  check_can_cast(loss.scalar_type(), self.scalar_type());
  return reduced_loss(ops::to(loss, self.scalar_type()), reduction);
}
TensorBase huber_loss_backward(const TensorBase& grad_output, const TensorBase& self, const TensorBase& target,
                               int64_t reduction, double delta) {
  return ops::_huber_grad(grad_output, self, target, Scalar(delta), mean_factor(reduction, self.numel()));
}

TensorBase binary_cross_entropy(const TensorBase& self, const TensorBase& target,
                                const std::optional<TensorBase>& weight, int64_t reduction) {
  TORCH_CHECK(target.scalar_type() == self.scalar_type(), "Found dtype ", to_string(target.scalar_type()),
              " but expected ", to_string(self.scalar_type()));
  if (!self.is_meta() && self.numel() != 0) {
    const double low = read_scalar(ops::amin(self, {}, false)).to_double(),
                 high = read_scalar(ops::amax(self, {}, false)).to_double();
    TORCH_CHECK(low >= 0 && high <= 1, "all elements of input should be between 0 and 1");
  }
  return reduced_loss(weighted(ops::_bce(self, target), weight), reduction);
}
TensorBase binary_cross_entropy_backward(const TensorBase& grad_output, const TensorBase& self,
                                         const TensorBase& target, const std::optional<TensorBase>& weight,
                                         int64_t reduction) {
  const TensorBase grad = weighted(ops::_bce_grad(grad_output, self, target), weight);
  return reduction == kReduceMean ? grad * mean_factor(reduction, self.numel()) : grad;
}

TensorBase binary_cross_entropy_with_logits(const TensorBase& self, const TensorBase& target,
                                            const std::optional<TensorBase>& weight,
                                            const std::optional<TensorBase>& pos_weight, int64_t reduction) {
  TORCH_CHECK(is_expandable_to(self.sizes(), target.sizes()), "output with shape ", target.sizes(),
              " doesn't match the broadcast shape of ", self.sizes());
  // The positive part counts pos_weight times: log(1 + exp(-x)) gets the factor (pos_weight - 1) t + 1.
  const TensorBase factor =
      pos_weight.has_value() ? (*pos_weight - Scalar(1)) * target + Scalar(1) : wrapped_scalar(1.0, self.device());
  return reduced_loss(weighted(ops::_bce_logits(self, target, factor), weight), reduction);
}

}  // namespace tiny_torch::native
