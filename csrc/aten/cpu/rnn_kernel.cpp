// A step of LSTM and GRU layers on the CPU, forwards and backwards.
#include <algorithm>

#include "aten/core/Dispatch.h"
#include "aten/cpu/rnn_rows.h"
#include "aten/native/rnn.h"
#include "c10/parallel.h"

namespace tiny_torch::cpu {
namespace {

using native::GruStep;
using native::GruStepBackward;
using native::LstmStep;
using native::LstmStepBackward;

// A feature costs about as much as eight elements of a plain loop.
int64_t rows_per_task(int64_t features) {
  return std::max<int64_t>(1, kGrainSize / 8 / std::max<int64_t>(1, features));
}

template <class T>
const T* data_or_null(const TensorBase& t) {
  return t.defined() ? t.const_data_ptr<T>() : nullptr;
}
template <class T>
T* at(T* data, int64_t offset) {
  return data == nullptr ? nullptr : data + offset;
}

template <class T>
void lstm_step_typed(const LstmStep& step) {
  const RnnRowFunctions<T>& f = rnn_row_functions<T>();
  const int64_t rows = step.output.size(0), n = step.output.size(1);
  const T *gates = step.gates.const_data_ptr<T>(), *hidden = step.hidden.const_data_ptr<T>(),
          *previous = step.previous.const_data_ptr<T>();
  T *cell = step.cell.mutable_data_ptr<T>(), *output = step.output.mutable_data_ptr<T>(),
    *activated = step.activated.defined() ? step.activated.mutable_data_ptr<T>() : nullptr;
  parallel_for(0, rows, rows_per_task(n), [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const int64_t wide = row * 4 * n, narrow = row * n;
      f.lstm_step(gates + wide, hidden + wide, previous + narrow, at(activated, wide), cell + narrow, output + narrow,
                  n);
    }
  });
}

template <class T>
void lstm_step_backward_typed(const LstmStepBackward& step) {
  const RnnRowFunctions<T>& f = rnn_row_functions<T>();
  const int64_t rows = step.grad_c.size(0), n = step.grad_c.size(1);
  const T *grad_output = data_or_null<T>(step.grad_output), *grad_h = data_or_null<T>(step.grad_h);
  const T *activated = step.activated.const_data_ptr<T>(), *cell = step.cell.const_data_ptr<T>(),
          *previous = step.previous.const_data_ptr<T>();
  T *grad_c = step.grad_c.mutable_data_ptr<T>(), *grad_gates = step.grad_gates.mutable_data_ptr<T>();
  parallel_for(0, rows, rows_per_task(n), [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const int64_t wide = row * 4 * n, narrow = row * n;
      f.lstm_backward(at(grad_output, narrow), at(grad_h, narrow), grad_c + narrow, activated + wide, cell + narrow,
                      previous + narrow, grad_gates + wide, n);
    }
  });
}

template <class T>
void gru_step_typed(const GruStep& step) {
  const RnnRowFunctions<T>& f = rnn_row_functions<T>();
  const int64_t rows = step.output.size(0), n = step.output.size(1);
  const T *gates = step.gates.const_data_ptr<T>(), *hidden = step.hidden.const_data_ptr<T>(),
          *previous = step.previous.const_data_ptr<T>();
  T *output = step.output.mutable_data_ptr<T>(),
    *activated = step.activated.defined() ? step.activated.mutable_data_ptr<T>() : nullptr;
  parallel_for(0, rows, rows_per_task(n), [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const int64_t wide = row * 3 * n, narrow = row * n;
      f.gru_step(gates + wide, hidden + wide, previous + narrow, at(activated, 4 * narrow), output + narrow, n);
    }
  });
}

template <class T>
void gru_step_backward_typed(const GruStepBackward& step) {
  const RnnRowFunctions<T>& f = rnn_row_functions<T>();
  const int64_t rows = step.grad_h.size(0), n = step.grad_h.size(1);
  const T* grad_output = data_or_null<T>(step.grad_output);
  const T *activated = step.activated.const_data_ptr<T>(), *previous = step.previous.const_data_ptr<T>();
  T *grad_h = step.grad_h.mutable_data_ptr<T>(), *grad_gates = step.grad_gates.mutable_data_ptr<T>(),
    *grad_hidden = step.grad_hidden.mutable_data_ptr<T>();
  parallel_for(0, rows, rows_per_task(n), [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const int64_t wide = row * 3 * n, narrow = row * n;
      f.gru_backward(at(grad_output, narrow), grad_h + narrow, activated + 4 * narrow, previous + narrow,
                     grad_gates + wide, grad_hidden + wide, n);
    }
  });
}

void lstm_step_kernel(const LstmStep& step) {
  if (step.output.scalar_type() == kDouble) return lstm_step_typed<double>(step);
  lstm_step_typed<float>(step);
}
void lstm_step_backward_kernel(const LstmStepBackward& step) {
  if (step.grad_c.scalar_type() == kDouble) return lstm_step_backward_typed<double>(step);
  lstm_step_backward_typed<float>(step);
}

void gru_step_kernel(const GruStep& step) {
  if (step.output.scalar_type() == kDouble) return gru_step_typed<double>(step);
  gru_step_typed<float>(step);
}
void gru_step_backward_kernel(const GruStepBackward& step) {
  if (step.grad_h.scalar_type() == kDouble) return gru_step_backward_typed<double>(step);
  gru_step_backward_typed<float>(step);
}

using native::gru_step_backward_stub;
using native::gru_step_stub;
using native::lstm_step_backward_stub;
using native::lstm_step_stub;
REGISTER_STUB(lstm_step_stub, DeviceType::CPU, &lstm_step_kernel);
REGISTER_STUB(lstm_step_backward_stub, DeviceType::CPU, &lstm_step_backward_kernel);
REGISTER_STUB(gru_step_stub, DeviceType::CPU, &gru_step_kernel);
REGISTER_STUB(gru_step_backward_stub, DeviceType::CPU, &gru_step_backward_kernel);

}  // namespace
}  // namespace tiny_torch::cpu
