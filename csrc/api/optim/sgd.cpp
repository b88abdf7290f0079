#include "api/optim/sgd.h"

#include "generated/ops/binary.h"
#include "generated/ops/copy.h"

namespace tiny_torch::optim {
namespace {

void check_options(const SGDOptions& options) {
  TORCH_CHECK(options.lr() >= 0, "Invalid learning rate: ", options.lr());
  TORCH_CHECK(options.momentum() >= 0, "Invalid momentum value: ", options.momentum());
  TORCH_CHECK(options.weight_decay() >= 0, "Invalid weight_decay value: ", options.weight_decay());
  TORCH_CHECK(!options.nesterov() || (options.momentum() > 0 && options.dampening() == 0),
              "Nesterov momentum requires a momentum and zero dampening");
}

void add_scaled_(TensorBase& self, const TensorBase& other, double alpha) { ops::add_(self, other, Scalar(alpha)); }

}  // namespace

SGD::SGD(std::vector<OptimizerParamGroup> groups, SGDOptions defaults)
    : Optimizer(std::move(groups), std::make_unique<SGDOptions>(defaults)) {
  check_options(defaults);
  for (const OptimizerParamGroup& group : groups_) check_options(static_cast<const SGDOptions&>(group.options()));
}

Tensor SGD::step(LossClosure closure) {
  Tensor loss;
  if (closure) {
    const AutoGradMode enabled(true);
    loss = closure();
  }
  const NoGradGuard no_grad;
  for (OptimizerParamGroup& group : groups_) {
    const auto& options = static_cast<const SGDOptions&>(group.options());
    for (Tensor& param : group.params()) {
      TensorBase grad = param.grad();
      if (!grad.defined()) continue;
      if (options.weight_decay() != 0) grad = ops::add(grad, param, Scalar(options.weight_decay()));
      if (options.momentum() != 0) {
        TensorBase& buffer = momentum_buffers_[param.impl()];
        if (!buffer.defined()) {
          buffer = ops::clone(ops::detach(grad));
        } else {
          ops::mul_(buffer, wrapped_scalar(Scalar(options.momentum())));
          add_scaled_(buffer, grad, 1 - options.dampening());
        }
        grad = options.nesterov() ? ops::add(grad, buffer, Scalar(options.momentum())) : buffer;
      }
      add_scaled_(param, grad, -options.lr());
    }
  }
  return loss;
}

}  // namespace tiny_torch::optim
