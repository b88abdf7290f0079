// Cross entropy of rows of logits: one pass over the logits for the loss, one for the gradient.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "aten/cpu/cross_entropy_kernel.cpp"
#include "aten/cpu/simd/foreach_target.h"

#include <cmath>

#include "aten/cpu/cross_entropy_rows.h"
#include "aten/cpu/softmax_rows-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tiny_torch::simd {
namespace HWY_NAMESPACE {

template <class T>
void cross_entropy_state(const T* x, int64_t n, T* peak, T* log_sum) {
  *peak = row_max(x, n);
  *log_sum = static_cast<T>(std::log(static_cast<double>(row_exp_sum<false, T>(x, nullptr, n, *peak))));
}

template <class T>
void scaled_softmax(const T* x, T* out, int64_t n, T peak, T log_sum, T factor) {
  map_row(out, n, [&](const auto& load) { return exp((load(x) - peak) - log_sum) * factor; });
}

CrossEntropyFns<float> cross_entropy_f32() { return {&cross_entropy_state<float>, &scaled_softmax<float>}; }
CrossEntropyFns<double> cross_entropy_f64() { return {&cross_entropy_state<double>, &scaled_softmax<double>}; }

}  // namespace HWY_NAMESPACE
}  // namespace tiny_torch::simd
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include <algorithm>
#include <cstring>
#include <type_traits>
#include <vector>

#include "aten/core/Dispatch.h"
#include "aten/cpu/simd/convert.h"
#include "aten/native/loss_reduction.h"
#include "aten/native/nll_stub.h"
#include "c10/parallel.h"

namespace tiny_torch::simd {
namespace {
SIMD_FUNCTION_TABLE(cross_entropy_fns, CrossEntropyFns, cross_entropy_f32, cross_entropy_f64)
}  // namespace
}  // namespace tiny_torch::simd

namespace tiny_torch::cpu {
namespace {

using native::NllCall;

void check_targets(const NllCall& call) {
  const int64_t* target = call.target.const_data_ptr<int64_t>();
  for (int64_t i = 0; i < call.n; ++i) {
    TORCH_CHECK_INDEX(target[i] == call.ignore_index || (target[i] >= 0 && target[i] < call.classes), "Target ",
                      target[i], " is out of bounds.");
  }
}

template <class T>
double weight_of(const NllCall& call, int64_t target) {
  return call.weight.defined() ? static_cast<double>(static_cast<opmath_t<T>>(call.weight.const_data_ptr<T>()[target]))
                               : 1.0;
}

int64_t rows_per_task(const NllCall& call) {
  return std::max<int64_t>(1, kGrainSize / 4 / std::max<int64_t>(1, call.classes));
}

// The row in the compute type: itself, or widened into `buffer`.
template <class T>
const opmath_t<T>* wide_row(const NllCall& call, int64_t row, std::vector<opmath_t<T>>& buffer) {
  const T* x = call.self.const_data_ptr<T>() + row * call.classes;
  if constexpr (std::is_same_v<T, opmath_t<T>>) {
    return x;
  } else {
    buffer.resize(static_cast<size_t>(call.classes));
    simd::load_block(call.self.scalar_type(), x, sizeof(T), kFloat, buffer.data(), call.classes);
    return buffer.data();
  }
}

// Losses of all rows, not yet weighted, and the state the gradient needs.
template <class T>
std::vector<double> row_losses(const NllCall& call, opmath_t<T>* state) {
  const int64_t* target = call.target.const_data_ptr<int64_t>();
  std::vector<double> losses(static_cast<size_t>(call.n), 0.0);
  parallel_for(0, call.n, rows_per_task(call), [&](int64_t begin, int64_t end) {
    std::vector<opmath_t<T>> buffer;
    for (int64_t r = begin; r < end; ++r) {
      opmath_t<T>*peak = state + 2 * r, *log_sum = peak + 1;
      *peak = *log_sum = 0;
      if (target[r] == call.ignore_index) continue;
      const opmath_t<T>* x = wide_row<T>(call, r, buffer);
      simd::cross_entropy_fns<opmath_t<T>>().state(x, call.classes, peak, log_sum);
      losses[static_cast<size_t>(r)] =
          static_cast<double>(*log_sum) - (static_cast<double>(x[target[r]]) - static_cast<double>(*peak));
    }
  });
  return losses;
}

template <class T>
void forward_rows(const NllCall& call, const TensorBase& out, const TensorBase& total_weight,
                  const TensorBase& row_state) {
  const int64_t* target = call.target.const_data_ptr<int64_t>();
  const std::vector<double> losses = row_losses<T>(call, row_state.mutable_data_ptr<opmath_t<T>>());
  const bool elements = call.reduction == native::kReduceNone;
  T* to = out.mutable_data_ptr<T>();
  double total = 0, weights = 0;
  for (int64_t r = 0; r < call.n; ++r) {
    const bool counts = target[r] != call.ignore_index;
    const double w = counts ? weight_of<T>(call, target[r]) : 0.0,
                 loss = counts ? w * losses[static_cast<size_t>(r)] : 0.0;
    if (elements) to[r] = static_cast<T>(static_cast<opmath_t<T>>(loss));
    total += loss;
    weights += w;
  }
  if (!elements)
    *to = static_cast<T>(static_cast<opmath_t<T>>(call.reduction == native::kReduceMean ? total / weights : total));
  *total_weight.mutable_data_ptr<T>() = static_cast<T>(static_cast<opmath_t<T>>(elements ? 0.0 : weights));
}

template <class T>
void backward_rows(const NllCall& call, const TensorBase& grad_input, const TensorBase& grad_output,
                   const TensorBase& total_weight, const TensorBase& row_state) {
  using A = opmath_t<T>;
  const int64_t* target = call.target.const_data_ptr<int64_t>();
  const T* grad = grad_output.const_data_ptr<T>();
  const A* state = row_state.const_data_ptr<A>();
  T* to = grad_input.mutable_data_ptr<T>();
  const bool elements = call.reduction == native::kReduceNone;
  const double divisor = call.reduction == native::kReduceMean
                             ? static_cast<double>(static_cast<A>(*total_weight.const_data_ptr<T>()))
                             : 1.0;
  parallel_for(0, call.n, rows_per_task(call), [&](int64_t begin, int64_t end) {
    std::vector<A> buffer;
    for (int64_t r = begin; r < end; ++r) {
      T* out = to + r * call.classes;
      if (target[r] == call.ignore_index) {
        std::memset(static_cast<void*>(out), 0, static_cast<size_t>(call.classes) * sizeof(T));
        continue;
      }
      const A factor = static_cast<A>(weight_of<T>(call, target[r]) *
                                      static_cast<double>(static_cast<A>(grad[elements ? r : 0])) / divisor);
      const A* x = wide_row<T>(call, r, buffer);
      if constexpr (std::is_same_v<T, A>) {
        simd::cross_entropy_fns<A>().scaled_softmax(x, out, call.classes, state[2 * r], state[2 * r + 1], factor);
        out[target[r]] -= factor;
      } else {
        simd::cross_entropy_fns<A>().scaled_softmax(x, buffer.data(), call.classes, state[2 * r], state[2 * r + 1],
                                                    factor);
        buffer[static_cast<size_t>(target[r])] -= factor;
        simd::store_block(kFloat, buffer.data(), grad_input.scalar_type(), out, sizeof(T), call.classes);
      }
    }
  });
}

void cross_entropy_kernel(const NllCall& call, const TensorBase& out, const TensorBase& total_weight,
                          const TensorBase& row_state) {
  check_targets(call);
  dispatch_floating(call.self.scalar_type(), "cross_entropy",
                    [&](auto tag) { forward_rows<decltype(tag)>(call, out, total_weight, row_state); });
}
void cross_entropy_backward_kernel(const NllCall& call, const TensorBase& grad_input, const TensorBase& grad_output,
                                   const TensorBase& total_weight, const TensorBase& row_state) {
  check_targets(call);
  dispatch_floating(call.self.scalar_type(), "cross_entropy_backward", [&](auto tag) {
    backward_rows<decltype(tag)>(call, grad_input, grad_output, total_weight, row_state);
  });
}

}  // namespace

namespace {
using native::cross_entropy_backward_stub;
using native::cross_entropy_stub;
REGISTER_STUB(cross_entropy_stub, DeviceType::CPU, &cross_entropy_kernel);
REGISTER_STUB(cross_entropy_backward_stub, DeviceType::CPU, &cross_entropy_backward_kernel);
}  // namespace
}  // namespace tiny_torch::cpu
#endif
