#include "autograd/softmax_formulas.h"

#include "autograd/formulas.h"
#include "generated/ops/transcendental.h"

namespace tiny_torch::autodiff {

namespace {
TensorBase sum_along(const TensorBase& t, int64_t dim) {
  return ops::sum(t, OptionalIntArrayRef(IntArrayRef(dim)), true);
}
}  // namespace

// The backward is (g - sum(g y)) y.
TensorBase softmax_double_backward(const TensorBase& grad, const TensorBase& grad_output, int64_t dim,
                                   const TensorBase& output) {
  return grad * (grad_output - sum_along(grad_output * output, dim)) - grad_output * sum_along(grad * output, dim);
}

// The backward is g - exp(y) sum(g).
TensorBase log_softmax_grad_of_grad(const TensorBase& grad, int64_t dim, const TensorBase& output) {
  return grad - sum_along(grad * ops::exp(output), dim);
}

TensorBase log_softmax_double_backward(const TensorBase& grad, const TensorBase& grad_output, int64_t dim,
                                       const TensorBase& output) {
  return -(grad * ops::exp(output) * sum_along(grad_output, dim));
}

}  // namespace tiny_torch::autodiff
