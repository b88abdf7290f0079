// Compute behind Fourier transforms. All tensors are contiguous, `factor` multiplies the result.
#pragma once

#include "aten/core/TensorBase.h"
#include "aten/core/stub.h"

namespace tiny_torch::native {

/// Complex numbers along `dim`, with exp(-2 pi i jk / n) if `forward`; `out` may be `self`.
DECLARE_STUB(fft_stub, void(const TensorBase& out, const TensorBase& self, int64_t dim, bool forward, double factor));

/// n real numbers along the last dim to the n / 2 + 1 first values of their transform.
DECLARE_STUB(fft_from_real_stub, void(const TensorBase& out, const TensorBase& self, double factor));
/// The inverse; n is the last size of `out`.
DECLARE_STUB(fft_to_real_stub, void(const TensorBase& out, const TensorBase& self, double factor));

}  // namespace tiny_torch::native
