#include "autograd/linalg_solve_formulas.h"

#include "autograd/AutogradMeta.h"
#include "autograd/linalg_norm_formulas.h"
#include "autograd/linalg_support.h"
#include "generated/ops/compare.h"
#include "generated/ops/index.h"
#include "generated/ops/linalg_factor.h"
#include "generated/ops/linalg_norm.h"
#include "generated/ops/linalg_solve.h"

namespace tiny_torch::autodiff {

namespace {

// A^-H g, by the factors there are, or where that is to be differentiated again by an operator on A.
TensorBase solve_adjoint(const TensorBase& a, const TensorBase& lu, const TensorBase& pivots, const TensorBase& g,
                         bool left) {
  if (GradMode::is_enabled()) return std::get<0>(ops::linalg_solve_ex(adjoint(a), g, left, false));
  return ops::linalg_lu_solve(lu, pivots, g, left, true);
}

}  // namespace

std::tuple<TensorBase, TensorBase> solve_backward(const TensorBase& grad, const TensorBase& result, const TensorBase& a,
                                                  const TensorBase& lu, const TensorBase& pivots, bool left) {
  if (!grad.defined()) return {};
  const bool vector = result.dim() == a.dim() - 1;
  const TensorBase g = vector ? as_column(grad) : grad, x = vector ? as_column(result) : result;
  const TensorBase grad_b = solve_adjoint(a, lu, pivots, g, left);
  const TensorBase grad_a = -(left ? ops::matmul(grad_b, adjoint(x)) : ops::matmul(adjoint(x), grad_b));
  return {grad_a, vector ? ops::squeeze(grad_b, -1) : grad_b};
}

TensorBase inverse_backward(const TensorBase& grad, const TensorBase& inverse) {
  if (!grad.defined()) return {};
  const TensorBase ih = adjoint(inverse);
  return -ops::matmul(ih, ops::matmul(grad, ih));
}

TensorBase lu_solve_backward(const TensorBase& grad, const TensorBase& x, const TensorBase& lu,
                             const TensorBase& pivots, bool left, bool adjoint_system) {
  if (!left) {
    // X op(A) = B is op(A)^H X^H = B^H.
    return lu_solve_backward(adjoint(grad), adjoint(x), lu, pivots, true, !adjoint_system);
  }
  auto [p, l, u] = ops::lu_unpack(lu, pivots, true, true);
  const TensorBase uh = adjoint(u), lh = adjoint(l);
  if (!adjoint_system) {
    // R = U^-H g X^H: gU = -triu(R), gL = -tril(L^-H R U^H, -1).
    const TensorBase r = ops::linalg_solve_triangular(uh, ops::matmul(grad, adjoint(x)), false, true, false);
    const TensorBase grad_l = ops::linalg_solve_triangular(lh, ops::matmul(r, uh), true, true, true);
    return -(ops::tril(grad_l, -1) + ops::triu(r, 0));
  }
  // From P^H X = L^-H U^-H B.
  const TensorBase px = ops::matmul(adjoint(p), x);
  const TensorBase h = ops::linalg_solve_triangular(l, ops::matmul(adjoint(p), grad), false, true, true);
  const TensorBase k = ops::linalg_solve_triangular(u, h, true, true, false);
  const TensorBase grad_u = ops::matmul(ops::matmul(lh, px), adjoint(k));
  return -(ops::tril(ops::matmul(px, adjoint(h)), -1) + ops::triu(grad_u, 0));
}

std::tuple<TensorBase, TensorBase> solve_triangular_backward(const TensorBase& grad, const TensorBase& a,
                                                             const TensorBase& x, bool upper, bool left, bool unit) {
  if (!grad.defined()) return {};
  const TensorBase grad_b = ops::linalg_solve_triangular(adjoint(a), grad, !upper, left, unit);
  TensorBase grad_a = -(left ? ops::matmul(grad_b, adjoint(x)) : ops::matmul(adjoint(x), grad_b));
  grad_a = upper ? ops::triu(grad_a, unit ? 1 : 0) : ops::tril(grad_a, unit ? -1 : 0);
  return {grad_a, grad_b};
}

std::tuple<TensorBase, TensorBase> cholesky_solve_backward(const TensorBase& grad, const TensorBase& x,
                                                           const TensorBase& factor, bool upper) {
  if (!grad.defined()) return {};
  const TensorBase grad_b = ops::cholesky_solve(grad, factor, upper);
  const TensorBase both = hermitian_sum(ops::matmul(grad_b, adjoint(x)));
  return {grad_b, -(upper ? ops::matmul(factor, both) : ops::matmul(both, factor))};
}

TensorBase det_backward(const TensorBase& grad, const TensorBase& det, const TensorBase& a, const TensorBase& lu,
                        const TensorBase& pivots) {
  if (!grad.defined()) return {};
  const TensorBase factor = as_column(as_column(grad * ops::conj(det)));
  const TensorBase one = ops::eye(a.size(-1), a.scalar_type(), std::nullopt, a.device());
  const bool singular =
      !a.is_meta() && a.numel() != 0 && read_scalar(ops::any(ops::eq(det, wrapped_scalar(0)))).to<bool>();
  if (!singular) return solve_adjoint(a, lu, pivots, factor * one, true);
  // The adjugate of U S Vh is det(U) det(Vh) V adj(S) U^H, which exists without an inverse.
  auto [u, s, vh] = ops::_linalg_svd(a, true, true, {});
  const TensorBase others = ops::masked_fill(ops::unsqueeze(s, -2), ops::to(one, kBool), Scalar(1));
  const TensorBase adjugate_s = ops::prod(ops::expand(others, a.sizes()), -1);
  const TensorBase sign = ops::conj(ops::linalg_det(u) * ops::linalg_det(vh));
  return ops::matmul(u * as_row(adjugate_s), vh) * as_column(as_column(grad * sign));
}

TensorBase slogdet_backward(const TensorBase& grad_logabsdet, const TensorBase& a, const TensorBase& lu,
                            const TensorBase& pivots) {
  if (!grad_logabsdet.defined()) return {};
  const TensorBase one = ops::eye(a.size(-1), a.scalar_type(), std::nullopt, a.device());
  return solve_adjoint(a, lu, pivots, as_column(as_column(grad_logabsdet)) * one, true);
}

std::tuple<TensorBase, TensorBase> lstsq_backward(const TensorBase& grad, const TensorBase& a, const TensorBase& b) {
  if (!grad.defined()) return {};
  const TensorBase inverse = ops::linalg_pinv(a, std::optional<double>(), std::optional<double>(), false);
  const TensorBase grad_b = ops::matmul(adjoint(inverse), grad);
  return {pinv_backward(ops::matmul(grad, adjoint(b)), inverse, a), grad_b};
}

}  // namespace tiny_torch::autodiff
