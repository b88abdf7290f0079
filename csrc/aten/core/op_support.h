// What generated registrations share: results of functional kernels written to `self` or `out`.
#pragma once

#include "aten/core/TensorBase.h"

namespace tiny_torch {

/// Checks that `result` may be written to `out`: dtype, device.
TORCH_API void check_output(const char* op, const TensorBase& out, const TensorBase& result);
/// Checks, resizes `out` to the shape of `result` and copies.
TORCH_API void write_output(const char* op, TensorBase& out, const TensorBase& result);
/// RuntimeError unless `out` has this dtype.
TORCH_API void check_out_dtype(const TensorBase& out, ScalarType dtype);
/// The same for operators that do not convert: `out` has to have the dtype of `result`.
TORCH_API void write_exact_output(const char* op, TensorBase& out, const TensorBase& result);
/// The same for truth values, which may be stored as bool or uint8.
TORCH_API void write_logical_output(const char* op, TensorBase& out, const TensorBase& result);
struct PointwiseOp;
/// pointwise_out for operators that do not convert their result.
TORCH_API void pointwise_exact_out(const PointwiseOp& op, const TensorBase& out, const TensorBase* const* inputs,
                                   const Scalar* scalars);
/// RuntimeError unless the `dtype` asked of an in-place form is that of `self`.
TORCH_API void check_inplace_dtype(const TensorBase& self, ScalarType dtype);
/// In-place forms made from functional ones: the result must have self's shape and fit its dtype.
TORCH_API void copy_result_to_self(const char* op, TensorBase& self, const TensorBase& result);
TORCH_API void copy_result_below_autograd(const char* op, TensorBase& self, const TensorBase& result);
/// In-place forms of views: `self` gets the sizes, strides and offset of `view`.
TORCH_API void take_geometry(TensorBase& self, const TensorBase& view);
/// Contiguous copies.
TORCH_API std::vector<TensorBase> clone_all(const std::vector<TensorBase>& views);

}  // namespace tiny_torch
