#include "autograd/linalg_factor_formulas.h"

#include "autograd/linalg_support.h"
#include "generated/ops/join.h"
#include "generated/ops/linalg_factor.h"
#include "generated/ops/linalg_solve.h"

namespace tiny_torch::autodiff {

namespace {

// The lower triangle with half of the diagonal.
TensorBase half_lower(const TensorBase& t) {
  return ops::tril(t, -1) + ops::diag_embed(diagonal_of(t) * Scalar(0.5), 0, -2, -1);
}

// Square factors: P L^-H (tril(L^H gL, -1) + triu(gU U^H)) U^-H, without the P.
TensorBase square_lu_backward(const TensorBase& grad_l, const TensorBase& grad_u, const TensorBase& l,
                              const TensorBase& u) {
  const TensorBase inner =
      ops::tril(ops::matmul(adjoint(l), grad_l), -1) + ops::triu(ops::matmul(grad_u, adjoint(u)), 0);
  return ops::linalg_solve_triangular(adjoint(l), ops::linalg_solve_triangular(adjoint(u), inner, false, false, false),
                                      true, true, true);
}

// t[i][j] / (values[j] - values[i]), and 0 on the diagonal, where the difference says nothing.
TensorBase over_gaps(const TensorBase& t, const TensorBase& values, bool conjugate = false) {
  const TensorBase one = ops::eye(values.size(-1), values.scalar_type(), std::nullopt, values.device());
  const TensorBase gaps = as_row(values) - as_column(values) + one;
  return t / (conjugate ? ops::conj(gaps) : gaps) * (Scalar(1) - one);
}

}  // namespace

TensorBase cholesky_backward(const TensorBase& grad, bool upper, const TensorBase& factor) {
  if (!grad.defined()) return {};
  const TensorBase l = upper ? adjoint(factor) : factor, g = upper ? adjoint(grad) : grad;
  const TensorBase inner = half_lower(ops::matmul(adjoint(l), ops::tril(g, 0)));
  const TensorBase symmetric = hermitian_sum(inner) * Scalar(0.5);
  return ops::linalg_solve_triangular(adjoint(l), ops::linalg_solve_triangular(l, symmetric, false, false, false), true,
                                      true, false);
}

TensorBase lu_factor_backward(const TensorBase& grad, const TensorBase& lu, const TensorBase& pivots) {
  if (!grad.defined()) return {};
  const int64_t m = lu.size(-2), n = lu.size(-1), k = std::min(m, n);
  auto [p, l, u] = ops::lu_unpack(lu, pivots, true, true);
  const TensorBase grad_l = ops::tril(n > k ? ops::narrow(grad, -1, 0, k) : grad, -1);
  const TensorBase grad_u = ops::triu(m > k ? ops::narrow(grad, -2, 0, k) : grad, 0);
  if (m == n) return ops::matmul(p, square_lu_backward(grad_l, grad_u, l, u));
  if (m < n) {
    // A = P [L U1 | L U2].
    const TensorBase u1 = ops::narrow(u, -1, 0, k), u2 = ops::narrow(u, -1, k, n - k);
    const TensorBase right =
        ops::linalg_solve_triangular(adjoint(l), ops::narrow(grad_u, -1, k, n - k), true, true, true);
    const TensorBase left =
        square_lu_backward(grad_l - ops::matmul(right, adjoint(u2)), ops::narrow(grad_u, -1, 0, k), l, u1);
    const std::vector<TensorBase> parts{left, right};
    return ops::matmul(p, ops::cat(parts, -1));
  }
  // A = P [L1 U; L2 U].
  const TensorBase l1 = ops::narrow(l, -2, 0, k), l2 = ops::narrow(l, -2, k, m - k);
  const TensorBase bottom =
      ops::linalg_solve_triangular(adjoint(u), ops::narrow(grad_l, -2, k, m - k), false, false, false);
  const TensorBase top =
      square_lu_backward(ops::narrow(grad_l, -2, 0, k), grad_u - ops::matmul(adjoint(l2), bottom), l1, u);
  const std::vector<TensorBase> parts{top, bottom};
  return ops::matmul(p, ops::cat(parts, -2));
}

TensorBase qr_backward(const TensorBase& grad_q, const TensorBase& grad_r, const TensorBase& q, const TensorBase& r) {
  if (!grad_q.defined() && !grad_r.defined()) return {};
  const int64_t width = q.size(-1), n = r.size(-1);
  TORCH_CHECK(width <= n, "The QR decomposition is not differentiable when mode='complete' and nrows > ncols");
  TensorBase g_q = grad_q.defined() ? grad_q : ops::zeros_like(q), g_r = grad_r, first = r, rest;
  if (width < n) {
    // A = [A1 | A2] with A1 = Q R1 and R2 = Q^H A2.
    first = ops::narrow(r, -1, 0, width);
    const TensorBase g2 = grad_r.defined() ? ops::narrow(grad_r, -1, width, n - width)
                                           : ops::zeros_like(ops::narrow(r, -1, width, n - width));
    rest = ops::matmul(q, g2);
    g_q = g_q + ops::matmul(q, ops::matmul(ops::narrow(r, -1, width, n - width), adjoint(g2)));
    if (grad_r.defined()) g_r = ops::narrow(grad_r, -1, 0, width);
  }
  TensorBase m = -ops::matmul(adjoint(g_q), q);
  if (g_r.defined()) m = m + ops::matmul(first, adjoint(g_r));
  const TensorBase lower = half_lower(m), inner = g_q + ops::matmul(q, hermitian_sum(lower));
  const TensorBase left = ops::linalg_solve_triangular(adjoint(first), inner, false, false, false);
  if (!rest.defined()) return left;
  const std::vector<TensorBase> parts{left, rest};
  return ops::cat(parts, -1);
}

TensorBase eigh_backward(const TensorBase& grad_values, const TensorBase& grad_vectors, const TensorBase& values,
                         const TensorBase& vectors, const TensorBase& a, const std::string& uplo, bool has_vectors) {
  if (!grad_values.defined() && !grad_vectors.defined()) return {};
  TensorBase v = vectors, w = values;
  if (!has_vectors) std::tie(w, v) = ops::_linalg_eigh(a, uplo, true);
  if (!grad_vectors.defined()) return ops::matmul(v * as_row(grad_values), adjoint(v));
  TensorBase inner = over_gaps(ops::matmul(adjoint(v), grad_vectors), w);
  if (grad_values.defined()) inner = inner + ops::diag_embed(grad_values, 0, -2, -1);
  return ops::matmul(v, ops::matmul(inner, adjoint(v)));
}

TensorBase eig_backward(const TensorBase& grad_values, const TensorBase& grad_vectors, const TensorBase& values,
                        const TensorBase& vectors, bool complex_input) {
  if (!grad_values.defined() && !grad_vectors.defined()) return {};
  const TensorBase vh = adjoint(vectors);
  TensorBase inner;
  if (grad_vectors.defined()) {
    const TensorBase projected = ops::matmul(vh, grad_vectors);
    // Eigenvectors have norm 1: what would change it is taken out.
    const TensorBase along = ops::to(ops::real(diagonal_of(projected)), projected.scalar_type());
    inner = over_gaps(projected - ops::matmul(vh, vectors * as_row(along)), values, true);
  }
  if (grad_values.defined()) inner = plus(inner, ops::diag_embed(grad_values, 0, -2, -1));
  const TensorBase grad = ops::linalg_solve(vh, ops::matmul(inner, vh), true);
  return complex_input ? grad : ops::real(grad);
}

TensorBase svd_backward(const TensorBase& grad_u, const TensorBase& grad_s, const TensorBase& grad_vh,
                        const TensorBase& u_in, const TensorBase& s_in, const TensorBase& vh_in, const TensorBase& a,
                        bool full_matrices, bool has_vectors) {
  if (!grad_u.defined() && !grad_s.defined() && !grad_vh.defined()) return {};
  TensorBase u = u_in, s = s_in, vh = vh_in, g_u = grad_u, g_vh = grad_vh;
  if (!has_vectors) std::tie(u, s, vh) = ops::_linalg_svd(a, false, true, {});
  const int64_t m = a.size(-2), n = a.size(-1), k = std::min(m, n);
  if (full_matrices) {
    // Vectors beyond the k-th are any basis of what is left: no gradient goes through them.
    u = ops::narrow(u, -1, 0, k);
    vh = ops::narrow(vh, -2, 0, k);
    if (g_u.defined()) g_u = ops::narrow(g_u, -1, 0, k);
    if (g_vh.defined()) g_vh = ops::narrow(g_vh, -2, 0, k);
  }
  if (!g_u.defined() && !g_vh.defined()) return ops::matmul(u * as_row(grad_s), vh);
  const TensorBase row = as_row(s), column = as_column(s);
  const TensorBase squares = s * s;
  TensorBase inner;
  TensorBase u_part, v_part;
  if (g_u.defined()) {
    u_part = ops::matmul(adjoint(u), g_u);
    inner = over_gaps(hermitian_difference(u_part), squares) * row;
  }
  if (g_vh.defined()) {
    v_part = ops::matmul(vh, adjoint(g_vh));
    inner = plus(inner, column * over_gaps(hermitian_difference(v_part), squares));
  }
  if (grad_s.defined()) inner = inner + ops::diag_embed(grad_s, 0, -2, -1);
  if (m > k && g_u.defined()) {
    const TensorBase outside = (g_u - ops::matmul(u, u_part)) / row;
    return ops::matmul(ops::matmul(u, inner) + outside, vh);
  }
  if (n > k && g_vh.defined()) {
    const TensorBase outside = (g_vh - ops::matmul(adjoint(v_part), vh)) / column;
    return ops::matmul(u, ops::matmul(inner, vh) + outside);
  }
  return ops::matmul(u, ops::matmul(inner, vh));
}

}  // namespace tiny_torch::autodiff
