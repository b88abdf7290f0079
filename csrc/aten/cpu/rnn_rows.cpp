#include "aten/cpu/rnn_rows.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "aten/cpu/rnn_rows.cpp"
#include "aten/cpu/simd/foreach_target.h"

#include "aten/cpu/simd/math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tiny_torch::cpu {
namespace HWY_NAMESPACE {

namespace sn = ::tiny_torch::simd::HWY_NAMESPACE;
template <class T>
using Vec = sn::Vec<T>;

template <class T>
HWY_INLINE Vec<T> some(const T* p, int64_t count) {
  return count == Vec<T>::lanes() ? Vec<T>::load(p) : Vec<T>::load(p, count);
}
template <class T>
HWY_INLINE void put(Vec<T> v, T* p, int64_t count) {
  if (count == Vec<T>::lanes()) {
    v.store(p);
  } else {
    v.store(p, count);
  }
}

template <class T>
void lstm_row_step(const T* gates, const T* hidden, const T* previous, T* activated, T* cell, T* output, int64_t n) {
  constexpr int64_t step = Vec<T>::lanes();
  for (int64_t i = 0; i < n; i += step) {
    const int64_t count = n - i < step ? n - i : step;
    const Vec<T> in = sn::sigmoid(some(gates + i, count) + some(hidden + i, count));
    const Vec<T> forget = sn::sigmoid(some(gates + n + i, count) + some(hidden + n + i, count));
    const Vec<T> candidate = sn::tanh(some(gates + 2 * n + i, count) + some(hidden + 2 * n + i, count));
    const Vec<T> out = sn::sigmoid(some(gates + 3 * n + i, count) + some(hidden + 3 * n + i, count));
    const Vec<T> c = some(previous + i, count) * forget + in * candidate;
    if (activated != nullptr) {
      put<T>(in, activated + i, count);
      put<T>(forget, activated + n + i, count);
      put<T>(candidate, activated + 2 * n + i, count);
      put<T>(out, activated + 3 * n + i, count);
    }
    put<T>(c, cell + i, count);
    put<T>(out * sn::tanh(c), output + i, count);
  }
}

template <class T>
void lstm_row_backward(const T* grad_output, const T* grad_h, T* grad_c, const T* activated, const T* cell,
                       const T* previous, T* grad_gates, int64_t n) {
  constexpr int64_t step = Vec<T>::lanes();
  const Vec<T> one(T(1));
  for (int64_t i = 0; i < n; i += step) {
    const int64_t count = n - i < step ? n - i : step;
    const Vec<T> in = some(activated + i, count), forget = some(activated + n + i, count),
                 candidate = some(activated + 2 * n + i, count), out = some(activated + 3 * n + i, count);
    Vec<T> h(T(0));
    if (grad_output != nullptr) h = some(grad_output + i, count);
    if (grad_h != nullptr) h = h + some(grad_h + i, count);
    const Vec<T> bounded = sn::tanh(some(cell + i, count));
    const Vec<T> c = some(grad_c + i, count) + h * out * (one - bounded * bounded);
    put<T>(c * candidate * in * (one - in), grad_gates + i, count);
    put<T>(c * some(previous + i, count) * forget * (one - forget), grad_gates + n + i, count);
    put<T>(c * in * (one - candidate * candidate), grad_gates + 2 * n + i, count);
    put<T>(h * bounded * out * (one - out), grad_gates + 3 * n + i, count);
    put<T>(c * forget, grad_c + i, count);
  }
}

template <class T>
void gru_row_step(const T* gates, const T* hidden, const T* previous, T* activated, T* output, int64_t n) {
  constexpr int64_t step = Vec<T>::lanes();
  for (int64_t i = 0; i < n; i += step) {
    const int64_t count = n - i < step ? n - i : step;
    const Vec<T> reset = sn::sigmoid(some(gates + i, count) + some(hidden + i, count));
    const Vec<T> update = sn::sigmoid(some(gates + n + i, count) + some(hidden + n + i, count));
    const Vec<T> from_hidden = some(hidden + 2 * n + i, count);
    const Vec<T> candidate = sn::tanh(some(gates + 2 * n + i, count) + reset * from_hidden);
    if (activated != nullptr) {
      put<T>(reset, activated + i, count);
      put<T>(update, activated + n + i, count);
      put<T>(candidate, activated + 2 * n + i, count);
      put<T>(from_hidden, activated + 3 * n + i, count);
    }
    put<T>((some(previous + i, count) - candidate) * update + candidate, output + i, count);
  }
}

template <class T>
void gru_row_backward(const T* grad_output, T* grad_h, const T* activated, const T* previous, T* grad_gates,
                      T* grad_hidden, int64_t n) {
  constexpr int64_t step = Vec<T>::lanes();
  const Vec<T> one(T(1));
  for (int64_t i = 0; i < n; i += step) {
    const int64_t count = n - i < step ? n - i : step;
    const Vec<T> reset = some(activated + i, count), update = some(activated + n + i, count),
                 candidate = some(activated + 2 * n + i, count), from_hidden = some(activated + 3 * n + i, count);
    Vec<T> h = some(grad_h + i, count);
    if (grad_output != nullptr) h = h + some(grad_output + i, count);
    const Vec<T> to_candidate = h * (one - update) * (one - candidate * candidate);
    const Vec<T> to_reset = to_candidate * from_hidden * reset * (one - reset);
    const Vec<T> to_update = h * (some(previous + i, count) - candidate) * update * (one - update);
    put<T>(to_reset, grad_gates + i, count);
    put<T>(to_update, grad_gates + n + i, count);
    put<T>(to_candidate, grad_gates + 2 * n + i, count);
    put<T>(to_reset, grad_hidden + i, count);
    put<T>(to_update, grad_hidden + n + i, count);
    put<T>(to_candidate * reset, grad_hidden + 2 * n + i, count);
    put<T>(h * update, grad_h + i, count);
  }
}

template <class T>
RnnRowFunctions<T> make_rnn_table() {
  return {&lstm_row_step<T>, &lstm_row_backward<T>, &gru_row_step<T>, &gru_row_backward<T>};
}
RnnRowFunctions<float> rnn_float_table() { return make_rnn_table<float>(); }
RnnRowFunctions<double> rnn_double_table() { return make_rnn_table<double>(); }

}  // namespace HWY_NAMESPACE
}  // namespace tiny_torch::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tiny_torch::cpu {

SIMD_FUNCTION_TABLE(rnn_row_functions, RnnRowFunctions, rnn_float_table, rnn_double_table)
template const RnnRowFunctions<float>& rnn_row_functions<float>();
template const RnnRowFunctions<double>& rnn_row_functions<double>();

}  // namespace tiny_torch::cpu
#endif
