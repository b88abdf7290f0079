#include "api/optim/sgd.h"

namespace tiny_torch::frontend::optim {

void SGD::check(const SGDOptions& options) {
  TORCH_CHECK(options.lr() >= 0, "Invalid learning rate: ", options.lr());
  TORCH_CHECK(options.momentum() >= 0, "Invalid momentum value: ", options.momentum());
  TORCH_CHECK(options.weight_decay() >= 0, "Invalid weight_decay value: ", options.weight_decay());
  TORCH_CHECK(!options.nesterov() || (options.momentum() > 0 && options.dampening() == 0),
              "Nesterov momentum requires a momentum and zero dampening");
}

Tensor SGD::step(LossClosure closure) {
  Tensor loss = evaluate(closure);
  for_each([](Tensor& param, Tensor grad, SGDParamState& state, const SGDOptions& o) {
    if (o.weight_decay() != 0) grad = grad.add(param, o.weight_decay());
    if (o.momentum() != 0) {
      Tensor& buffer = state.momentum_buffer();
      if (!buffer.defined()) {
        buffer = grad.detach().clone();
      } else {
        buffer.mul_(o.momentum()).add_(grad, 1 - o.dampening());
      }
      grad = o.nesterov() ? grad.add(buffer, o.momentum()) : buffer;
    }
    param.add_(grad, -o.lr());
  });
  return loss;
}

}  // namespace tiny_torch::frontend::optim
