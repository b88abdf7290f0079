// Comparison of gradients with central differences, for float64.
#pragma once

#include <cmath>
#include <functional>
#include <string>

#include "autograd/autograd.h"
#include "autograd/kernel_support.h"
#include "generated/ops/copy.h"

namespace gradcheck {

using namespace tiny_torch;

using Tensors = std::vector<TensorBase>;
using Function = std::function<Tensors(const Tensors&)>;

/// Distinct values in no simple relation to each other.
inline TensorBase input(IntArrayRef sizes, double start = 0.3, double step = 0.37) {
  TensorBase t = empty_tensor(sizes, kDouble);
  double value = start;
  for (int64_t i = 0; i < t.numel(); ++i) {
    t.data_ptr<double>()[i] = std::fmod(value, 2.0) - 0.9;
    value += step + 0.013 * static_cast<double>(i);
  }
  autodiff::set_requires_grad(t, true);
  return t;
}

inline double weighted_sum(const Tensors& outputs) {
  double total = 0, weight = 0.7;
  for (const TensorBase& output : outputs) {
    const TensorBase plain = ops::contiguous(autodiff::detach(output));
    for (int64_t i = 0; i < plain.numel(); ++i) {
      total += weight * plain.const_data_ptr<double>()[i];
      weight = std::fmod(weight + 0.31, 1.7) + 0.05;
    }
  }
  return total;
}

inline Tensors weights_like(const Tensors& outputs) {
  Tensors weights;
  double weight = 0.7;
  for (const TensorBase& output : outputs) {
    TensorBase w = empty_tensor(output.sizes(), kDouble);
    for (int64_t i = 0; i < w.numel(); ++i) {
      w.data_ptr<double>()[i] = weight;
      weight = std::fmod(weight + 0.31, 1.7) + 0.05;
    }
    weights.push_back(w);
  }
  return weights;
}

/// "" or what is wrong with the gradients of `f` at `inputs` (contiguous float64 leaves).
inline std::string check(const Function& f, const Tensors& inputs, double tolerance = 1e-6) {
  const Tensors outputs = f(inputs);
  Tensors differentiable;
  for (const TensorBase& output : outputs) {
    if (output.requires_grad()) differentiable.push_back(output);
  }
  if (differentiable.empty()) return "no output requires grad";
  const autodiff::variable_list grads =
      autodiff::grad(differentiable, inputs, weights_like(differentiable), std::nullopt, false, true);
  const auto value = [&f, &inputs] {
    Tensors kept;
    for (const TensorBase& output : f(inputs)) {
      if (output.requires_grad()) kept.push_back(output);
    }
    return weighted_sum(kept);
  };
  constexpr double kStep = 1e-6;
  for (size_t n = 0; n < inputs.size(); ++n) {
    if (grads[n].defined() && grads[n].sizes() != inputs[n].sizes()) return "gradient of another shape";
    const TensorBase grad = grads[n].defined() ? ops::contiguous(grads[n]) : TensorBase();
    double* data = inputs[n].data_ptr<double>();
    for (int64_t i = 0; i < inputs[n].numel(); ++i) {
      const double kept = data[i];
      data[i] = kept + kStep;
      const double above = value();
      data[i] = kept - kStep;
      const double below = value();
      data[i] = kept;
      const double expected = (above - below) / (2 * kStep);
      const double got = grad.defined() ? grad.const_data_ptr<double>()[i] : 0.0;
      if (!(std::abs(expected - got) <= tolerance * (1 + std::abs(expected)))) {
        return str("input ", n, ", element ", i, ": ", got, ", but differences give ", expected);
      }
    }
  }
  return "";
}

/// The same for the gradients of the gradients, by the inputs and by the incoming gradients.
inline std::string check_twice(const Function& f, const Tensors& inputs, double tolerance = 1e-5) {
  Tensors all = inputs;
  Tensors incoming;
  for (const TensorBase& w : weights_like(f(inputs))) {
    autodiff::set_requires_grad(w, true);
    all.push_back(w);
  }
  const size_t n = inputs.size();
  const Function gradient = [&f, n](const Tensors& args) {
    const Tensors own(args.begin(), args.begin() + static_cast<ptrdiff_t>(n));
    const Tensors weights(args.begin() + static_cast<ptrdiff_t>(n), args.end());
    Tensors outputs, used;
    const Tensors results = f(own);
    for (size_t i = 0; i < results.size(); ++i) {
      if (!results[i].requires_grad()) continue;
      outputs.push_back(results[i]);
      used.push_back(weights[i]);
    }
    const autodiff::variable_list grads = autodiff::grad(outputs, own, used, true, true, true);
    Tensors kept;
    for (const TensorBase& g : grads) {
      if (g.defined() && g.requires_grad()) kept.push_back(g);
    }
    return kept;
  };
  return check(gradient, all, tolerance);
}

}  // namespace gradcheck
