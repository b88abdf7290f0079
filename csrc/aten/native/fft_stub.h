// Compute behind Fourier transforms.
#pragma once

#include "aten/core/TensorBase.h"
#include "aten/core/stub.h"

namespace tiny_torch::native {

/// Transforms a contiguous complex tensor in place along `dim`, with exp(-2 pi i jk / n) if `forward`, and multiplies by
/// `factor`.
DECLARE_STUB(fft_stub, void(const TensorBase& x, int64_t dim, bool forward, double factor));

}  // namespace tiny_torch::native
