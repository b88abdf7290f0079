#include "autograd/linalg_norm_formulas.h"

#include "autograd/linalg_support.h"
#include "generated/ops/join.h"
#include "generated/ops/linalg_norm.h"

namespace tiny_torch::autodiff {

TensorBase pinv_backward(const TensorBase& grad, const TensorBase& inverse, const TensorBase& a) {
  if (!grad.defined()) return {};
  const TensorBase ph = adjoint(inverse), gh = adjoint(grad);
  const TensorBase gp = ops::matmul(gh, inverse), pg = ops::matmul(inverse, gh);
  TensorBase result = -ops::matmul(ph, ops::matmul(grad, ph));
  // (1 - A P) g^H P P^H and P^H P g^H (1 - P A).
  result = result + ops::matmul(gp - ops::matmul(a, ops::matmul(inverse, gp)), ph);
  return result + ops::matmul(ph, pg - ops::matmul(ops::matmul(pg, inverse), a));
}

TensorBase matrix_exp_backward(const TensorBase& grad, const TensorBase& a) {
  if (!grad.defined()) return {};
  const int64_t n = a.size(-1);
  const TensorBase ah = adjoint(a);
  const std::vector<TensorBase> top{ah, ops::expand(grad, ah.sizes())}, bottom{ops::zeros_like(ah), ah};
  const std::vector<TensorBase> rows{ops::cat(top, -1), ops::cat(bottom, -1)};
  const TensorBase whole = ops::linalg_matrix_exp(ops::cat(rows, -2));
  return ops::narrow(ops::narrow(whole, -2, 0, n), -1, n, n);
}

}  // namespace tiny_torch::autodiff
