// Adam and AdamW (Kingma and Ba, 2014; Loshchilov and Hutter, 2017): torch.optim's arithmetic, one pass over memory.
#pragma once

#include "api/optim/optimizer.h"

namespace tiny_torch::frontend::optim {

/// Options of both; they differ in the default of weight_decay.
template <class Derived>
struct AdamOptionsBase : public OptimizerCloneableOptions<Derived> {
  using betas_t = std::tuple<double, double>;
  template <class V>
  void fields(const V& v) {
    auto& o = static_cast<Derived&>(*this);
    v("lr", o.lr()), v("betas", o.betas()), v("eps", o.eps()), v("weight_decay", o.weight_decay());
    v("amsgrad", o.amsgrad());
  }
};
struct TORCH_API AdamOptions : public AdamOptionsBase<AdamOptions> {
  AdamOptions(double lr = 1e-3) : lr_(lr) {}  // NOLINT: implicit as in PyTorch
  TORCH_ARG(double, lr);
  TORCH_ARG(betas_t, betas) = std::make_tuple(0.9, 0.999);
  TORCH_ARG(double, eps) = 1e-8;
  TORCH_ARG(double, weight_decay) = 0;
  TORCH_ARG(bool, amsgrad) = false;
};
struct TORCH_API AdamWOptions : public AdamOptionsBase<AdamWOptions> {
  AdamWOptions(double lr = 1e-3) : lr_(lr) {}  // NOLINT
  TORCH_ARG(double, lr);
  TORCH_ARG(betas_t, betas) = std::make_tuple(0.9, 0.999);
  TORCH_ARG(double, eps) = 1e-8;
  TORCH_ARG(double, weight_decay) = 1e-2;
  TORCH_ARG(bool, amsgrad) = false;
};

struct TORCH_API AdamParamState : public OptimizerCloneableParamState<AdamParamState> {
  TORCH_ARG(int64_t, step) = 0;
  TORCH_ARG(Tensor, exp_avg);
  TORCH_ARG(Tensor, exp_avg_sq);
  TORCH_ARG(Tensor, max_exp_avg_sq) = {};

 public:
  template <class V>
  void fields(const V& v) {
    v("step", step_), v("exp_avg", exp_avg_), v("exp_avg_sq", exp_avg_sq_), v("max_exp_avg_sq", max_exp_avg_sq_);
  }
};
using AdamWParamState = AdamParamState;

/// RuntimeError for a negative lr, eps or weight_decay and for betas outside [0, 1).
class TORCH_API Adam : public OptimizerOf<Adam, AdamOptions, AdamParamState> {
 public:
  using OptimizerOf::OptimizerOf;
  Tensor step(LossClosure closure = nullptr) override;
  static void check(const AdamOptions& options);
};
/// Adam whose weight decay shrinks the parameters instead of adding to the gradients.
class TORCH_API AdamW : public OptimizerOf<AdamW, AdamWOptions, AdamWParamState> {
 public:
  using OptimizerOf::OptimizerOf;
  Tensor step(LossClosure closure = nullptr) override;
  static void check(const AdamWOptions& options);
};

}  // namespace tiny_torch::frontend::optim
