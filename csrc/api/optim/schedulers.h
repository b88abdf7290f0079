// Learning rates that change as training goes on: StepLR by the count of steps, ReduceLROnPlateauScheduler by a metric.
#pragma once

#include <vector>

#include "api/optim/optimizer.h"

namespace tiny_torch::frontend::optim {

/// Base: get_lrs() gives the rate of each parameter group for the step that is to come. The optimizer must outlive it.
class TORCH_API LRScheduler {
 public:
  explicit LRScheduler(Optimizer& optimizer) : optimizer_(optimizer) {}
  virtual ~LRScheduler();
  void step();

 protected:
  virtual std::vector<double> get_lrs() = 0;
  std::vector<double> get_current_lrs() const;
  unsigned step_count_ = 0;

 private:
  Optimizer& optimizer_;
};

/// Multiplies the rates by gamma every step_size steps.
class TORCH_API StepLR : public LRScheduler {
 public:
  /// ValueError for a step_size of 0.
  StepLR(Optimizer& optimizer, unsigned step_size, double gamma = 0.1);

 private:
  std::vector<double> get_lrs() override;
  const unsigned step_size_;
  const double gamma_;
};

/// Multiplies the rates by factor once the metric has not become better for more than `patience` steps.
class TORCH_API ReduceLROnPlateauScheduler {
 public:
  enum SchedulerMode { min, max };
  enum ThresholdMode { rel, abs };
  /// RuntimeError unless factor < 1 and min_lr is empty or has one value for each group.
  ReduceLROnPlateauScheduler(Optimizer& optimizer, SchedulerMode mode = min, float factor = 0.1, int patience = 10,
                             double threshold = 1e-4, ThresholdMode threshold_mode = rel, int cooldown = 0,
                             const std::vector<float>& min_lr = {}, double eps = 1e-8, bool verbose = false);
  virtual ~ReduceLROnPlateauScheduler();
  void step(float metric);

 private:
  bool is_better(double metric) const;
  void reduce();

  Optimizer& optimizer_;
  SchedulerMode mode_;
  ThresholdMode threshold_mode_;
  double factor_, threshold_, eps_, best_;
  std::vector<double> min_lrs_;
  int patience_, cooldown_, cooldown_left_ = 0, bad_steps_ = 0, steps_ = 0;
  bool verbose_;
};

}  // namespace tiny_torch::frontend::optim
