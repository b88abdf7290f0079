#include "api/nn/utils/gradients.h"

#include <cmath>

#include "generated/functions/join.h"

namespace tiny_torch::frontend::nn::utils {

double clip_grad_norm_(const std::vector<Tensor>& parameters, double max_norm, double norm_type,
                       bool error_if_nonfinite) {
  const NoGradGuard no_grad;
  std::vector<Tensor> norms;
  for (const Tensor& p : parameters) {
    const Tensor grad = p.grad();
    if (grad.defined()) norms.push_back(grad.detach().norm(Scalar(norm_type)).to(kDouble));
  }
  if (norms.empty()) return 0;
  const double total = stack(norms).norm(Scalar(norm_type)).item<double>();
  TORCH_CHECK(
      !error_if_nonfinite || std::isfinite(total), "The total norm of order ", norm_type,
      " for gradients from `parameters` is non-finite, so it cannot be clipped. To disable this error and scale "
      "the gradients with the non-finite norm anyway, set `error_if_nonfinite=false`");
  const double factor = max_norm / (total + 1e-6);
  if (factor < 1 || std::isnan(factor)) {
    for (const Tensor& p : parameters) {
      if (p.grad().defined()) p.grad().mul_(factor);
    }
  }
  return total;
}
double clip_grad_norm_(Tensor parameter, double max_norm, double norm_type, bool error_if_nonfinite) {
  return clip_grad_norm_(std::vector<Tensor>{std::move(parameter)}, max_norm, norm_type, error_if_nonfinite);
}

void clip_grad_value_(const std::vector<Tensor>& parameters, double clip_value) {
  const NoGradGuard no_grad;
  for (const Tensor& p : parameters) {
    if (p.grad().defined()) p.grad().clamp_(Scalar(-clip_value), Scalar(clip_value));
  }
}
void clip_grad_value_(Tensor parameter, double clip_value) {
  clip_grad_value_(std::vector<Tensor>{std::move(parameter)}, clip_value);
}

Tensor parameters_to_vector(const std::vector<Tensor>& parameters) {
  std::vector<Tensor> parts;
  for (const Tensor& p : parameters) parts.push_back(p.reshape({-1}));
  return cat(parts);
}
void vector_to_parameters(const Tensor& vector, const std::vector<Tensor>& parameters) {
  int64_t total = 0;
  for (const Tensor& p : parameters) total += p.numel();
  TORCH_CHECK(vector.dim() == 1 && vector.numel() == total, "vector_to_parameters(): expected a vector of ", total,
              " elements, got shape ", vector.sizes());
  int64_t offset = 0;
  for (const Tensor& p : parameters) {
    p.set_data(vector.detach().slice(0, offset, offset + p.numel()).view(p.sizes()));
    offset += p.numel();
  }
}

}  // namespace tiny_torch::frontend::nn::utils
