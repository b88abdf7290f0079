// Fronts of products of vectors and tensors, covariances, integrals.
#include "generated/kernels/products.h"
#include "aten/core/op_support.h"
#include "aten/core/operators.h"
#include "aten/core/promotion.h"
#include "generated/ops/compare.h"
#include "generated/ops/copy.h"
#include "generated/ops/creation.h"
#include "generated/ops/diagonal.h"
#include "generated/ops/index.h"
#include "generated/ops/join.h"
#include "generated/ops/matmul.h"
#include "generated/ops/products.h"
#include "generated/ops/reduce.h"
#include "generated/ops/shape.h"
#include "generated/ops/ternary.h"
#include "generated/ops/unary.h"
#include "generated/ops/view.h"

namespace tiny_torch::native {

namespace {

void check_scalars(const TensorBase& self, const Scalar& beta, const Scalar& alpha) {
  const bool integral = is_integral(self.scalar_type(), true);
  TORCH_CHECK(!integral || (alpha.is_integral(true) && beta.is_integral(true)),
              "For integral input tensors, arguments alpha and beta must not be floating point numbers.");
}

// Factors of integer products lose their fractions.
Scalar in_dtype(const Scalar& factor, const TensorBase& t) {
  return is_integral(t.scalar_type(), true) ? Scalar(factor.to<int64_t>()) : factor;
}

// beta * self + alpha * product, in which self broadcasts to the product's shape.
TensorBase accumulated(const TensorBase& self, const TensorBase& product, const Scalar& beta, const Scalar& alpha) {
  TORCH_CHECK(is_expandable_to(self.sizes(), product.sizes()), "The size of tensor self ", self.sizes(),
              " must match the product's ", product.sizes());
  const TensorBase scaled = alpha.equal(1) ? product : product * alpha;
  if (beta.equal(0)) return scaled;
  return (beta.equal(1) ? self : self * beta) + scaled;
}

TensorBase sum_over(const TensorBase& t, int64_t dim) {
  return ops::sum(t, OptionalIntArrayRef(IntArrayRef(dim)), false);
}

}  // namespace

TensorBase addmv(const TensorBase& self, const TensorBase& mat, const TensorBase& vec, const Scalar& beta,
                 const Scalar& alpha) {
  TORCH_CHECK(mat.dim() == 2 && vec.dim() == 1 && self.dim() <= 1, "vector + matrix @ vector expected, got ",
              self.dim(), ", ", mat.dim(), ", ", vec.dim());
  TORCH_CHECK(mat.size(1) == vec.size(0) && (self.numel() == 1 || self.size(0) == mat.size(0)),
              "size mismatch, got input (", self.dim() == 0 ? 1 : self.size(0), "), mat (", mat.size(0), "x",
              mat.size(1), "), vec (", vec.size(0), ")");
  TORCH_CHECK(self.scalar_type() == mat.scalar_type() && mat.scalar_type() == vec.scalar_type(),
              "addmv(): expected all tensors to have the same dtype, got ", to_string(self.scalar_type()), ", ",
              to_string(mat.scalar_type()), " and ", to_string(vec.scalar_type()));
  return accumulated(self, ops::mv(mat, vec), in_dtype(beta, mat), in_dtype(alpha, mat));
}

TensorBase addr(const TensorBase& self, const TensorBase& vec1, const TensorBase& vec2, const Scalar& beta,
                const Scalar& alpha) {
  TORCH_CHECK(vec1.dim() == 1, "addr: Expected 1-D argument vec1, but got ", vec1.dim(), "-D");
  TORCH_CHECK(vec2.dim() == 1, "addr: Expected 1-D argument vec2, but got ", vec2.dim(), "-D");
  check_scalars(self, beta, alpha);
  const bool logical = self.scalar_type() == kBool && vec1.scalar_type() == kBool && vec2.scalar_type() == kBool;
  TORCH_CHECK(logical || !beta.is_boolean(), "Boolean beta only supported for Boolean results.");
  TORCH_CHECK(logical || !alpha.is_boolean(), "Boolean alpha only supported for Boolean results.");
  if (logical) {
    // Logic instead of arithmetic.
    const TensorBase product = ops::outer(vec1, vec2);
    const TensorBase kept = beta.to<bool>() ? ops::expand(self, product.sizes()) : ops::zeros_like(product);
    return alpha.to<bool>() ? ops::logical_or(kept, product) : ops::clone(kept);
  }
  return accumulated(self, ops::outer(vec1, vec2), beta, alpha);
}

TensorBase addbmm(const TensorBase& self, const TensorBase& batch1, const TensorBase& batch2, const Scalar& beta,
                  const Scalar& alpha) {
  const int64_t n = batch1.size(1), m = batch2.size(2);
  TORCH_CHECK(batch1.dim() == 3, "batch1 must be a 3D tensor");
  TORCH_CHECK(batch2.dim() == 3, "batch2 must be a 3D tensor");
  TORCH_CHECK(batch1.size(0) == batch2.size(0), "batch1 and batch2 must have same number of batches, got ",
              batch1.size(0), " and ", batch2.size(0));
  TORCH_CHECK(batch1.size(2) == batch2.size(1), "Incompatible matrix sizes for bmm (", batch1.size(1), "x",
              batch1.size(2), " and ", batch2.size(1), "x", batch2.size(2), ")");
  TORCH_CHECK(self.scalar_type() == batch1.scalar_type(), "addbmm(): expected self and batch1 of one dtype, got ",
              to_string(self.scalar_type()), " and ", to_string(batch1.scalar_type()));
  // The sum over the batch is part of one product of (n, b * k) and (b * k, m).
  const int64_t k = batch1.size(0) * batch1.size(2);
  const TensorBase left = ops::reshape(ops::transpose(batch1, 0, 1), {n, k});
  return ops::addmm(self, left, ops::reshape(batch2, {k, m}), beta, alpha);
}

TensorBase vdot(const TensorBase& self, const TensorBase& other) { return ops::dot(ops::conj(self), other); }

TensorBase inner(const TensorBase& self, const TensorBase& other) {
  TORCH_CHECK(self.device() == other.device(), "Expected all tensors to be on the same device. Found: ", self.device(),
              ", ", other.device());
  if (self.dim() == 0 || other.dim() == 0) return self * other;
  TORCH_CHECK(self.size(-1) == other.size(-1),
              "inner() the last dimension must match on both input tensors but got shapes ", self.sizes(), " and ",
              other.sizes());
  return ops::tensordot(self, other, {-1}, {-1});
}

TensorBase& inner_out(TensorBase& out, const TensorBase& self, const TensorBase& other) {
  const AutoDispatchBelowAutograd guard;
  const TensorBase result = ops::inner(self, other);
  // With a 0-d operand it is a product of elements, which converts.
  if (self.dim() != 0 && other.dim() != 0) check_out_dtype(out, result.scalar_type());
  write_output("inner", out, result);
  return out;
}

TensorBase outer(const TensorBase& self, const TensorBase& vec2) {
  TORCH_CHECK(self.dim() == 1, "outer: Expected 1-D argument self, but got ", self.dim(), "-D");
  TORCH_CHECK(vec2.dim() == 1, "outer: Expected 1-D argument vec2, but got ", vec2.dim(), "-D");
  return ops::unsqueeze(self, 1) * vec2;
}

TensorBase kron(const TensorBase& self, const TensorBase& other) {
  const int64_t ndim = std::max(self.dim(), other.dim());
  DimVector a, b, shape;
  for (int64_t i = 0; i < ndim; ++i) {
    const int64_t from_a = i - (ndim - self.dim()), from_b = i - (ndim - other.dim());
    const int64_t n = from_a >= 0 ? self.size(from_a) : 1, m = from_b >= 0 ? other.size(from_b) : 1;
    a.push_back(n);
    a.push_back(1);
    b.push_back(1);
    b.push_back(m);
    shape.push_back(n * m);
  }
  return ops::reshape(ops::reshape(self, a) * ops::reshape(other, b), shape);
}

TensorBase bilinear(const TensorBase& input1, const TensorBase& input2, const TensorBase& weight,
                    const std::optional<TensorBase>& bias) {
  const ScalarType dtype = input1.scalar_type();
  TORCH_CHECK(input2.scalar_type() == dtype && weight.scalar_type() == dtype &&
                  (!bias.has_value() || bias->scalar_type() == dtype),
              "bilinear(): all tensors must have the same dtype, got input1: ", dtype,
              ", input2: ", input2.scalar_type(), ", weight: ", weight.scalar_type(),
              ", bias: ", bias.has_value() ? bias->scalar_type() : dtype);
  TORCH_CHECK(input1.dim() == input2.dim(), "bilinear(): input dimensions do not match: got ", input1.dim(), " and ",
              input2.dim());
  TORCH_CHECK_INDEX(weight.dim() > 1, "bilinear(): Dimension out of range: expected a 3-d weight, got ", weight.dim(),
                    "-d");
  TORCH_CHECK(weight.dim() == 3, "bilinear(): expected a 3-d weight, got ", weight.dim(), "-d");
  for (int64_t d = 0; d + 1 < input1.dim(); ++d) {
    TORCH_CHECK(input1.size(d) == input2.size(d), "bilinear(): input batch dimensions do not match at dim ", d,
                ": got ", input1.size(d), " and ", input2.size(d));
  }
  TORCH_CHECK(input1.size(-1) == weight.size(1), "bilinear(): input1 size does not match weight size: got ",
              input1.size(-1), " but expected ", weight.size(1));
  TORCH_CHECK(input2.size(-1) == weight.size(2), "bilinear(): input2 size does not match weight size: got ",
              input2.size(-1), " but expected ", weight.size(2));
  const int64_t out = weight.size(0), i = weight.size(1), j = weight.size(2);
  TORCH_CHECK(!bias.has_value() || bias->size(0) == out, "bilinear(): bias size does not match weight size: got ",
              bias.has_value() ? bias->size(0) : 0, " but expected ", out);
  const int64_t rows = checked_numel(input1.sizes().slice(0, input1.sizes().size() - 1));
  const TensorBase matrix = ops::reshape(ops::permute(weight, {1, 0, 2}), {i, out * j});
  const TensorBase half = ops::reshape(ops::mm(ops::reshape(input1, {rows, i}), matrix), {rows, out, j});
  DimVector shape(input1.sizes());
  shape.back() = out;
  const TensorBase result = ops::reshape(ops::bmm(half, ops::reshape(input2, {rows, j, 1})), shape);
  return bias.has_value() ? result + *bias : result;
}

TensorBase block_diag(TensorList tensors) {
  int64_t rows = 0, columns = 0;
  ScalarType dtype = tensors.empty() ? default_dtype() : tensors[0].scalar_type();
  std::vector<TensorBase> blocks;
  for (size_t i = 0; i < tensors.size(); ++i) {
    const TensorBase& t = tensors[i];
    TORCH_CHECK(t.dim() <= 2, "torch.block_diag: Input tensors must have 2 or fewer dimensions. Input ", i, " has ",
                t.dim(), " dimensions");
    blocks.push_back(ops::reshape(t, {t.dim() == 2 ? t.size(0) : 1, t.dim() == 0 ? 1 : t.size(-1)}));
    rows += blocks.back().size(0);
    columns += blocks.back().size(1);
    dtype = promote_types(dtype, t.scalar_type());
  }
  if (tensors.empty()) return ops::empty({1, 0}, dtype);
  const Device device = tensors[0].device();
  std::vector<TensorBase> bands;
  int64_t before = 0;
  for (const TensorBase& block : blocks) {
    const int64_t n = block.size(0), m = block.size(1);
    const auto zeros = [&](int64_t width) { return ops::zeros({n, width}, dtype, std::nullopt, device); };
    const std::vector<TensorBase> band{zeros(before), ops::to(block, dtype), zeros(columns - before - m)};
    bands.push_back(ops::cat(band, 1));
    before += m;
  }
  return ops::cat(bands, 0);
}

TensorBase cartesian_prod(TensorList tensors) {
  TORCH_CHECK(!tensors.empty(), "cartesian_prod(): expected at least one tensor");
  for (const TensorBase& t : tensors) {
    TORCH_CHECK(t.dim() == 1, "Expect a 1D vector, but got shape ", t.sizes());
    TORCH_CHECK(t.scalar_type() == tensors[0].scalar_type(), "cartesian_prod(): expected tensors of one dtype");
  }
  if (tensors.size() == 1) return tensors[0];
  DimVector shape;
  for (const TensorBase& t : tensors) shape.push_back(t.size(0));
  std::vector<TensorBase> columns;
  for (size_t i = 0; i < tensors.size(); ++i) {
    DimVector own(tensors.size(), 1);
    own[i] = shape[i];
    columns.push_back(ops::reshape(ops::expand(ops::reshape(tensors[i], own), shape), {-1}));
  }
  return ops::stack(columns, 1);
}

namespace {

TensorBase checked_weights(const std::optional<TensorBase>& weights, const char* name, bool integral, int64_t count) {
  if (!weights.has_value()) return {};
  TORCH_CHECK(weights->dim() <= 1, "cov(): expected ", name, " to have one or fewer dimensions but got ", name,
              " with ", weights->dim(), " dimensions");
  TORCH_CHECK(integral ? is_integral(weights->scalar_type(), false) : weights->is_floating_point(), "cov(): expected ",
              name, " to have ", integral ? "integral" : "floating point", " dtype but got ", name, " with ",
              to_string(weights->scalar_type()), " dtype");
  TORCH_CHECK(weights->numel() == count, "cov(): expected ", name,
              " to have the same numel as there are observations in the input but got ", weights->numel(),
              " != ", count);
  TORCH_CHECK(count == 0 || weights->is_meta() || read_scalar(ops::min(*weights)).to_double() >= 0, "cov(): ", name,
              " cannot be negative");
  return *weights;
}

}  // namespace

TensorBase cov(const TensorBase& self, int64_t correction, const std::optional<TensorBase>& fweights,
               const std::optional<TensorBase>& aweights) {
  TORCH_CHECK(self.dim() <= 2, "cov(): expected input to have two or fewer dimensions but got an input with ",
              self.dim(), " dimensions");
  TORCH_CHECK(self.scalar_type() != kBool, "cov(): bool dtype is not supported for input");
  const TensorBase in = self.dim() < 2 ? ops::reshape(self, {1, -1}) : self;
  const int64_t observations = in.size(1);
  const TensorBase counts = checked_weights(fweights, "fweights", true, observations);
  TensorBase weights = checked_weights(aweights, "aweights", false, observations);
  const bool weighted = weights.defined();
  if (counts.defined()) weights = weighted ? weights * counts : counts;
  const ScalarType dtype = self.is_floating_point() || self.is_complex() ? self.scalar_type() : default_dtype();
  const TensorBase x = ops::to(in, dtype);
  TensorBase total, mean;
  if (weights.defined()) {
    total = ops::sum(weights);
    TORCH_CHECK(observations == 0 || total.is_meta() || read_scalar(total).to_double() != 0,
                "cov(): weights sum to zero, can't be normalized");
    mean = sum_over(x * weights, 1) / total;
  } else {
    total = ops::full({}, Scalar(static_cast<double>(observations)), to_real(dtype), std::nullopt, self.device());
    mean = sum_over(x, 1) / total;
  }
  TensorBase norm = total;
  if (correction != 0) {
    const TensorBase taken =
        weighted ? ops::sum(*aweights * weights) / total * Scalar(correction)
                 : ops::full({}, Scalar(static_cast<double>(correction)), to_real(dtype), std::nullopt, self.device());
    norm = total - taken;
  }
  norm = ops::clamp_min(norm, Scalar(0));
  const TensorBase centred = x - ops::unsqueeze(mean, 1);
  const TensorBase right = weights.defined() ? centred * weights : centred;
  return ops::squeeze(ops::mm(ops::to(centred, right.scalar_type()), ops::conj(ops::t(right))) / norm);
}

TensorBase corrcoef(const TensorBase& self) {
  TORCH_CHECK(self.dim() <= 2, "corrcoef(): expected input to have two or fewer dimensions but got an input with ",
              self.dim(), " dimensions");
  const TensorBase c = ops::cov(self, 1, {}, {});
  if (c.dim() == 0) return c / c;
  const TensorBase scale = ops::sqrt(ops::diagonal(c, 0, 0, 1));
  const TensorBase ratio = c / ops::unsqueeze(scale, 1) / scale;
  return ratio.is_complex() ? ratio : ops::clamp(ratio, Scalar(-1), Scalar(1));
}

namespace {

// Sums of neighbours along `dim`.
TensorBase neighbours(const TensorBase& y, int64_t dim, bool difference) {
  const int64_t n = y.size(dim);
  if (n == 0) return difference ? y - y : y + y;
  const TensorBase left = ops::narrow(y, dim, 0, n - 1), right = ops::narrow(y, dim, 1, n - 1);
  return difference ? right - left : left + right;
}

DimVector without_dim(const TensorBase& y, int64_t dim) {
  DimVector shape(y.sizes());
  shape.erase(shape.begin() + maybe_wrap_dim(dim, y.dim()));
  return shape;
}

// `dim` is a dimension of `y`, not negative.
TensorBase steps_between(const char* op, const TensorBase& y, const TensorBase& x, int64_t dim) {
  TORCH_CHECK(y.scalar_type() != kBool && x.scalar_type() != kBool, op,
              ": received a bool input for `x` or `y`, but bool is not supported");
  TensorBase points = x;
  if (x.dim() == 1) {
    TORCH_CHECK(x.size(0) == y.size(dim), op, ": There must be one `x` value for each sample point");
    DimVector shape(static_cast<size_t>(y.dim()), 1);
    shape[static_cast<size_t>(dim)] = x.size(0);
    points = ops::reshape(x, shape);
  } else if (x.dim() < y.dim()) {
    DimVector shape(static_cast<size_t>(y.dim() - x.dim()), 1);
    for (int64_t n : x.sizes()) shape.push_back(n);
    points = ops::reshape(x, shape);
  }
  return neighbours(points, dim, true);
}

void check_spacing(const char* op, const TensorBase& y, const Scalar& dx) {
  TORCH_CHECK(y.scalar_type() != kBool, op, ": received a bool input for `y`, but bool is not supported");
  TORCH_CHECK(!dx.is_complex() && !dx.is_boolean(), op, ": Currently, we only support dx as a real number.");
}

}  // namespace

TensorBase trapezoid(const TensorBase& y, const TensorBase& x, int64_t dim) {
  dim = maybe_wrap_dim(dim, y.dim());
  if (y.size(dim) == 0) return ops::zeros(without_dim(y, dim), y.scalar_type(), std::nullopt, y.device());
  const TensorBase steps = steps_between("trapezoid", y, x, dim);
  return sum_over(steps * neighbours(y, dim, false), dim) / Scalar(2.0);
}

TensorBase trapezoid(const TensorBase& y, const Scalar& dx, int64_t dim) {
  if (y.size(dim) == 0) return ops::zeros(without_dim(y, dim), y.scalar_type(), std::nullopt, y.device());
  check_spacing("trapezoid", y, dx);
  return sum_over(neighbours(y, dim, false), dim) * Scalar(dx.to_double() / 2);
}

TensorBase cumulative_trapezoid(const TensorBase& y, const TensorBase& x, int64_t dim) {
  dim = maybe_wrap_dim(dim, y.dim());
  const TensorBase steps = steps_between("cumulative_trapezoid", y, x, dim);
  return ops::cumsum(steps * neighbours(y, dim, false), dim) / Scalar(2.0);
}

TensorBase cumulative_trapezoid(const TensorBase& y, const Scalar& dx, int64_t dim) {
  check_spacing("cumulative_trapezoid", y, dx);
  return ops::cumsum(neighbours(y, dim, false), dim) * Scalar(dx.to_double() / 2);
}

TensorBase vander(const TensorBase& x, std::optional<int64_t> N, bool increasing) {
  TORCH_CHECK(x.dim() == 1, "x must be a one-dimensional tensor.");
  const int64_t n = N.value_or(x.size(0));
  TORCH_CHECK(n >= 0, "N must be non-negative.");
  const ScalarType dtype = is_integral(x.scalar_type(), true) ? kLong : x.scalar_type();
  if (n == 0) return empty_tensor({x.size(0), 0}, dtype, x.device());
  const TensorBase column = ops::unsqueeze(ops::to(x, dtype), -1);
  const TensorBase powers = ops::cumprod(ops::expand(column, {x.size(0), n - 1}), 1);
  const std::vector<TensorBase> parts{ops::ones_like(column), powers};
  const TensorBase result = ops::cat(parts, 1);
  return increasing ? result : ops::flip(result, {1});
}

namespace {

// The sum of min(x, most) over 1 <= x <= n.
template <class Number>
Number clamped_sum(Number n, Number most) {
  if (n <= 0) return 0;
  return n <= most ? n * (n + 1) / 2 : most * (most + 1) / 2 + (n - most) * most;
}

TensorBase triangle_indices(int64_t row, int64_t col, int64_t offset, bool upper, std::optional<ScalarType> dtype,
                            std::optional<Device> device) {
  TORCH_CHECK(row >= 0, "row must be non-negative, got", row);
  TORCH_CHECK(col >= 0, "col must be non-negative, got", col);
  constexpr int64_t kMost = int64_t{1} << 61;
  TORCH_CHECK(row == 0 || col == 0 || (row <= kMost && col <= kMost), "Storage size calculation overflowed with ", row,
              " rows and ", col, " columns");
  // Offsets beyond the matrix are no different from those at its ends. Only rows that are not empty are walked.
  offset = std::max(-row, std::min(col, offset));
  if (row == 0 || col == 0) return ops::empty({2, 0}, dtype.value_or(kLong), std::nullopt, device);
  const int64_t begin = upper ? 0 : std::min(row, std::max<int64_t>(0, -offset));
  const int64_t past = upper && offset > col - row ? col - offset : row;
  // The lengths of the rows count up (below the diagonal) or down, and are at most `col`.
  const int64_t longest = upper ? col - offset : past + offset, shortest = longest - (past - begin) + 1;
  TORCH_CHECK(clamped_sum(static_cast<double>(longest), static_cast<double>(col)) < static_cast<double>(kMost),
              "Storage size calculation overflowed with ", row, " rows and ", col, " columns");
  const int64_t count = past > begin ? clamped_sum(longest, col) - clamped_sum(shortest - 1, col) : 0;
  const TensorBase indices = empty_tensor({2, count}, kLong);
  int64_t *rows = indices.mutable_data_ptr<int64_t>(), *columns = rows + count;
  for (int64_t i = begin; i < past; ++i) {
    const int64_t end = upper ? col : std::min(col, i + offset + 1);
    for (int64_t j = upper ? std::max<int64_t>(0, i + offset) : 0; j < end; ++j) {
      *rows++ = i;
      *columns++ = j;
    }
  }
  return ops::to(indices, device.value_or(Device()), dtype.value_or(kLong));
}

}  // namespace

TensorBase tril_indices(int64_t row, int64_t col, int64_t offset, std::optional<ScalarType> dtype,
                        std::optional<Layout> /*layout*/, std::optional<Device> device,
                        std::optional<bool> /*pin_memory*/) {
  return triangle_indices(row, col, offset, false, dtype, device);
}
TensorBase triu_indices(int64_t row, int64_t col, int64_t offset, std::optional<ScalarType> dtype,
                        std::optional<Layout> /*layout*/, std::optional<Device> device,
                        std::optional<bool> /*pin_memory*/) {
  return triangle_indices(row, col, offset, true, dtype, device);
}

}  // namespace tiny_torch::native
