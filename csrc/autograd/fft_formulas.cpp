#include "autograd/fft_formulas.h"

#include "autograd/formulas.h"
#include "generated/ops/fft.h"
#include "generated/ops/join.h"

namespace tiny_torch::autodiff {

TensorBase fft_r2c_backward(const TensorBase& grad, IntArrayRef dim, int64_t normalization, bool onesided,
                            IntArrayRef input_sizes) {
  TensorBase whole = grad;
  if (onesided) {
    // The half that was dropped has no gradient.
    const int64_t last = maybe_wrap_dim(dim.back(), grad.dim()), n = input_sizes[static_cast<size_t>(last)];
    DimVector sizes(grad.sizes());
    sizes[static_cast<size_t>(last)] = n - grad.size(last);
    const std::vector<TensorBase> parts{grad, ops::zeros(sizes, grad.scalar_type(), std::nullopt, grad.device())};
    whole = ops::cat(parts, last);
  }
  return ops::real(ops::_fft_c2c(whole, dim, normalization, false));
}

TensorBase fft_c2r_backward(const TensorBase& grad, IntArrayRef dim, int64_t normalization) {
  const TensorBase half = ops::_fft_r2c(grad, dim, normalization, true);
  // Values that were mirrored count twice.
  const int64_t last = maybe_wrap_dim(dim.back(), grad.dim()), kept = half.size(last), twice = grad.size(last) - kept;
  if (twice <= 0) return half;
  const std::vector<TensorBase> parts{ops::narrow(half, last, 0, 1), ops::narrow(half, last, 1, twice) * Scalar(2),
                                      ops::narrow(half, last, 1 + twice, kept - 1 - twice)};
  return ops::cat(parts, last);
}

}  // namespace tiny_torch::autodiff
