// What generated registrations share: results of functional kernels written to `self` or `out`.
#pragma once

#include "aten/core/TensorBase.h"

namespace tiny_torch {

/// Checks that `result` may be written to `out`: dtype, device.
TORCH_API void check_output(const char* op, const TensorBase& out, const TensorBase& result);
/// Checks, resizes `out` to the shape of `result` and copies.
TORCH_API void write_output(const char* op, TensorBase& out, const TensorBase& result);
/// The same for operators that do not convert: `out` has to have the dtype of `result`.
TORCH_API void write_exact_output(const char* op, TensorBase& out, const TensorBase& result);
/// In-place forms made from functional ones: the result must have self's shape and fit its dtype.
TORCH_API void copy_result_to_self(const char* op, TensorBase& self, const TensorBase& result);
TORCH_API void copy_result_below_autograd(const char* op, TensorBase& self, const TensorBase& result);
/// In-place forms of views: `self` gets the sizes, strides and offset of `view`.
TORCH_API void take_geometry(TensorBase& self, const TensorBase& view);
/// Contiguous copies.
TORCH_API std::vector<TensorBase> clone_all(const std::vector<TensorBase>& views);

}  // namespace tiny_torch
