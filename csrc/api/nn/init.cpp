#include "api/nn/init.h"

#include <cmath>

#include "generated/functions/creation.h"
#include "generated/functions/linalg_factor.h"
#include "generated/functions/random.h"

namespace tiny_torch::frontend::nn::init {
namespace {

double kaiming_std(const Tensor& tensor, double a, const FanModeType& mode, const NonlinearityType& nonlinearity) {
  const auto [fan_in, fan_out] = _calculate_fan_in_and_fan_out(tensor);
  const int64_t fan = std::holds_alternative<enumtype::kFanIn>(mode) ? fan_in : fan_out;
  return calculate_gain(nonlinearity, a) / std::sqrt(static_cast<double>(fan));
}

double xavier_std(const Tensor& tensor, double gain) {
  const auto [fan_in, fan_out] = _calculate_fan_in_and_fan_out(tensor);
  return gain * std::sqrt(2.0 / static_cast<double>(fan_in + fan_out));
}

double normal_cdf(double x) { return (1 + std::erf(x / std::sqrt(2.0))) / 2; }

/// The inverse of erf on (-1, 1), by Newton's method from a rough start (Winitzki's formula).
Tensor inverse_erf(const Tensor& y) {
  const Tensor log_term = (1 - y * y).log();
  const double c = 0.147, pi = 3.14159265358979323846;
  const Tensor half = 2 / (pi * c) + log_term / 2;
  Tensor x = y.sign() * ((half * half - log_term / c).sqrt() - half).sqrt();
  for (int i = 0; i < 3; ++i) x = x - (x.erf() - y) / (2 / std::sqrt(pi) * (-x * x).exp());
  return x;
}

}  // namespace

double calculate_gain(NonlinearityType nonlinearity, double param) {
  if (std::holds_alternative<enumtype::kTanh>(nonlinearity)) return 5.0 / 3;
  if (std::holds_alternative<enumtype::kReLU>(nonlinearity)) return std::sqrt(2.0);
  if (std::holds_alternative<enumtype::kLeakyReLU>(nonlinearity)) return std::sqrt(2.0 / (1 + param * param));
  return 1;
}

std::tuple<int64_t, int64_t> _calculate_fan_in_and_fan_out(const Tensor& tensor) {
  TORCH_CHECK(tensor.dim() >= 2, "Fan in and fan out can not be computed for tensor with fewer than 2 dimensions");
  int64_t window = 1;
  for (int64_t d = 2; d < tensor.dim(); ++d) window *= tensor.size(d);
  return {tensor.size(1) * window, tensor.size(0) * window};
}

Tensor constant_(Tensor tensor, Scalar value) {
  const NoGradGuard guard;
  return tensor.fill_(value);
}
Tensor ones_(Tensor tensor) { return constant_(std::move(tensor), 1); }
Tensor zeros_(Tensor tensor) { return constant_(std::move(tensor), 0); }
Tensor normal_(Tensor tensor, double mean, double std) {
  const NoGradGuard guard;
  return tensor.normal_(mean, std);
}
Tensor uniform_(Tensor tensor, double low, double high) {
  const NoGradGuard guard;
  return tensor.uniform_(low, high);
}

Tensor trunc_normal_(Tensor tensor, double mean, double std, double a, double b) {
  TORCH_CHECK(std > 0 && a < b, "trunc_normal_(): expected std > 0 and a < b, got std ", std, ", a ", a, ", b ", b);
  const NoGradGuard guard;
  const double low = normal_cdf((a - mean) / std), high = normal_cdf((b - mean) / std);
  const Tensor quantiles = empty(tensor.sizes(), kDouble).uniform_(2 * low - 1, 2 * high - 1);
  return tensor.copy_((inverse_erf(quantiles) * (std * std::sqrt(2.0)) + mean).clamp(Scalar(a), Scalar(b)));
}

Tensor eye_(Tensor matrix) {
  TORCH_CHECK(matrix.dim() == 2, "Only tensors with 2 dimensions are supported");
  const NoGradGuard guard;
  return matrix.copy_(eye(matrix.size(0), matrix.size(1), matrix.options()));
}

Tensor dirac_(Tensor tensor) {
  TORCH_CHECK(tensor.dim() >= 3 && tensor.dim() <= 5, "Only tensors with 3, 4, or 5 dimensions are supported");
  const NoGradGuard guard;
  tensor.zero_();
  for (int64_t i = 0; i < std::min(tensor.size(0), tensor.size(1)); ++i) {
    Tensor at = tensor.select(0, i).select(0, i);
    while (at.dim() > 0) at = at.select(0, at.size(0) / 2);
    at.fill_(1);
  }
  return tensor;
}

Tensor orthogonal_(Tensor tensor, double gain) {
  TORCH_CHECK(tensor.dim() >= 2, "Only tensors with 2 or more dimensions are supported");
  const NoGradGuard guard;
  if (tensor.numel() == 0) return tensor;
  const int64_t rows = tensor.size(0), columns = tensor.numel() / rows;
  const Tensor drawn = randn({rows, columns}, tensor.options().requires_grad(false));
  const auto [q, r] = linalg_qr(rows < columns ? drawn.t() : drawn);
  // The signs of R's diagonal make the distribution uniform (Mezzadri, 2007).
  const Tensor uniform = q * r.diagonal().sign();
  return tensor.copy_((rows < columns ? uniform.t() : uniform).reshape(tensor.sizes())).mul_(Scalar(gain));
}

Tensor sparse_(Tensor tensor, double sparsity, double std) {
  TORCH_CHECK(tensor.dim() == 2, "Only tensors with 2 dimensions are supported");
  const NoGradGuard guard;
  const int64_t rows = tensor.size(0);
  const auto zeros = static_cast<int64_t>(std::ceil(sparsity * static_cast<double>(rows)));
  tensor.normal_(0, std);
  for (int64_t column = 0; column < tensor.size(1); ++column) {
    const Tensor rows_at = randperm(rows).slice(0, 0, zeros);
    tensor.select(1, column).index_put_({rows_at}, 0);
  }
  return tensor;
}

Tensor kaiming_normal_(Tensor tensor, double a, FanModeType mode, NonlinearityType nonlinearity) {
  return normal_(tensor, 0, kaiming_std(tensor, a, mode, nonlinearity));
}
Tensor kaiming_uniform_(Tensor tensor, double a, FanModeType mode, NonlinearityType nonlinearity) {
  const double bound = std::sqrt(3.0) * kaiming_std(tensor, a, mode, nonlinearity);
  return uniform_(tensor, -bound, bound);
}
Tensor xavier_normal_(Tensor tensor, double gain) { return normal_(tensor, 0, xavier_std(tensor, gain)); }
Tensor xavier_uniform_(Tensor tensor, double gain) {
  const double bound = std::sqrt(3.0) * xavier_std(tensor, gain);
  return uniform_(tensor, -bound, bound);
}

}  // namespace tiny_torch::frontend::nn::init
