// Row functions of the fused optimizer steps, one set per SIMD target and type.
#pragma once

#include <cstdint>

namespace tiny_torch::simd {

/// One step of one parameter in the compute type; `step_size` is lr / (1 - beta1^t).
template <class T>
struct AdamNumbers {
  T inverse_scale, shrink, weight_decay, beta1_rest, beta2, beta2_rest, inverse_root_correction, eps, step_size;
  bool maximize, unscale;
};
template <class T>
struct SgdNumbers {
  T inverse_scale, weight_decay, momentum, undamped, lr;
  bool maximize, unscale, nesterov, first_step;
};

/// Null for `greatest` without amsgrad, for `buffer` without momentum.
template <class T>
struct FusedFns {
  void (*adam)(T* param, T* grad, T* mean, T* square, T* greatest, int64_t n, const AdamNumbers<T>& numbers);
  void (*sgd)(T* param, T* grad, T* buffer, int64_t n, const SgdNumbers<T>& numbers);
};

}  // namespace tiny_torch::simd
