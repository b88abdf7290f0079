// What the fronts of linear algebra share: checks, column-major copies, LAPACK's verdicts.
#pragma once

#include <tuple>

#include "aten/core/TensorBase.h"

namespace tiny_torch::native {

/// At least 2 dims: RuntimeError. `op` is the name users know, "linalg.inv".
void check_matrix(const char* op, const TensorBase& a, const char* name = "A");
void check_square(const char* op, const TensorBase& a, const char* name = "A");
/// float32, float64 or their complex forms.
void check_lapack_dtype(const char* op, const TensorBase& a);
/// RuntimeError for infinities and nan, with which some LAPACK routines never end. Real dtypes only.
void check_finite(const char* op, const TensorBase& a);
void check_same_dtype_and_device(const char* op, const TensorBase& a, const TensorBase& b);

/// A dense batch (..., columns, rows) that holds the matrices of `a` (..., rows, columns) column by column.
TensorBase to_columns(const TensorBase& a);
/// The matrices behind such a batch, as a view.
TensorBase from_columns(const TensorBase& columns);
/// One int32 zero per matrix.
TensorBase new_info(const TensorBase& a);
DimVector batch_shape(const TensorBase& a, int64_t matrix_dims = 2);
DimVector with_tail(DimVector shape, std::initializer_list<int64_t> tail);

/// Both with their leading dims broadcast.
std::tuple<TensorBase, TensorBase> broadcast_batches(const TensorBase& a, const TensorBase& b);
/// Whether solve() takes `b` as a batch of vectors for the matrices `a`.
bool is_vector_rhs(const TensorBase& a, const TensorBase& b);

enum class Verdict { Singular, NotPositive, NotConverged, ZeroPivot };
/// LinAlgError that names the first matrix with a verdict other than 0. Does nothing on Meta.
void check_verdicts(const char* op, const TensorBase& info, Verdict kind, bool is_batch);

}  // namespace tiny_torch::native
