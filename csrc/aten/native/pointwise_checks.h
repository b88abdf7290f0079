// Checks of the pointwise ops that PyTorch refuses for some dtypes or values; named in the `check:` field of the op lists.
#pragma once

#include "aten/core/TensorBase.h"

namespace tiny_torch::native {

TORCH_API void check_alpha(const char* op, const TensorBase& self, const TensorBase& other, const Scalar& alpha);
TORCH_API void check_sub(const char* op, const TensorBase& self, const TensorBase& other, const Scalar& alpha);
TORCH_API void check_neg(const TensorBase& self);
/// NotImplementedError for bool.
TORCH_API void check_not_bool(const char* op, const TensorBase& self);
/// RuntimeError for integer division by zero.
TORCH_API void check_remainder(const TensorBase& self, const TensorBase& other);
/// RuntimeError for integers raised to negative integers.
TORCH_API void check_pow(const TensorBase& self, const TensorBase& exponent);
TORCH_API void check_condition(const TensorBase& condition);
/// NotImplementedError for bool, RuntimeError for unsigned integers with negative bounds.
TORCH_API void check_hardtanh(const TensorBase& self, const Scalar& min_val, const Scalar& max_val);
/// RuntimeError for a negative `lambd`.
TORCH_API void check_softshrink(const Scalar& lambd);
/// 1 / alpha; RuntimeError for zero.
TORCH_API Scalar celu_input_scale(const Scalar& alpha);
/// RuntimeError where the ends of a line have two dtypes.
TORCH_API void check_lerp(const TensorBase& self, const TensorBase& end);

}  // namespace tiny_torch::native
