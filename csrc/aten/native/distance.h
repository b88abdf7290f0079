// Compute behind the distances between rows.
#pragma once

#include "aten/core/TensorBase.h"
#include "aten/core/stub.h"

namespace tiny_torch::native {

/// All tensors contiguous, float or double, none empty. x1 (B, P, M), x2 (B, R, M), out (B, P, R).
DECLARE_STUB(cdist_stub, void(const TensorBase& out, const TensorBase& x1, const TensorBase& x2, double p));
/// Gradient (B, P, M) of x1 from grad and distances (B, P, R).
DECLARE_STUB(cdist_backward_stub, void(const TensorBase& grad_x1, const TensorBase& grad, const TensorBase& x1,
                                       const TensorBase& x2, double p, const TensorBase& distances));
/// self (N, M), out (N (N - 1) / 2), pairs in the order (0, 1), (0, 2), ...
DECLARE_STUB(pdist_stub, void(const TensorBase& out, const TensorBase& self, double p));
DECLARE_STUB(pdist_backward_stub, void(const TensorBase& grad_self, const TensorBase& grad, const TensorBase& self,
                                       double p, const TensorBase& distances));

}  // namespace tiny_torch::native
