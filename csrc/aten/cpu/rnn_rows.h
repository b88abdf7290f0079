// The loops of a step of LSTM and GRU cells over the hidden features of one sample, compiled per SIMD target.
#pragma once

#include <cstdint>

namespace tiny_torch::cpu {

/// Functions over n hidden features of T = float or double; what has a part for each gate has n features of each.
/// native/rnn.h says what the operands are.
template <class T>
struct RnnRowFunctions {
  /// `activated` may be null; `cell` may be `previous`.
  void (*lstm_step)(const T* gates, const T* hidden, const T* previous, T* activated, T* cell, T* output, int64_t n);
  /// `grad_output` and `grad_h` may be null; `grad_c` is read and written.
  void (*lstm_backward)(const T* grad_output, const T* grad_h, T* grad_c, const T* activated, const T* cell,
                        const T* previous, T* grad_gates, int64_t n);
  /// `activated` may be null.
  void (*gru_step)(const T* gates, const T* hidden, const T* previous, T* activated, T* output, int64_t n);
  /// `grad_output` may be null; `grad_h` is read and written.
  void (*gru_backward)(const T* grad_output, T* grad_h, const T* activated, const T* previous, T* grad_gates,
                       T* grad_hidden, int64_t n);
};

template <class T>
const RnnRowFunctions<T>& rnn_row_functions();

}  // namespace tiny_torch::cpu
