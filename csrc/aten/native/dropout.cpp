#include <cmath>

#include "aten/core/operators.h"
#include "aten/native/random.h"
#include "generated/kernels/dropout.h"
#include "generated/ops/copy.h"
#include "generated/ops/creation.h"

namespace tiny_torch::native {
namespace {

void check_probability(double p) {
  TORCH_CHECK(p >= 0 && p <= 1, "dropout probability has to be between 0 and 1, but got ", p);
}

void check_dropout_dtype(ScalarType dtype) {
  TORCH_CHECK_NOT_IMPLEMENTED(!is_complex_type(dtype) && !is_float8(dtype), "dropout is not implemented for '", dtype,
                              "'");
  TORCH_CHECK(is_floating_point(dtype), "result type ", default_dtype(), " can't be cast to the desired output type ",
              dtype);
}

bool leaves_unchanged(const TensorBase& input, double p, bool train) { return p == 0 || !train || input.numel() == 0; }

/// What a product with zero everywhere looks like to autograd: the graph keeps its node.
TensorBase zero_like_scalar(const TensorBase& input) {
  return scalar_tensor_of(Scalar(0), input.scalar_type(), input.device());
}

/// Uninitialised noise: one value per element, or per channel.
TensorBase empty_noise(const TensorBase& input, bool per_channel) {
  if (!per_channel) return ops::empty_like(input);
  TORCH_CHECK(input.dim() >= 2, "Feature dropout requires at least 2 dimensions in the input");
  SmallVector<int64_t, 5> sizes(static_cast<size_t>(input.dim()), 1);
  sizes[0] = input.size(0);
  sizes[1] = input.size(1);
  return empty_tensor(sizes, input.scalar_type(), input.device());
}

/// 1 / (1 - p) with probability 1 - p, else 0.
TensorBase dropout_noise(const TensorBase& input, double p, bool per_channel) {
  check_dropout_dtype(input.scalar_type());
  TensorBase noise = empty_noise(input, per_channel);
  dropout_noise_stub(noise.device().type(), noise, 1 - p, std::nullopt);
  return noise;
}

struct Affine {
  TensorBase factor;
  TensorBase offset;
};

/// Dropped units take SELU's negative saturation value; factor and offset restore mean 0 and variance 1.
Affine alpha_dropout_noise(const TensorBase& input, double p, bool per_channel) {
  constexpr double kAlpha = 1.7580993408473766;
  check_dropout_dtype(input.scalar_type());
  TensorBase noise = empty_noise(input, per_channel);
  bernoulli_stub(noise.device().type(), noise, 1 - p, std::nullopt);
  const double a = 1.0 / std::sqrt((kAlpha * kAlpha * p + 1) * (1 - p));
  return {noise * Scalar(a), (noise + Scalar(-1)) * Scalar(kAlpha * a) + Scalar(kAlpha * a * p)};
}

TensorBase plain(const TensorBase& input, double p, bool train, bool per_channel) {
  check_probability(p);
  if (leaves_unchanged(input, p, train)) return input;
  if (p == 1) return ops::mul(input, zero_like_scalar(input));
  return ops::mul(input, dropout_noise(input, p, per_channel));
}

TensorBase& plain_(TensorBase& self, double p, bool train, bool per_channel) {
  check_probability(p);
  if (leaves_unchanged(self, p, train)) return self;
  if (p == 1) return ops::mul_(self, zero_like_scalar(self));
  return ops::mul_(self, dropout_noise(self, p, per_channel));
}

TensorBase alpha(const TensorBase& input, double p, bool train, bool per_channel) {
  check_probability(p);
  if (leaves_unchanged(input, p, train)) return input;
  if (p == 1) return ops::mul(input, zero_like_scalar(input));
  const Affine noise = alpha_dropout_noise(input, p, per_channel);
  return ops::add(ops::mul(input, noise.factor), noise.offset);
}

TensorBase& alpha_(TensorBase& self, double p, bool train, bool per_channel) {
  check_probability(p);
  if (leaves_unchanged(self, p, train)) return self;
  if (p == 1) return ops::mul_(self, zero_like_scalar(self));
  const Affine noise = alpha_dropout_noise(self, p, per_channel);
  ops::mul_(self, noise.factor);
  return ops::add_(self, noise.offset);
}

}  // namespace

TensorBase dropout(const TensorBase& input, double p, bool train) { return plain(input, p, train, false); }
TensorBase& dropout_(TensorBase& self, double p, bool train) { return plain_(self, p, train, false); }
TensorBase feature_dropout(const TensorBase& input, double p, bool train) { return plain(input, p, train, true); }
TensorBase& feature_dropout_(TensorBase& self, double p, bool train) { return plain_(self, p, train, true); }
TensorBase alpha_dropout(const TensorBase& input, double p, bool train) { return alpha(input, p, train, false); }
TensorBase& alpha_dropout_(TensorBase& self, double p, bool train) { return alpha_(self, p, train, false); }
TensorBase feature_alpha_dropout(const TensorBase& input, double p, bool train) { return alpha(input, p, train, true); }
TensorBase& feature_alpha_dropout_(TensorBase& self, double p, bool train) { return alpha_(self, p, train, true); }

std::tuple<TensorBase, TensorBase> native_dropout(const TensorBase& input, double p, std::optional<bool> train) {
  if (input.numel() == 0) return {input, ops::empty_like(input)};
  TensorBase mask = ops::empty_like(input, kBool, std::nullopt, std::nullopt, std::nullopt, std::nullopt);
  if (!train.value_or(true)) return {ops::clone(input), ops::fill_(mask, Scalar(true))};
  const double keep = 1.0 - p;
  TORCH_CHECK(keep >= 0 && keep <= 1, "native_dropout expects 1 - p to be in [0, 1], but got p=", p);
  check_dropout_dtype(input.scalar_type());
  bernoulli_stub(mask.device().type(), mask, keep, std::nullopt);
  const double scale = keep == 0 ? 0.0 : 1.0 / keep;
  return {ops::mul(input, mask) * Scalar(scale), mask};
}

TensorBase native_dropout_backward(const TensorBase& grad_output, const TensorBase& mask, double scale) {
  return ops::mul(grad_output, mask) * Scalar(scale);
}

}  // namespace tiny_torch::native
