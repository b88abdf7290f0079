// The one entry to matrix products on a device.
#pragma once

#include <memory>

#include "aten/core/TensorBase.h"
#include "aten/core/stub.h"

namespace tiny_torch::native {

/// A matrix that many products read, laid out once as an implementation likes it. `layout` is that implementation's
/// own, null where nothing is gained.
struct PackedMatrix {
  TensorBase data;
  std::shared_ptr<const void> layout;
};

/// out = beta * out + alpha * (a @ b) for a (b, n, k) and b (b, k, m) or without the batch; all of one dtype, out dense
/// and row-major, not overlapping its inputs. `bias`, when defined, is added to each row (1-d of length m).
/// `packed`, when given, is `b` once more.
struct GemmCall {
  const TensorBase& out;
  const TensorBase& a;
  const TensorBase& b;
  const TensorBase& bias;
  Scalar beta = 0;
  Scalar alpha = 1;
  const PackedMatrix* packed = nullptr;
};
DECLARE_STUB(gemm_stub, void(const GemmCall& call));
/// Packs call.b for products of the call's shapes.
DECLARE_STUB(gemm_pack_stub, void(const GemmCall& call, PackedMatrix& packed));

}  // namespace tiny_torch::native
