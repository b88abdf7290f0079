#include "api/optim/schedulers.h"

#include <cmath>
#include <iostream>
#include <limits>

namespace tiny_torch::frontend::optim {

LRScheduler::~LRScheduler() = default;
ReduceLROnPlateauScheduler::~ReduceLROnPlateauScheduler() = default;

std::vector<double> LRScheduler::get_current_lrs() const {
  std::vector<double> result;
  for (const OptimizerParamGroup& group : optimizer_.param_groups()) result.push_back(group.options().get_lr());
  return result;
}
void LRScheduler::step() {
  const std::vector<double> lrs = get_lrs();
  std::vector<OptimizerParamGroup>& groups = optimizer_.param_groups();
  TORCH_CHECK(lrs.size() == groups.size(), "Number of learning rates not equal to the number of param groups\n",
              "Number of learning rates given: ", lrs.size(), "\nNumber of param groups: ", groups.size());
  for (size_t i = 0; i < lrs.size(); ++i) groups[i].options().set_lr(lrs[i]);
  ++step_count_;
}

StepLR::StepLR(Optimizer& optimizer, unsigned step_size, double gamma)
    : LRScheduler(optimizer), step_size_(step_size), gamma_(gamma) {
  TORCH_CHECK_VALUE(step_size > 0, "StepLR: expected step_size > 0, got 0");
}
std::vector<double> StepLR::get_lrs() {
  std::vector<double> lrs = get_current_lrs();
  if (step_count_ == 0 || step_count_ % step_size_ != 0) return lrs;
  for (double& lr : lrs) lr *= gamma_;
  return lrs;
}

ReduceLROnPlateauScheduler::ReduceLROnPlateauScheduler(Optimizer& optimizer, SchedulerMode mode, float factor,
                                                       int patience, double threshold, ThresholdMode threshold_mode,
                                                       int cooldown, const std::vector<float>& min_lr, double eps,
                                                       bool verbose)
    : optimizer_(optimizer),
      mode_(mode),
      threshold_mode_(threshold_mode),
      factor_(factor),
      threshold_(threshold),
      eps_(eps),
      best_(mode == min ? std::numeric_limits<double>::infinity() : -std::numeric_limits<double>::infinity()),
      patience_(patience),
      cooldown_(cooldown),
      verbose_(verbose) {
  TORCH_CHECK(factor < 1.0F, "Factor should be < 1.0.");
  const size_t groups = optimizer.param_groups().size();
  min_lrs_.assign(groups, 0.0);
  if (!min_lr.empty()) {
    TORCH_CHECK(min_lr.size() == groups, "Number of learning rates not equal to the number of param groups: expected ",
                groups, ", got ", min_lr.size());
    min_lrs_.assign(min_lr.begin(), min_lr.end());
  }
}

bool ReduceLROnPlateauScheduler::is_better(double metric) const {
  const double sign = mode_ == min ? -1 : 1;
  const double margin = threshold_mode_ == rel ? std::abs(best_) * threshold_ : threshold_;
  if (std::isinf(best_)) return sign * metric > sign * best_;
  return sign * metric > sign * best_ + margin;
}

void ReduceLROnPlateauScheduler::step(float metric) {
  ++steps_;
  if (is_better(metric)) {
    best_ = metric;
    bad_steps_ = 0;
  } else {
    ++bad_steps_;
  }
  if (cooldown_left_ > 0) {
    --cooldown_left_;
    bad_steps_ = 0;
  }
  if (bad_steps_ <= patience_) return;
  reduce();
  cooldown_left_ = cooldown_;
  bad_steps_ = 0;
}

void ReduceLROnPlateauScheduler::reduce() {
  std::vector<OptimizerParamGroup>& groups = optimizer_.param_groups();
  for (size_t i = 0; i < groups.size(); ++i) {
    const double old = groups[i].options().get_lr();
    const double next = std::max(old * factor_, i < min_lrs_.size() ? min_lrs_[i] : 0.0);
    if (old - next <= eps_) continue;
    groups[i].options().set_lr(next);
    if (verbose_) std::cout << "Step " << steps_ << ": reducing learning rate of group " << i << " to " << next << "\n";
  }
}

}  // namespace tiny_torch::frontend::optim
