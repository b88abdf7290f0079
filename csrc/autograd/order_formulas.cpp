#include "autograd/order_formulas.h"

#include <limits>

#include "generated/ops/compare.h"
#include "generated/ops/index.h"
#include "generated/ops/order.h"
#include "generated/ops/transcendental.h"

namespace tiny_torch::autodiff {

TensorBase cumulative_extremum_backward(const TensorBase& grad, const TensorBase& self, const TensorBase& indices,
                                        int64_t dim) {
  if (self.numel() == 0) return grad;
  return ops::scatter_add(ops::zeros(self.sizes(), grad.scalar_type(), std::nullopt, grad.device()), dim, indices,
                          grad);
}

// exp(self) times the sum of grad / exp(result) from each element on; by logarithms of both signs of grad, without
// overflow.
TensorBase logcumsumexp_backward(const TensorBase& grad, const TensorBase& self, const TensorBase& result,
                                 int64_t dim) {
  if (grad.dim() == 0 || grad.numel() == 0) return grad;
  // A logarithm of nothing that may still be subtracted from itself.
  const ScalarType dtype = grad.scalar_type();
  const TensorBase none = wrapped_scalar(dtype == kDouble ? std::numeric_limits<double>::lowest()
                                         : dtype == kHalf ? -65504.0
                                                          : -3.3895313892515355e38);
  const TensorBase size = ops::log(ops::abs(grad));
  const auto part = [&](const TensorBase& mask) {
    const TensorBase logs = ops::where(mask, size, none) - result;
    const TensorBase sums = ops::flip(ops::logcumsumexp(ops::flip(logs, IntArrayRef(dim)), dim), IntArrayRef(dim));
    return ops::exp(sums + self);
  };
  return part(ops::gt(grad, wrapped_scalar(0))) - part(ops::lt(grad, wrapped_scalar(0)));
}

}  // namespace tiny_torch::autodiff
