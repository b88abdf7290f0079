// Fronts of linear systems, inverses and determinants.
#include "generated/kernels/linalg_solve.h"

#include <limits>

#include "aten/core/operators.h"
#include "aten/core/promotion.h"
#include "aten/native/linalg_common.h"
#include "aten/native/linalg_stub.h"
#include "generated/ops/compare.h"
#include "generated/ops/copy.h"
#include "generated/ops/creation.h"
#include "generated/ops/diagonal.h"
#include "generated/ops/linalg_factor.h"
#include "generated/ops/linalg_solve.h"
#include "generated/ops/matmul.h"
#include "generated/ops/reduce.h"
#include "generated/ops/shape.h"
#include "generated/ops/transcendental.h"
#include "generated/ops/triangle.h"
#include "generated/ops/unary.h"
#include "generated/ops/view.h"

namespace tiny_torch::native {

DEFINE_STUB(lu_solve_stub);
DEFINE_STUB(triangular_solve_stub);
DEFINE_STUB(lstsq_stub);

namespace {

TensorBase adjoint(const TensorBase& t) { return ops::conj(ops::transpose(t, -2, -1)); }

struct Factors {
  TensorBase columns, pivots, info;  // columns hold L and U
};

Factors factors_of(const char* op, const TensorBase& a) {
  check_square(op, a);
  check_lapack_dtype(op, a);
  const DimVector batch = batch_shape(a);
  Factors f{to_columns(a), empty_tensor(with_tail(batch, {a.size(-1)}), kInt, a.device()), new_info(a)};
  if (a.numel() != 0) lu_factor_stub(a.device().type(), f.columns, f.pivots, f.info);
  return f;
}

// A X = B for B given as matrices with the batch of A.
TensorBase solve_with(const TensorBase& lu_columns, const TensorBase& pivots, const TensorBase& b, char trans) {
  const TensorBase columns = to_columns(b);
  if (columns.numel() != 0) lu_solve_stub(b.device().type(), lu_columns, pivots, columns, trans);
  return from_columns(columns);
}

// X A = B is A^T X^T = B^T.
TensorBase solve_left_or_right(const TensorBase& lu_columns, const TensorBase& pivots, const TensorBase& b, bool left,
                               bool adjoint_system) {
  if (left) return solve_with(lu_columns, pivots, b, adjoint_system ? 'C' : 'N');
  if (!adjoint_system) return ops::transpose(solve_with(lu_columns, pivots, ops::transpose(b, -2, -1), 'T'), -2, -1);
  return adjoint(solve_with(lu_columns, pivots, adjoint(b), 'N'));
}

void check_rhs(const char* op, const TensorBase& a, const TensorBase& b, bool left) {
  TORCH_CHECK(b.dim() >= 2, op, ": Expected B to have at least 2 dimensions, but it has ", b.dim(),
              " dimensions instead");
  TORCH_CHECK(left ? a.size(-2) == b.size(-2) : a.size(-1) == b.size(-1), op,
              ": Incompatible shapes of A and B for the equation ", left ? "AX = B" : "XA = B", " (", a.size(-2), "x",
              a.size(-1), " and ", b.size(-2), "x", b.size(-1), ")");
}

}  // namespace

std::tuple<TensorBase, TensorBase, TensorBase, TensorBase> _linalg_solve_ex(const TensorBase& A, const TensorBase& B,
                                                                            bool left, bool check_errors) {
  const char* op = "linalg.solve";
  check_square(op, A);
  check_lapack_dtype(op, A);
  check_same_dtype_and_device(op, A, B);
  const bool vector = is_vector_rhs(A, B);
  TORCH_CHECK(left || !vector, op,
              ": Vector broadcasting of the left hand side is not supported for left=False. In "
              "this case linalg.solve is equivalent to B / A.squeeze(-1)");
  const TensorBase b = vector ? ops::unsqueeze(B, -1) : B;
  check_rhs(op, A, b, left);
  auto [matrices, rhs] = broadcast_batches(A, b);
  // The factors keep the batch of A; only the solution is broadcast.
  Factors f = factors_of(op, A);
  TensorBase lu = f.columns, pivots = f.pivots;
  if (matrices.dim() != A.dim() || matrices.sizes() != A.sizes()) {
    const DimVector batch = batch_shape(rhs);
    lu = ops::contiguous(ops::expand(lu, with_tail(batch, {A.size(-1), A.size(-1)})));
    pivots = ops::contiguous(ops::expand(pivots, with_tail(batch, {A.size(-1)})));
  }
  TensorBase result = solve_left_or_right(lu, pivots, rhs, left, false);
  if (vector) result = ops::squeeze(result, -1);
  // Several vectors lie in memory as PyTorch's do, as if they were one matrix by columns.
  if (vector && result.dim() > 1) result = ops::transpose(ops::contiguous(ops::transpose(result, -1, -2)), -1, -2);
  if (check_errors) check_verdicts("torch.linalg.solve_ex", f.info, Verdict::Singular, A.dim() > 2);
  return {result, from_columns(f.columns), f.pivots, f.info};
}

std::tuple<TensorBase, TensorBase> linalg_solve_ex(const TensorBase& A, const TensorBase& B, bool left,
                                                   bool check_errors) {
  auto [result, lu, pivots, info] = ops::_linalg_solve_ex(A, B, left, check_errors);
  return {result, info};
}

TensorBase linalg_solve(const TensorBase& A, const TensorBase& B, bool left) {
  auto [result, lu, pivots, info] = ops::_linalg_solve_ex(A, B, left, false);
  check_verdicts("torch.linalg.solve", info, Verdict::Singular, A.dim() > 2);
  return result;
}

std::tuple<TensorBase, TensorBase> linalg_inv_ex(const TensorBase& A, bool check_errors) {
  const Factors f = factors_of("linalg.inv", A);
  const TensorBase one = ops::eye(A.size(-1), A.scalar_type(), std::nullopt, A.device());
  const TensorBase inverse = solve_with(f.columns, f.pivots, ops::expand(one, A.sizes()), 'N');
  if (check_errors) check_verdicts("linalg.inv_ex", f.info, Verdict::Singular, A.dim() > 2);
  return {inverse, f.info};
}

TensorBase linalg_inv(const TensorBase& A) {
  auto [inverse, info] = ops::linalg_inv_ex(A, false);
  check_verdicts("linalg.inv", info, Verdict::Singular, A.dim() > 2);
  return inverse;
}

TensorBase linalg_lu_solve(const TensorBase& LU, const TensorBase& pivots, const TensorBase& B, bool left,
                           bool adjoint_system) {
  const char* op = "torch.linalg.lu_solve";
  check_square(op, LU, "LU");
  check_lapack_dtype(op, LU);
  check_same_dtype_and_device(op, LU, B);
  TORCH_CHECK(pivots.scalar_type() == kInt, op, ": pivots should be a Tensor of scalar type torch.int32");
  check_rhs(op, LU, B, left);
  TORCH_CHECK(pivots.dim() >= 1 && pivots.sizes() == LU.sizes().slice(0, static_cast<size_t>(LU.dim() - 1)), op,
              ": Number of pivots per batch should be same as the dimension of the matrix, got pivots of shape ",
              pivots.sizes());
  auto [factors, rhs] = broadcast_batches(LU, B);
  const TensorBase order = ops::contiguous(ops::expand(pivots, with_tail(batch_shape(rhs), {LU.size(-1)})));
  return solve_left_or_right(to_columns(factors), order, rhs, left, adjoint_system);
}

TensorBase linalg_solve_triangular(const TensorBase& self, const TensorBase& B, bool upper, bool left,
                                   bool unitriangular) {
  const char* op = "linalg.solve_triangular";
  check_square(op, self);
  check_lapack_dtype(op, self);
  TORCH_CHECK(self.device() == B.device(), op, ": Expected A and B on one device, but got ", self.device(), " and ",
              B.device());
  check_rhs(op, self, B, left);
  auto [a, b] = broadcast_batches(self, ops::to(B, self.scalar_type()));
  const TensorBase columns = to_columns(b);
  if (columns.numel() != 0) {
    triangular_solve_stub(self.device().type(), to_columns(a), columns, left, upper, 'N', unitriangular);
  }
  return from_columns(columns);
}

std::tuple<TensorBase, TensorBase> triangular_solve(const TensorBase& self, const TensorBase& A, bool upper,
                                                    bool transpose, bool unitriangular) {
  check_matrix("torch.triangular_solve", self, "b");
  check_square("torch.triangular_solve", A);
  check_same_dtype_and_device("triangular_solve", A, self);
  auto [a, b] = broadcast_batches(A, self);
  const TensorBase coefficient = from_columns(ops::clone(ops::transpose(a, -2, -1), MemoryFormat::Contiguous));
  const TensorBase system = transpose ? ops::transpose(coefficient, -2, -1) : coefficient;
  return {ops::linalg_solve_triangular(system, b, upper != transpose, true, unitriangular), coefficient};
}

TensorBase cholesky_solve(const TensorBase& self, const TensorBase& input2, bool upper) {
  const char* op = "cholesky_solve";
  check_matrix(op, self, "b");
  check_square(op, input2);
  check_same_dtype_and_device(op, input2, self);
  check_rhs(op, input2, self, true);
  const TensorBase lower = upper ? adjoint(input2) : input2;
  const TensorBase half = ops::linalg_solve_triangular(lower, self, false, true, false);
  return ops::linalg_solve_triangular(adjoint(lower), half, true, true, false);
}

TensorBase cholesky_inverse(const TensorBase& self, bool upper) {
  check_square("cholesky_inverse", self);
  const TensorBase one = ops::eye(self.size(-1), self.scalar_type(), std::nullopt, self.device());
  return ops::cholesky_solve(ops::expand(one, self.sizes()), self, upper);
}

namespace {

// +1 or -1 from the number of row exchanges.
TensorBase parity(const TensorBase& pivots, ScalarType dtype) {
  const int64_t n = pivots.size(-1);
  const TensorBase natural = ops::arange(Scalar(1), Scalar(n + 1), std::optional<ScalarType>(kInt), std::nullopt,
                                         std::optional<Device>(pivots.device()), std::nullopt);
  const TensorBase exchanged = ops::to(ops::ne(pivots, natural), dtype);
  return ops::prod(Scalar(1) - exchanged * Scalar(2), -1);
}

}  // namespace

std::tuple<TensorBase, TensorBase, TensorBase> _linalg_det(const TensorBase& A) {
  const Factors f = factors_of("linalg.det", A);
  const TensorBase lu = from_columns(f.columns), diagonal = ops::diagonal(lu, 0, -2, -1);
  return {ops::prod(diagonal, -1) * parity(f.pivots, A.scalar_type()), lu, f.pivots};
}

std::tuple<TensorBase, TensorBase, TensorBase, TensorBase> _linalg_slogdet(const TensorBase& A) {
  const Factors f = factors_of("linalg.slogdet", A);
  const TensorBase lu = from_columns(f.columns), diagonal = ops::diagonal(lu, 0, -2, -1);
  const TensorBase size = ops::abs(diagonal);
  const TensorBase sign = ops::prod(A.is_complex() ? diagonal / size : ops::sign(diagonal), -1);
  return {sign * parity(f.pivots, A.scalar_type()), ops::sum(ops::log(size), OptionalIntArrayRef(IntArrayRef(-1))), lu,
          f.pivots};
}

std::tuple<TensorBase, TensorBase> linalg_slogdet(const TensorBase& A) {
  auto [sign, logarithm, lu, pivots] = ops::_linalg_slogdet(A);
  return {sign, logarithm};
}

TensorBase logdet(const TensorBase& self) {
  check_square("logdet", self);
  auto [sign, logarithm] = ops::linalg_slogdet(self);
  if (self.is_complex()) return ops::log(sign) + logarithm;
  return ops::where(ops::eq(sign, wrapped_scalar(-1.0)),
                    ops::full_like(logarithm, Scalar(std::numeric_limits<double>::quiet_NaN())), logarithm);
}

std::tuple<TensorBase, TensorBase, TensorBase> _linalg_lstsq(const TensorBase& self, const TensorBase& b, double rcond,
                                                             std::string_view driver) {
  TORCH_CHECK(self.dim() >= 2 && b.dim() == self.dim() && b.size(-2) == self.size(-2),
              "_linalg_lstsq(): expected matrices with as many rows, got ", self.sizes(), " and ", b.sizes());
  TORCH_CHECK(self.scalar_type() == b.scalar_type() && self.device() == b.device() &&
                  (self.is_floating_point() || self.is_complex()) && to_real(self.scalar_type()) != kHalf &&
                  to_real(self.scalar_type()) != kBFloat16,
              "_linalg_lstsq(): expected matrices of one dtype of single or double precision on one device, got ",
              to_string(self.scalar_type()), " and ", to_string(b.scalar_type()));
  TORCH_CHECK(driver == "gels" || driver == "gelsy" || driver == "gelsd" || driver == "gelss",
              "_linalg_lstsq(): expected the driver gels, gelsy, gelsd or gelss, got ", std::string(driver));
  const int64_t m = self.size(-2), n = self.size(-1), k = std::min(m, n), columns = b.size(-1);
  const DimVector batch = batch_shape(self);
  TensorBase rhs =
      ops::zeros(with_tail(batch, {columns, std::max(m, n)}), self.scalar_type(), std::nullopt, self.device());
  if (self.numel() != 0 && b.numel() != 0) {
    TensorBase top = ops::narrow(rhs, -1, 0, m);
    ops::copy_(top, ops::transpose(b, -2, -1));
  }
  const TensorBase rank = ops::zeros(batch, kLong, std::nullopt, self.device()), info = new_info(self);
  const bool has_values = driver == "gelsd" || driver == "gelss";
  const TensorBase values =
      has_values ? ops::zeros(with_tail(batch, {k}), to_real(self.scalar_type()), std::nullopt, self.device())
                 : empty_tensor({0}, to_real(self.scalar_type()), self.device());
  if (self.numel() != 0 && b.numel() != 0) {
    lstsq_stub(self.device().type(), to_columns(self), rhs, rank, has_values ? values : TensorBase(), info, rcond,
               std::string(driver));
    check_verdicts("torch.linalg.lstsq", info, Verdict::Singular, self.dim() > 2);
  }
  return {from_columns(ops::contiguous(ops::narrow(rhs, -1, 0, n))), rank, values};
}

std::tuple<TensorBase, TensorBase, TensorBase, TensorBase> linalg_lstsq(const TensorBase& self, const TensorBase& b,
                                                                        std::optional<double> rcond,
                                                                        std::optional<std::string_view> driver) {
  const char* op = "torch.linalg.lstsq";
  TORCH_CHECK(self.dim() >= 2, op, ": input must have at least 2 dimensions.");
  check_lapack_dtype(op, self);
  TORCH_CHECK(b.dim() >= 1, op, ": other must have at least 1 dimension.");
  check_same_dtype_and_device(op, self, b);
  TORCH_CHECK(self.dim() - b.dim() <= 1, op,
              ": input.dim() must be greater or equal to other.dim() and (input.dim() - other.dim()) <= 1");
  const std::string name(driver.value_or("gelsy"));
  TORCH_CHECK(name == "gels" || name == "gelsy" || name == "gelsd" || name == "gelss", op,
              ": parameter `driver` should be one of (gels, gelsy, gelsd, gelss)");
  // A batch of vectors only where the shapes say so exactly.
  const bool vector = self.dim() - 1 == b.dim() && b.sizes() == self.sizes().slice(0, static_cast<size_t>(b.dim()));
  const TensorBase b2 = vector || b.dim() == 1 ? ops::unsqueeze(b, -1) : b;
  TORCH_CHECK(self.size(-2) == b2.size(-2), op, ": input.size(-2) should match other.size(-", vector ? 1 : 2, ")");
  auto [a, rhs] = broadcast_batches(self, b2);
  const int64_t m = a.size(-2), n = a.size(-1);
  const double epsilon = to_real(self.scalar_type()) == kFloat ? std::numeric_limits<float>::epsilon()
                                                               : std::numeric_limits<double>::epsilon();
  auto [solution, rank, values] =
      ops::_linalg_lstsq(a, rhs, rcond.value_or(epsilon * static_cast<double>(std::max(m, n))), name);
  const bool ranked = name != "gels";
  // Empty, but of the graph.
  TensorBase residuals = ops::narrow(ops::reshape(solution, {-1}), 0, 0, 0);
  const bool full = m > n && name != "gelsy" &&
                    (!ranked || self.is_meta() || read_scalar(ops::all(ops::eq(rank, wrapped_scalar(n)))).to<bool>());
  if (full) {
    const TensorBase rest = ops::matmul(a, solution) - rhs;
    residuals = ops::sum(rest * rest, OptionalIntArrayRef(IntArrayRef(-2)));
  }
  return {vector || b.dim() == 1 ? ops::squeeze(solution, -1) : solution, residuals,
          ranked ? rank : empty_tensor({0}, kLong, self.device()), values};
}

TensorBase linalg_tensorinv(const TensorBase& self, int64_t ind) {
  TORCH_CHECK(ind > 0, "Expected a strictly positive integer for 'ind', but got ", ind);
  const auto at = static_cast<size_t>(std::min<int64_t>(ind, self.dim()));
  const IntArrayRef sizes = self.sizes();
  const int64_t rows = checked_numel(sizes.slice(0, at)), columns = checked_numel(sizes.slice(at, sizes.size() - at));
  TORCH_CHECK(rows == columns,
              "Expected self to satisfy the requirement prod(self.shape[ind:]) == prod(self.shape[:ind]), but got ",
              columns, " != ", rows);
  DimVector shape(sizes.slice(at, sizes.size() - at));
  for (int64_t n : sizes.slice(0, at)) shape.push_back(n);
  auto [inverse, info] = ops::linalg_inv_ex(ops::reshape(self, {rows, columns}), false);
  check_verdicts("inv", info, Verdict::Singular, false);
  return ops::reshape(inverse, shape);
}

TensorBase linalg_tensorsolve(const TensorBase& self, const TensorBase& other, OptionalIntArrayRef dims) {
  TensorBase a = self;
  if (dims.has_value()) {
    DimVector target;
    for (size_t i = 0; i < dims->size(); ++i) target.push_back(self.dim() - static_cast<int64_t>(dims->size() - i));
    a = ops::movedim(self, *dims, target);
  }
  const int64_t tail = a.dim() - other.dim();
  TORCH_CHECK(tail >= 0, "linalg.tensorsolve: expected self with at least as many dims as other, got ", a.dim(),
              " and ", other.dim());
  const IntArrayRef sizes = a.sizes();
  const DimVector shape(sizes.slice(sizes.size() - static_cast<size_t>(tail), static_cast<size_t>(tail)));
  const int64_t rows = other.numel(), columns = checked_numel(shape);
  TORCH_CHECK(rows == columns,
              "Expected self to satisfy the requirement prod(self.shape[other.ndim:]) == "
              "prod(self.shape[:other.ndim]), but got ",
              columns, " != ", rows);
  return ops::reshape(ops::linalg_solve(ops::reshape(a, {rows, columns}), ops::reshape(other, {rows}), true), shape);
}

}  // namespace tiny_torch::native
