// Connectionist temporal classification on the CPU: sums over alignments by dynamic programming, in logarithms.
// Equations in brackets are those of Graves et al., 2006.
#include "aten/native/ctc.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "aten/core/Dispatch.h"
#include "c10/parallel.h"

namespace tiny_torch::cpu {
namespace {

using native::CtcCall;

template <class T>
constexpr T kNever = -std::numeric_limits<T>::infinity();

// log(exp(a) + exp(b)).
template <class T>
T log_add(T a, T b) {
  const T top = std::max(a, b);
  if (top == kNever<T>) return top;
  return top + std::log(std::exp(a - top) + std::exp(b - top));
}

// One sample: its labels with blanks around each, and its log probabilities.
template <class T>
struct Sample {
  const int64_t* labels;
  int64_t count, blank, steps;
  const T* probs;
  int64_t step_stride, class_stride;

  Sample(const CtcCall& call, int64_t b)
      : labels(call.labels.data() + call.label_start[static_cast<size_t>(b)]),
        count(call.label_start[static_cast<size_t>(b) + 1] - call.label_start[static_cast<size_t>(b)]),
        blank(call.blank),
        steps(call.input_lengths[static_cast<size_t>(b)]),
        probs(static_cast<const T*>(call.log_probs.const_data_ptr()) + b * call.log_probs.stride(1)),
        step_stride(call.log_probs.stride(0)),
        class_stride(call.log_probs.stride(2)) {}

  int64_t states() const { return 2 * count + 1; }
  int64_t label(int64_t s) const { return s % 2 == 0 ? blank : labels[s / 2]; }
  T prob(int64_t t, int64_t s) const { return probs[t * step_stride + label(s) * class_stride]; }
  // Whether the path may go from state s - 2 to s, leaving out the blank between.
  bool may_skip(int64_t s) const { return s >= 2 && s % 2 == 1 && labels[s / 2] != labels[s / 2 - 1]; }
};

// alpha(t, s): the log probability of all beginnings of t + 1 steps that end in state s (6, 7).
template <class T>
T forward_sums(const Sample<T>& x, T* alpha, int64_t width, int64_t all_steps) {
  std::fill(alpha, alpha + all_steps * width, kNever<T>);
  if (x.steps == 0) return x.count == 0 ? T(0) : kNever<T>;
  alpha[0] = x.prob(0, 0);
  if (x.count > 0) alpha[1] = x.prob(0, 1);
  for (int64_t t = 1; t < x.steps; ++t) {
    const T* before = alpha + (t - 1) * width;
    T* now = alpha + t * width;
    for (int64_t s = 0; s < x.states(); ++s) {
      T sum = before[s];
      if (s >= 1) sum = log_add(sum, before[s - 1]);
      if (x.may_skip(s)) sum = log_add(sum, before[s - 2]);
      now[s] = sum + x.prob(t, s);
    }
  }
  const T* last = alpha + (x.steps - 1) * width;
  return x.count == 0 ? last[0] : log_add(last[2 * x.count], last[2 * x.count - 1]);
}

void ctc_kernel(const CtcCall& call) {
  const int64_t batch = call.neg_log_likelihood.numel(), steps = call.log_alpha.size(1), width = call.log_alpha.size(2);
  dispatch_float_double(call.log_probs.scalar_type(), "ctc_loss_cpu", [&](auto tag) {
    using T = decltype(tag);
    T* alpha = call.log_alpha.mutable_data_ptr<T>();
    T* losses = call.neg_log_likelihood.mutable_data_ptr<T>();
    parallel_for(0, batch, 1, [&](int64_t begin, int64_t end) {
      for (int64_t b = begin; b < end; ++b)
        losses[b] = -forward_sums(Sample<T>(call, b), alpha + b * steps * width, width, steps);
    });
  });
}

// beta (9, 10) step by step from the end; each step's posterior sums go to `grad`, by class (16).
template <class T>
void backward_sums(const Sample<T>& x, const T* alpha, int64_t width, T loss, T grad_output, T* grad, int64_t step,
                   int64_t classes) {
  std::vector<T> beta(static_cast<size_t>(width), kNever<T>), next(beta), sums(static_cast<size_t>(classes));
  for (int64_t t = x.steps - 1; t >= 0; --t) {
    for (int64_t s = x.states() - 1; s >= 0; --s) {
      T sum = kNever<T>;
      if (t == x.steps - 1) {
        if (s >= x.states() - 2) sum = T(0);
      } else {
        sum = next[static_cast<size_t>(s)];
        if (s + 1 < x.states()) sum = log_add(sum, next[static_cast<size_t>(s + 1)]);
        if (s + 2 < x.states() && x.may_skip(s + 2)) sum = log_add(sum, next[static_cast<size_t>(s + 2)]);
      }
      beta[static_cast<size_t>(s)] = sum + x.prob(t, s);
    }
    std::fill(sums.begin(), sums.end(), kNever<T>);
    for (int64_t s = 0; s < x.states(); ++s) {
      T& sum = sums[static_cast<size_t>(x.label(s))];
      sum = log_add(sum, alpha[t * width + s] + beta[static_cast<size_t>(s)]);
    }
    for (int64_t c = 0; c < classes; ++c) {
      const T prob = x.probs[t * x.step_stride + c * x.class_stride];
      grad[t * step + c] = (std::exp(prob) - std::exp(sums[static_cast<size_t>(c)] + loss - prob)) * grad_output;
    }
    std::swap(beta, next);
  }
}

void ctc_backward_kernel(const CtcCall& call, const TensorBase& grad, const TensorBase& grad_input,
                         bool zero_infinity) {
  const int64_t batch = grad.numel(), steps = call.log_alpha.size(1), width = call.log_alpha.size(2),
                classes = call.log_probs.size(2);
  dispatch_float_double(call.log_probs.scalar_type(), "ctc_loss_backward_cpu", [&](auto tag) {
    using T = decltype(tag);
    const T *alpha = call.log_alpha.const_data_ptr<T>(), *losses = call.neg_log_likelihood.const_data_ptr<T>(),
            *g = grad.const_data_ptr<T>();
    T* result = grad_input.mutable_data_ptr<T>();
    std::fill(result, result + grad_input.numel(), T(0));
    parallel_for(0, batch, 1, [&](int64_t begin, int64_t end) {
      for (int64_t b = begin; b < end; ++b) {
        if (zero_infinity && losses[b] == std::numeric_limits<T>::infinity()) continue;
        backward_sums(Sample<T>(call, b), alpha + b * steps * width, width, losses[b], g[b], result + b * classes,
                      batch * classes, classes);
      }
    });
  });
}

using namespace native;  // NOLINT: the stubs below
REGISTER_STUB(ctc_stub, DeviceType::CPU, &ctc_kernel);
REGISTER_STUB(ctc_backward_stub, DeviceType::CPU, &ctc_backward_kernel);

}  // namespace
}  // namespace tiny_torch::cpu
