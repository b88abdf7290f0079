// Fronts of norms, ranks, pseudo-inverses, powers and exponentials of matrices.
#include "generated/kernels/linalg_norm.h"

#include <cmath>
#include <limits>

#include "aten/core/op_support.h"
#include "aten/core/operators.h"
#include "aten/core/promotion.h"
#include "aten/native/linalg_common.h"
#include "generated/ops/compare.h"
#include "generated/ops/copy.h"
#include "generated/ops/creation.h"
#include "generated/ops/index.h"
#include "generated/ops/join.h"
#include "generated/ops/linalg_factor.h"
#include "generated/ops/linalg_norm.h"
#include "generated/ops/linalg_solve.h"
#include "generated/ops/matmul.h"
#include "generated/ops/reduce.h"
#include "generated/ops/shape.h"
#include "generated/ops/unary.h"
#include "generated/ops/view.h"

namespace tiny_torch::native {

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

void check_norm_input(const char* op, const TensorBase& a) {
  TORCH_CHECK(a.is_floating_point() || a.is_complex(), op,
              ": Expected a floating point or complex tensor as input. Got ", to_string(a.scalar_type()));
}

TensorBase sum_over(const TensorBase& t, int64_t dim) {
  return ops::sum(t, OptionalIntArrayRef(IntArrayRef(dim)), false);
}

// The two dims of the matrices, moved to the end; what keepdim puts back.
struct MatrixDims {
  int64_t row, column;
  TensorBase at_end;
  TensorBase restored(const TensorBase& result, bool keepdim) const {
    if (!keepdim) return result;
    return ops::unsqueeze(ops::unsqueeze(result, std::min(row, column)), std::max(row, column));
  }
};

MatrixDims matrix_dims(const TensorBase& self, IntArrayRef dim, std::optional<ScalarType> dtype) {
  const char* op = "linalg.matrix_norm";
  check_matrix(op, self);
  check_norm_input(op, self);
  TORCH_CHECK(dim.size() == 2, op, ": dim must be a 2-tuple. Got ", dim);
  const int64_t row = maybe_wrap_dim(dim[0], self.dim()), column = maybe_wrap_dim(dim[1], self.dim());
  TORCH_CHECK(row != column, op, ": dims must be different. Got (", dim[0], ", ", dim[1], ")");
  TORCH_CHECK(!dtype.has_value() || is_floating_point(*dtype) || is_complex_type(*dtype), op,
              ": dtype should be floating point or complex, but got ", to_string(dtype.value_or(kFloat)));
  const TensorBase x = dtype.has_value() ? ops::to(self, *dtype) : self;
  return {row, column, ops::movedim(x, {row, column}, {-2, -1})};
}

double epsilon_of(ScalarType dtype) {
  return to_real(dtype) == kFloat ? std::numeric_limits<float>::epsilon() : std::numeric_limits<double>::epsilon();
}

TensorBase scalar_of(double value, const TensorBase& like) {
  // A tolerance beyond the range of the dtype is kept as it is.
  const ScalarType dtype = to_real(like.scalar_type());
  const bool fits = dtype != kFloat || std::fabs(value) <= std::numeric_limits<float>::max() || !std::isfinite(value);
  return ops::full({}, Scalar(value), fits ? dtype : kDouble, std::nullopt, like.device());
}

struct Tolerances {
  TensorBase absolute, relative;
};

// Without any tolerance the relative one is eps * max(m, n); a positive absolute one alone switches that off.
Tolerances tolerances(const TensorBase& a, const std::optional<TensorBase>& atol,
                      const std::optional<TensorBase>& rtol) {
  Tolerances t{atol.has_value() ? *atol : scalar_of(0, a), rtol.has_value() ? *rtol : TensorBase()};
  if (rtol.has_value()) return t;
  t.relative = scalar_of(epsilon_of(a.scalar_type()) * static_cast<double>(std::max(a.size(-1), a.size(-2))), a);
  if (atol.has_value()) {
    t.relative = ops::where(ops::gt(*atol, wrapped_scalar(0.0)), scalar_of(0, a), t.relative);
  }
  return t;
}

std::optional<TensorBase> as_tensor(std::optional<double> value, const TensorBase& like) {
  return value.has_value() ? std::optional<TensorBase>(scalar_of(*value, like)) : std::nullopt;
}

void check_tolerance(const char* op, const TensorBase& a, const std::optional<TensorBase>& t, const char* name) {
  if (!t.has_value()) return;
  TORCH_CHECK(!t->is_complex(), op, ": ", name, " tensor of complex type is not supported. Got ",
              to_string(t->scalar_type()));
  TORCH_CHECK(t->device() == a.device(), op, ": Expected ", name, " and input to be on the same device, but got ",
              t->device(), " and ", a.device());
}

TensorBase threshold(const Tolerances& t, const TensorBase& largest) {
  return ops::maximum(ops::expand(t.absolute, infer_broadcast_size(t.absolute.sizes(), largest.sizes())),
                      t.relative * largest);
}

}  // namespace

TensorBase linalg_matrix_norm(const TensorBase& self, const Scalar& ord, IntArrayRef dim, bool keepdim,
                              std::optional<ScalarType> dtype) {
  const double p = ord.to_double(), size = std::fabs(p);
  const MatrixDims dims = matrix_dims(self, dim, dtype);
  TORCH_CHECK(size == 2 || size == 1 || size == kInfinity, "linalg.matrix_norm: Order ", p, " not supported.");
  const TensorBase& a = dims.at_end;
  TensorBase values;
  if (size == 2) {
    values = ops::linalg_svdvals(a, {});
  } else {
    values = sum_over(ops::abs(a), size == 1 ? -2 : -1);
  }
  // No columns have the norm 0; without a largest one there is no smallest either.
  if (p > 0 && values.size(-1) == 0) return dims.restored(sum_over(values, -1), keepdim);
  return dims.restored(p > 0 ? ops::amax(values, {-1}, false) : ops::amin(values, {-1}, false), keepdim);
}

TensorBase linalg_matrix_norm(const TensorBase& self, std::string_view ord, IntArrayRef dim, bool keepdim,
                              std::optional<ScalarType> dtype) {
  TORCH_CHECK(ord == "fro" || ord == "nuc", "linalg.matrix_norm: Order ", std::string(ord), " not supported.");
  const MatrixDims dims = matrix_dims(self, dim, dtype);
  if (ord == "fro") return ops::linalg_vector_norm(self, Scalar(2), OptionalIntArrayRef(dim), keepdim, dtype);
  return dims.restored(sum_over(ops::linalg_svdvals(dims.at_end, {}), -1), keepdim);
}

namespace {

void check_norm_dims(const TensorBase& self, OptionalIntArrayRef dim, bool has_ord) {
  TORCH_CHECK(!dim.has_value() || dim->size() == 1 || dim->size() == 2,
              "linalg.norm: If dim is specified, it must be of length 1 or 2. Got ", dim.value_or(IntArrayRef()));
  TORCH_CHECK(dim.has_value() || !has_ord || self.dim() == 1 || self.dim() == 2,
              "linalg.norm: If dim is not specified but ord is, the input must be 1D or 2D. Got ", self.dim(), "D.");
}

}  // namespace

TensorBase linalg_norm(const TensorBase& self, const std::optional<Scalar>& ord, OptionalIntArrayRef dim, bool keepdim,
                       std::optional<ScalarType> dtype) {
  check_norm_dims(self, dim, ord.has_value());
  if (ord.has_value() && (dim.has_value() ? dim->size() == 2 : self.dim() == 2)) {
    return ops::linalg_matrix_norm(self, *ord, dim.value_or(IntArrayRef({0, 1})), keepdim, dtype);
  }
  return ops::linalg_vector_norm(self, ord.value_or(Scalar(2)), dim, keepdim, dtype);
}

TensorBase frobenius_norm(const TensorBase& self, IntArrayRef dim, bool keepdim) {
  TORCH_CHECK(dim.size() <= 2, "frobenius_norm(): Expected at most 2 dimensions, but got ", dim.size(),
              " dimensions instead.");
  return ops::linalg_vector_norm(self, Scalar(2), OptionalIntArrayRef(dim), keepdim, {});
}

TensorBase linalg_norm(const TensorBase& self, std::string_view ord, OptionalIntArrayRef dim, bool keepdim,
                       std::optional<ScalarType> dtype) {
  check_norm_dims(self, dim, true);
  return ops::linalg_matrix_norm(self, ord, dim.value_or(IntArrayRef({-2, -1})), keepdim, dtype);
}

namespace {

template <class Order>
TensorBase condition(const TensorBase& self, const Order& p) {
  check_square("linalg.cond", self);
  auto [inverse, info] = ops::linalg_inv_ex(self, false);
  const TensorBase product =
      ops::linalg_matrix_norm(self, p, {-2, -1}, false, {}) * ops::linalg_matrix_norm(inverse, p, {-2, -1}, false, {});
  const TensorBase regular = ops::eq(info, wrapped_scalar(0));
  return ops::where(regular, product, ops::full_like(product, Scalar(kInfinity)));
}

TensorBase zero_condition(const TensorBase& self) {
  return ops::zeros(batch_shape(self), to_real(self.scalar_type()), std::nullopt, self.device());
}

}  // namespace

TensorBase linalg_cond(const TensorBase& self, const std::optional<Scalar>& p) {
  check_matrix("linalg.cond", self);
  const double order = p.has_value() ? p->to_double() : 2;
  if (self.numel() == 0) return zero_condition(self);
  if (std::fabs(order) != 2) return condition(self, *p);
  const TensorBase s = ops::linalg_svdvals(self, {});
  const TensorBase first = ops::select(s, -1, 0), last = ops::select(s, -1, -1);
  return order > 0 ? first / last : last / first;
}

TensorBase linalg_cond(const TensorBase& self, std::string_view p) {
  check_matrix("linalg.cond", self);
  TORCH_CHECK(p == "fro" || p == "nuc", "linalg.cond got an invalid norm type: ", std::string(p));
  check_square("linalg.cond", self);
  if (self.numel() == 0) return zero_condition(self);
  return condition(self, p);
}

TensorBase linalg_matrix_rank(const TensorBase& input, const std::optional<TensorBase>& atol,
                              const std::optional<TensorBase>& rtol, bool hermitian) {
  const char* op = "torch.linalg.matrix_rank";
  check_matrix(op, input);
  check_tolerance(op, input, atol, "atol");
  check_tolerance(op, input, rtol, "rtol");
  if (input.numel() == 0) return ops::zeros(batch_shape(input), kLong, std::nullopt, input.device());
  const TensorBase s = hermitian ? ops::abs(ops::linalg_eigvalsh(input, "L")) : ops::linalg_svdvals(input, {});
  const TensorBase least = threshold(tolerances(input, atol, rtol), ops::amax(s, {-1}, false));
  return sum_over(ops::gt(s, ops::unsqueeze(least, -1)), -1);
}

TensorBase linalg_matrix_rank(const TensorBase& self, std::optional<double> atol, std::optional<double> rtol,
                              bool hermitian) {
  check_matrix("torch.linalg.matrix_rank", self);
  return ops::linalg_matrix_rank(self, as_tensor(atol, self), as_tensor(rtol, self), hermitian);
}

TensorBase linalg_matrix_rank(const TensorBase& self, double tol, bool hermitian) {
  return native::linalg_matrix_rank(self, std::optional<double>(tol), std::optional<double>(0.0), hermitian);
}

TensorBase linalg_matrix_rank(const TensorBase& input, const TensorBase& tol, bool hermitian) {
  return ops::linalg_matrix_rank(input, std::optional<TensorBase>(tol), as_tensor(0.0, input), hermitian);
}

TensorBase linalg_pinv(const TensorBase& self, const std::optional<TensorBase>& atol,
                       const std::optional<TensorBase>& rtol, bool hermitian) {
  const char* op = "linalg.pinv";
  check_matrix(op, self);
  check_lapack_dtype(op, self);
  if (hermitian && self.numel() != 0) check_square(op, self);
  check_tolerance(op, self, atol, "atol");
  check_tolerance(op, self, rtol, "rtol");
  if (self.numel() == 0) {
    return empty_tensor(with_tail(batch_shape(self), {self.size(-1), self.size(-2)}), self.scalar_type(),
                        self.device());
  }
  const Tolerances t = tolerances(self, atol, rtol);
  TensorBase u, values, vh;
  if (hermitian) {
    std::tie(values, u) = ops::_linalg_eigh(self, "L", true);
    vh = ops::conj(ops::transpose(u, -2, -1));
  } else {
    std::tie(u, values, vh) = ops::_linalg_svd(self, false, true, {});
  }
  const TensorBase size = hermitian ? ops::abs(values) : values;
  const TensorBase least = ops::unsqueeze(threshold(t, ops::amax(size, {-1}, false)), -1);
  const TensorBase inverted = ops::where(ops::gt(size, least), ops::reciprocal(values), ops::zeros_like(values));
  const auto adjoint = [](const TensorBase& x) { return ops::conj(ops::transpose(x, -2, -1)); };
  return ops::matmul(adjoint(vh) * ops::unsqueeze(inverted, -2), adjoint(u));
}

TensorBase linalg_pinv(const TensorBase& self, std::optional<double> atol, std::optional<double> rtol, bool hermitian) {
  if (atol.has_value() && !rtol.has_value()) {
    TORCH_CHECK_INDEX(self.dim() >= 2, "linalg.pinv: Dimension out of range: expected a matrix, got ", self.sizes());
  }
  check_matrix("linalg.pinv", self);
  return ops::linalg_pinv(self, as_tensor(atol, self), as_tensor(rtol, self), hermitian);
}

TensorBase linalg_matrix_power(const TensorBase& self, int64_t n) {
  check_square("linalg.matrix_power", self);
  if (n == 0) {
    TensorBase one = ops::clone(self);
    return ops::copy_(one, ops::eye(self.size(-1), self.scalar_type(), std::nullopt, self.device()));
  }
  TensorBase base = n < 0 ? ops::linalg_inv(self) : self, result;
  uint64_t left = n < 0 ? 0 - static_cast<uint64_t>(n) : static_cast<uint64_t>(n);
  if (left == 1) return n < 0 ? base : ops::clone(base);
  for (;; base = ops::matmul(base, base)) {
    if (left & 1) result = result.defined() ? ops::matmul(result, base) : base;
    left >>= 1;
    if (left == 0) return result;
  }
}

namespace {

// Pade's approximant of degree 13 for |A| up to 5.4 (Higham, 2005).
TensorBase pade13(const TensorBase& a) {
  constexpr double b[] = {64764752532480000.0,
                          32382376266240000.0,
                          7771770303897600.0,
                          1187353796428800.0,
                          129060195264000.0,
                          10559470521600.0,
                          670442572800.0,
                          33522128640.0,
                          1323241920.0,
                          40840800.0,
                          960960.0,
                          16380.0,
                          182.0,
                          1.0};
  const TensorBase one = ops::eye(a.size(-1), a.scalar_type(), std::nullopt, a.device());
  const TensorBase a2 = ops::matmul(a, a), a4 = ops::matmul(a2, a2), a6 = ops::matmul(a4, a2);
  const auto sum = [&](size_t i) { return a6 * Scalar(b[i + 6]) + a4 * Scalar(b[i + 4]) + a2 * Scalar(b[i + 2]); };
  const TensorBase odd = ops::matmul(a6, sum(7)) + sum(1) + one * Scalar(b[1]);
  const TensorBase even = ops::matmul(a6, sum(6)) + sum(0) + one * Scalar(b[0]);
  const TensorBase u = ops::matmul(a, odd);
  return ops::linalg_solve(even - u, even + u, true);
}

}  // namespace

TensorBase& linalg_matrix_power_out(TensorBase& out, const TensorBase& self, int64_t n) {
  const AutoDispatchBelowAutograd guard;
  const TensorBase result = ops::linalg_matrix_power(self, n);
  // The identity and the matrix itself are copied, which converts.
  if (n != 0 && n != 1) check_out_dtype(out, result.scalar_type());
  write_output("linalg_matrix_power", out, result);
  return out;
}
TensorBase& matrix_power_out(TensorBase& out, const TensorBase& self, int64_t n) {
  return native::linalg_matrix_power_out(out, self, n);
}

TensorBase linalg_matrix_exp(const TensorBase& self) {
  check_square("linalg.matrix_exp", self);
  TORCH_CHECK(self.is_floating_point() || self.is_complex(),
              "matrix_exp: expected a floating point or complex tensor, got ", to_string(self.scalar_type()));
  if (self.is_meta() || self.numel() == 0) return empty_tensor(self.sizes(), self.scalar_type(), self.device());
  const ScalarType wide = self.is_complex() ? kComplexDouble : kDouble;
  const TensorBase a = ops::to(self, wide);
  const TensorBase size =
      self.is_complex() ? ops::maximum(ops::abs(ops::real(a)), ops::abs(ops::real(a * Scalar(complex<double>(0, 1)))))
                        : ops::abs(a);
  const double norm = read_scalar(ops::max(sum_over(size, -2))).to_double();
  if (!std::isfinite(norm)) {
    return ops::full_like(self, Scalar(std::numeric_limits<double>::quiet_NaN()));
  }
  int squarings = 0;
  if (norm > 5.371920351148152) std::frexp(norm / 5.371920351148152, &squarings);
  TensorBase result = pade13(a * Scalar(std::ldexp(1.0, -squarings)));
  for (int i = 0; i < squarings; ++i) result = ops::matmul(result, result);
  return ops::contiguous(ops::to(result, self.scalar_type()));
}

namespace {

// Splits of the cheapest order of products, by the sizes between the matrices.
class ProductOrder {
 public:
  explicit ProductOrder(const std::vector<TensorBase>& matrices) : matrices_(matrices), n_(matrices.size()) {
    std::vector<double> sizes;
    for (const TensorBase& m : matrices) sizes.push_back(static_cast<double>(m.size(0)));
    sizes.push_back(static_cast<double>(matrices.back().size(1)));
    std::vector<double> cost(n_ * n_, 0);
    split_.resize(n_ * n_, 0);
    for (size_t length = 2; length <= n_; ++length) {
      for (size_t i = 0; i + length <= n_; ++i) {
        const size_t j = i + length - 1;
        double& best = cost[i * n_ + j];
        best = kInfinity;
        for (size_t k = i; k < j; ++k) {
          const double c = cost[i * n_ + k] + cost[(k + 1) * n_ + j] + sizes[i] * sizes[k + 1] * sizes[j + 1];
          if (c < best || k == i) best = c, split_[i * n_ + j] = k;
        }
      }
    }
  }
  TensorBase product(size_t i, size_t j) const {
    if (i == j) return matrices_[i];
    const size_t k = split_[i * n_ + j];
    return ops::mm(product(i, k), product(k + 1, j));
  }
  TensorBase product() const { return product(0, n_ - 1); }

 private:
  const std::vector<TensorBase>& matrices_;
  size_t n_;
  std::vector<size_t> split_;
};

}  // namespace

TensorBase linalg_multi_dot(TensorList tensors) {
  const size_t n = tensors.size();
  TORCH_CHECK(n >= 2, "multi_dot(): expected at least 2 tensors but got ", n);
  std::vector<TensorBase> matrices(tensors.begin(), tensors.end());
  const bool from_vector = matrices.front().dim() == 1, to_vector = matrices.back().dim() == 1;
  if (from_vector) matrices.front() = ops::unsqueeze(matrices.front(), 0);
  if (to_vector) matrices.back() = ops::unsqueeze(matrices.back(), 1);
  for (size_t i = 0; i < n; ++i) {
    const bool end = i == 0 || i + 1 == n;
    TORCH_CHECK(matrices[i].dim() == 2, "multi_dot(): tensor ", i, " must be ", end ? "1D or 2D" : "2D", " but got ",
                tensors[i].dim(), "D");
    TORCH_CHECK(matrices[i].scalar_type() == matrices[0].scalar_type(),
                "multi_dot(): all tensors must have be the same dtype but tensor 0 is ",
                to_string(matrices[0].scalar_type()), " and tensor ", i, " ", to_string(matrices[i].scalar_type()));
    TORCH_CHECK(i == 0 || matrices[i - 1].size(1) == matrices[i].size(0), "multi_dot(): tensors ", i == 0 ? 0 : i - 1,
                " and ", i, " with shapes ", tensors[i == 0 ? 0 : i - 1].sizes(), " and ", tensors[i].sizes(),
                " cannot be multiplied");
  }
  TensorBase result = ProductOrder(matrices).product();
  if (to_vector) result = ops::squeeze(result, -1);
  return from_vector ? ops::squeeze(result, 0) : result;
}

TensorBase chain_matmul(TensorList matrices) {
  for (size_t i = 0; i < matrices.size(); ++i) {
    TORCH_CHECK(matrices[i].dim() == 2, "Tensor ", i, " in list matrices has dimension ", matrices[i].dim(),
                ", expected dimension 2.");
  }
  TORCH_CHECK(matrices.size() > 0, "chain_matmul(): Expected one or more matrices");
  return matrices.size() == 1 ? ops::clone(matrices[0]) : ops::linalg_multi_dot(matrices);
}

TensorBase linalg_cross(const TensorBase& self, const TensorBase& other, int64_t dim) {
  TORCH_CHECK(self.dim() == other.dim(), "linalg.cross: inputs must have the same number of dimensions.");
  TORCH_CHECK(self.size(dim) == 3 && other.size(dim) == 3, "linalg.cross: inputs dimension ", dim,
              " must have length 3. Got ", self.size(dim), " and ", other.size(dim));
  TORCH_CHECK(self.scalar_type() == other.scalar_type(), "linalg.cross: expected scalar type ",
              to_string(self.scalar_type()), " but found ", to_string(other.scalar_type()));
  const int64_t d = maybe_wrap_dim(dim, self.dim());
  TensorBase a[3], b[3];
  for (int64_t i = 0; i < 3; ++i) {
    a[i] = ops::select(self, d, i);
    b[i] = ops::select(other, d, i);
  }
  const std::vector<TensorBase> parts{a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
  return ops::stack(parts, d);
}

TensorBase cross(const TensorBase& self, const TensorBase& other, std::optional<int64_t> dim) {
  if (dim.has_value()) return ops::linalg_cross(self, other, *dim);
  for (int64_t d = 0; d < self.dim(); ++d) {
    if (self.size(d) == 3) return ops::linalg_cross(self, other, d);
  }
  TORCH_CHECK(false, "no dimension of size 3 in input");
}

TensorBase linalg_vecdot(const TensorBase& x, const TensorBase& y, int64_t dim) {
  check_norm_input("linalg.vecdot", x);
  check_same_dtype_and_device("linalg.vecdot", x, y);
  return sum_over(ops::conj(x) * y, dim);
}

TensorBase linalg_vander(const TensorBase& x, std::optional<int64_t> N) {
  TORCH_CHECK(!is_reduced_floating_point(x.scalar_type()) && x.scalar_type() != kBool,
              "linalg.vander supports floating point, complex, and integer tensors, but got ",
              to_string(x.scalar_type()));
  const ScalarType dtype = is_integral(x.scalar_type(), false) ? kLong : x.scalar_type();
  const TensorBase base = ops::to(x.dim() == 0 ? ops::unsqueeze(x, 0) : x, dtype);
  const int64_t count = N.has_value() ? *N : base.size(-1);
  TORCH_CHECK(count > 1, "N must be greater than 1.");
  const TensorBase column = ops::unsqueeze(base, -1), ones = ops::ones_like(column);
  const TensorBase powers = ops::cumprod(ops::expand(column, with_tail(DimVector(base.sizes()), {count - 1})), -1);
  const std::vector<TensorBase> parts{ones, powers};
  return ops::cat(parts, -1);
}

}  // namespace tiny_torch::native
