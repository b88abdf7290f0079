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

#include "api/arg.h"
#include "aten/Tensor.h"

namespace tiny_torch::optim {

class TORCH_API OptimizerOptions {
 public:
  virtual ~OptimizerOptions();
  virtual std::unique_ptr<OptimizerOptions> clone() const = 0;
  virtual double get_lr() const = 0;
  virtual void set_lr(double lr) = 0;
};

/// Parameters that share their options; without options of its own a group takes the optimizer's defaults.
class TORCH_API OptimizerParamGroup {
 public:
  explicit OptimizerParamGroup(std::vector<Tensor> params) : params_(std::move(params)) {}
  OptimizerParamGroup(std::vector<Tensor> params, std::unique_ptr<OptimizerOptions> options)
      : params_(std::move(params)), options_(std::move(options)) {}
  OptimizerParamGroup(const OptimizerParamGroup& other)
      : params_(other.params_), options_(other.options_ ? other.options_->clone() : nullptr) {}
  OptimizerParamGroup(OptimizerParamGroup&&) = default;

  bool has_options() const { return options_ != nullptr; }
  OptimizerOptions& options() { return *options_; }
  const OptimizerOptions& options() const { return *options_; }
  void set_options(std::unique_ptr<OptimizerOptions> options) { options_ = std::move(options); }
  std::vector<Tensor>& params() { return params_; }
  const std::vector<Tensor>& params() const { return params_; }

 private:
  std::vector<Tensor> params_;
  std::unique_ptr<OptimizerOptions> options_;
};

class TORCH_API Optimizer {
 public:
  /// Computes the loss anew; run with gradients enabled.
  using LossClosure = std::function<Tensor()>;

  Optimizer(std::vector<OptimizerParamGroup> groups, std::unique_ptr<OptimizerOptions> defaults);
  Optimizer(const Optimizer&) = delete;
  Optimizer& operator=(const Optimizer&) = delete;
  virtual ~Optimizer();

  /// Updates every parameter that has a gradient; returns what `closure` gave, or an undefined tensor.
  virtual Tensor step(LossClosure closure = nullptr) = 0;
  /// Drops the gradients, or with `set_to_none` false fills them with zeros.
  void zero_grad(bool set_to_none = true);
  /// RuntimeError for a parameter that is no leaf or belongs to a group already.
  void add_param_group(const OptimizerParamGroup& group);
  std::vector<OptimizerParamGroup>& param_groups() { return groups_; }
  const std::vector<OptimizerParamGroup>& param_groups() const { return groups_; }
  const OptimizerOptions& defaults() const { return *defaults_; }

 protected:
  std::vector<OptimizerParamGroup> groups_;
  std::unique_ptr<OptimizerOptions> defaults_;
};

}  // namespace tiny_torch::optim
