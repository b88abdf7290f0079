#include "api/optim/lbfgs.h"

#include <cmath>

#include "api/optim/line_search.h"
#include "generated/functions/creation.h"
#include "generated/functions/join.h"

namespace tiny_torch::frontend::optim {

LBFGS::LBFGS(const std::vector<OptimizerParamGroup>& groups, LBFGSOptions defaults) : OptimizerOf(groups, defaults) {
  TORCH_CHECK(param_groups_.size() == 1, "LBFGS doesn't support per-parameter options (parameter groups)");
}

void LBFGS::check(const LBFGSOptions& o) {
  TORCH_CHECK(o.lr() >= 0, "Invalid learning rate: ", o.lr());
  TORCH_CHECK(!o.line_search_fn().has_value() || *o.line_search_fn() == "strong_wolfe",
              "only 'strong_wolfe' is supported");
}

Tensor LBFGS::flat_grad() {
  std::vector<Tensor> parts;
  for (const Tensor& p : param_groups_[0].params()) {
    const Tensor grad = p.grad();
    parts.push_back(grad.defined() ? grad.reshape({-1}) : zeros({p.numel()}, p.options()));
  }
  return cat(parts);
}
void LBFGS::move_params(double t, const Tensor& direction) {
  int64_t offset = 0;
  for (Tensor& p : param_groups_[0].params()) {
    p.add_(direction.slice(0, offset, offset + p.numel()).view(p.sizes()), t);
    offset += p.numel();
  }
}
std::vector<Tensor> LBFGS::copies() const {
  std::vector<Tensor> result;
  for (const Tensor& p : param_groups_[0].params()) result.push_back(p.detach().clone());
  return result;
}
void LBFGS::restore(const std::vector<Tensor>& values) {
  for (size_t i = 0; i < values.size(); ++i) param_groups_[0].params()[i].copy_(values[i]);
}

/// Takes the last step into the history and gives the next direction by the two-loop recursion.
Tensor LBFGS::direction(LBFGSParamState& state, const Tensor& grad, double t) {
  if (state.n_iter() == 1) {
    state.old_dirs().clear(), state.old_stps().clear(), state.ro().clear();
    state.H_diag(ones({1}, grad.options()).squeeze());
    return -grad;
  }
  const Tensor change = grad - state.prev_flat_grad(), step = state.d() * t;
  const Tensor curvature = change.dot(step);
  if (curvature.item<double>() > 1e-10) {
    if (static_cast<int64_t>(state.old_dirs().size()) == options_of(param_groups_[0]).history_size()) {
      state.old_dirs().pop_front(), state.old_stps().pop_front(), state.ro().pop_front();
    }
    state.old_dirs().push_back(change);
    state.old_stps().push_back(step);
    state.ro().push_back(curvature.reciprocal());
    state.H_diag(curvature / change.dot(change));
  }
  const size_t count = state.old_dirs().size();
  std::vector<Tensor> factors(count);
  Tensor q = -grad;
  for (size_t i = count; i-- > 0;) {
    factors[i] = state.old_stps()[i].dot(q) * state.ro()[i];
    q = q - state.old_dirs()[i] * factors[i];
  }
  Tensor d = q * state.H_diag();
  for (size_t i = 0; i < count; ++i) {
    d = d + state.old_stps()[i] * (factors[i] - state.old_dirs()[i].dot(d) * state.ro()[i]);
  }
  return d;
}

Tensor LBFGS::step(LossClosure closure) {
  TORCH_CHECK(closure != nullptr, "LBFGS requires a closure function");
  const NoGradGuard no_grad;
  const LBFGSOptions& o = options_of(param_groups_[0]);
  auto& state = state_of<LBFGSParamState>(param_groups_[0].params().at(0));
  const Tensor first_loss = evaluate(closure);
  double loss = first_loss.item<double>();
  int64_t evaluations = 1;
  state.func_evals(state.func_evals() + 1);
  Tensor grad = flat_grad();
  const auto is_small = [](const Tensor& t, double limit) { return t.abs().max().item<double>() <= limit; };
  if (is_small(grad, o.tolerance_grad())) return first_loss;
  const int64_t max_eval = o.max_eval().value_or(o.max_iter() * 5 / 4);

  double t = state.t();
  for (int64_t iteration = 0; iteration < o.max_iter();) {
    ++iteration;
    state.n_iter(state.n_iter() + 1);
    const Tensor d = direction(state, grad, t);
    state.d(d).prev_flat_grad(grad.clone()).prev_loss(loss);
    t = state.n_iter() == 1 ? std::min(1.0, 1 / grad.abs().sum().item<double>()) * o.lr() : o.lr();
    const double slope = grad.dot(d).item<double>();
    if (slope > -o.tolerance_change()) break;

    int64_t line_evaluations = 0;
    if (o.line_search_fn().has_value()) {
      const std::vector<Tensor> start = copies();
      const auto at = [&](double length) {
        move_params(length, d);
        const double f = evaluate(closure).item<double>();
        const Tensor g = flat_grad();
        restore(start);
        return LinePoint{length, f, g, g.dot(d).item<double>()};
      };
      const LinePoint found = strong_wolfe(at, {0, loss, grad, slope}, t, d.abs().max().item<double>(),
                                           o.tolerance_change(), line_evaluations);
      t = found.t, loss = found.f, grad = found.grad;
      move_params(t, d);
    } else {
      move_params(t, d);
      if (iteration != o.max_iter()) {
        loss = evaluate(closure).item<double>();
        grad = flat_grad();
        line_evaluations = 1;
      }
    }
    evaluations += line_evaluations;
    state.func_evals(state.func_evals() + line_evaluations);
    if (evaluations >= max_eval || is_small(grad, o.tolerance_grad())) break;
    if (is_small(d * t, o.tolerance_change())) break;
    if (std::abs(loss - state.prev_loss()) < o.tolerance_change()) break;
  }
  state.t(t);
  return first_loss;
}

}  // namespace tiny_torch::frontend::optim
