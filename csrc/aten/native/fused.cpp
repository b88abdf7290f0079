// Fronts of the fused optimizer steps.
#include "generated/kernels/fused.h"
#include "aten/native/fused_stub.h"

namespace tiny_torch::native {

DEFINE_STUB(fused_sgd_stub);
DEFINE_STUB(fused_adam_stub);

namespace {

void check_list(const char* op, const char* name, TensorList list, TensorList params) {
  TORCH_CHECK(list.size() == params.size(), op, "(): expected ", params.size(), " tensors in ", name,
              ", one per parameter, got ", list.size());
  for (size_t i = 0; i < list.size(); ++i) {
    const TensorBase &t = list[i], &p = params[i];
    TORCH_CHECK(t.defined() && t.device() == p.device() && t.scalar_type() == p.scalar_type(), op, "(): ", name, "[", i,
                "] must have the dtype and device of its parameter, ", to_string(p.scalar_type()), " on ", p.device());
    TORCH_CHECK(t.sizes() == p.sizes() && (t.strides() == p.strides() || (t.is_contiguous() && p.is_contiguous())), op,
                "(): ", name, "[", i, "] must have the shape and strides of its parameter, ", p.sizes(), ", got ",
                t.sizes());
  }
}

void check_params(const char* op, TensorList params) {
  for (size_t i = 0; i < params.size(); ++i) {
    const TensorBase& p = params[i];
    TORCH_CHECK(p.defined() && p.is_floating_point(), op, "(): parameters must be floating-point tensors");
    TORCH_CHECK(p.is_non_overlapping_and_dense(), op, "(): self[", i, "] must be dense in memory, got strides ",
                p.strides());
    TORCH_CHECK(p.device() == params[0].device(), op, "(): all parameters must be on one device, got ",
                params[0].device(), " and ", p.device());
  }
}

double one_number(const char* op, const char* name, const TensorBase& t) {
  TORCH_CHECK(t.numel() == 1, op, "(): expected ", name, " with one element, got shape ", t.sizes());
  return t.is_meta() ? 0.0 : read_scalar(t).to_double();
}

bool found_infinity(const char* op, const std::optional<TensorBase>& found_inf) {
  return found_inf.has_value() && one_number(op, "found_inf", *found_inf) != 0;
}

void set_scale(const char* op, FusedOptions& options, const std::optional<TensorBase>& grad_scale) {
  if (!grad_scale.has_value()) return;
  options.unscale = true;
  options.inverse_scale = 1.0 / one_number(op, "grad_scale", *grad_scale);
}

void fused_adam(const char* op, const FusedLists& lists, TensorList state_steps, AdamOptions options, bool amsgrad,
                const std::optional<TensorBase>& grad_scale, const std::optional<TensorBase>& found_inf) {
  check_params(op, lists.params);
  check_list(op, "grads", lists.grads, lists.params);
  check_list(op, "exp_avgs", lists.first, lists.params);
  check_list(op, "exp_avg_sqs", lists.second, lists.params);
  if (amsgrad) check_list(op, "max_exp_avg_sqs", lists.greatest, lists.params);
  TORCH_CHECK(state_steps.size() == lists.params.size(), op, "(): expected ", lists.params.size(),
              " tensors in state_steps, got ", state_steps.size());
  for (const TensorBase& step : state_steps) options.steps.push_back(one_number(op, "state_steps", step));
  set_scale(op, options, grad_scale);
  if (lists.params.empty() || found_infinity(op, found_inf)) return;
  fused_adam_stub(lists.params[0].device().type(), lists, options);
}

}  // namespace

void _fused_sgd_(TensorList self, TensorList grads, TensorList momentum_buffer_list, double weight_decay,
                 double momentum, double lr, double dampening, bool nesterov, bool maximize, bool is_first_step,
                 const std::optional<TensorBase>& grad_scale, const std::optional<TensorBase>& found_inf) {
  check_params("_fused_sgd_", self);
  check_list("_fused_sgd_", "grads", grads, self);
  if (momentum != 0) check_list("_fused_sgd_", "momentum_buffer_list", momentum_buffer_list, self);
  SgdOptions options;
  options.lr = lr;
  options.weight_decay = weight_decay;
  options.maximize = maximize;
  options.momentum = momentum;
  options.dampening = dampening;
  options.nesterov = nesterov;
  options.is_first_step = is_first_step;
  set_scale("_fused_sgd_", options, grad_scale);
  if (self.empty() || found_infinity("_fused_sgd_", found_inf)) return;
  fused_sgd_stub(self[0].device().type(),
                 FusedLists{self, grads, momentum != 0 ? momentum_buffer_list : TensorList(), {}, {}}, options);
}

namespace {
AdamOptions adam_options(double lr, double beta1, double beta2, double weight_decay, double eps, bool maximize,
                         bool decoupled) {
  AdamOptions options;
  options.lr = lr;
  options.weight_decay = weight_decay;
  options.maximize = maximize;
  options.beta1 = beta1;
  options.beta2 = beta2;
  options.eps = eps;
  options.decoupled = decoupled;
  return options;
}
}  // namespace

void _fused_adam_(TensorList self, TensorList grads, TensorList exp_avgs, TensorList exp_avg_sqs,
                  TensorList max_exp_avg_sqs, TensorList state_steps, double lr, double beta1, double beta2,
                  double weight_decay, double eps, bool amsgrad, bool maximize,
                  const std::optional<TensorBase>& grad_scale, const std::optional<TensorBase>& found_inf) {
  fused_adam("_fused_adam_", {self, grads, exp_avgs, exp_avg_sqs, amsgrad ? max_exp_avg_sqs : TensorList()},
             state_steps, adam_options(lr, beta1, beta2, weight_decay, eps, maximize, false), amsgrad, grad_scale,
             found_inf);
}
void _fused_adamw_(TensorList self, TensorList grads, TensorList exp_avgs, TensorList exp_avg_sqs,
                   TensorList max_exp_avg_sqs, TensorList state_steps, double lr, double beta1, double beta2,
                   double weight_decay, double eps, bool amsgrad, bool maximize,
                   const std::optional<TensorBase>& grad_scale, const std::optional<TensorBase>& found_inf) {
  fused_adam("_fused_adamw_", {self, grads, exp_avgs, exp_avg_sqs, amsgrad ? max_exp_avg_sqs : TensorList()},
             state_steps, adam_options(lr, beta1, beta2, weight_decay, eps, maximize, true), amsgrad, grad_scale,
             found_inf);
}

}  // namespace tiny_torch::native
