// Fronts of the normalisations.
#include "aten/native/norm.h"

#include <string>

#include "aten/core/operators.h"
#include "generated/kernels/norm.h"
#include "generated/ops/copy.h"
#include "generated/ops/creation.h"
#include "generated/ops/norm.h"
#include "generated/ops/reduce.h"
#include "generated/ops/shape.h"
#include "generated/ops/unary.h"
#include "generated/ops/view.h"

namespace tiny_torch::native {

DEFINE_STUB(layer_norm_stub);
DEFINE_STUB(layer_norm_backward_stub);
DEFINE_STUB(batch_norm_stub);
DEFINE_STUB(batch_norm_backward_stub);

namespace {

// Of the type the values are computed in.
double machine_epsilon(ScalarType t) { return t == kDouble || t == kComplexDouble ? 0x1p-52 : 0x1p-23; }

bool is_half(ScalarType t) { return t == kHalf || t == kBFloat16; }

TensorBase or_undefined(const std::optional<TensorBase>& t) { return t.has_value() ? *t : TensorBase(); }
TensorBase dense(const TensorBase& t) {
  return !t.defined() || t.is_contiguous() ? t : ops::clone(t, MemoryFormat::Contiguous);
}

void check_floating(const char* name, const TensorBase& input) {
  TORCH_CHECK_NOT_IMPLEMENTED(input.is_floating_point() && !is_float8(input.scalar_type()), "\"", name,
                              "\" not implemented for '", to_string(input.scalar_type()), "'");
}

// Half inputs may come with float parameters; statistics then are float.
void check_param_dtype(const TensorBase& input, const TensorBase& param) {
  if (!param.defined()) return;
  const ScalarType t = param.scalar_type();
  TORCH_CHECK(t == input.scalar_type() || (is_half(input.scalar_type()) && t == kFloat),
              "mixed dtype (CPU): expect parameter to have scalar type of Float or ", to_string(input.scalar_type()),
              ", got ", to_string(t));
  TORCH_CHECK(param.device() == input.device(), "normalization: expected all tensors on ", input.device(),
              ", got one on ", param.device());
}

ScalarType stats_dtype(const TensorBase& input, std::initializer_list<const TensorBase*> params) {
  for (const TensorBase* p : params) {
    if (p->defined() && p->scalar_type() == kFloat) return kFloat;
  }
  return input.scalar_type();
}

std::string after_commas(IntArrayRef sizes) {
  std::string text;
  for (const int64_t size : sizes) text += ", " + std::to_string(size);
  return text;
}

int64_t normalized_count(const TensorBase& input, IntArrayRef shape, const TensorBase& weight, const TensorBase& bias) {
  TORCH_CHECK(!shape.empty(),
              "Expected normalized_shape to be at least 1-dimensional, i.e., containing at least one element, but got "
              "normalized_shape = ",
              shape);
  TORCH_CHECK(!weight.defined() || weight.sizes() == shape,
              "Expected weight to be of same shape as normalized_shape, but got weight of shape ",
              weight.defined() ? weight.sizes() : shape, " and normalized_shape = ", shape);
  TORCH_CHECK(!bias.defined() || bias.sizes() == shape,
              "Expected bias to be of same shape as normalized_shape, but got bias of shape ",
              bias.defined() ? bias.sizes() : shape, " and normalized_shape = ", shape);
  const IntArrayRef sizes = input.sizes();
  TORCH_CHECK(sizes.size() >= shape.size() && sizes.slice(sizes.size() - shape.size()) == shape,
              "Given normalized_shape=", shape, ", expected input with shape [*", after_commas(shape),
              "], but got input of size", sizes);
  return checked_numel(shape);
}

DimVector stats_shape(IntArrayRef sizes, size_t normalized) {
  DimVector shape(sizes);
  for (size_t i = sizes.size() - normalized; i < sizes.size(); ++i) shape[i] = 1;
  return shape;
}

}  // namespace

std::tuple<TensorBase, TensorBase, TensorBase> native_layer_norm(const TensorBase& input, IntArrayRef normalized_shape,
                                                                 const std::optional<TensorBase>& weight_opt,
                                                                 const std::optional<TensorBase>& bias_opt,
                                                                 double eps) {
  const TensorBase weight = or_undefined(weight_opt), bias = or_undefined(bias_opt);
  const int64_t n = normalized_count(input, normalized_shape, weight, bias);
  check_floating("LayerNormKernelImpl", input);
  check_param_dtype(input, weight);
  check_param_dtype(input, bias);
  TORCH_CHECK(!weight.defined() || !bias.defined() || weight.scalar_type() == bias.scalar_type(),
              "expected scalar type ", to_string(weight.defined() ? weight.scalar_type() : kFloat), " but found ",
              to_string(bias.defined() ? bias.scalar_type() : kFloat));
  const ScalarType stats = stats_dtype(input, {&weight, &bias});
  const DimVector shape = stats_shape(input.sizes(), normalized_shape.size());
  TensorBase out = empty_tensor(input.sizes(), input.scalar_type(), input.device());
  TensorBase mean = empty_tensor(shape, stats, input.device()), rstd = empty_tensor(shape, stats, input.device());
  if (out.numel() == 0) {
    // Rows of no values: their statistics are not read by anyone.
    ops::zero_(mean);
    ops::zero_(rstd);
  } else {
    layer_norm_stub(input.device().type(),
                    LayerNormCall{out, mean, rstd, dense(input), dense(weight), dense(bias), n, eps});
  }
  return {out, mean, rstd};
}

std::tuple<TensorBase, TensorBase, TensorBase> native_layer_norm_backward(
    const TensorBase& grad_out, const TensorBase& input, IntArrayRef normalized_shape, const TensorBase& mean,
    const TensorBase& rstd, const std::optional<TensorBase>& weight_opt, const std::optional<TensorBase>& bias_opt,
    ArrayRef<bool> output_mask) {
  TORCH_CHECK(output_mask.size() == 3, "native_layer_norm_backward: expected output_mask to have 3 values, got ",
              output_mask.size());
  const TensorBase weight = or_undefined(weight_opt), bias = or_undefined(bias_opt);
  const int64_t n = normalized_count(input, normalized_shape, weight, bias);
  check_floating("LayerNormBackwardKernelImpl", input);
  check_param_dtype(input, weight);
  const auto rows = static_cast<size_t>(input.dim()) - normalized_shape.size();
  const int64_t count = checked_numel(input.sizes().slice(0, rows));
  TORCH_CHECK(grad_out.sizes() == input.sizes() && grad_out.scalar_type() == input.scalar_type(),
              "native_layer_norm_backward: expected grad_out like input, got size ", grad_out.sizes());
  TORCH_CHECK(mean.numel() == count && rstd.numel() == count,
              "native_layer_norm_backward: expected mean and rstd with ", count, " values, got ", mean.numel(), " and ",
              rstd.numel());
  TensorBase grad_input, grad_weight, grad_bias;
  if (output_mask[0]) grad_input = empty_tensor(input.sizes(), input.scalar_type(), input.device());
  if (output_mask[1] && weight.defined())
    grad_weight = empty_tensor(normalized_shape, weight.scalar_type(), input.device());
  if (output_mask[2] && (bias.defined() || weight.defined())) {
    grad_bias =
        empty_tensor(normalized_shape, bias.defined() ? bias.scalar_type() : weight.scalar_type(), input.device());
  }
  if (input.numel() == 0) {
    if (grad_weight.defined()) ops::zero_(grad_weight);
    if (grad_bias.defined()) ops::zero_(grad_bias);
  } else {
    layer_norm_backward_stub(input.device().type(),
                             LayerNormBackwardCall{grad_input, grad_weight, grad_bias, dense(grad_out), dense(input),
                                                   dense(mean), dense(rstd), dense(weight), n});
  }
  return {grad_input, grad_weight, grad_bias};
}

namespace {

void check_per_channel(const char* name, const TensorBase& t, int64_t channels) {
  TORCH_CHECK(!t.defined() || t.numel() == channels, name, " should contain ", channels, " elements not ",
              t.defined() ? t.numel() : 0);
  TORCH_CHECK(!t.defined() || t.dim() == 1, "batch_norm: expected ", name, " with 1 dimension, got ",
              t.defined() ? t.dim() : 1);
}

int64_t check_channels(const TensorBase& input) {
  TORCH_CHECK_INDEX(input.dim() >= 2, "Dimension out of range (expected to be in range of [",
                    -std::max<int64_t>(1, input.dim()), ", ", std::max<int64_t>(1, input.dim()) - 1, "], but got 1)");
  return input.size(1);
}

// Whether the channels lie innermost; (N, C) counts as such.
MemoryFormat batch_format(const TensorBase& input) { return input.suggest_memory_format(); }
bool is_channels_last(const TensorBase& input) {
  return input.dim() == 2 || batch_format(input) != MemoryFormat::Contiguous;
}
TensorBase laid_out(const TensorBase& t, MemoryFormat format) {
  return t.is_contiguous(format) ? t : ops::clone(t, format);
}

}  // namespace

std::tuple<TensorBase, TensorBase, TensorBase> native_batch_norm(const TensorBase& input,
                                                                 const std::optional<TensorBase>& weight_opt,
                                                                 const std::optional<TensorBase>& bias_opt,
                                                                 const std::optional<TensorBase>& running_mean_opt,
                                                                 const std::optional<TensorBase>& running_var_opt,
                                                                 bool training, double momentum, double eps) {
  const TensorBase weight = or_undefined(weight_opt), bias = or_undefined(bias_opt);
  const TensorBase running_mean = or_undefined(running_mean_opt), running_var = or_undefined(running_var_opt);
  const int64_t channels = check_channels(input);
  TORCH_CHECK(training || running_mean.defined(), "running_mean must be defined in evaluation mode");
  TORCH_CHECK(training || running_var.defined(), "running_var must be defined in evaluation mode");
  TORCH_CHECK_VALUE(running_mean.defined() == running_var.defined(),
                    "running_mean and running_var must either both be None or neither be None");
  check_per_channel("running_mean", running_mean, channels);
  check_per_channel("running_var", running_var, channels);
  check_per_channel("weight", weight, channels);
  check_per_channel("bias", bias, channels);
  check_floating("batch_norm", input);
  for (const TensorBase* p : {&weight, &bias, &running_mean, &running_var}) check_param_dtype(input, *p);
  const MemoryFormat format = batch_format(input);
  const ScalarType stats = stats_dtype(input, {&weight, &bias, &running_mean, &running_var});
  TensorBase out = empty_tensor(input.sizes(), input.scalar_type(), input.device(), format);
  const int64_t saved[] = {training ? channels : 0};
  TensorBase mean = empty_tensor(saved, stats, input.device()), invstd = empty_tensor(saved, stats, input.device());
  if (out.numel() == 0) {
    ops::zero_(mean);
    ops::zero_(invstd);
    return {out, mean, invstd};
  }
  batch_norm_stub(input.device().type(), BatchNormCall{out, mean, invstd, laid_out(input, format), dense(weight),
                                                       dense(bias), training ? running_mean : dense(running_mean),
                                                       training ? running_var : dense(running_var), training,
                                                       is_channels_last(input), momentum, eps});
  return {out, mean, invstd};
}

std::tuple<TensorBase, TensorBase, TensorBase> native_batch_norm_backward(
    const TensorBase& grad_out, const TensorBase& input, const std::optional<TensorBase>& weight_opt,
    const std::optional<TensorBase>& running_mean_opt, const std::optional<TensorBase>& running_var_opt,
    const std::optional<TensorBase>& save_mean, const std::optional<TensorBase>& save_invstd, bool train, double eps,
    ArrayRef<bool> output_mask) {
  TORCH_CHECK(output_mask.size() == 3, "native_batch_norm_backward: expected output_mask to have 3 values, got ",
              output_mask.size());
  const TensorBase weight = or_undefined(weight_opt);
  const int64_t channels = check_channels(input);
  check_per_channel("weight", weight, channels);
  check_floating("batch_norm_backward", input);
  check_param_dtype(input, weight);
  TORCH_CHECK(grad_out.sizes() == input.sizes() && grad_out.scalar_type() == input.scalar_type(),
              "native_batch_norm_backward: expected grad_out like input, got size ", grad_out.sizes());
  TensorBase mean = or_undefined(train ? save_mean : running_mean_opt), invstd = or_undefined(save_invstd);
  if (!train) {
    const TensorBase running_var = or_undefined(running_var_opt);
    TORCH_CHECK(mean.defined() && running_var.defined(),
                "native_batch_norm_backward: expected running statistics in evaluation mode");
    invstd = ops::rsqrt(ops::to(running_var, is_half(running_var.scalar_type()) ? kFloat : running_var.scalar_type()) +
                        Scalar(eps));
  }
  TORCH_CHECK(mean.defined() && invstd.defined() && mean.numel() == channels && invstd.numel() == channels,
              "native_batch_norm_backward: expected mean and invstd with ", channels, " values");
  const ScalarType param = weight.defined() ? weight.scalar_type() : input.scalar_type();
  const MemoryFormat format = batch_format(input);
  TensorBase grad_input, grad_weight, grad_bias;
  if (output_mask[0]) grad_input = empty_tensor(input.sizes(), input.scalar_type(), input.device(), format);
  const int64_t shape[] = {channels};
  if (output_mask[1]) grad_weight = empty_tensor(shape, param, input.device());
  if (output_mask[2]) grad_bias = empty_tensor(shape, param, input.device());
  if (input.numel() == 0) {
    if (grad_weight.defined()) ops::zero_(grad_weight);
    if (grad_bias.defined()) ops::zero_(grad_bias);
    return {grad_input, grad_weight, grad_bias};
  }
  batch_norm_backward_stub(
      input.device().type(),
      BatchNormBackwardCall{grad_input, grad_weight, grad_bias, laid_out(grad_out, format), laid_out(input, format),
                            dense(weight), dense(mean), dense(invstd), train, is_channels_last(input)});
  return {grad_input, grad_weight, grad_bias};
}

TensorBase batch_norm(const TensorBase& input, const std::optional<TensorBase>& weight,
                      const std::optional<TensorBase>& bias, const std::optional<TensorBase>& running_mean,
                      const std::optional<TensorBase>& running_var, bool training, double momentum, double eps, bool) {
  // Without channels and without values there is nothing to normalise.
  if (input.dim() < 2 && input.numel() == 0) return ops::clone(input);
  return std::get<0>(ops::native_batch_norm(input, weight, bias, running_mean, running_var, training, momentum, eps));
}

namespace {

// (C) repeated for each of n samples, as (n * C).
std::optional<TensorBase> repeated(const std::optional<TensorBase>& t, int64_t n) {
  if (!t.has_value()) return std::nullopt;
  return ops::reshape(ops::expand(ops::unsqueeze(*t, 0), {n, t->numel()}), {n * t->numel()});
}

void store_mean_of_samples(const std::optional<TensorBase>& running, const std::optional<TensorBase>& samples,
                           int64_t n) {
  if (!running.has_value() || n == 0) return;
  const NoGradGuard no_grad;
  TensorBase target = *running;
  const int64_t shape[] = {n, running->numel()};
  ops::copy_(target,
             ops::sum(ops::reshape(*samples, shape), OptionalIntArrayRef(IntArrayRef({int64_t{0}}))) / Scalar(n));
}

}  // namespace

TensorBase instance_norm(const TensorBase& input, const std::optional<TensorBase>& weight,
                         const std::optional<TensorBase>& bias, const std::optional<TensorBase>& running_mean,
                         const std::optional<TensorBase>& running_var, bool use_input_stats, double momentum,
                         double eps, bool cudnn_enabled) {
  TORCH_CHECK(use_input_stats || (running_mean.has_value() && running_var.has_value()),
              "Expected running_mean and running_var to be defined when use_input_stats is false");
  const int64_t channels = check_channels(input), n = input.size(0);
  const struct {
    const char* name;
    const std::optional<TensorBase>& t;
  } given[] = {{"weight", weight}, {"bias", bias}, {"running_mean", running_mean}, {"running_var", running_var}};
  for (const auto& g : given) check_per_channel(g.name, or_undefined(g.t), channels);
  DimVector shape(input.sizes());
  shape[0] = 1;
  shape[1] = n * channels;
  const auto sample_mean = repeated(running_mean, n), sample_var = repeated(running_var, n);
  const auto own = [](const std::optional<TensorBase>& t) {
    return t.has_value() ? std::optional<TensorBase>(ops::clone(*t, MemoryFormat::Contiguous)) : t;
  };
  const auto mean = own(sample_mean), var = own(sample_var);
  const TensorBase out = ops::batch_norm(ops::reshape(ops::contiguous(input), shape), repeated(weight, n),
                                         repeated(bias, n), mean, var, use_input_stats, momentum, eps, cudnn_enabled);
  if (use_input_stats) {
    store_mean_of_samples(running_mean, mean, n);
    store_mean_of_samples(running_var, var, n);
  }
  return ops::reshape(out, input.sizes());
}

namespace {

void check_group_norm(const TensorBase& input, int64_t channels, int64_t num_groups,
                      const std::optional<TensorBase>& weight, const std::optional<TensorBase>& bias) {
  TORCH_CHECK(num_groups > 0, "Expected num groups to be greater than 0, got ", num_groups);
  TORCH_CHECK(channels % num_groups == 0,
              "Expected number of channels in input to be divisible by num_groups, but got input of shape ",
              input.sizes(), " and num_groups=", num_groups);
  for (const auto* p : {&weight, &bias}) {
    TORCH_CHECK(!p->has_value() || ((*p)->dim() == 1 && (*p)->numel() == channels), "Expected ",
                p == &weight ? "weight" : "bias",
                " to be a vector of size equal to the number of channels in input, but got ",
                p == &weight ? "weight" : "bias", " of shape ", p->has_value() ? (*p)->sizes() : IntArrayRef(),
                " and input of shape ", input.sizes());
    check_param_dtype(input, or_undefined(*p));
  }
  check_floating("GroupNormKernelImpl", input);
}

}  // namespace

std::tuple<TensorBase, TensorBase, TensorBase> native_group_norm(const TensorBase& input,
                                                                 const std::optional<TensorBase>& weight,
                                                                 const std::optional<TensorBase>& bias, int64_t N,
                                                                 int64_t C, int64_t HxW, int64_t group, double eps) {
  check_group_norm(input, C, group, weight, bias);
  TORCH_CHECK(N >= 0 && C >= 0 && HxW >= 0 && input.dim() >= 2 && input.numel() == checked_numel({N, C, HxW}),
              "native_group_norm: expected input with N * C * HxW = ", N, " * ", C, " * ", HxW, " values, got shape ",
              input.sizes());
  const MemoryFormat format = input.suggest_memory_format();
  const int64_t per_group = C / group * HxW, normalized[] = {per_group};
  auto [out, mean, rstd] = ops::native_layer_norm(ops::reshape(ops::contiguous(input), {N, group, per_group}),
                                                  normalized, std::nullopt, std::nullopt, eps);
  out = ops::reshape(out, input.sizes());
  DimVector shape(static_cast<size_t>(input.dim() - 1), 1);
  shape[0] = C;
  if (weight.has_value()) out = out * ops::reshape(*weight, shape);
  if (bias.has_value()) out = out + ops::reshape(*bias, shape);
  if (out.scalar_type() != input.scalar_type()) out = ops::to(out, input.scalar_type());
  if (format != MemoryFormat::Contiguous) out = ops::contiguous(out, format);
  const TensorBase w = or_undefined(weight), b = or_undefined(bias);
  const ScalarType type = stats_dtype(input, {&w, &b});
  return {out, ops::to(ops::reshape(mean, {N, group}), type), ops::to(ops::reshape(rstd, {N, group}), type)};
}

TensorBase group_norm(const TensorBase& input, int64_t num_groups, const std::optional<TensorBase>& weight,
                      const std::optional<TensorBase>& bias, double eps, bool) {
  const int64_t channels = check_channels(input);
  check_group_norm(input, channels, num_groups, weight, bias);
  const int64_t places = checked_numel(input.sizes().slice(2));
  return std::get<0>(ops::native_group_norm(input, weight, bias, input.size(0), channels, places, num_groups, eps));
}

TensorBase rms_norm(const TensorBase& input, IntArrayRef normalized_shape, const std::optional<TensorBase>& weight,
                    std::optional<double> eps) {
  TORCH_CHECK_VALUE(input.dim() >= static_cast<int64_t>(normalized_shape.size()), "Input tensor must have at least ",
                    normalized_shape.size(), " dimensions, but got ", input.dim());
  normalized_count(input, normalized_shape, or_undefined(weight), {});
  TORCH_CHECK_NOT_IMPLEMENTED(input.is_floating_point() || input.is_complex(), "\"rms_norm\" not implemented for '",
                              to_string(input.scalar_type()), "'");
  const TensorBase x = is_half(input.scalar_type()) ? ops::to(input, kFloat) : input;
  DimVector dims;
  for (int64_t d = input.dim() - static_cast<int64_t>(normalized_shape.size()); d < input.dim(); ++d) dims.push_back(d);
  const TensorBase square = input.is_complex() ? ops::real(x * ops::conj(x)) : x * x;
  const TensorBase mean = ops::mean(square, OptionalIntArrayRef(IntArrayRef(dims)), true);
  TensorBase out = x * ops::rsqrt(mean + Scalar(eps.value_or(machine_epsilon(input.scalar_type()))));
  if (weight.has_value()) out = out * *weight;
  return ops::contiguous(out.scalar_type() == input.scalar_type() ? out : ops::to(out, input.scalar_type()));
}

}  // namespace tiny_torch::native
