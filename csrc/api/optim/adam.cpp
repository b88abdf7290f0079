#include "api/optim/adam.h"

#include <cmath>

#include "generated/functions/creation.h"
#include "generated/ops/fused.h"

namespace tiny_torch::frontend::optim {
namespace {

template <class Options>
void check_adam(const Options& o) {
  const auto [beta1, beta2] = o.betas();
  TORCH_CHECK(o.lr() >= 0, "Invalid learning rate: ", o.lr());
  TORCH_CHECK(o.eps() >= 0, "Invalid epsilon value: ", o.eps());
  TORCH_CHECK(0 <= beta1 && beta1 < 1, "Invalid beta parameter at index 0: ", beta1);
  TORCH_CHECK(0 <= beta2 && beta2 < 1, "Invalid beta parameter at index 1: ", beta2);
  TORCH_CHECK(o.weight_decay() >= 0, "Invalid weight_decay value: ", o.weight_decay());
}

/// One update by the one-pass operator, on which both optimizers in Python stand as well.
template <bool kDecoupled, class Options>
void update(Tensor& param, const Tensor& grad, AdamParamState& state, const Options& o) {
  TORCH_CHECK(param.is_floating_point(), "Adam: expected parameters of a floating dtype, got ", param.scalar_type());
  if (!state.exp_avg().defined()) {
    state.exp_avg(zeros_like(param)).exp_avg_sq(zeros_like(param));
  }
  if (o.amsgrad() && !state.max_exp_avg_sq().defined()) state.max_exp_avg_sq(zeros_like(param));
  state.step(state.step() + 1);
  const auto [beta1, beta2] = o.betas();
  const TensorBase step = scalar_tensor_of(static_cast<double>(state.step()), kFloat);
  const TensorBase self = param, gradient = grad, first = state.exp_avg(), second = state.exp_avg_sq();
  const TensorBase largest = state.max_exp_avg_sq();
  const TensorList maxima = o.amsgrad() ? TensorList(largest) : TensorList();
  const auto fused = kDecoupled ? &ops::_fused_adamw_ : &ops::_fused_adam_;
  fused(self, gradient, first, second, maxima, step, o.lr(), beta1, beta2, o.weight_decay(), o.eps(), o.amsgrad(),
        /*maximize=*/false, std::nullopt, std::nullopt);
}

}  // namespace

void Adam::check(const AdamOptions& options) { check_adam(options); }
void AdamW::check(const AdamWOptions& options) { check_adam(options); }

Tensor Adam::step(LossClosure closure) {
  Tensor loss = evaluate(closure);
  for_each([](Tensor& param, const Tensor& grad, AdamParamState& state, const AdamOptions& o) {
    update<false>(param, grad, state, o);
  });
  return loss;
}
Tensor AdamW::step(LossClosure closure) {
  Tensor loss = evaluate(closure);
  for_each([](Tensor& param, const Tensor& grad, AdamParamState& state, const AdamWOptions& o) {
    update<true>(param, grad, state, o);
  });
  return loss;
}

}  // namespace tiny_torch::frontend::optim
