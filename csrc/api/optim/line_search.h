// A step length for L-BFGS that satisfies the strong Wolfe conditions (Nocedal and Wright, algorithms 3.5 and 3.6).
#pragma once

#include <functional>

#include "aten/Tensor.h"

namespace tiny_torch::frontend::optim {

/// The function and its gradient at one step length, and the slope along the direction.
struct LinePoint {
  double t, f;
  Tensor grad;
  double slope;
};

/// `evaluate(t)` gives the point at step length t; `start` is the point at 0 and `t` the first guess.
LinePoint strong_wolfe(const std::function<LinePoint(double)>& evaluate, const LinePoint& start, double t,
                       double largest_direction, double tolerance_change, int64_t& evaluations);

}  // namespace tiny_torch::frontend::optim
