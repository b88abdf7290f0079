// Checks of the pointwise ops that PyTorch refuses for some dtypes or values; named in the `check:` field of the op lists.
#pragma once

#include "aten/core/TensorBase.h"

namespace tiny_torch::native {

TORCH_API void check_alpha(const char* op, const TensorBase& self, const TensorBase& other, const Scalar& alpha);
TORCH_API void check_sub(const char* op, const TensorBase& self, const TensorBase& other, const Scalar& alpha);
TORCH_API void check_neg(const TensorBase& self);
/// NotImplementedError for bool.
TORCH_API void check_not_bool(const char* op, const TensorBase& self);
/// NotImplementedError where both are bool.
TORCH_API void check_not_bool(const char* op, const TensorBase& self, const TensorBase& other);
/// check_not_bool, and both numbers have to fit the dtype of `self`.
TORCH_API void check_threshold(const TensorBase& self, const Scalar& threshold, const Scalar& value);
/// RuntimeError for integer division by zero.
TORCH_API void check_remainder(const TensorBase& self, const TensorBase& other);
/// NotImplementedError for bool.
TORCH_API void check_pow(const TensorBase& self, const TensorBase& exponent);
/// TypeError where both operands are Python numbers.
TORCH_API void check_not_both_numbers(const char* op, const TensorBase& a, const TensorBase& b);
TORCH_API void check_condition(const TensorBase& condition);
/// NotImplementedError for bool, RuntimeError for unsigned integers with negative bounds.
TORCH_API void check_hardtanh(const TensorBase& self, const Scalar& min_val, const Scalar& max_val);
/// RuntimeError for a `lambd` that is no number from 0 to the largest of self's dtype.
TORCH_API void check_softshrink(const TensorBase& self, const Scalar& lambd);
/// RuntimeError unless `value` fits the dtype of `self`: for operators that do not compute in a wider one.
TORCH_API void check_fits(const TensorBase& self, const Scalar& value);
/// RuntimeError unless `value` fits the dtype that all tensors have, where that is an integer one.
TORCH_API void check_addcmul(const TensorBase& self, const TensorBase& tensor1, const TensorBase& tensor2,
                             const Scalar& value);
/// RuntimeError for the division of integers.
TORCH_API void check_addcdiv(const TensorBase& tensor1, const TensorBase& tensor2);
/// 1 / alpha; RuntimeError for zero.
TORCH_API Scalar celu_input_scale(const Scalar& alpha);
/// RuntimeError where the ends of a line, or its weights with dims, have two dtypes.
TORCH_API void check_lerp(const TensorBase& self, const TensorBase& end);
TORCH_API void check_lerp(const TensorBase& self, const TensorBase& end, const TensorBase& weight);

}  // namespace tiny_torch::native
