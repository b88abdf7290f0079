// Fronts of the reductions.
#include "generated/kernels/reduce.h"

#include <cmath>
#include <limits>

#include "aten/core/operators.h"
#include "aten/native/reduce_stub.h"
#include "generated/ops/compare.h"
#include "generated/ops/copy.h"
#include "generated/ops/creation.h"
#include "generated/ops/reduce.h"
#include "generated/ops/shape.h"
#include "generated/ops/transcendental.h"
#include "generated/ops/view.h"

namespace tiny_torch::native {

DEFINE_STUB(reduce_stub);
DEFINE_STUB(extremum_stub);
DEFINE_STUB(scan_stub);

ReduceDims reduce_dims(OptionalIntArrayRef dim, int64_t ndim, bool empty_means_all) {
  TORCH_CHECK(ndim <= 64, "only tensors with up to 64 dims are supported");
  ReduceDims reduced(static_cast<size_t>(ndim), false);
  if (!dim.has_value() || (dim->empty() && empty_means_all)) {
    for (size_t i = 0; i < reduced.size(); ++i) reduced[i] = true;
    return reduced;
  }
  SmallVector<bool, 8> seen(static_cast<size_t>(std::max<int64_t>(ndim, 1)), false);
  for (int64_t d : *dim) maybe_wrap_dim(d, ndim);  // a dim out of range is named first
  for (int64_t d : *dim) {
    const auto at = static_cast<size_t>(maybe_wrap_dim(d, ndim));
    TORCH_CHECK(!seen[at], "dim ", at, " appears multiple times in the list of dims");
    seen[at] = true;
    if (ndim != 0) reduced[at] = true;
  }
  return reduced;
}

DimVector reduced_shape(const TensorBase& self, const ReduceDims& reduced, bool keepdim) {
  DimVector shape;
  for (size_t i = 0; i < reduced.size(); ++i) {
    if (!reduced[i]) {
      shape.push_back(self.sizes()[i]);
    } else if (keepdim) {
      shape.push_back(1);
    }
  }
  return shape;
}

namespace {

// Whether a kernel can walk the input as it is: kept dims, reduced dims, kept dims, over contiguous memory.
bool is_in_order(const TensorBase& self, const ReduceDims& reduced) {
  int phase = 0;
  for (int64_t d = 0; d < self.dim(); ++d) {
    if (self.size(d) == 1) continue;
    const bool is_reduced = reduced[static_cast<size_t>(d)];
    if (is_reduced && phase == 2) return false;
    phase = is_reduced ? 1 : phase == 1 ? 2 : phase;
  }
  return self.is_contiguous();
}

// Kept dims first, reduced dims last, in memory of that order.
TensorBase in_order(const TensorBase& self, ReduceDims& reduced) {
  DimVector order;
  for (bool last : {false, true}) {
    for (int64_t d = 0; d < self.dim(); ++d) {
      if (reduced[static_cast<size_t>(d)] == last) order.push_back(d);
    }
  }
  ReduceDims moved(reduced.size());
  for (size_t i = 0; i < moved.size(); ++i) moved[i] = reduced[static_cast<size_t>(order[i])];
  reduced = moved;
  return ops::contiguous(ops::permute(self, order));
}

TensorBase reduce(ReduceKind kind, const TensorBase& self, const ReduceDims& reduced, bool keepdim, ScalarType dtype,
                  ReducePost post = ReducePost::None, double scale = 1.0) {
  TensorBase result = empty_tensor(reduced_shape(self, reduced, keepdim), dtype, self.device());
  if (result.numel() == 0 || self.is_meta()) return result;
  if (is_in_order(self, reduced)) {
    reduce_stub(self.device().type(), ReduceCall{kind, result, self, reduced, post, scale});
  } else {
    ReduceDims moved = reduced;
    const TensorBase ordered = in_order(self, moved);
    reduce_stub(self.device().type(), ReduceCall{kind, result, ordered, moved, post, scale});
  }
  return result;
}

ScalarType sum_dtype(const TensorBase& self, std::optional<ScalarType> dtype) {
  return dtype.value_or(is_integral(self.scalar_type(), true) ? kLong : self.scalar_type());
}

int64_t reduced_count(const TensorBase& self, const ReduceDims& reduced) {
  int64_t n = 1;
  for (size_t i = 0; i < reduced.size(); ++i) n *= reduced[i] ? self.sizes()[i] : 1;
  return n;
}

void check_nonempty(const char* op, const TensorBase& self, const ReduceDims& reduced) {
  for (size_t i = 0; i < reduced.size(); ++i) {
    TORCH_CHECK_INDEX(!reduced[i] || self.sizes()[i] != 0, op, "(): Expected reduction dim ", i,
                      " to have non-zero size.");
  }
}

void check_extremum_dims(const char* op, const TensorBase& self, IntArrayRef dim, const ReduceDims& reduced) {
  TORCH_CHECK(!dim.empty() || self.numel() > 0, op,
              "(): Expected reduction dim to be specified for input.numel() == 0. Specify the reduction dim with the "
              "'dim' argument.");
  check_nonempty(op, self, reduced);
}

void check_floating(const char* op, ScalarType t) {
  TORCH_CHECK(is_floating_point(t) || is_complex_type(t), op,
              "(): could not infer output dtype. Input dtype must be either a floating point or complex dtype. Got: ",
              to_string(t));
}

}  // namespace

TensorBase sum(const TensorBase& self, OptionalIntArrayRef dim, bool keepdim, std::optional<ScalarType> dtype) {
  return reduce(ReduceKind::Sum, self, reduce_dims(dim, self.dim(), true), keepdim, sum_dtype(self, dtype));
}
TensorBase sum(const TensorBase& self, std::optional<ScalarType> dtype) {
  return native::sum(self, std::nullopt, false, dtype);
}

TensorBase nansum(const TensorBase& self, OptionalIntArrayRef dim, bool keepdim, std::optional<ScalarType> dtype) {
  const TensorBase kept =
      is_floating_point(self.scalar_type()) ? ops::where(ops::isnan(self), wrapped_scalar(0.0), self) : self;
  return ops::sum(kept, dim, keepdim, dtype);
}

TensorBase mean(const TensorBase& self, OptionalIntArrayRef dim, bool keepdim, std::optional<ScalarType> dtype) {
  const ScalarType type = dtype.value_or(self.scalar_type());
  TORCH_CHECK(is_floating_point(type) || is_complex_type(type), "mean(): could not infer output dtype. ",
              dtype.has_value() ? "Optional dtype" : "Input dtype",
              " must be either a floating point or complex dtype. Got: ", to_string(type));
  const ReduceDims reduced = reduce_dims(dim, self.dim(), true);
  return reduce(ReduceKind::Sum, self, reduced, keepdim, type, ReducePost::Scale,
                1.0 / static_cast<double>(reduced_count(self, reduced)));
}
TensorBase mean(const TensorBase& self, std::optional<ScalarType> dtype) {
  return native::mean(self, std::nullopt, false, dtype);
}

TensorBase prod(const TensorBase& self, std::optional<ScalarType> dtype) {
  return reduce(ReduceKind::Prod, self, reduce_dims(std::nullopt, self.dim(), true), false, sum_dtype(self, dtype));
}
TensorBase prod(const TensorBase& self, int64_t dim, bool keepdim, std::optional<ScalarType> dtype) {
  return reduce(ReduceKind::Prod, self, reduce_dims(IntArrayRef(dim), self.dim(), false), keepdim,
                sum_dtype(self, dtype));
}

namespace {
void check_dims_given(const char* op, const TensorBase& self, IntArrayRef dim) {
  TORCH_CHECK(self.numel() > 0 || !dim.empty(), op,
              "(): Expected reduction dim to be specified for input.numel() == 0. Specify the reduction dim with the "
              "'dim' argument.");
}
}  // namespace

TensorBase amax(const TensorBase& self, IntArrayRef dim, bool keepdim) {
  check_dims_given("amax", self, dim);
  const ReduceDims reduced = reduce_dims(dim, self.dim(), true);
  TORCH_CHECK_NOT_IMPLEMENTED(!self.is_complex(), "\"max_values_cpu\" not implemented for '",
                              to_string(self.scalar_type()), "'");
  check_extremum_dims("amax", self, dim, reduced);
  return reduce(ReduceKind::Max, self, reduced, keepdim, self.scalar_type());
}
TensorBase amin(const TensorBase& self, IntArrayRef dim, bool keepdim) {
  check_dims_given("amin", self, dim);
  const ReduceDims reduced = reduce_dims(dim, self.dim(), true);
  TORCH_CHECK_NOT_IMPLEMENTED(!self.is_complex(), "\"min_values_cpu\" not implemented for '",
                              to_string(self.scalar_type()), "'");
  check_extremum_dims("amin", self, dim, reduced);
  return reduce(ReduceKind::Min, self, reduced, keepdim, self.scalar_type());
}
TensorBase max(const TensorBase& self) {
  TORCH_CHECK(self.numel() > 0,
              "max(): Expected reduction dim to be specified for input.numel() == 0. Specify the reduction dim with "
              "the 'dim' argument.");
  return native::amax(self, {}, false);
}
TensorBase min(const TensorBase& self) {
  TORCH_CHECK(self.numel() > 0,
              "min(): Expected reduction dim to be specified for input.numel() == 0. Specify the reduction dim with "
              "the 'dim' argument.");
  return native::amin(self, {}, false);
}

namespace {

// The dimension brought to the end, everything else in front.
TensorBase rows_of(const TensorBase& self, int64_t dim) {
  if (self.dim() == 0) return ops::reshape(self, {1, 1});
  const TensorBase last =
      dim == self.dim() - 1 ? self : ops::movedim(self, IntArrayRef(dim), IntArrayRef(self.dim() - 1));
  const int64_t n = self.size(dim);
  return ops::reshape(ops::contiguous(last), {n == 0 ? 0 : self.numel() / n, n});
}

std::tuple<TensorBase, TensorBase> extremum(const char* op, const TensorBase& self, int64_t dim, bool keepdim,
                                            bool largest) {
  const int64_t d = maybe_wrap_dim(dim, self.dim());
  TORCH_CHECK_NOT_IMPLEMENTED(!self.is_complex(), "\"", op, "\" not implemented for '", to_string(self.scalar_type()),
                              "'");
  const ReduceDims reduced = reduce_dims(IntArrayRef(d), self.dim(), false);
  check_nonempty(op, self, reduced);
  const DimVector shape = reduced_shape(self, reduced, keepdim);
  TensorBase values = empty_tensor(shape, self.scalar_type(), self.device());
  TensorBase indices = empty_tensor(shape, kLong, self.device());
  if (values.numel() == 0 || self.is_meta()) return {values, indices};
  extremum_stub(self.device().type(), values, indices, rows_of(self, d), largest);
  return {values, indices};
}

TensorBase arg_extremum(const char* op, const TensorBase& self, std::optional<int64_t> dim, bool keepdim,
                        bool largest) {
  TORCH_CHECK_NOT_IMPLEMENTED(!self.is_complex() && self.scalar_type() != kBool, "\"", op,
                              "_cpu\" not implemented for '", to_string(self.scalar_type()), "'");
  if (dim.has_value()) return std::get<1>(extremum(op, self, *dim, keepdim, largest));
  TORCH_CHECK_INDEX(self.numel() > 0, op,
                    "(): Expected reduction dim to be specified for input.numel() == 0. Specify the reduction dim with "
                    "the 'dim' argument.");
  TensorBase index = std::get<1>(extremum(op, ops::reshape(self, {-1}), 0, false, largest));
  return keepdim ? ops::reshape(index, DimVector(static_cast<size_t>(self.dim()), 1)) : index;
}

}  // namespace

std::tuple<TensorBase, TensorBase> max(const TensorBase& self, int64_t dim, bool keepdim) {
  return extremum("max", self, dim, keepdim, true);
}
std::tuple<TensorBase, TensorBase> min(const TensorBase& self, int64_t dim, bool keepdim) {
  return extremum("min", self, dim, keepdim, false);
}
TensorBase argmax(const TensorBase& self, std::optional<int64_t> dim, bool keepdim) {
  return arg_extremum("argmax", self, dim, keepdim, true);
}
TensorBase argmin(const TensorBase& self, std::optional<int64_t> dim, bool keepdim) {
  return arg_extremum("argmin", self, dim, keepdim, false);
}

namespace {
// uint8 stays uint8, as it did before bool existed.
ScalarType logic_dtype(const TensorBase& self) { return self.scalar_type() == kByte ? kByte : kBool; }
TensorBase real_mask(const TensorBase& self) { return self.is_complex() ? ops::ne(self, wrapped_scalar(0)) : self; }
}  // namespace

namespace {
// An empty list of dims reduces nothing here, unlike in sums; and all dims are looked at before any is refused for
// coming twice.
ReduceDims logic_dims(const TensorBase& self, OptionalIntArrayRef dim) {
  if (dim.has_value()) {
    for (int64_t d : *dim) maybe_wrap_dim(d, self.dim());
  }
  return reduce_dims(dim, self.dim(), false);
}
}  // namespace

TensorBase any(const TensorBase& self, OptionalIntArrayRef dim, bool keepdim) {
  return reduce(ReduceKind::Any, real_mask(self), logic_dims(self, dim), keepdim, logic_dtype(self));
}
TensorBase all(const TensorBase& self, OptionalIntArrayRef dim, bool keepdim) {
  return reduce(ReduceKind::All, real_mask(self), logic_dims(self, dim), keepdim, logic_dtype(self));
}
TensorBase any(const TensorBase& self, int64_t dim, bool keepdim) {
  return native::any(self, OptionalIntArrayRef(IntArrayRef(dim)), keepdim);
}
TensorBase all(const TensorBase& self, int64_t dim, bool keepdim) {
  return native::all(self, OptionalIntArrayRef(IntArrayRef(dim)), keepdim);
}
TensorBase any(const TensorBase& self) { return native::any(self, OptionalIntArrayRef(), false); }
TensorBase all(const TensorBase& self) { return native::all(self, OptionalIntArrayRef(), false); }

TensorBase count_nonzero(const TensorBase& self, IntArrayRef dim) {
  return ops::sum(ops::ne(self, wrapped_scalar(0)), dim.empty() ? OptionalIntArrayRef() : OptionalIntArrayRef(dim),
                  false);
}
TensorBase count_nonzero(const TensorBase& self, std::optional<int64_t> dim) {
  return ops::sum(ops::ne(self, wrapped_scalar(0)),
                  dim.has_value() ? OptionalIntArrayRef(IntArrayRef(*dim)) : OptionalIntArrayRef(), false);
}

namespace {
// The extremes of nothing are no numbers.
void check_norm_of_nothing(const TensorBase& self, OptionalIntArrayRef dim, double p) {
  const IntArrayRef dims = dim.value_or(IntArrayRef());
  TORCH_CHECK(!dims.empty(), "linalg.vector_norm cannot compute the ", p,
              " norm on an empty tensor because the operation does not have an identity");
  for (const int64_t d : dims) {
    TORCH_CHECK(self.size(d) != 0, "linalg.vector_norm cannot compute the ", p, " norm on the dimension ", d,
                " because this dimension is empty and the operation does not have an identity");
  }
}
}  // namespace

TensorBase linalg_vector_norm(const TensorBase& self, const Scalar& ord, OptionalIntArrayRef dim, bool keepdim,
                              std::optional<ScalarType> dtype) {
  check_floating("linalg.vector_norm", self.scalar_type());
  TORCH_CHECK(!ord.is_complex(), "linalg.vector_norm: Expected a non-complex scalar as the order of norm.");
  TORCH_CHECK(!dtype.has_value() || is_floating_point(*dtype) || is_complex_type(*dtype),
              "linalg.vector_norm: dtype should be floating point or complex, but got ",
              to_string(dtype.value_or(kFloat)));
  const double p = ord.to_double();
  if (self.numel() == 0 && (p < 0 || std::isinf(p))) check_norm_of_nothing(self, dim, p);
  const TensorBase x = dtype.has_value() ? ops::to(self, *dtype) : self;
  const ScalarType type = x.scalar_type();
  const ReduceDims reduced = reduce_dims(dim, x.dim(), true);
  TORCH_CHECK_NOT_IMPLEMENTED(!x.is_complex(), "linalg.vector_norm(): complex input is not supported");
  if (std::isinf(p)) {
    if (p > 0) return reduce(ReduceKind::MaxOfAbs, x, reduced, keepdim, type);
    return reduce(ReduceKind::Min, ops::abs(x), reduced, keepdim, type);
  }
  if (p == 2) return reduce(ReduceKind::SumOfSquares, x, reduced, keepdim, type, ReducePost::Sqrt);
  if (p == 1) return reduce(ReduceKind::SumOfAbs, x, reduced, keepdim, type);
  if (p == 0) return ops::_to_copy(reduce(ReduceKind::CountNonzero, x, reduced, keepdim, kLong), type);
  // Powers of half types would overflow.
  const ScalarType wide = type == kHalf || type == kBFloat16 ? kFloat : type;
  const TensorBase powers = ops::pow(ops::abs(ops::to(x, wide)), Scalar(p));
  return ops::to(ops::pow(reduce(ReduceKind::Sum, powers, reduced, keepdim, wide), Scalar(1.0 / p)), type);
}

TensorBase norm(const TensorBase& self, const std::optional<Scalar>& p, IntArrayRef dim, bool keepdim) {
  TORCH_CHECK(is_floating_point(self.scalar_type()) || is_complex_type(self.scalar_type()),
              "linalg.vector_norm: Expected a floating point or complex tensor as input. Got ",
              to_string(self.scalar_type()));
  return ops::linalg_vector_norm(self, p.value_or(Scalar(2)),
                                 dim.empty() ? OptionalIntArrayRef() : OptionalIntArrayRef(dim), keepdim);
}
TensorBase norm(const TensorBase& self, const std::optional<Scalar>& p, IntArrayRef dim, bool keepdim,
                ScalarType dtype) {
  return ops::linalg_vector_norm(self, p.value_or(Scalar(2)),
                                 dim.empty() ? OptionalIntArrayRef() : OptionalIntArrayRef(dim), keepdim, dtype);
}
TensorBase norm(const TensorBase& self, const Scalar& p) {
  return native::norm(self, std::optional<Scalar>(p), {}, false);
}

TensorBase var(const TensorBase& self, OptionalIntArrayRef dim, const std::optional<Scalar>& correction, bool keepdim) {
  TORCH_CHECK(is_floating_point(self.scalar_type()),
              "std and var only support tensors of floating point or complex dtype, got ",
              to_string(self.scalar_type()));
  const double missing = correction.has_value() ? correction->to_double() : 1.0;
  const ReduceDims reduced = reduce_dims(dim, self.dim(), true);
  const double n = static_cast<double>(reduced_count(self, reduced));
  const double divisor = std::max(0.0, n - missing);
  if (divisor <= 0)
    TORCH_WARN(
        "var(): degrees of freedom is <= 0. Correction should be strictly less than the reduction factor (input numel "
        "divided by output numel).");
  // The half types round once, at the end.
  const ScalarType wide = is_reduced_floating_point(self.scalar_type()) ? kFloat : self.scalar_type();
  const TensorBase x = ops::to(self, wide);
  const TensorBase centred = x - reduce(ReduceKind::Sum, x, reduced, true, wide, ReducePost::Scale, 1.0 / n);
  TensorBase result =
      reduce(ReduceKind::SumOfSquares, centred, reduced, keepdim, self.scalar_type(), ReducePost::Scale, 1.0 / divisor);
  return result;
}
TensorBase var(const TensorBase& self, bool unbiased) {
  return ops::var(self, OptionalIntArrayRef(), Scalar(unbiased ? 1 : 0), false);
}
TensorBase var(const TensorBase& self, OptionalIntArrayRef dim, bool unbiased, bool keepdim) {
  return ops::var(self, dim, Scalar(unbiased ? 1 : 0), keepdim);
}
TensorBase std(const TensorBase& self, OptionalIntArrayRef dim, const std::optional<Scalar>& correction, bool keepdim) {
  return ops::sqrt(native::var(self, dim, correction, keepdim));
}
TensorBase std(const TensorBase& self, bool unbiased) {
  return ops::std(self, OptionalIntArrayRef(), Scalar(unbiased ? 1 : 0), false);
}
TensorBase std(const TensorBase& self, OptionalIntArrayRef dim, bool unbiased, bool keepdim) {
  return ops::std(self, dim, Scalar(unbiased ? 1 : 0), keepdim);
}

TensorBase logsumexp(const TensorBase& self, IntArrayRef dim, bool keepdim) {
  const TensorBase x = is_integral(self.scalar_type(), true) ? ops::to(self, default_dtype()) : self;
  const ReduceDims reduced = reduce_dims(dim, x.dim(), true);
  if (x.numel() == 0) return ops::log(ops::sum(ops::exp(x), OptionalIntArrayRef(dim), keepdim));
  TensorBase peak = ops::amax(x, dim, true);
  // An infinite peak would give inf - inf.
  peak = ops::where(ops::isfinite(peak), peak, wrapped_scalar(0.0));
  const TensorBase total = ops::sum(ops::exp(x - peak), OptionalIntArrayRef(dim), keepdim);
  return ops::log(total) + (keepdim ? peak : ops::reshape(peak, total.sizes()));
}

namespace {
TensorBase scan(const char* op, const TensorBase& self, int64_t dim, std::optional<ScalarType> dtype, bool product) {
  const int64_t d = maybe_wrap_dim(dim, self.dim());
  const ScalarType type = sum_dtype(self, dtype);
  if (self.numel() == 0 || self.is_meta()) return empty_tensor(self.sizes(), type, self.device());
  if (self.dim() == 0) return ops::_to_copy(self, type);
  TORCH_CHECK_NOT_IMPLEMENTED(type != kBool, "\"", op, "_out_cpu\" not implemented for 'Bool'");
  const bool last = d == self.dim() - 1;
  const TensorBase rows = ops::contiguous(last ? self : ops::transpose(self, d, -1));
  TensorBase out = empty_tensor(rows.sizes(), type, self.device());
  scan_stub(self.device().type(), out, rows, product);
  return last ? out : ops::contiguous(ops::transpose(out, d, -1));
}
}  // namespace

TensorBase cumsum(const TensorBase& self, int64_t dim, std::optional<ScalarType> dtype) {
  return scan("cumsum", self, dim, dtype, false);
}
TensorBase cumprod(const TensorBase& self, int64_t dim, std::optional<ScalarType> dtype) {
  return scan("cumprod", self, dim, dtype, true);
}

}  // namespace tiny_torch::native
