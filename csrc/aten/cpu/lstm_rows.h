// The loops of an LSTM step over the hidden features of one sample, compiled per SIMD target.
#pragma once

#include <cstdint>

namespace tiny_torch::cpu {

/// Functions over n hidden features of T = float or double; `gates`, `hidden`, `activated` and `grad_gates` are 4 n long.
template <class T>
struct LstmRowFunctions {
  /// `activated` may be null; `cell` may be `previous`.
  void (*step)(const T* gates, const T* hidden, const T* previous, T* activated, T* cell, T* output, int64_t n);
  /// `grad_output` and `grad_h` may be null; `grad_c` is read and written.
  void (*backward)(const T* grad_output, const T* grad_h, T* grad_c, const T* activated, const T* cell,
                   const T* previous, T* grad_gates, int64_t n);
};

template <class T>
const LstmRowFunctions<T>& lstm_row_functions();

}  // namespace tiny_torch::cpu
