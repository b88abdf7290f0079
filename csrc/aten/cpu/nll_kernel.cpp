// Negative log likelihood of class numbers.
#include <algorithm>
#include <cstring>
#include <vector>

#include "aten/core/Dispatch.h"
#include "aten/native/loss_reduction.h"
#include "aten/native/nll_stub.h"
#include "c10/parallel.h"

namespace tiny_torch::cpu {
namespace {

using native::NllCall;

// Partial sums have fixed limits, so that results do not depend on the number of threads.
constexpr int64_t kChunk = 4096;

void check_targets(const NllCall& call) {
  const int64_t* target = call.target.const_data_ptr<int64_t>();
  parallel_for(0, call.n * call.inner, kGrainSize, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t t = target[i];
      if (t != call.ignore_index) TORCH_CHECK_INDEX(t >= 0 && t < call.classes, "Target ", t, " is out of bounds.");
    }
  });
}

// f(position in the target, position of its class in `self`, weight) for targets in [begin, end) that count.
template <class T, class F>
void for_each_target(const NllCall& call, int64_t begin, int64_t end, const F& f) {
  const int64_t* target = call.target.const_data_ptr<int64_t>();
  const T* weight = call.weight.defined() ? call.weight.const_data_ptr<T>() : nullptr;
  for (int64_t i = begin; i < end; ++i) {
    const int64_t t = target[i];
    if (t == call.ignore_index) continue;
    const int64_t at = (i / call.inner * call.classes + t) * call.inner + i % call.inner;
    f(i, at, weight == nullptr ? 1.0 : static_cast<double>(static_cast<opmath_t<T>>(weight[t])));
  }
}

template <class T>
T narrow(double x) {
  return static_cast<T>(static_cast<opmath_t<T>>(x));
}

template <class T>
void nll_elements(const NllCall& call, const TensorBase& out) {
  const T* x = call.self.const_data_ptr<T>();
  T* to = out.mutable_data_ptr<T>();
  parallel_for(0, call.n * call.inner, kGrainSize, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) to[i] = T(0);
    for_each_target<T>(call, begin, end, [&](int64_t i, int64_t at, double w) {
      to[i] = narrow<T>(-w * static_cast<double>(static_cast<opmath_t<T>>(x[at])));
    });
  });
}

template <class T>
void nll_sum(const NllCall& call, const TensorBase& out, const TensorBase& total_weight) {
  const T* x = call.self.const_data_ptr<T>();
  const int64_t targets = call.n * call.inner, chunks = (targets + kChunk - 1) / kChunk;
  std::vector<std::pair<double, double>> partial(static_cast<size_t>(chunks), {0.0, 0.0});
  parallel_for(0, chunks, 4, [&](int64_t begin, int64_t end) {
    for (int64_t c = begin; c < end; ++c) {
      auto& [loss, weights] = partial[static_cast<size_t>(c)];
      for_each_target<T>(call, c * kChunk, std::min(targets, (c + 1) * kChunk),
                         [&, &loss = loss, &weights = weights](int64_t, int64_t at, double w) {
                           loss -= w * static_cast<double>(static_cast<opmath_t<T>>(x[at]));
                           weights += w;
                         });
    }
  });
  double loss = 0, weights = 0;
  for (const auto& [l, w] : partial) {
    loss += l;
    weights += w;
  }
  if (call.reduction == native::kReduceMean) loss /= weights;
  *out.mutable_data_ptr<T>() = narrow<T>(loss);
  *total_weight.mutable_data_ptr<T>() = narrow<T>(weights);
}

void nll_loss_kernel(const NllCall& call, const TensorBase& out, const TensorBase& total_weight) {
  check_targets(call);
  dispatch_floating(call.self.scalar_type(), "nll_loss_out_frame", [&](auto tag) {
    using T = decltype(tag);
    if (call.reduction == native::kReduceNone) {
      nll_elements<T>(call, out);
      *total_weight.mutable_data_ptr<T>() = T(0);
    } else {
      nll_sum<T>(call, out, total_weight);
    }
  });
}

void nll_loss_backward_kernel(const NllCall& call, const TensorBase& grad_input, const TensorBase& grad_output,
                              const TensorBase& total_weight) {
  check_targets(call);
  dispatch_floating(call.self.scalar_type(), "nll_loss_backward_out_frame", [&](auto tag) {
    using T = decltype(tag);
    T* to = grad_input.mutable_data_ptr<T>();
    const T* grad = grad_output.const_data_ptr<T>();
    const bool elements = call.reduction == native::kReduceNone;
    const double divisor = call.reduction == native::kReduceMean
                               ? static_cast<double>(static_cast<opmath_t<T>>(*total_weight.const_data_ptr<T>()))
                               : 1.0;
    parallel_for(
        0, call.n, std::max<int64_t>(1, kGrainSize / std::max<int64_t>(1, call.classes * call.inner)),
        [&](int64_t begin, int64_t end) {
          std::memset(static_cast<void*>(to + begin * call.classes * call.inner), 0,
                      static_cast<size_t>((end - begin) * call.classes * call.inner) * sizeof(T));
          for_each_target<T>(call, begin * call.inner, end * call.inner, [&](int64_t i, int64_t at, double w) {
            to[at] = narrow<T>(-w * static_cast<double>(static_cast<opmath_t<T>>(grad[elements ? i : 0])) / divisor);
          });
        });
  });
}

}  // namespace

namespace {
using native::nll_loss_backward_stub;
using native::nll_loss_stub;
REGISTER_STUB(nll_loss_stub, DeviceType::CPU, &nll_loss_kernel);
REGISTER_STUB(nll_loss_backward_stub, DeviceType::CPU, &nll_loss_backward_kernel);
}  // namespace
}  // namespace tiny_torch::cpu
