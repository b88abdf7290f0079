// Stochastic gradient descent with momentum; options and arithmetic as torch.optim.SGD.
#pragma once

#include "api/optim/optimizer.h"

namespace tiny_torch::optim {

class TORCH_API SGDOptions : public OptimizerOptions {
 public:
  SGDOptions(double lr) : lr_(lr) {}  // NOLINT: implicit as in PyTorch
  std::unique_ptr<OptimizerOptions> clone() const override { return std::make_unique<SGDOptions>(*this); }
  double get_lr() const override { return lr_; }
  void set_lr(double lr) override { lr_ = lr; }
  TORCH_ARG(double, lr);
  TORCH_ARG(double, momentum) = 0;
  TORCH_ARG(double, dampening) = 0;
  TORCH_ARG(double, weight_decay) = 0;
  TORCH_ARG(bool, nesterov) = false;
};

class TORCH_API SGD : public Optimizer {
 public:
  /// RuntimeError for a negative lr, momentum or weight_decay, and for nesterov without momentum or with dampening.
  SGD(std::vector<OptimizerParamGroup> groups, SGDOptions defaults);
  SGD(std::vector<Tensor> params, SGDOptions defaults) : SGD({OptimizerParamGroup(std::move(params))}, defaults) {}
  Tensor step(LossClosure closure = nullptr) override;

 private:
  std::unordered_map<TensorImpl*, TensorBase> momentum_buffers_;
};

}  // namespace tiny_torch::optim
