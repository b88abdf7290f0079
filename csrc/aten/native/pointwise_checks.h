// Checks of the pointwise ops that PyTorch refuses for some dtypes; named in the `check:` field of the op lists.
#pragma once

#include "aten/core/TensorBase.h"

namespace tiny_torch::native {

TORCH_API void check_alpha(const char* op, const TensorBase& self, const TensorBase& other, const Scalar& alpha);
TORCH_API void check_sub(const char* op, const TensorBase& self, const TensorBase& other, const Scalar& alpha);
TORCH_API void check_neg(const TensorBase& self);

}  // namespace tiny_torch::native
