#include "autograd/join_formulas.h"

#include "autograd/formulas.h"

namespace tiny_torch::autograd {

std::vector<TensorBase> cat_backward(const TensorBase& grad, TensorList tensors, int64_t dim) {
  std::vector<TensorBase> grads;
  const int64_t d = maybe_wrap_dim(dim, grad.dim());
  int64_t at = 0;
  for (const TensorBase& t : tensors) {
    if (t.dim() == 1 && t.size(0) == 0) {
      grads.push_back(ops::zeros({0}, grad.scalar_type(), std::nullopt, grad.device()));
      continue;
    }
    grads.push_back(ops::slice(grad, d, at, at + t.size(d), 1));
    at += t.size(d);
  }
  return grads;
}

}  // namespace tiny_torch::autograd
