// Optimizers of the C++ frontend: parameter groups, each with its options, and a step over all of them.
//
// Example:
//   torch::optim::SGD optimizer({weight, bias}, torch::optim::SGDOptions(0.1).momentum(0.9));
//   optimizer.zero_grad();
//   loss.backward();
//   optimizer.step();
#pragma once

#include <functional>
#include <memory>
#include <unordered_map>
#include <vector>

#include "api/optim/fields.h"

namespace tiny_torch::frontend::optim {

/// Parameters that share their options. Without options a group takes the optimizer's defaults; options that were left
/// as they are in a new object are taken from there as well.
class TORCH_API OptimizerParamGroup {
 public:
  OptimizerParamGroup(std::vector<Tensor> params) : params_(std::move(params)) {}  // NOLINT: implicit as in PyTorch
  OptimizerParamGroup(std::vector<Tensor> params, std::unique_ptr<OptimizerOptions> options)
      : params_(std::move(params)), options_(std::move(options)) {}
  OptimizerParamGroup(const OptimizerParamGroup& other)
      : params_(other.params_), options_(other.options_ ? other.options_->clone() : nullptr) {}
  OptimizerParamGroup(OptimizerParamGroup&&) = default;
  OptimizerParamGroup& operator=(const OptimizerParamGroup&) = delete;
  OptimizerParamGroup& operator=(OptimizerParamGroup&&) noexcept = default;

  bool has_options() const { return options_ != nullptr; }
  OptimizerOptions& options() { return *checked(); }
  const OptimizerOptions& options() const { return *checked(); }
  void set_options(std::unique_ptr<OptimizerOptions> options) { options_ = std::move(options); }
  std::vector<Tensor>& params() { return params_; }
  const std::vector<Tensor>& params() const { return params_; }

 protected:
  OptimizerOptions* checked() const {
    TORCH_CHECK(has_options(), "the parameter group has no options");
    return options_.get();
  }
  std::vector<Tensor> params_;
  std::unique_ptr<OptimizerOptions> options_;
};

class TORCH_API Optimizer {
 public:
  /// Computes the loss anew; run with gradients enabled.
  using LossClosure = std::function<Tensor()>;
  using State = std::unordered_map<void*, std::unique_ptr<OptimizerParamState>>;

  Optimizer(const std::vector<OptimizerParamGroup>& groups, std::unique_ptr<OptimizerOptions> defaults);
  Optimizer(const Optimizer&) = delete;
  Optimizer(Optimizer&&) = default;
  Optimizer& operator=(const Optimizer&) = delete;
  Optimizer& operator=(Optimizer&&) = default;
  virtual ~Optimizer();

  /// Updates every parameter that has a gradient; returns what `closure` gave, or an undefined tensor.
  virtual Tensor step(LossClosure closure = nullptr) = 0;
  /// Drops the gradients, or with `set_to_none` false fills them with zeros.
  void zero_grad(bool set_to_none = true);
  /// RuntimeError for a parameter that is no leaf or belongs to a group already.
  void add_param_group(const OptimizerParamGroup& group);
  std::vector<OptimizerParamGroup>& param_groups() noexcept { return param_groups_; }
  const std::vector<OptimizerParamGroup>& param_groups() const noexcept { return param_groups_; }
  OptimizerOptions& defaults() noexcept { return *defaults_; }
  const OptimizerOptions& defaults() const noexcept { return *defaults_; }
  /// What is remembered of each parameter, by the address of its TensorImpl.
  State& state() noexcept { return state_; }
  const State& state() const noexcept { return state_; }
  void add_parameters(const std::vector<Tensor>& parameters);
  const std::vector<Tensor>& parameters() const { return param_groups_.at(0).params(); }
  std::vector<Tensor>& parameters() { return param_groups_.at(0).params(); }
  size_t size() const;

  virtual void save(serialize::OutputArchive& archive) const;
  /// RuntimeError unless the archive has the same groups with as many parameters each.
  virtual void load(serialize::InputArchive& archive);

 protected:
  /// The loss from `closure`, if there is one.
  static Tensor evaluate(const LossClosure& closure);
  /// The state of `param`, made when it is first asked for.
  template <class S>
  S& state_of(const Tensor& param) {
    std::unique_ptr<OptimizerParamState>& state = state_[param.impl()];
    if (state == nullptr) state = std::make_unique<S>();
    return static_cast<S&>(*state);
  }
  /// An empty state for load() to read into.
  virtual std::unique_ptr<OptimizerParamState> new_state() const;

  std::vector<OptimizerParamGroup> param_groups_;
  State state_;
  std::unique_ptr<OptimizerOptions> defaults_;
};

TORCH_API serialize::OutputArchive& operator<<(serialize::OutputArchive& archive, const Optimizer& optimizer);
TORCH_API serialize::InputArchive& operator>>(serialize::InputArchive& archive, Optimizer& optimizer);

/// Base of the optimizers here: their constructors, whose options are checked, and the walk over parameters.
/// Derived has `static void check(const Options&)`.
template <class Derived, class Options, class ParamState>
class OptimizerOf : public Optimizer {
 public:
  explicit OptimizerOf(const std::vector<OptimizerParamGroup>& groups, Options defaults = {})
      : Optimizer(groups, std::make_unique<Options>(defaults)) {
    Derived::check(defaults);
    for (const OptimizerParamGroup& group : param_groups_) Derived::check(options_of(group));
  }
  explicit OptimizerOf(std::vector<Tensor> params, Options defaults = {})
      : OptimizerOf(std::vector<OptimizerParamGroup>{OptimizerParamGroup(std::move(params))}, defaults) {}

 protected:
  static const Options& options_of(const OptimizerParamGroup& group) {
    return static_cast<const Options&>(group.options());
  }
  std::unique_ptr<OptimizerParamState> new_state() const override { return std::make_unique<ParamState>(); }
  /// Calls f(param, grad, state, options) for each parameter that has a gradient, with gradients disabled.
  template <class F>
  void for_each(const F& f) {
    const NoGradGuard no_grad;
    for (OptimizerParamGroup& group : param_groups_) {
      for (Tensor& param : group.params()) {
        const Tensor grad = param.grad();
        if (grad.defined()) f(param, grad, this->template state_of<ParamState>(param), options_of(group));
      }
    }
  }
};

}  // namespace tiny_torch::frontend::optim
