// Compute behind linear algebra.
//
// Matrices are contiguous batches (..., columns, rows) of column-major storage, of one of the four dtypes LAPACK knows.
// `info` has one int32 per matrix and receives LAPACK's verdict: 0, or why the matrix could not be treated.
#pragma once

#include "aten/core/TensorBase.h"
#include "aten/core/stub.h"

namespace tiny_torch::native {

/// In place; the other triangle becomes zero.
DECLARE_STUB(cholesky_stub, void(const TensorBase& a, const TensorBase& info, bool upper));
/// In place; `pivots` int32 (..., min(m, n)), counted from 1.
DECLARE_STUB(lu_factor_stub, void(const TensorBase& a, const TensorBase& pivots, const TensorBase& info));
/// b := A^-1 b; `trans` is 'N', 'T' or 'C'.
DECLARE_STUB(lu_solve_stub, void(const TensorBase& lu, const TensorBase& pivots, const TensorBase& b, char trans));
/// b := op(A)^-1 b for `left`, else b op(A)^-1.
DECLARE_STUB(triangular_solve_stub,
             void(const TensorBase& a, const TensorBase& b, bool left, bool upper, char trans, bool unit));
/// In place: R above the diagonal, reflectors below; tau (..., min(m, n)).
DECLARE_STUB(geqrf_stub, void(const TensorBase& a, const TensorBase& tau));
/// Reflectors, in place, to the columns of Q they stand for.
DECLARE_STUB(orgqr_stub, void(const TensorBase& a, const TensorBase& tau));
/// Eigenvalues, ascending, of Hermitian matrices; `a` becomes the eigenvectors if `vectors`.
DECLARE_STUB(eigh_stub,
             void(const TensorBase& a, const TensorBase& w, const TensorBase& info, bool upper, bool vectors));
/// Complex eigenvalues and, if defined, right eigenvectors `v`; destroys `a`.
DECLARE_STUB(eig_stub, void(const TensorBase& a, const TensorBase& w, const TensorBase& v, const TensorBase& info));
/// a = u diag(s) vh; destroys `a`. `u` and `vh` (both or none defined) say by their shapes whether they are reduced.
DECLARE_STUB(svd_stub, void(const TensorBase& a, const TensorBase& u, const TensorBase& s, const TensorBase& vh,
                            const TensorBase& info));
/// `b` has max(m, n) rows and becomes the solution; destroys `a`. `driver` is "gels", "gelsy", "gelsd" or "gelss".
DECLARE_STUB(lstsq_stub, void(const TensorBase& a, const TensorBase& b, const TensorBase& rank, const TensorBase& s,
                              const TensorBase& info, double rcond, const std::string& driver));
/// L D L^T (or L D L^H if `hermitian`), in place.
DECLARE_STUB(ldl_factor_stub,
             void(const TensorBase& a, const TensorBase& pivots, const TensorBase& info, bool hermitian));
DECLARE_STUB(ldl_solve_stub, void(const TensorBase& ld, const TensorBase& pivots, const TensorBase& b, bool hermitian));

}  // namespace tiny_torch::native
