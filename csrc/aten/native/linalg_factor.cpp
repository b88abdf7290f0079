// Fronts of the factorisations.
#include "generated/kernels/linalg_factor.h"
#include "aten/core/operators.h"
#include "aten/native/linalg_common.h"
#include "aten/native/linalg_stub.h"
#include "c10/errors.h"
#include "generated/ops/copy.h"
#include "generated/ops/creation.h"
#include "generated/ops/linalg_factor.h"
#include "generated/ops/linalg_solve.h"
#include "generated/ops/matmul.h"
#include "generated/ops/shape.h"
#include "generated/ops/triangle.h"
#include "generated/ops/view.h"

namespace tiny_torch::native {

DEFINE_STUB(cholesky_stub);
DEFINE_STUB(lu_factor_stub);
DEFINE_STUB(geqrf_stub);
DEFINE_STUB(orgqr_stub);
DEFINE_STUB(eigh_stub);
DEFINE_STUB(eig_stub);
DEFINE_STUB(svd_stub);
DEFINE_STUB(ldl_factor_stub);
DEFINE_STUB(ldl_solve_stub);

namespace {

TensorBase new_batch(const TensorBase& like, std::initializer_list<int64_t> tail, ScalarType dtype) {
  return empty_tensor(with_tail(batch_shape(like), tail), dtype, like.device());
}
TensorBase new_batch(const TensorBase& like, std::initializer_list<int64_t> tail) {
  return new_batch(like, tail, like.scalar_type());
}

TensorBase identity_batch(const TensorBase& like, int64_t n) {
  const TensorBase one = ops::eye(n, like.scalar_type(), std::nullopt, like.device());
  return ops::clone(ops::expand(one, with_tail(batch_shape(like), {n, n})), MemoryFormat::Contiguous);
}

bool reads_upper(const char* op, std::string_view uplo) {
  TORCH_CHECK(uplo.size() == 1 && std::string_view("LlUu").find(uplo[0]) != std::string_view::npos, op,
              ": Expected UPLO argument to be 'L' or 'U', but got ", std::string(uplo));
  return uplo[0] == 'U' || uplo[0] == 'u';
}

bool is_batch(const TensorBase& a) { return a.dim() > 2; }

}  // namespace

std::tuple<TensorBase, TensorBase> linalg_cholesky_ex(const TensorBase& self, bool upper, bool check_errors) {
  check_square("linalg.cholesky", self);
  check_lapack_dtype("linalg.cholesky", self);
  const TensorBase columns = to_columns(self), info = new_info(self);
  if (columns.numel() != 0) cholesky_stub(self.device().type(), columns, info, upper);
  if (check_errors) check_verdicts("linalg.cholesky_ex", info, Verdict::NotPositive, is_batch(self));
  return {from_columns(columns), info};
}

TensorBase linalg_cholesky(const TensorBase& self, bool upper) {
  auto [factor, info] = ops::linalg_cholesky_ex(self, upper, false);
  check_verdicts("linalg.cholesky", info, Verdict::NotPositive, is_batch(self));
  return factor;
}

TensorBase cholesky(const TensorBase& self, bool upper) {
  if (self.numel() == 0) return ops::clone(self);  // of any shape
  check_square("cholesky", self);
  return ops::linalg_cholesky(self, upper);
}

std::tuple<TensorBase, TensorBase, TensorBase> linalg_lu_factor_ex(const TensorBase& A, bool pivot, bool check_errors) {
  check_matrix("torch.lu_factor", A);
  if (A.numel() != 0) check_lapack_dtype("torch.lu_factor", A);
  TORCH_CHECK(pivot, "linalg.lu_factor: LU without pivoting is not implemented on the CPU");
  const TensorBase columns = to_columns(A), info = new_info(A);
  const int64_t k = std::min(A.size(-2), A.size(-1));
  const TensorBase pivots = new_batch(A, {k}, kInt);
  if (columns.numel() != 0) lu_factor_stub(A.device().type(), columns, pivots, info);
  if (check_errors) check_verdicts("torch.linalg.lu_factor_ex", info, Verdict::ZeroPivot, is_batch(A));
  return {from_columns(columns), pivots, info};
}

std::tuple<TensorBase, TensorBase> linalg_lu_factor(const TensorBase& A, bool pivot) {
  auto [factors, pivots, info] = ops::linalg_lu_factor_ex(A, pivot, false);
  check_verdicts("torch.linalg.lu_factor", info, Verdict::ZeroPivot, is_batch(A));
  return {factors, pivots};
}

TensorBase _permutation_of_pivots(const TensorBase& pivots, int64_t rows, ScalarType dtype) {
  const TensorBase exchanges = ops::contiguous(pivots);
  const int64_t k = pivots.size(-1);
  const DimVector shape = with_tail(batch_shape(pivots, 1), {rows, rows});
  TensorBase wide = ops::zeros(shape, kFloat, std::nullopt, pivots.device());
  if (pivots.is_meta()) return ops::to(wide, dtype);
  TORCH_CHECK(pivots.is_cpu(), "lu_unpack: expected pivots on the CPU, got ", pivots.device());
  const int* swaps = exchanges.const_data_ptr<int>();
  float* to = wide.mutable_data_ptr<float>();
  std::vector<int64_t> order(static_cast<size_t>(rows));
  for (int64_t b = 0; rows != 0 && b < wide.numel() / (rows * rows); ++b) {
    for (int64_t i = 0; i < rows; ++i) order[static_cast<size_t>(i)] = i;
    for (int64_t i = 0; i < k; ++i) {
      const int64_t other = int64_t{swaps[b * k + i]} - 1;
      TORCH_CHECK(other >= 0 && other < rows && i < rows, "lu_unpack: expected pivots in [1, ", rows, "], got ",
                  other + 1);
      std::swap(order[static_cast<size_t>(i)], order[static_cast<size_t>(other)]);
    }
    for (int64_t i = 0; i < rows; ++i) to[(b * rows + order[static_cast<size_t>(i)]) * rows + i] = 1;
  }
  return ops::to(wide, dtype);
}

std::tuple<TensorBase, TensorBase, TensorBase> lu_unpack(const TensorBase& LU_data, const TensorBase& LU_pivots,
                                                         bool unpack_data, bool unpack_pivots) {
  check_matrix("torch.lu_unpack", LU_data, "LU_data");
  if (unpack_pivots) {
    TORCH_CHECK(LU_pivots.scalar_type() == kInt,
                "torch.lu_unpack: LU_pivots is expected to be a contiguous tensor of torch.int32 dtype.\n"
                "Note: this function is intended to be used with the output produced by torch.linalg.lu_factor");
  }
  const int64_t m = LU_data.size(-2), n = LU_data.size(-1), k = std::min(m, n);
  TensorBase p = empty_tensor({0}, LU_data.scalar_type(), LU_data.device()), lower = p, upper = p;
  if (unpack_data) {
    const TensorBase left = n > k ? ops::narrow(LU_data, -1, 0, k) : LU_data;
    lower = ops::tril(left, -1) + ops::eye(m, k, LU_data.scalar_type(), std::nullopt, LU_data.device());
    upper = ops::triu(m > k ? ops::narrow(LU_data, -2, 0, k) : LU_data, 0);
  }
  if (unpack_pivots) {
    TORCH_CHECK(LU_pivots.dim() >= 1 && LU_pivots.size(-1) == k &&
                    IntArrayRef(batch_shape(LU_pivots, 1)) == IntArrayRef(batch_shape(LU_data)),
                "torch.lu_unpack: expected LU_pivots of shape batch x ", k, ", got ", LU_pivots.sizes());
    p = ops::_permutation_of_pivots(LU_pivots, m, LU_data.scalar_type());
  }
  return {p, lower, upper};
}

std::tuple<TensorBase, TensorBase, TensorBase> linalg_lu(const TensorBase& A, bool pivot) {
  check_matrix("linalg.lu", A);
  TORCH_CHECK(pivot, "linalg.lu: LU without pivoting is not implemented on the CPU");
  auto [factors, pivots, info] = ops::linalg_lu_factor_ex(A, pivot, false);
  return ops::lu_unpack(factors, pivots, true, true);
}

std::tuple<TensorBase, TensorBase> geqrf(const TensorBase& self) {
  check_matrix("torch.geqrf", self, "input");
  check_lapack_dtype("torch.geqrf", self);
  const TensorBase columns = to_columns(self);
  const TensorBase tau = new_batch(self, {std::min(self.size(-2), self.size(-1))});
  if (columns.numel() != 0) geqrf_stub(self.device().type(), columns, tau);
  return {from_columns(columns), tau};
}

namespace {
void check_reflectors(const char* op, const TensorBase& input, const TensorBase& tau, const char* first,
                      const char* second) {
  TORCH_CHECK(input.dim() >= 2, op, ": ", first, " must have at least 2 dimensions.");
  TORCH_CHECK(input.size(-2) >= tau.size(-1) && tau.dim() >= 1, op, ": ", first,
              ".shape[-2] must be greater than or equal to ", second, ".shape[-1]");
  TORCH_CHECK(input.size(-1) >= tau.size(-1), op, ": ", first, ".shape[-1] must be greater than or equal to ", second,
              ".shape[-1]");
  TORCH_CHECK(input.dim() - tau.dim() == 1, op, ": Expected ", second, " to have one dimension less than ", first,
              ", but got ", second, ".ndim equal to ", tau.dim(), " and ", first, ".ndim is equal to ", input.dim());
  TORCH_CHECK(IntArrayRef(batch_shape(input)) == IntArrayRef(batch_shape(tau, 1)), op,
              ": Expected batch dimensions of ", second, " to be equal to ", first, ".shape[:-2], but got ",
              tau.sizes());
  check_lapack_dtype(op, input);
  check_same_dtype_and_device(op, input, tau);
}
}  // namespace

TensorBase _householder_product(const TensorBase& input, const TensorBase& tau) {
  check_reflectors("_householder_product", input, tau, "input", "tau");
  TORCH_CHECK(input.size(-2) >= input.size(-1),
              "_householder_product: input.shape[-2] must be greater than or equal to input.shape[-1]");
  const TensorBase columns = to_columns(input), scales = ops::contiguous(tau);
  if (columns.numel() == 0) return from_columns(columns);
  if (tau.size(-1) == 0) {
    const TensorBase one = ops::eye(input.size(-2), input.size(-1), input.scalar_type(), std::nullopt, input.device());
    return ops::clone(ops::expand(one, input.sizes()), MemoryFormat::Contiguous);
  }
  orgqr_stub(input.device().type(), columns, scales);
  return from_columns(columns);
}

std::tuple<TensorBase, TensorBase> _linalg_qr(const TensorBase& A, bool complete) {
  check_matrix("linalg.qr", A);
  check_lapack_dtype("linalg.qr", A);
  const int64_t m = A.size(-2), n = A.size(-1), k = std::min(m, n), width = complete ? m : k;
  if (A.numel() == 0) {
    const TensorBase q = complete ? identity_batch(A, m) : new_batch(A, {m, k});
    return {q, new_batch(A, {width, n})};
  }
  auto [packed, tau] = native::geqrf(A);
  const TensorBase r = ops::triu(width > m ? packed : ops::narrow(packed, -2, 0, width), 0);
  TensorBase reflectors = packed;
  if (n > width) reflectors = ops::narrow(packed, -1, 0, width);
  if (n < width) {
    reflectors = ops::zeros(with_tail(batch_shape(A), {m, width}), A.scalar_type(), std::nullopt, A.device());
    TensorBase left = ops::narrow(reflectors, -1, 0, n);
    ops::copy_(left, packed);
  }
  return {native::_householder_product(reflectors, tau), r};
}

std::tuple<TensorBase, TensorBase> linalg_qr(const TensorBase& A, std::string_view mode) {
  TORCH_CHECK(mode == "reduced" || mode == "complete" || mode == "r", "qr received unrecognized mode '",
              std::string(mode), "' but expected one of 'reduced' (default), 'r', or 'complete'");
  auto [q, r] = ops::_linalg_qr(A, mode == "complete");
  if (mode != "r") return {q, r};
  return {empty_tensor({0}, A.scalar_type(), A.device()), r};
}

std::tuple<TensorBase, TensorBase> qr(const TensorBase& self, bool some) {
  return ops::linalg_qr(self, some ? "reduced" : "complete");
}

std::tuple<TensorBase, TensorBase> _linalg_eigh(const TensorBase& A, std::string_view UPLO, bool compute_v) {
  check_square("linalg.eigh", A);
  check_lapack_dtype("linalg.eigh", A);
  const bool upper = reads_upper("linalg.eigh", UPLO);
  const TensorBase columns = to_columns(A), info = new_info(A);
  const TensorBase values = new_batch(A, {A.size(-1)}, to_real(A.scalar_type()));
  if (columns.numel() != 0) eigh_stub(A.device().type(), columns, values, info, upper, compute_v);
  check_verdicts("linalg.eigh", info, Verdict::NotConverged, is_batch(A));
  return {values, compute_v ? from_columns(columns) : empty_tensor({0}, A.scalar_type(), A.device())};
}

TensorBase linalg_eigvalsh(const TensorBase& self, std::string_view UPLO) {
  return std::get<0>(ops::_linalg_eigh(self, UPLO, self.requires_grad()));
}

namespace {

std::tuple<TensorBase, TensorBase> eigenvalues(const TensorBase& self, bool vectors) {
  const char* op = vectors ? "linalg.eig" : "linalg.eigvals";
  check_square(op, self);
  check_lapack_dtype(op, self);
  const TensorBase columns = to_columns(self), info = new_info(self);
  const ScalarType dtype = to_complex(self.scalar_type());
  const TensorBase values = new_batch(self, {self.size(-1)}, dtype);
  const TensorBase v = vectors ? empty_tensor(columns.sizes(), dtype, self.device()) : TensorBase();
  if (columns.numel() != 0) {
    if (self.is_cpu()) check_finite(op, columns);
    eig_stub(self.device().type(), columns, values, v, info);
  }
  check_verdicts(op, info, Verdict::NotConverged, is_batch(self));
  return {values, v};
}

}  // namespace

std::tuple<TensorBase, TensorBase> linalg_eig(const TensorBase& self) {
  auto [values, vectors] = eigenvalues(self, true);
  return {values, from_columns(vectors)};
}

TensorBase _linalg_eigvals(const TensorBase& self) { return std::get<0>(eigenvalues(self, false)); }

TensorBase linalg_eigvals(const TensorBase& self) {
  return self.requires_grad() ? std::get<0>(ops::linalg_eig(self)) : ops::_linalg_eigvals(self);
}

std::tuple<TensorBase, TensorBase, TensorBase> _linalg_svd(const TensorBase& A, bool full_matrices, bool compute_uv,
                                                           std::optional<std::string_view> driver) {
  check_matrix("linalg.svd", A);
  if (A.numel() != 0) check_lapack_dtype("linalg.svd", A);
  TORCH_CHECK(!driver.has_value() || A.is_cuda(),
              "torch.linalg.svd: keyword argument `driver=` is only supported on CUDA inputs with cuSOLVER backend.");
  const int64_t m = A.size(-2), n = A.size(-1), k = std::min(m, n);
  const TensorBase s = new_batch(A, {k}, to_real(A.scalar_type())), info = new_info(A);
  TensorBase u, vh;
  if (compute_uv) {
    u = new_batch(A, {full_matrices ? m : k, m});
    vh = new_batch(A, {n, full_matrices ? n : k});
  }
  if (A.numel() != 0) {
    svd_stub(A.device().type(), to_columns(A), u, s, vh, info);
    check_verdicts("linalg.svd", info, Verdict::NotConverged, is_batch(A));
  }
  if (!compute_uv) {
    const TensorBase none = empty_tensor({0}, A.scalar_type(), A.device());
    return {none, s, none};
  }
  if (A.numel() == 0 && full_matrices) return {identity_batch(A, m), s, identity_batch(A, n)};
  return {from_columns(u), s, from_columns(vh)};
}

std::tuple<TensorBase, TensorBase, TensorBase> svd(const TensorBase& self, bool some, bool compute_uv) {
  check_matrix("linalg.svd", self, "input");
  if (!compute_uv) {
    const int64_t m = self.size(-2), n = self.size(-1);
    const auto none = [&](int64_t size) {
      return ops::zeros(with_tail(batch_shape(self), {size, size}), self.scalar_type(), std::nullopt, self.device());
    };
    return {none(m), ops::linalg_svdvals(self, {}), none(n)};
  }
  auto [u, s, vh] = ops::_linalg_svd(self, !some, true, {});
  return {u, s, ops::conj(ops::transpose(vh, -2, -1))};
}

namespace {

// Q := (1 - tau v v^H) Q for one column of reflectors.
TensorBase reflect(const TensorBase& q, const TensorBase& input, const TensorBase& tau, int64_t i, bool adjoint) {
  const int64_t m = input.size(-2);
  const TensorBase column = ops::narrow(input, -1, i, 1);
  const TensorBase unit = ops::narrow(ops::eye(m, m, input.scalar_type(), std::nullopt, input.device()), -1, i, 1);
  const TensorBase v = ops::tril(column, -1 - i) + unit;
  TensorBase scale = ops::unsqueeze(ops::narrow(tau, -1, i, 1), -1);
  if (adjoint) scale = ops::conj(scale);
  return q - scale * ops::matmul(v, ops::matmul(ops::conj(ops::transpose(v, -2, -1)), q));
}

}  // namespace

TensorBase linalg_householder_product(const TensorBase& input, const TensorBase& tau) {
  const char* op = "torch.linalg.householder_product";
  TORCH_CHECK(tau.dim() >= 1 && input.dim() >= 2, op, ": input must have at least 2 dimensions.");
  TORCH_CHECK(input.size(-2) >= input.size(-1), op,
              ": input.shape[-2] must be greater than or equal to input.shape[-1]");
  check_reflectors(op, input, tau, "input", "tau");
  if (!input.requires_grad() && !tau.requires_grad()) return ops::_householder_product(input, tau);
  const TensorBase one = ops::eye(input.size(-2), input.size(-1), input.scalar_type(), std::nullopt, input.device());
  TensorBase q = ops::clone(input);
  ops::copy_(q, one);
  for (int64_t i = tau.size(-1) - 1; i >= 0; --i) q = reflect(q, input, tau, i, false);
  return q;
}

TensorBase ormqr(const TensorBase& self, const TensorBase& input2, const TensorBase& input3, bool left,
                 bool transpose) {
  const char* op = "torch.ormqr";
  TORCH_CHECK(self.dim() >= 2, op, ": input must have at least 2 dimensions.");
  TORCH_CHECK(input3.dim() >= 2, op, ": other must have at least 2 dimensions.");
  TORCH_CHECK(input2.dim() >= 1, op, ": tau must have at least 1 dimension.");
  TORCH_CHECK(input3.size(left ? -2 : -1) >= input2.size(-1), op, ": other.shape[", left ? -2 : -1,
              "] must be greater than or equal to tau.shape[-1]");
  TORCH_CHECK(input3.size(left ? -2 : -1) == self.size(-2), op, ": other.shape[", left ? -2 : -1,
              "] must be equal to input.shape[-2]");
  check_reflectors(op, self, input2, "input", "tau");
  TORCH_CHECK(input3.dim() == self.dim() && IntArrayRef(batch_shape(input3)) == IntArrayRef(batch_shape(self)), op,
              ": Expected batch dimensions of other to be equal to input.shape[:-2], but got ", input3.sizes());
  check_same_dtype_and_device(op, self, input3);
  // From the right: (Q^H C^H)^H.
  const bool adjoint = left == transpose;
  TensorBase c = left ? input3 : ops::conj(ops::transpose(input3, -2, -1));
  const int64_t k = input2.size(-1);
  for (int64_t i = 0; i < k; ++i) c = reflect(c, self, input2, adjoint ? i : k - 1 - i, adjoint);
  return left ? c : ops::conj(ops::transpose(c, -2, -1));
}

std::tuple<TensorBase, TensorBase, TensorBase> linalg_ldl_factor_ex(const TensorBase& self, bool hermitian,
                                                                    bool check_errors) {
  check_square("torch.linalg.ldl_factor_ex", self);
  check_lapack_dtype("torch.linalg.ldl_factor_ex", self);
  const TensorBase columns = to_columns(self), info = new_info(self);
  const TensorBase pivots = new_batch(self, {self.size(-1)}, kInt);
  if (columns.numel() != 0) ldl_factor_stub(self.device().type(), columns, pivots, info, hermitian);
  if (check_errors) check_verdicts("torch.linalg.ldl_factor_ex", info, Verdict::Singular, is_batch(self));
  return {ops::tril(from_columns(columns), 0), pivots, info};
}

std::tuple<TensorBase, TensorBase> linalg_ldl_factor(const TensorBase& self, bool hermitian) {
  auto [factors, pivots, info] = ops::linalg_ldl_factor_ex(self, hermitian, false);
  check_verdicts("torch.linalg.ldl_factor", info, Verdict::Singular, is_batch(self));
  return {factors, pivots};
}

TensorBase linalg_ldl_solve(const TensorBase& LD, const TensorBase& pivots, const TensorBase& B, bool hermitian) {
  const char* op = "torch.linalg.ldl_solve";
  check_square(op, LD, "LD");
  check_lapack_dtype(op, LD);
  TORCH_CHECK(B.dim() >= 2, op, ": Expected B to have at least 2 dimensions, but it has ", B.dim(),
              " dimensions instead");
  TORCH_CHECK(
      pivots.dim() >= 1 && IntArrayRef(pivots.sizes()) == LD.sizes().slice(0, static_cast<size_t>(LD.dim() - 1)), op,
      ": Expected LD.shape[:-1] and pivots.shape to be the same, but got pivots with shape ", pivots.sizes());
  TORCH_CHECK(pivots.scalar_type() == kInt, op, ": Expected pivots to be of torch.int32 dtype, but got ",
              to_string(pivots.scalar_type()));
  check_same_dtype_and_device(op, LD, B);
  TORCH_CHECK(B.size(-2) == LD.size(-1), op, ": Incompatible shapes of LD and B: ", LD.sizes(), " and ", B.sizes());
  auto [factors, rhs] = broadcast_batches(LD, B);
  const TensorBase order = ops::contiguous(ops::expand(pivots, with_tail(batch_shape(rhs), {LD.size(-1)})));
  const TensorBase columns = to_columns(rhs);
  if (columns.numel() != 0) ldl_solve_stub(LD.device().type(), to_columns(factors), order, columns, hermitian);
  return from_columns(columns);
}

}  // namespace tiny_torch::native
