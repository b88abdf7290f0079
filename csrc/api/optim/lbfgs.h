// L-BFGS (Nocedal and Wright, Numerical Optimization, ch. 7): steps from the curvature of the last ones. It evaluates the
// closure several times for a step and treats all parameters as one vector, so there is one parameter group.
#pragma once

#include "api/optim/optimizer.h"

namespace tiny_torch::frontend::optim {

struct TORCH_API LBFGSOptions : public OptimizerCloneableOptions<LBFGSOptions> {
  LBFGSOptions(double lr = 1) : lr_(lr) {}  // NOLINT: implicit as in PyTorch
  TORCH_ARG(double, lr);
  TORCH_ARG(int64_t, max_iter) = 20;
  /// Without a value max_iter * 5 / 4.
  TORCH_ARG(std::optional<int64_t>, max_eval) = std::nullopt;
  TORCH_ARG(double, tolerance_grad) = 1e-7;
  TORCH_ARG(double, tolerance_change) = 1e-9;
  TORCH_ARG(int64_t, history_size) = 100;
  /// "strong_wolfe" or nothing for steps of length lr.
  TORCH_ARG(std::optional<std::string>, line_search_fn) = std::nullopt;

 public:
  template <class V>
  void fields(const V& v) {
    v("lr", lr_), v("max_iter", max_iter_), v("max_eval", max_eval_), v("tolerance_grad", tolerance_grad_);
    v("tolerance_change", tolerance_change_), v("history_size", history_size_), v("line_search_fn", line_search_fn_);
  }
};

struct TORCH_API LBFGSParamState : public OptimizerCloneableParamState<LBFGSParamState> {
  TORCH_ARG(int64_t, func_evals) = 0;
  TORCH_ARG(int64_t, n_iter) = 0;
  TORCH_ARG(double, t) = 0;
  TORCH_ARG(double, prev_loss) = 0;
  TORCH_ARG(Tensor, d) = {};
  TORCH_ARG(Tensor, H_diag) = {};
  TORCH_ARG(Tensor, prev_flat_grad) = {};
  TORCH_ARG(std::deque<Tensor>, old_dirs);
  TORCH_ARG(std::deque<Tensor>, old_stps);
  TORCH_ARG(std::deque<Tensor>, ro);
  TORCH_ARG(std::optional<std::vector<Tensor>>, al) = std::nullopt;

 public:
  template <class V>
  void fields(const V& v) {
    v("func_evals", func_evals_), v("n_iter", n_iter_), v("t", t_), v("prev_loss", prev_loss_), v("d", d_);
    v("H_diag", H_diag_), v("prev_flat_grad", prev_flat_grad_), v("old_dirs", old_dirs_), v("old_stps", old_stps_);
    v("ro", ro_), v("al", al_);
  }
};

/// RuntimeError for more than one parameter group and for a line search other than "strong_wolfe".
class TORCH_API LBFGS : public OptimizerOf<LBFGS, LBFGSOptions, LBFGSParamState> {
 public:
  explicit LBFGS(const std::vector<OptimizerParamGroup>& groups, LBFGSOptions defaults = {});
  explicit LBFGS(std::vector<Tensor> params, LBFGSOptions defaults = {})
      : LBFGS(std::vector<OptimizerParamGroup>{OptimizerParamGroup(std::move(params))}, defaults) {}
  /// Returns the loss before the step. RuntimeError without a closure.
  Tensor step(LossClosure closure) override;
  static void check(const LBFGSOptions& options);

 private:
  Tensor flat_grad();
  void move_params(double t, const Tensor& direction);
  std::vector<Tensor> copies() const;
  void restore(const std::vector<Tensor>& values);
  Tensor direction(LBFGSParamState& state, const Tensor& grad, double t);
};

}  // namespace tiny_torch::frontend::optim
