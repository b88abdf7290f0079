#include "api/optim/adagrad.h"

#include "generated/functions/creation.h"

namespace tiny_torch::frontend::optim {

void Adagrad::check(const AdagradOptions& o) {
  TORCH_CHECK(o.lr() >= 0, "Invalid learning rate: ", o.lr());
  TORCH_CHECK(o.lr_decay() >= 0, "Invalid lr_decay value: ", o.lr_decay());
  TORCH_CHECK(o.weight_decay() >= 0, "Invalid weight_decay value: ", o.weight_decay());
  TORCH_CHECK(o.initial_accumulator_value() >= 0,
              "Invalid initial_accumulator_value value: ", o.initial_accumulator_value());
  TORCH_CHECK(o.eps() >= 0, "Invalid epsilon value: ", o.eps());
}

Tensor Adagrad::step(LossClosure closure) {
  Tensor loss = evaluate(closure);
  for_each([](Tensor& param, Tensor grad, AdagradParamState& state, const AdagradOptions& o) {
    if (!state.sum().defined()) state.sum(full_like(param, o.initial_accumulator_value()));
    state.step(state.step() + 1);
    if (o.weight_decay() != 0) grad = grad.add(param, o.weight_decay());
    const double lr = o.lr() / (1 + static_cast<double>(state.step() - 1) * o.lr_decay());
    state.sum().addcmul_(grad, grad, 1.0);
    param.addcdiv_(grad, state.sum().sqrt().add_(o.eps()), -lr);
  });
  return loss;
}

void RMSprop::check(const RMSpropOptions& o) {
  TORCH_CHECK(o.lr() >= 0, "Invalid learning rate: ", o.lr());
  TORCH_CHECK(o.eps() >= 0, "Invalid epsilon value: ", o.eps());
  TORCH_CHECK(o.momentum() >= 0, "Invalid momentum value: ", o.momentum());
  TORCH_CHECK(o.weight_decay() >= 0, "Invalid weight_decay value: ", o.weight_decay());
  TORCH_CHECK(o.alpha() >= 0, "Invalid alpha value: ", o.alpha());
}

Tensor RMSprop::step(LossClosure closure) {
  Tensor loss = evaluate(closure);
  for_each([](Tensor& param, Tensor grad, RMSpropParamState& state, const RMSpropOptions& o) {
    if (!state.square_avg().defined()) state.square_avg(zeros_like(param));
    if (o.momentum() > 0 && !state.momentum_buffer().defined()) state.momentum_buffer(zeros_like(param));
    if (o.centered() && !state.grad_avg().defined()) state.grad_avg(zeros_like(param));
    state.step(state.step() + 1);
    if (o.weight_decay() != 0) grad = grad.add(param, o.weight_decay());
    state.square_avg().mul_(o.alpha()).addcmul_(grad, grad, 1 - o.alpha());
    Tensor average = state.square_avg();
    if (o.centered()) {
      state.grad_avg().mul_(o.alpha()).add_(grad, 1 - o.alpha());
      average = average.addcmul(state.grad_avg(), state.grad_avg(), -1);
    }
    const Tensor divisor = average.sqrt().add_(o.eps());
    if (o.momentum() > 0) {
      state.momentum_buffer().mul_(o.momentum()).addcdiv_(grad, divisor, 1.0);
      param.add_(state.momentum_buffer(), -o.lr());
    } else {
      param.addcdiv_(grad, divisor, -o.lr());
    }
  });
  return loss;
}

}  // namespace tiny_torch::frontend::optim
