#include "aten/native/linalg_common.h"

#include "aten/core/promotion.h"
#include "generated/ops/closeness.h"
#include "generated/ops/compare.h"
#include "generated/ops/copy.h"
#include "generated/ops/creation.h"
#include "generated/ops/reduce.h"
#include "generated/ops/unary.h"
#include "generated/ops/view.h"

namespace tiny_torch::native {

void check_matrix(const char* op, const TensorBase& a, const char* name) {
  TORCH_CHECK(a.dim() >= 2, op, ": The input tensor ", name, " must have at least 2 dimensions.");
}

void check_square(const char* op, const TensorBase& a, const char* name) {
  check_matrix(op, a, name);
  TORCH_CHECK(a.size(-1) == a.size(-2), op, ": ", name, " must be batches of square matrices, but they are ",
              a.size(-2), " by ", a.size(-1), " matrices");
}

void check_lapack_dtype(const char* op, const TensorBase& a) {
  TORCH_CHECK(a.is_floating_point() || a.is_complex(), op,
              ": Expected a floating point or complex tensor as input. Got ", to_string(a.scalar_type()));
  const ScalarType real = to_real(a.scalar_type());
  TORCH_CHECK(real == kFloat || real == kDouble, op, ": Low precision dtypes not supported. Got ",
              to_string(a.scalar_type()));
}

void check_same_dtype_and_device(const char* op, const TensorBase& a, const TensorBase& b) {
  TORCH_CHECK(a.scalar_type() == b.scalar_type(), op, ": Expected both inputs to have the same dtype, but got ",
              to_string(a.scalar_type()), " and ", to_string(b.scalar_type()));
  TORCH_CHECK(a.device() == b.device(), op, ": Expected all tensors to be on the same device, but found ", a.device(),
              " and ", b.device());
}

TensorBase from_columns(const TensorBase& columns) { return ops::transpose(columns, -2, -1); }

TensorBase to_columns(const TensorBase& a) {
  DimVector shape(a.sizes());
  std::swap(shape[shape.size() - 1], shape[shape.size() - 2]);
  TensorBase columns = empty_tensor(shape, a.scalar_type(), a.device());
  ops::copy_(columns, ops::transpose(a, -2, -1));
  return columns;
}

DimVector batch_shape(const TensorBase& a, int64_t matrix_dims) {
  return DimVector(a.sizes().slice(0, static_cast<size_t>(a.dim() - matrix_dims)));
}

DimVector with_tail(DimVector shape, std::initializer_list<int64_t> tail) {
  for (int64_t n : tail) shape.push_back(n);
  return shape;
}

TensorBase new_info(const TensorBase& a) { return ops::zeros(batch_shape(a), kInt, std::nullopt, a.device()); }

std::tuple<TensorBase, TensorBase> broadcast_batches(const TensorBase& a, const TensorBase& b) {
  const DimVector batch_a = batch_shape(a), batch_b = batch_shape(b);
  if (IntArrayRef(batch_a) == IntArrayRef(batch_b)) return {a, b};
  const DimVector batch = infer_broadcast_size(batch_a, batch_b);
  return {ops::expand(a, with_tail(batch, {a.size(-2), a.size(-1)})),
          ops::expand(b, with_tail(batch, {b.size(-2), b.size(-1)}))};
}

bool is_vector_rhs(const TensorBase& a, const TensorBase& b) {
  return b.dim() == 1 || (a.dim() - 1 == b.dim() && b.sizes() == a.sizes().slice(0, static_cast<size_t>(b.dim())));
}

void check_finite(const char* op, const TensorBase& a) {
  if (a.is_meta() || a.is_complex()) return;
  TORCH_CHECK(read_scalar(ops::all(ops::isfinite(a))).to<bool>(), op,
              ": input tensor should not contain infs or NaNs.");
}

namespace {

std::string complaint(const std::string& op, Verdict kind, int info) {
  switch (kind) {
    case Verdict::Singular:
      return op == "linalg.inv" ? str("The diagonal element ", info,
                                      " is zero, the inversion could not be completed because the input matrix is "
                                      "singular.")
                                : std::string("The solver failed because the input matrix is singular.");
    case Verdict::NotPositive:
      return str(
          "The factorization could not be completed because the input is not positive-definite (the leading "
          "minor of order ",
          info, " is not positive-definite).");
    case Verdict::ZeroPivot:
      return str("U[", info, ",", info, "] is zero and using it on lu_solve would result in a division by zero.");
    default:
      return str("The algorithm failed to converge, LAPACK's code ", info,
                 ": the input is ill-conditioned, has too many repeated values, or contains non-finite values.");
  }
}

}  // namespace

void check_verdicts(const char* op, const TensorBase& info, Verdict kind, bool is_batch) {
  if (info.is_meta()) return;
  const TensorBase dense = ops::contiguous(ops::to(info, Device(DeviceType::CPU), kInt));
  const int* verdicts = dense.const_data_ptr<int>();
  for (int64_t i = 0; i < dense.numel(); ++i) {
    if (verdicts[i] == 0) continue;
    const std::string where = is_batch ? str("(Batch element ", i, "): ") : std::string();
    TORCH_CHECK(verdicts[i] > 0 || kind == Verdict::NotConverged, op, ": ", where, "Argument ", -verdicts[i],
                " has illegal value.");
    TORCH_CHECK_LINALG(false, op, ": ", where, complaint(op, kind, verdicts[i]));
  }
}

}  // namespace tiny_torch::native
