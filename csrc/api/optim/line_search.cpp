#include "api/optim/line_search.h"

#include <algorithm>
#include <cmath>

namespace tiny_torch::frontend::optim {
namespace {

constexpr double kDecrease = 1e-4, kCurvature = 0.9;
constexpr int kMaxSteps = 25;

/// The minimum of the cubic through two points with slopes, kept within [low, high].
double cubic_minimum(const LinePoint& a, const LinePoint& b, double low, double high) {
  const LinePoint& left = a.t <= b.t ? a : b;
  const LinePoint& right = a.t <= b.t ? b : a;
  const double d1 = left.slope + right.slope - 3 * (left.f - right.f) / (left.t - right.t);
  const double square = d1 * d1 - left.slope * right.slope;
  if (!(square >= 0)) return (low + high) / 2;
  const double d2 = std::sqrt(square);
  const double t = right.t - (right.t - left.t) * ((right.slope + d2 - d1) / (right.slope - left.slope + 2 * d2));
  return std::min(std::max(t, low), high);
}

}  // namespace

LinePoint strong_wolfe(const std::function<LinePoint(double)>& evaluate, const LinePoint& start, double t,
                       double largest_direction, double tolerance_change, int64_t& evaluations) {
  const auto too_high = [&](const LinePoint& p) { return p.f > start.f + kDecrease * p.t * start.slope; };
  const auto flat_enough = [&](const LinePoint& p) { return std::abs(p.slope) <= -kCurvature * start.slope; };
  const auto measure = [&](double at) {
    ++evaluations;
    return evaluate(at);
  };

  // Bracket a minimum between two points.
  LinePoint previous = start, now = measure(t);
  LinePoint low = previous, high = now;
  bool bracketed = false;
  int steps = 0;
  for (; steps < kMaxSteps; ++steps) {
    if (too_high(now) || (steps > 0 && now.f >= previous.f) || now.slope >= 0) {
      if (!too_high(now) && !(steps > 0 && now.f >= previous.f) && flat_enough(now)) return now;
      low = previous, high = now;
      bracketed = true;
      break;
    }
    if (flat_enough(now)) return now;
    const double smallest = now.t + 0.01 * (now.t - previous.t);
    const double next = cubic_minimum(previous, now, smallest, now.t * 10);
    previous = now;
    now = measure(next);
  }
  if (!bracketed) low = start, high = now;

  // Narrow the bracket down.
  if (high.f < low.f) std::swap(low, high);
  bool no_progress = false;
  for (; steps < kMaxSteps; ++steps) {
    const double left = std::min(low.t, high.t), right = std::max(low.t, high.t);
    if ((right - left) * largest_direction < tolerance_change) break;
    double next = cubic_minimum(low, high, left, right);
    // Points close to an end twice in a row are moved inside by a tenth of the bracket.
    const double margin = 0.1 * (right - left);
    if (std::min(right - next, next - left) < margin) {
      if (no_progress || next >= right || next <= left) {
        next = std::abs(next - right) < std::abs(next - left) ? right - margin : left + margin;
        no_progress = false;
      } else {
        no_progress = true;
      }
    } else {
      no_progress = false;
    }
    const LinePoint point = measure(next);
    if (too_high(point) || point.f >= low.f) {
      high = point;
      if (high.f < low.f) std::swap(low, high);
    } else {
      if (flat_enough(point)) return point;
      if (point.slope * (high.t - low.t) >= 0) high = low;
      low = point;
    }
  }
  return low;
}

}  // namespace tiny_torch::frontend::optim
