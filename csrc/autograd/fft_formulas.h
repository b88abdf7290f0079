// Gradients of Fourier transforms between real and complex tensors.
#pragma once

#include "aten/core/TensorBase.h"

namespace tiny_torch::autodiff {

TensorBase fft_r2c_backward(const TensorBase& grad, IntArrayRef dim, int64_t normalization, bool onesided,
                            IntArrayRef input_sizes);
TensorBase fft_c2r_backward(const TensorBase& grad, IntArrayRef dim, int64_t normalization);

}  // namespace tiny_torch::autodiff
