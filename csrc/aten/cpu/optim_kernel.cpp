// Fused optimizer steps: one pass over the memory of all parameters.
#include "aten/native/optim_stub.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "aten/cpu/optim_kernel.cpp"
#include "aten/cpu/simd/foreach_target.h"
#include "aten/cpu/simd/vec-inl.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "aten/cpu/simd/dispatch.h"
#include "c10/parallel.h"

#ifndef TINY_TORCH_OPTIM_KERNEL_STRUCTS
#define TINY_TORCH_OPTIM_KERNEL_STRUCTS
namespace tiny_torch::cpu {

template <class T>
struct SgdBlock {
  T* param;
  T* grad;
  T* buffer;  // null without momentum
};
template <class T>
struct SgdNumbers {
  T weight_decay, momentum, lr, kept, sign, inverse_scale;
  bool nesterov, first, scaled;
};

template <class T>
struct AdamBlock {
  T* param;
  T* grad;
  T* mean;
  T* square;
  T* greatest;  // null unless amsgrad
};
template <class T>
struct AdamNumbers {
  T beta1, rest1, beta2, rest2, weight_decay, shrink, eps, sign, inverse_scale, root_correction, step_size;
  bool scaled;
};

}  // namespace tiny_torch::cpu
#endif

HWY_BEFORE_NAMESPACE();
namespace tiny_torch::cpu {
namespace HWY_NAMESPACE {

using simd::HWY_NAMESPACE::Vec;

// `f(i, count)` over whole vectors and then once over the rest; loads and stores take the count.
template <class T, class F>
inline void over_vectors(int64_t n, const F& f) {
  constexpr int64_t lanes = Vec<T>::lanes();
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes) f(i, [](const T* p) { return Vec<T>::load(p); }, [](Vec<T> v, T* p) { v.store(p); });
  const int64_t rest = n - i;
  if (rest > 0) f(i, [rest](const T* p) { return Vec<T>::load(p, rest); }, [rest](Vec<T> v, T* p) { v.store(p, rest); });
}

template <class T>
void sgd_block(const SgdBlock<T>& b, const SgdNumbers<T>& s, int64_t n) {
  over_vectors<T>(n, [&](int64_t i, const auto& load, const auto& store) {
    Vec<T> g = load(b.grad + i);
    if (s.scaled) {
      g = g * s.inverse_scale;
      store(g, b.grad + i);
    }
    const Vec<T> p = load(b.param + i);
    g = g * s.sign;
    if (s.weight_decay != 0) g = g + p * s.weight_decay;  // an infinite parameter times 0 would be nan
    if (b.buffer != nullptr) {
      const Vec<T> buffer = s.first ? g : load(b.buffer + i) * s.momentum + g * s.kept;
      store(buffer, b.buffer + i);
      g = s.nesterov ? g + buffer * s.momentum : buffer;
    }
    store(p - g * s.lr, b.param + i);
  });
}

template <class T>
void adam_block(const AdamBlock<T>& b, const AdamNumbers<T>& s, int64_t n) {
  over_vectors<T>(n, [&](int64_t i, const auto& load, const auto& store) {
    Vec<T> g = load(b.grad + i);
    if (s.scaled) {
      g = g * s.inverse_scale;
      store(g, b.grad + i);
    }
    Vec<T> p = load(b.param + i) * s.shrink;
    g = g * s.sign;
    if (s.weight_decay != 0) g = g + p * s.weight_decay;  // an infinite parameter times 0 would be nan
    const Vec<T> mean = load(b.mean + i) * s.beta1 + g * s.rest1;
    Vec<T> square = load(b.square + i) * s.beta2 + g * g * s.rest2;
    store(mean, b.mean + i);
    store(square, b.square + i);
    if (b.greatest != nullptr) {
      square = max(load(b.greatest + i), square);
      store(square, b.greatest + i);
    }
    store(p - mean * s.step_size / (sqrt(square) / s.root_correction + s.eps), b.param + i);
  });
}

void sgd_float(const SgdBlock<float>& b, const SgdNumbers<float>& s, int64_t n) { sgd_block(b, s, n); }
void sgd_double(const SgdBlock<double>& b, const SgdNumbers<double>& s, int64_t n) { sgd_block(b, s, n); }
void adam_float(const AdamBlock<float>& b, const AdamNumbers<float>& s, int64_t n) { adam_block(b, s, n); }
void adam_double(const AdamBlock<double>& b, const AdamNumbers<double>& s, int64_t n) { adam_block(b, s, n); }

}  // namespace HWY_NAMESPACE
}  // namespace tiny_torch::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tiny_torch::cpu {

namespace {

using native::AdamCall;
using native::SgdCall;

// Elements below which another thread is not worth waking.
constexpr int64_t kGrain = 32768;

// Calls `f(index, begin, end)` for ranges that cover all elements of all tensors, among the threads.
template <class F>
void over_elements(TensorList tensors, const F& f) {
  std::vector<int64_t> ends;
  int64_t total = 0;
  for (const TensorBase& t : tensors) ends.push_back(total += t.numel());
  parallel_for(0, total, kGrain, [&](int64_t begin, int64_t end) {
    size_t index = static_cast<size_t>(std::upper_bound(ends.begin(), ends.end(), begin) - ends.begin());
    for (; begin < end; ++index) {
      const int64_t start = ends[index] - tensors[index].numel();
      const int64_t stop = std::min(end, ends[index]);
      if (stop > begin) f(index, begin - start, stop - start);
      begin = stop;
    }
  });
}

// Pointers are taken before threads share the work: the first access of a tensor may rearrange its memory.
template <class T>
T* data_of(TensorList list, size_t index) {
  return list.empty() ? nullptr : list[index].mutable_data_ptr<T>();
}
template <class T>
T* moved(T* pointer, int64_t offset) {
  return pointer == nullptr ? nullptr : pointer + offset;
}

template <class T, class Fn>
void run_sgd(const SgdCall& call, Fn* block) {
  SgdNumbers<T> s;
  s.weight_decay = static_cast<T>(call.weight_decay);
  s.momentum = static_cast<T>(call.momentum);
  s.lr = static_cast<T>(call.lr);
  s.kept = static_cast<T>(1.0 - call.dampening);
  s.sign = static_cast<T>(call.maximize ? -1 : 1);
  s.inverse_scale = static_cast<T>(1.0 / call.grad_scale);
  s.nesterov = call.nesterov;
  s.first = call.is_first_step;
  s.scaled = call.grad_scale != 1.0;
  std::vector<SgdBlock<T>> blocks;
  for (size_t i = 0; i < call.params.size(); ++i) {
    blocks.push_back({data_of<T>(call.params, i), data_of<T>(call.grads, i), data_of<T>(call.buffers, i)});
  }
  over_elements(call.params, [&](size_t i, int64_t begin, int64_t end) {
    const SgdBlock<T>& b = blocks[i];
    block({b.param + begin, b.grad + begin, moved(b.buffer, begin)}, s, end - begin);
  });
}

template <class T>
AdamNumbers<T> adam_numbers(const AdamCall& call, double step) {
  AdamNumbers<T> s;
  s.beta1 = static_cast<T>(call.beta1);
  s.rest1 = static_cast<T>(1.0 - call.beta1);
  s.beta2 = static_cast<T>(call.beta2);
  s.rest2 = static_cast<T>(1.0 - call.beta2);
  s.weight_decay = static_cast<T>(call.decoupled ? 0.0 : call.weight_decay);
  s.shrink = static_cast<T>(call.decoupled ? 1.0 - call.lr * call.weight_decay : 1.0);
  s.eps = static_cast<T>(call.eps);
  s.sign = static_cast<T>(call.maximize ? -1 : 1);
  s.inverse_scale = static_cast<T>(1.0 / call.grad_scale);
  s.root_correction = static_cast<T>(std::sqrt(1.0 - std::pow(call.beta2, step)));
  s.step_size = static_cast<T>(call.lr / (1.0 - std::pow(call.beta1, step)));
  s.scaled = call.grad_scale != 1.0;
  return s;
}

template <class T, class Fn>
void run_adam(const AdamCall& call, Fn* block) {
  std::vector<AdamNumbers<T>> numbers;
  std::vector<AdamBlock<T>> blocks;
  for (size_t i = 0; i < call.params.size(); ++i) {
    numbers.push_back(adam_numbers<T>(call, call.steps[i]));
    blocks.push_back({data_of<T>(call.params, i), data_of<T>(call.grads, i), data_of<T>(call.exp_avgs, i), data_of<T>(call.exp_avg_sqs, i),
                      data_of<T>(call.max_exp_avg_sqs, i)});
  }
  over_elements(call.params, [&](size_t i, int64_t begin, int64_t end) {
    const AdamBlock<T>& b = blocks[i];
    block({b.param + begin, b.grad + begin, b.mean + begin, b.square + begin, moved(b.greatest, begin)}, numbers[i], end - begin);
  });
}

void fused_sgd_kernel(const SgdCall& call) {
  if (call.params[0].scalar_type() == kFloat) {
    run_sgd<float>(call, SIMD_DISPATCH(sgd_float));
  } else {
    run_sgd<double>(call, SIMD_DISPATCH(sgd_double));
  }
}

void fused_adam_kernel(const AdamCall& call) {
  if (call.params[0].scalar_type() == kFloat) {
    run_adam<float>(call, SIMD_DISPATCH(adam_float));
  } else {
    run_adam<double>(call, SIMD_DISPATCH(adam_double));
  }
}

}  // namespace

using native::fused_adam_stub;
using native::fused_sgd_stub;
REGISTER_STUB(fused_sgd_stub, DeviceType::CPU, &fused_sgd_kernel);
REGISTER_STUB(fused_adam_stub, DeviceType::CPU, &fused_adam_kernel);

}  // namespace tiny_torch::cpu
#endif
