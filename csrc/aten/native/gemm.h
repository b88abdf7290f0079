// The one entry to matrix products on a device.
#pragma once

#include "aten/core/TensorBase.h"
#include "aten/core/stub.h"

namespace tiny_torch::native {

/// out = beta * out + alpha * (a @ b) for a (b, n, k) and b (b, k, m) or without the batch; all of one dtype, out dense
/// and row-major, not overlapping its inputs. `bias`, when defined, is added to each row (1-d of length m).
struct GemmCall {
  const TensorBase& out;
  const TensorBase& a;
  const TensorBase& b;
  const TensorBase& bias;
  Scalar beta = 0;
  Scalar alpha = 1;
};
DECLARE_STUB(gemm_stub, void(const GemmCall& call));

}  // namespace tiny_torch::native
