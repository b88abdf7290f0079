// Fronts of the fused optimizer steps.
#include "generated/kernels/optim.h"

#include "aten/native/optim_stub.h"
#include "c10/TensorImpl.h"
#include "generated/ops/binary.h"

namespace tiny_torch::native {

DEFINE_STUB(fused_sgd_stub);
DEFINE_STUB(fused_adam_stub);

namespace {

// Raises unless `list` goes with `params` element by element.
void check_list(const char* op, const char* name, TensorList list, TensorList params) {
  TORCH_CHECK(list.size() == params.size(), op, "(): expected as many ", name, " as parameters, ", params.size(), ", but got ",
              list.size());
  for (size_t i = 0; i < params.size(); ++i) {
    const TensorBase& t = list[i];
    TORCH_CHECK(t.sizes() == params[i].sizes(), op, "(): expected ", name, "[", i, "] of sizes ", params[i].sizes(), ", but got ", t.sizes());
    TORCH_CHECK(t.scalar_type() == params[0].scalar_type(), op, "(): expected ", name, "[", i, "] of dtype ", params[0].scalar_type(),
                ", but got ", t.scalar_type());
    TORCH_CHECK(t.device() == params[0].device(), op, "(): expected ", name, "[", i, "] on ", params[0].device(), ", but got ", t.device());
    TORCH_CHECK(t.is_contiguous(), op, "(): expected ", name, "[", i, "] to be contiguous");
  }
}

// The checks that all steps share; false when there is nothing to do.
bool check_params(const char* op, TensorList params, TensorList grads) {
  if (params.empty()) {
    TORCH_CHECK(grads.empty(), op, "(): got gradients without parameters");
    return false;
  }
  const ScalarType dtype = params[0].scalar_type();
  TORCH_CHECK(dtype == kFloat || dtype == kDouble, op, "(): expected parameters of dtype float32 or float64, but got ", dtype);
  check_list(op, "parameters", params, params);
  check_list(op, "gradients", grads, params);
  for (const TensorBase& p : params) {
    TORCH_CHECK(!(GradMode::is_enabled() && p.requires_grad()), "a leaf Variable that requires grad is being used in an in-place operation.");
  }
  return true;
}

double number(const char* op, const char* name, const TensorBase& t) {
  TORCH_CHECK(t.numel() == 1 && (t.scalar_type() == kFloat || t.scalar_type() == kDouble) && t.device().type() == DeviceType::CPU, op,
              "(): expected ", name, " to be a CPU tensor with one element of dtype float32 or float64, but got ", t.scalar_type(), " of sizes ",
              t.sizes());
  return t.scalar_type() == kFloat ? static_cast<double>(*t.const_data_ptr<float>()) : *t.const_data_ptr<double>();
}

// A step with infinite gradients is left out.
bool is_skipped(const char* op, const std::optional<TensorBase>& found_inf) {
  return found_inf.has_value() && found_inf->defined() && number(op, "found_inf", *found_inf) == 1.0;
}

double scale_of(const char* op, const std::optional<TensorBase>& grad_scale) {
  return grad_scale.has_value() && grad_scale->defined() ? number(op, "grad_scale", *grad_scale) : 1.0;
}

void bump(TensorList list) {
  for (const TensorBase& t : list) t.unsafe_impl()->version_counter().bump();
}

void adam(const char* op, TensorList params, TensorList grads, TensorList exp_avgs, TensorList exp_avg_sqs, TensorList max_exp_avg_sqs,
          TensorList state_steps, AdamCall& call, bool amsgrad, const std::optional<TensorBase>& grad_scale,
          const std::optional<TensorBase>& found_inf) {
  if (!check_params(op, params, grads)) return;
  check_list(op, "exp_avgs", exp_avgs, params);
  check_list(op, "exp_avg_sqs", exp_avg_sqs, params);
  if (amsgrad) check_list(op, "max_exp_avg_sqs", max_exp_avg_sqs, params);
  TORCH_CHECK(state_steps.size() == params.size(), op, "(): expected as many state_steps as parameters, ", params.size(), ", but got ",
              state_steps.size());
  if (is_skipped(op, found_inf)) return;
  for (const TensorBase& step : state_steps) call.steps.push_back(number(op, "state_steps", step));
  call.grad_scale = scale_of(op, grad_scale);
  bump(params);
  bump(exp_avgs);
  bump(exp_avg_sqs);
  if (amsgrad) bump(max_exp_avg_sqs);
  if (call.grad_scale != 1.0) bump(grads);
  fused_adam_stub(params[0].device().type(), call);
}

}  // namespace

void _fused_sgd_(TensorList self, TensorList grads, TensorList momentum_buffer_list, double weight_decay, double momentum, double lr,
                 double dampening, bool nesterov, bool maximize, bool is_first_step, const std::optional<TensorBase>& grad_scale,
                 const std::optional<TensorBase>& found_inf) {
  const char* op = "_fused_sgd_";
  if (!check_params(op, self, grads)) return;
  const TensorList buffers = momentum == 0 ? TensorList() : momentum_buffer_list;
  if (momentum != 0) check_list(op, "momentum buffers", buffers, self);
  if (is_skipped(op, found_inf)) return;
  const SgdCall call{self,      grads,    buffers,  weight_decay,  momentum, lr,
                     dampening, nesterov, maximize, is_first_step, scale_of(op, grad_scale)};
  bump(self);
  bump(buffers);
  if (call.grad_scale != 1.0) bump(grads);
  fused_sgd_stub(self[0].device().type(), call);
}

void _foreach_add_(TensorList self, const Scalar& scalar) {
  for (TensorBase t : self) ops::add_(t, scalar);
}

void _fused_adam_(TensorList self, TensorList grads, TensorList exp_avgs, TensorList exp_avg_sqs, TensorList max_exp_avg_sqs,
                  TensorList state_steps, double lr, double beta1, double beta2, double weight_decay, double eps, bool amsgrad, bool maximize,
                  const std::optional<TensorBase>& grad_scale, const std::optional<TensorBase>& found_inf) {
  AdamCall call{self,  grads, exp_avgs, exp_avg_sqs,  amsgrad ? max_exp_avg_sqs : TensorList(), {},       lr,
                beta1, beta2, weight_decay, eps, false, maximize, 1.0};
  adam("_fused_adam_", self, grads, exp_avgs, exp_avg_sqs, max_exp_avg_sqs, state_steps, call, amsgrad, grad_scale, found_inf);
}

void _fused_adamw_(TensorList self, TensorList grads, TensorList exp_avgs, TensorList exp_avg_sqs, TensorList max_exp_avg_sqs,
                   TensorList state_steps, double lr, double beta1, double beta2, double weight_decay, double eps, bool amsgrad, bool maximize,
                   const std::optional<TensorBase>& grad_scale, const std::optional<TensorBase>& found_inf) {
  AdamCall call{self,  grads, exp_avgs, exp_avg_sqs,  amsgrad ? max_exp_avg_sqs : TensorList(), {},      lr,
                beta1, beta2, weight_decay, eps, true, maximize, 1.0};
  adam("_fused_adamw_", self, grads, exp_avgs, exp_avg_sqs, max_exp_avg_sqs, state_steps, call, amsgrad, grad_scale, found_inf);
}

}  // namespace tiny_torch::native
