// How a fresh result lies in memory, and what an `out=` takes over from it.
//
// Contract: PyTorch's results follow the order in memory of their inputs, without gaps. An operator that says so
// allocates by these functions; all others give contiguous results.
#pragma once

#include "aten/core/TensorBase.h"

namespace tiny_torch {

/// Strides of a fresh tensor of `shape` whose dims lie in memory in the order of the operands' strides, the first operand
/// deciding where it can; `operands` are strides as broadcast to `shape`, zero where broadcast.
TORCH_API DimVector dense_strides(IntArrayRef shape, ArrayRef<DimVector> operands);
/// A fresh tensor of self's shape in self's order in memory, without its gaps and overlaps.
TORCH_API TensorBase empty_in_order_of(const TensorBase& self, ScalarType dtype, Device device);
/// resize_output for a result with dense `strides` of its own, which a resized `out` takes over.
TORCH_API void resize_output(const TensorBase& out, IntArrayRef sizes, IntArrayRef strides);
/// `t` in the dtype of `out` where both are floating-point and that of `out` is wider, else `t`: for operators that
/// compute in the dtype of their output.
TORCH_API TensorBase in_dtype_of(const TensorBase& out, const TensorBase& t);

/// RuntimeError unless `out` has the dtype of `self`: for operators that only move values.
TORCH_API void check_same_dtype(const char* op, const TensorBase& out, const TensorBase& self);

}  // namespace tiny_torch
