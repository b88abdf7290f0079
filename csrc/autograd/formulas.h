// Helpers the `backward:` formulas of the op lists call. All are made of differentiable operators, so that a formula
// can be differentiated again.
#pragma once

#include "aten/core/operators.h"
#include "generated/ops/copy.h"
#include "generated/ops/creation.h"
#include "generated/ops/reduce.h"
#include "generated/ops/shape.h"
#include "generated/ops/view.h"

namespace tiny_torch::autodiff {

/// grad * factor, without the multiplication when the factor is one.
TensorBase scaled(const TensorBase& grad, const Scalar& factor);
TensorBase zeros_like_grad(const TensorBase& grad);
/// Throws: `op` has no derivative, though its results take part in the graph.
TensorBase not_implemented(const char* op);
/// Sum over the dims that broadcasting added or stretched.
TensorBase sum_to_size(const TensorBase& grad, IntArrayRef sizes);

TensorBase mul_grad(const TensorBase& grad, const TensorBase& other, ScalarType dtype);
TensorBase div_grad_self(const TensorBase& grad, const TensorBase& other, ScalarType dtype);
TensorBase div_grad_other(const TensorBase& grad, const TensorBase& self, const TensorBase& other);
TensorBase copy_grad(const TensorBase& grad, IntArrayRef sizes, ScalarType dtype, Device device);
TensorBase to_copy_grad(const TensorBase& grad, ScalarType dtype, Device device);

/// Puts back the dims a reduction removed and repeats the gradient along them.
TensorBase sum_backward(const TensorBase& grad, IntArrayRef sizes, OptionalIntArrayRef dim, bool keepdim);
TensorBase as_strided_backward(const TensorBase& grad, IntArrayRef input_sizes, IntArrayRef input_strides,
                               int64_t input_offset, IntArrayRef sizes, IntArrayRef strides,
                               std::optional<int64_t> storage_offset);

}  // namespace tiny_torch::autodiff
