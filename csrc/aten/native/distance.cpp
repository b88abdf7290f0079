// Fronts of distances and similarities.
#include "aten/native/distance.h"

#include "aten/core/operators.h"
#include "aten/core/promotion.h"
#include "generated/kernels/distance.h"
#include "generated/ops/copy.h"
#include "generated/ops/creation.h"
#include "generated/ops/distance.h"
#include "generated/ops/reduce.h"
#include "generated/ops/shape.h"
#include "generated/ops/view.h"

namespace tiny_torch::native {

DEFINE_STUB(cdist_stub);
DEFINE_STUB(cdist_backward_stub);
DEFINE_STUB(pdist_stub);
DEFINE_STUB(pdist_backward_stub);

namespace {

// The norm along `dim`, at least `eps`, with the derivative of the norm itself everywhere.
TensorBase bounded_norm(const TensorBase& x, int64_t dim, double eps) {
  TensorBase norm = ops::clone(ops::linalg_vector_norm(x, Scalar(2), OptionalIntArrayRef(IntArrayRef({dim})), true));
  const NoGradGuard no_grad;
  ops::clamp_min_(norm, Scalar(eps));
  return norm;
}

void check_distance_dtype(const char* op, const TensorBase& t) {
  TORCH_CHECK_NOT_IMPLEMENTED(t.scalar_type() == kFloat || t.scalar_type() == kDouble, "\"", op,
                              "\" not implemented for '", to_string(t.scalar_type()), "'");
}

void check_p(const char* op, double p) { TORCH_CHECK(p >= 0, op, " only supports non-negative p values"); }

// (B, rows, M) of a contiguous copy.
TensorBase as_batches(const TensorBase& t) {
  const int64_t rows = t.size(-2), columns = t.size(-1);
  const int64_t shape[] = {
      rows * columns == 0 ? checked_numel(t.sizes().slice(0, t.sizes().size() - 2)) : t.numel() / (rows * columns),
      rows, columns};
  return ops::reshape(ops::contiguous(t), shape);
}

void check_pairs(const char* op, const TensorBase& self, int64_t pairs) {
  TORCH_CHECK(self.dim() == 2, op, " only supports 2D tensors, got: ", self.dim(), "D");
  const int64_t n = self.size(0);
  TORCH_CHECK(pairs < 0 || pairs == n * (n - 1) / 2, op, ": expected ", n * (n - 1) / 2, " pairs, got ", pairs);
}

}  // namespace

TensorBase cosine_similarity(const TensorBase& x1, const TensorBase& x2, int64_t dim, double eps) {
  TORCH_CHECK(eps >= 0, "cosine_similarity(): eps must be non-negative, got: ", eps);
  const ScalarType dtype = result_type(x1, x2);
  TORCH_CHECK(is_floating_point(dtype), "expected common dtype to be floating point, yet common dtype is ",
              to_string(dtype));
  const DimVector shape = infer_broadcast_size(x1.sizes(), x2.sizes());
  const TensorBase a = ops::to(ops::expand(x1, shape), dtype), b = ops::to(ops::expand(x2, shape), dtype);
  const TensorBase cosines = (a / bounded_norm(a, dim, eps)) * (b / bounded_norm(b, dim, eps));
  return ops::sum(cosines, OptionalIntArrayRef(IntArrayRef({dim})), false);
}

TensorBase cdist(const TensorBase& x1, const TensorBase& x2, double p, std::optional<int64_t> compute_mode) {
  TORCH_CHECK(x1.dim() >= 2, "cdist only supports at least 2D tensors, X1 got: ", x1.dim(), "D");
  TORCH_CHECK(x2.dim() >= 2, "cdist only supports at least 2D tensors, X2 got: ", x2.dim(), "D");
  TORCH_CHECK(x1.size(-1) == x2.size(-1), "X1 and X2 must have the same number of columns. X1: ", x1.size(-1),
              " X2: ", x2.size(-1));
  TORCH_CHECK(is_floating_point(x1.scalar_type()),
              "cdist only supports floating-point dtypes, X1 got: ", to_string(x1.scalar_type()));
  TORCH_CHECK(is_floating_point(x2.scalar_type()),
              "cdist only supports floating-point dtypes, X2 got: ", to_string(x2.scalar_type()));
  check_p("cdist", p);
  const int64_t mode = compute_mode.value_or(0);
  TORCH_CHECK(mode >= 0 && mode <= 2, "possible modes: 0, 1, 2, but was: ", mode);
  const size_t lead1 = x1.sizes().size() - 2, lead2 = x2.sizes().size() - 2;
  DimVector shape1 = infer_broadcast_size(x1.sizes().slice(0, lead1), x2.sizes().slice(0, lead2)), shape2 = shape1;
  for (int64_t d : {-2, -1}) {
    shape1.push_back(x1.size(d));
    shape2.push_back(x2.size(d));
  }
  return ops::_cdist_forward(ops::expand(x1, shape1), ops::expand(x2, shape2), p, compute_mode);
}

TensorBase _cdist_forward(const TensorBase& x1, const TensorBase& x2, double p, std::optional<int64_t>) {
  TORCH_CHECK(x1.dim() >= 2 && x1.dim() == x2.dim() && x1.size(-1) == x2.size(-1) &&
                  x1.sizes().slice(0, x1.sizes().size() - 2) == x2.sizes().slice(0, x2.sizes().size() - 2),
              "_cdist_forward(): expected (..., P, M) and (..., R, M), got ", x1.sizes(), " and ", x2.sizes());
  TORCH_CHECK(x1.scalar_type() == x2.scalar_type(), "_cdist_forward(): expected one dtype, got ",
              to_string(x1.scalar_type()), " and ", to_string(x2.scalar_type()));
  check_p("cdist", p);
  check_distance_dtype("cdist", x1);
  DimVector shape(x1.sizes());
  shape.back() = x2.size(-2);
  TensorBase out = empty_tensor(shape, x1.scalar_type(), x1.device());
  if (out.numel() == 0) return out;
  if (x1.size(-1) == 0) return ops::zero_(out);
  cdist_stub(x1.device().type(), as_batches(out), as_batches(x1), as_batches(x2), p);
  return out;
}

TensorBase _cdist_backward(const TensorBase& grad, const TensorBase& x1, const TensorBase& x2, double p,
                           const TensorBase& cdist) {
  check_distance_dtype("cdist_backward", x1);
  TORCH_CHECK(x1.dim() >= 2 && grad.sizes() == cdist.sizes() && grad.dim() == x1.dim() &&
                  grad.size(-2) == x1.size(-2) && grad.size(-1) == x2.size(-2) && x1.size(-1) == x2.size(-1) &&
                  x1.scalar_type() == grad.scalar_type() && x1.scalar_type() == x2.scalar_type() &&
                  x1.scalar_type() == cdist.scalar_type() &&
                  x1.sizes().slice(0, x1.sizes().size() - 2) == x2.sizes().slice(0, x2.sizes().size() - 2),
              "_cdist_backward(): expected a gradient and distances (..., P, R) for (..., P, M) and (..., R, M), got ",
              grad.sizes(), ", ", cdist.sizes(), ", ", x1.sizes(), " and ", x2.sizes());
  TensorBase result = empty_tensor(x1.sizes(), x1.scalar_type(), x1.device());
  if (result.numel() == 0) return result;
  if (x2.numel() == 0) return ops::zero_(result);
  cdist_backward_stub(x1.device().type(), as_batches(result), as_batches(grad), as_batches(x1), as_batches(x2), p,
                      as_batches(cdist));
  return result;
}

TensorBase pdist(const TensorBase& self, double p) {
  check_pairs("pdist", self, -1);
  TORCH_CHECK(is_floating_point(self.scalar_type()), "pdist only supports floating-point dtypes");
  check_p("pdist", p);
  return ops::_pdist_forward(ops::contiguous(self), p);
}

TensorBase _pdist_forward(const TensorBase& self, double p) {
  check_pairs("_pdist_forward", self, -1);
  check_p("pdist", p);
  check_distance_dtype("pdist", self);
  const int64_t n = self.size(0), shape[] = {n * (n - 1) / 2};
  TensorBase out = empty_tensor(shape, self.scalar_type(), self.device());
  if (out.numel() == 0) return out;
  if (self.size(1) == 0) return ops::zero_(out);
  pdist_stub(self.device().type(), out, ops::contiguous(self), p);
  return out;
}

TensorBase _pdist_backward(const TensorBase& grad, const TensorBase& self, double p, const TensorBase& pdist) {
  check_pairs("_pdist_backward", self, grad.numel());
  TORCH_CHECK(pdist.sizes() == grad.sizes() && pdist.scalar_type() == self.scalar_type() &&
                  grad.scalar_type() == self.scalar_type(),
              "_pdist_backward(): expected gradient and distances alike, got ", grad.sizes(), " and ", pdist.sizes());
  check_distance_dtype("pdist_backward", self);
  TensorBase result = empty_tensor(self.sizes(), self.scalar_type(), self.device());
  if (result.numel() == 0) return result;
  if (grad.numel() == 0) return ops::zero_(result);
  pdist_backward_stub(self.device().type(), result, ops::contiguous(grad), ops::contiguous(self), p,
                      ops::contiguous(pdist));
  return result;
}

}  // namespace tiny_torch::native
