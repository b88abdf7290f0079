#include "autograd/join_formulas.h"

#include "autograd/formulas.h"

namespace tiny_torch::autodiff {

std::vector<TensorBase> cat_backward(const TensorBase& grad, const std::vector<DimVector>& sizes, int64_t dim) {
  std::vector<TensorBase> grads;
  const int64_t d = maybe_wrap_dim(dim, grad.dim());
  int64_t at = 0;
  for (const DimVector& shape : sizes) {
    if (shape.size() == 1 && shape[0] == 0) {
      grads.push_back(ops::zeros({0}, grad.scalar_type(), std::nullopt, grad.device()));
      continue;
    }
    const int64_t length = shape[static_cast<size_t>(d)];
    grads.push_back(ops::slice(grad, d, at, at + length, 1));
    at += length;
  }
  return grads;
}

}  // namespace tiny_torch::autodiff
