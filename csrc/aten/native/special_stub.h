// Compute behind nextafter. Tensors are contiguous, of one shape and floating dtype.
#pragma once

#include "aten/core/TensorBase.h"
#include "aten/core/stub.h"

namespace tiny_torch::native {

DECLARE_STUB(nextafter_stub, void(TensorBase& out, const TensorBase& self, const TensorBase& other));

}  // namespace tiny_torch::native
