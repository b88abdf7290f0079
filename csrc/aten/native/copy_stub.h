// Compute behind copy_, clone and fill_.
#pragma once

#include "aten/core/TensorBase.h"
#include "aten/core/stub.h"

namespace tiny_torch::native {

/// out = src, broadcast and converted; both have elements and do not overlap.
DECLARE_STUB(copy_stub, void(const TensorBase& out, const TensorBase& src));
DECLARE_STUB(fill_stub, void(const TensorBase& out, const Scalar& value));
/// Conjugates a dense complex tensor in place.
DECLARE_STUB(conj_stub, void(const TensorBase& self));

}  // namespace tiny_torch::native
