// Stochastic gradient descent with momentum; options and arithmetic as torch.optim.SGD.
#pragma once

#include "api/optim/optimizer.h"

namespace tiny_torch::frontend::optim {

struct TORCH_API SGDOptions : public OptimizerCloneableOptions<SGDOptions> {
  SGDOptions(double lr = 1e-3) : lr_(lr) {}  // NOLINT: implicit as in PyTorch
  TORCH_ARG(double, lr);
  TORCH_ARG(double, momentum) = 0;
  TORCH_ARG(double, dampening) = 0;
  TORCH_ARG(double, weight_decay) = 0;
  TORCH_ARG(bool, nesterov) = false;

 public:
  template <class V>
  void fields(const V& v) {
    v("lr", lr_), v("momentum", momentum_), v("dampening", dampening_), v("weight_decay", weight_decay_);
    v("nesterov", nesterov_);
  }
};
struct TORCH_API SGDParamState : public OptimizerCloneableParamState<SGDParamState> {
  TORCH_ARG(Tensor, momentum_buffer);

 public:
  template <class V>
  void fields(const V& v) {
    v("momentum_buffer", momentum_buffer_);
  }
};

/// RuntimeError for a negative lr, momentum or weight_decay, and for nesterov without momentum or with dampening.
class TORCH_API SGD : public OptimizerOf<SGD, SGDOptions, SGDParamState> {
 public:
  using OptimizerOf::OptimizerOf;
  Tensor step(LossClosure closure = nullptr) override;
  static void check(const SGDOptions& options);
};

}  // namespace tiny_torch::frontend::optim
