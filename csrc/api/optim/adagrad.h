// Adagrad (Duchi et al., 2011) and RMSprop (Hinton, 2012); options and arithmetic as in torch.optim.
#pragma once

#include "api/optim/optimizer.h"

namespace tiny_torch::frontend::optim {

struct TORCH_API AdagradOptions : public OptimizerCloneableOptions<AdagradOptions> {
  AdagradOptions(double lr = 1e-2) : lr_(lr) {}  // NOLINT: implicit as in PyTorch
  TORCH_ARG(double, lr);
  TORCH_ARG(double, lr_decay) = 0;
  TORCH_ARG(double, weight_decay) = 0;
  TORCH_ARG(double, initial_accumulator_value) = 0;
  TORCH_ARG(double, eps) = 1e-10;

 public:
  template <class V>
  void fields(const V& v) {
    v("lr", lr_), v("lr_decay", lr_decay_), v("weight_decay", weight_decay_), v("eps", eps_);
    v("initial_accumulator_value", initial_accumulator_value_);
  }
};
struct TORCH_API AdagradParamState : public OptimizerCloneableParamState<AdagradParamState> {
  TORCH_ARG(Tensor, sum);
  TORCH_ARG(int64_t, step) = 0;

 public:
  template <class V>
  void fields(const V& v) {
    v("step", step_), v("sum", sum_);
  }
};

/// RuntimeError for a negative option.
class TORCH_API Adagrad : public OptimizerOf<Adagrad, AdagradOptions, AdagradParamState> {
 public:
  using OptimizerOf::OptimizerOf;
  Tensor step(LossClosure closure = nullptr) override;
  static void check(const AdagradOptions& options);
};

struct TORCH_API RMSpropOptions : public OptimizerCloneableOptions<RMSpropOptions> {
  RMSpropOptions(double lr = 1e-2) : lr_(lr) {}  // NOLINT
  TORCH_ARG(double, lr);
  TORCH_ARG(double, alpha) = 0.99;
  TORCH_ARG(double, eps) = 1e-8;
  TORCH_ARG(double, weight_decay) = 0;
  TORCH_ARG(double, momentum) = 0;
  TORCH_ARG(bool, centered) = false;

 public:
  template <class V>
  void fields(const V& v) {
    v("lr", lr_), v("alpha", alpha_), v("eps", eps_), v("weight_decay", weight_decay_), v("momentum", momentum_);
    v("centered", centered_);
  }
};
struct TORCH_API RMSpropParamState : public OptimizerCloneableParamState<RMSpropParamState> {
  TORCH_ARG(int64_t, step) = 0;
  TORCH_ARG(Tensor, square_avg);
  TORCH_ARG(Tensor, momentum_buffer) = {};
  TORCH_ARG(Tensor, grad_avg) = {};

 public:
  template <class V>
  void fields(const V& v) {
    v("step", step_), v("square_avg", square_avg_), v("momentum_buffer", momentum_buffer_), v("grad_avg", grad_avg_);
  }
};

/// RuntimeError for a negative option.
class TORCH_API RMSprop : public OptimizerOf<RMSprop, RMSpropOptions, RMSpropParamState> {
 public:
  using OptimizerOf::OptimizerOf;
  Tensor step(LossClosure closure = nullptr) override;
  static void check(const RMSpropOptions& options);
};

}  // namespace tiny_torch::frontend::optim
