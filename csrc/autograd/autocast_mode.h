// Automatic mixed precision: under autocast some operators compute in a short float, some in float32.
//
// Contract: the state belongs to the thread; `autocast:` in the op list says what an operator does, and operators
// without the entry take their arguments as they come. Casts are differentiated, so gradients keep the arguments' dtypes.
// Example: `autocast::set_autocast_enabled(DeviceType::CPU, true); ops::mm(a, b)  // bfloat16 for float32 a and b`
#pragma once

#include "aten/core/Dispatcher.h"

namespace tiny_torch {
namespace autocast {

TORCH_API bool is_autocast_enabled(DeviceType device);
TORCH_API void set_autocast_enabled(DeviceType device, bool enabled);
/// The dtype of operators that gain from a short one: bfloat16 on the CPU, float16 on CUDA unless set.
TORCH_API ScalarType get_autocast_dtype(DeviceType device);
/// Operators with `autocast: lower` then compute in `dtype`.
TORCH_API void set_autocast_dtype(DeviceType device, ScalarType dtype);
/// Whether casts of float32 leaves are kept until the outermost scope ends or clear_cache() is called.
TORCH_API bool is_autocast_cache_enabled();
TORCH_API void set_autocast_cache_enabled(bool enabled);
TORCH_API void clear_cache();
/// Depth of the scopes this thread is in, after the call.
TORCH_API int increment_nesting();
TORCH_API int decrement_nesting();

/// Boxed kernels of the entries `autocast: lower`, `float`, `promote` and `lower_lstm`.
TORCH_API void lower_kernel(KernelFunctor*, const OperatorEntry& op, DispatchKeySet keys, Stack& stack);
TORCH_API void float_kernel(KernelFunctor*, const OperatorEntry& op, DispatchKeySet keys, Stack& stack);
TORCH_API void promote_kernel(KernelFunctor*, const OperatorEntry& op, DispatchKeySet keys, Stack& stack);
/// `lower` for LSTMs without projections; others are left to the operators they consist of.
TORCH_API void lower_lstm_kernel(KernelFunctor*, const OperatorEntry& op, DispatchKeySet keys, Stack& stack);

}  // namespace autocast
}  // namespace tiny_torch
