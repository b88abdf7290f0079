#include "autograd/norm_formulas.h"

#include "autograd/formulas.h"
#include "generated/ops/norm.h"

namespace tiny_torch::autodiff {

NormGrads layer_norm_grads(const TensorBase& grad, const TensorBase& input, IntArrayRef normalized_shape,
                           const TensorBase& mean, const TensorBase& rstd, const std::optional<TensorBase>& weight,
                           const std::optional<TensorBase>& bias, std::array<bool, 3> mask) {
  if (!grad.defined()) return {};
  return ops::native_layer_norm_backward(grad, input, normalized_shape, mean, rstd, weight, bias, mask);
}

NormGrads batch_norm_grads(const TensorBase& grad, const TensorBase& input, const std::optional<TensorBase>& weight,
                           const std::optional<TensorBase>& running_mean, const std::optional<TensorBase>& running_var,
                           const TensorBase& save_mean, const TensorBase& save_invstd, bool training, double eps,
                           std::array<bool, 3> mask) {
  if (!grad.defined()) return {};
  return ops::native_batch_norm_backward(grad, input, weight, running_mean, running_var, save_mean, save_invstd,
                                         training, eps, mask);
}

namespace {

// One normalisation y = xhat * w + b with xhat = (x - mean) * rstd. `statistics` are the dims mean and rstd are taken
// over, `parameters` those w lacks; mean, rstd and w broadcast to x. `fixed`: mean and rstd do not depend on x.
struct Normalization {
  TensorBase x, mean, rstd, weight;
  DimVector statistics, parameters;
  bool fixed;

  TensorBase xhat() const { return (x - mean) * rstd; }
  TensorBase scaled_by_weight(const TensorBase& t) const { return weight.defined() ? t * weight : t; }
  TensorBase average(const TensorBase& t) const {
    int64_t count = 1;
    for (int64_t d : statistics) count *= t.size(d);
    return ops::sum(t, OptionalIntArrayRef(IntArrayRef(statistics)), true) / Scalar(count);
  }
  TensorBase over_parameters(const TensorBase& t) const {
    return parameters.empty() ? t : ops::sum(t, OptionalIntArrayRef(IntArrayRef(parameters)), true);
  }
  /// The gradient of x given that of xhat; this linear map is its own transpose.
  TensorBase through_xhat(const TensorBase& g) const {
    if (fixed) return g * rstd;
    const TensorBase z = xhat();
    return rstd * (g - average(g) - z * average(g * z));
  }
  /// mean and rstd were computed without gradients: for derivatives of this one, they are made to depend on x.
  void follow_input() {
    if (fixed || !GradMode::is_enabled()) return;
    const TensorBase wide = ops::to(x, mean.scalar_type());
    mean = average(wide);
    const TensorBase variance = average(ops::square(wide - mean));
    const TensorBase eps = ops::detach(ops::reciprocal(ops::square(rstd)) - variance);
    rstd = ops::rsqrt(variance + eps);
  }
};

TensorBase sum_of(const TensorBase& a, const TensorBase& b) {
  if (!a.defined()) return b;
  return b.defined() ? a + b : a;
}

// With g = grad_out * w and P = through_xhat: grad_input = P(g), grad_weight = sum(grad_out * xhat), grad_bias = sum(grad_out).
// v, a and c are the gradients of these three; a and c broadcast to x. Returns those of x, w (unsummed shape) and grad_out.
NormGrads double_backward(const Normalization& n, const TensorBase& v, const TensorBase& a, const TensorBase& c,
                          const TensorBase& grad_out) {
  TensorBase to_grad_out = c.defined() ? ops::expand(c, grad_out.sizes()) : TensorBase();
  TensorBase to_weight, to_x;
  const TensorBase z = n.xhat();
  if (a.defined()) {
    to_grad_out = sum_of(to_grad_out, a * z);
    to_x = n.through_xhat(a * grad_out);
  }
  if (v.defined()) {
    const TensorBase pv = n.through_xhat(v);
    to_grad_out = sum_of(to_grad_out, n.scaled_by_weight(pv));
    if (n.weight.defined()) to_weight = n.over_parameters(grad_out * pv);
    if (!n.fixed) {
      // Through xhat twice, as P is linear, and through rstd; written in P so that little cancels.
      const TensorBase g = n.scaled_by_weight(grad_out), pg = n.through_xhat(g);
      const TensorBase curved = pv * n.average(g * z) + pg * n.average(v * z) + z * n.average(pv * g);
      to_x = sum_of(to_x, -(n.rstd * curved));
    }
  }
  return {to_x, to_weight, to_grad_out};
}

TensorBase shaped(const TensorBase& t, IntArrayRef shape) { return t.defined() ? ops::reshape(t, shape) : t; }
TensorBase shaped(const std::optional<TensorBase>& t, IntArrayRef shape) {
  return t.has_value() ? ops::reshape(*t, shape) : TensorBase();
}

}  // namespace

NormGrads group_norm_grads(const TensorBase& grad, const TensorBase& grad_mean, const TensorBase& grad_rstd,
                           const TensorBase& input, const std::optional<TensorBase>& weight, int64_t N, int64_t C,
                           int64_t HxW, int64_t group, double eps, std::array<bool, 3> mask) {
  // The groups are the rows of a layer norm, whose statistics are not kept but computed again.
  const int64_t per_group = C / group * HxW, normalized[] = {per_group};
  const TensorBase rows = ops::reshape(ops::contiguous(input), {N, group, per_group});
  const auto [xhat, mean, rstd] = ops::native_layer_norm(rows, normalized, std::nullopt, std::nullopt, eps);
  TensorBase to_rows, to_weight, to_bias;
  if (grad.defined()) {
    DimVector others, parameter_shape(static_cast<size_t>(input.dim() - 1), 1);
    parameter_shape[0] = C;
    for (int64_t d = 0; d < input.dim(); ++d) {
      if (d != 1) others.push_back(d);
    }
    const auto total = [&](const TensorBase& t) {
      return ops::sum(t, OptionalIntArrayRef(IntArrayRef(others)), false,
                      weight.has_value() ? std::optional<ScalarType>(weight->scalar_type()) : std::nullopt);
    };
    if (mask[0]) {
      TensorBase g = weight.has_value() ? grad * ops::reshape(*weight, parameter_shape) : grad;
      if (g.scalar_type() != input.scalar_type()) g = ops::to(g, input.scalar_type());
      to_rows =
          std::get<0>(ops::native_layer_norm_backward(ops::reshape(ops::contiguous(g), rows.sizes()), rows, normalized,
                                                      mean, rstd, std::nullopt, std::nullopt, {true, false, false}));
    }
    if (mask[1]) to_weight = total(grad * ops::reshape(xhat, input.sizes()));
    if (mask[2]) to_bias = total(grad);
  }
  if (mask[0] && (grad_mean.defined() || grad_rstd.defined())) {
    Normalization n{ops::to(rows, mean.scalar_type()), mean, rstd, TensorBase(), {2}, {}, false};
    n.follow_input();
    const Scalar count(per_group);
    const int64_t per_row[] = {N, group, 1};
    TensorBase through;
    if (grad_mean.defined()) through = ops::expand(ops::reshape(grad_mean, per_row) / count, rows.sizes());
    if (grad_rstd.defined())
      through = sum_of(through, -(ops::reshape(grad_rstd, per_row) * ops::square(n.rstd) * n.xhat() / count));
    to_rows = sum_of(to_rows, ops::to(through, input.scalar_type()));
  }
  return {shaped(to_rows, input.sizes()), to_weight, to_bias};
}

NormGrads layer_norm_double_backward(const TensorBase& grad_of_input, const TensorBase& grad_of_weight,
                                     const TensorBase& grad_of_bias, const TensorBase& grad_out,
                                     const TensorBase& input, IntArrayRef normalized_shape, const TensorBase& mean,
                                     const TensorBase& rstd, const std::optional<TensorBase>& weight) {
  const auto rows = input.dim() - static_cast<int64_t>(normalized_shape.size());
  Normalization n{input, mean, rstd, weight.value_or(TensorBase()), {}, {}, false};
  for (int64_t d = 0; d < input.dim(); ++d) (d < rows ? n.parameters : n.statistics).push_back(d);
  n.follow_input();
  auto [to_x, to_weight, to_grad_out] = double_backward(n, grad_of_input, grad_of_weight, grad_of_bias, grad_out);
  return {to_x, shaped(to_weight, normalized_shape), to_grad_out};
}

NormGrads batch_norm_double_backward(const TensorBase& grad_of_input, const TensorBase& grad_of_weight,
                                     const TensorBase& grad_of_bias, const TensorBase& grad_out,
                                     const TensorBase& input, const std::optional<TensorBase>& weight,
                                     const std::optional<TensorBase>& running_mean,
                                     const std::optional<TensorBase>& running_var,
                                     const std::optional<TensorBase>& save_mean,
                                     const std::optional<TensorBase>& save_invstd, bool train, double eps) {
  DimVector shape(static_cast<size_t>(input.dim()), 1);
  shape[1] = input.size(1);
  Normalization n{input, shaped(train ? save_mean : running_mean, shape), TensorBase(), shaped(weight, shape), {}, {},
                  !train};
  n.rstd = train ? shaped(save_invstd, shape) : ops::rsqrt(shaped(running_var, shape) + Scalar(eps));
  for (int64_t d = 0; d < input.dim(); ++d) {
    if (d == 1) continue;
    n.statistics.push_back(d);
    n.parameters.push_back(d);
  }
  n.follow_input();
  auto [to_x, to_weight, to_grad_out] =
      double_backward(n, grad_of_input, shaped(grad_of_weight, shape), shaped(grad_of_bias, shape), grad_out);
  return {to_x, shaped(to_weight, {input.size(1)}), to_grad_out};
}

}  // namespace tiny_torch::autodiff
