// Fronts of quantiles, counts and differences.
#include "generated/kernels/statistics.h"

#include <cmath>
#include <limits>

#include "aten/core/op_support.h"
#include "aten/core/operators.h"
#include "aten/native/order_stub.h"
#include "aten/native/pointwise_checks.h"
#include "generated/ops/binary.h"
#include "generated/ops/compare.h"
#include "generated/ops/copy.h"
#include "generated/ops/creation.h"
#include "generated/ops/index.h"
#include "generated/ops/join.h"
#include "generated/ops/reduce.h"
#include "generated/ops/shape.h"
#include "generated/ops/sort.h"
#include "generated/ops/statistics.h"
#include "generated/ops/ternary.h"
#include "generated/ops/view.h"

namespace tiny_torch::native {

DEFINE_STUB(bincount_stub);

TensorBase nanmean(const TensorBase& self, OptionalIntArrayRef dim, bool keepdim, std::optional<ScalarType> dtype) {
  TORCH_CHECK(self.is_floating_point() || self.is_complex(),
              "nanmean(): expected input to have floating point or complex dtype but got ",
              to_string(self.scalar_type()));
  TORCH_CHECK(!self.is_complex(), "nanmean(): nansum on CPU does not support complex inputs");
  const TensorBase count = ops::sum(ops::logical_not(ops::isnan(ops::detach(self))), dim, keepdim);
  return ops::nansum(self, dim, keepdim, dtype) / count;
}

TensorBase diff(const TensorBase& self, int64_t n, int64_t dim, const std::optional<TensorBase>& prepend,
                const std::optional<TensorBase>& append) {
  TORCH_CHECK(self.dim() >= 1, "diff expects input to be at least one-dimensional");
  TORCH_CHECK(n >= 0, "order must be non-negative but got ", n);
  // Without a difference to take and anything to join, no dim is looked at.
  if (n == 0 && !prepend.has_value() && !append.has_value()) return ops::clone(self);
  const int64_t d = maybe_wrap_dim(dim, self.dim());
  std::vector<TensorBase> parts;
  const auto add = [&](const std::optional<TensorBase>& end) {
    if (!end.has_value()) return;
    TORCH_CHECK(end->dim() == self.dim(), "diff expects prepend or append to be the same dimension as input");
    for (int64_t i = 0; i < self.dim(); ++i) {
      TORCH_CHECK(i == d || end->size(i) == self.size(i),
                  "diff expects the shape of tensor to prepend or append to match that of input except along the "
                  "differencing dimension; input.size(",
                  i, ") = ", self.size(i), ", but got tensor.size(", i, ") = ", end->size(i));
    }
    parts.push_back(*end);
  };
  add(prepend);
  parts.push_back(self);
  add(append);
  TensorBase result = parts.size() == 1 ? self : ops::cat(parts, d);
  if (n == 0) return ops::clone(result);
  for (int64_t i = 0; i < n && result.size(d) > 0; ++i) {
    const int64_t rest = result.size(d) - 1;
    const TensorBase later = ops::narrow(result, d, 1, rest), earlier = ops::narrow(result, d, 0, rest);
    result = result.scalar_type() == kBool ? ops::logical_xor(later, earlier) : later - earlier;
  }
  return result;
}

namespace {

// Values in order along a new last dimension.
TensorBase sorted_for_quantile(const TensorBase& self, std::optional<int64_t> dim) {
  if (!dim.has_value()) return std::get<0>(ops::sort(ops::reshape(self, {-1})));
  if (self.dim() == 0) return ops::reshape(self, {1});
  return std::get<0>(ops::sort(ops::movedim(self, {*dim}, {-1})));
}

TensorBase quantile_of(const TensorBase& self, const TensorBase& q, std::optional<int64_t> dim, bool keepdim,
                       std::string_view interpolation, bool ignores_nan) {
  TORCH_CHECK(self.numel() > 0, "quantile() input tensor must be non-empty");
  TORCH_CHECK(q.dim() <= 1, "quantile() q must be a scalar or 1D tensor");
  TORCH_CHECK(self.scalar_type() == kFloat || self.scalar_type() == kDouble,
              "quantile() input tensor must be either float or double dtype");
  TORCH_CHECK(self.scalar_type() == q.scalar_type(), "quantile() q tensor must be same dtype as the input tensor");
  TORCH_CHECK(self.device() == q.device(), "quantile() q tensor must be on the same device as the input tensor");
  const bool is_linear = interpolation == "linear" || interpolation == "midpoint";
  TORCH_CHECK(is_linear || interpolation == "lower" || interpolation == "higher" || interpolation == "nearest",
              "quantile() interpolation must be one of linear, lower, higher, midpoint or nearest, but got ",
              interpolation);
  TORCH_CHECK(q.is_meta() ||
                  !read_scalar(ops::any(ops::logical_or(ops::lt(q, wrapped_scalar(0)), ops::gt(q, wrapped_scalar(1)))))
                       .to_bool(),
              "quantile() q values must be in the range [0, 1]");
  if (dim.has_value()) dim = maybe_wrap_dim(*dim, self.dim());
  const TensorBase sorted = sorted_for_quantile(self, dim);
  const TensorBase missing = ops::isnan(sorted);
  const TensorBase points = ops::reshape(q, {-1});
  const int64_t last = sorted.size(-1) - 1;
  TensorBase ranks;
  if (ignores_nan) {
    const TensorBase count = ops::sum(ops::logical_not(missing), OptionalIntArrayRef(IntArrayRef({int64_t{-1}})), true);
    ranks = ops::clamp_min(points * (count - Scalar(1)), Scalar(0));
  } else {
    ranks = ops::masked_fill(points * Scalar(last), ops::any(missing, -1, true), Scalar(last));
  }
  if (interpolation == "lower") ranks = ops::floor(ranks);
  if (interpolation == "higher") ranks = ops::ceil(ranks);
  if (interpolation == "nearest") ranks = ops::round(ranks);
  const TensorBase below = ops::to(ranks, kLong);
  TensorBase values = ops::gather(sorted, -1, below);
  if (is_linear) {
    const TensorBase weights = interpolation == "midpoint" ? ops::full_like(ranks, Scalar(0.5)) : ranks - below;
    values = ops::lerp(values, ops::gather(sorted, -1, ops::to(ops::ceil(ranks), kLong)), weights);
  }
  // The quantiles stand last; in the result they come first, or not at all.
  values = ops::movedim(values, {int64_t{-1}}, {int64_t{0}});
  if (keepdim && dim.has_value() && self.dim() > 0) values = ops::unsqueeze(values, *dim + 1);
  if (keepdim && !dim.has_value()) {
    for (int64_t i = 0; i < self.dim(); ++i) values = ops::unsqueeze(values, -1);
  }
  return q.dim() == 0 ? ops::squeeze(values, 0) : values;
}

TensorBase as_q(const TensorBase& self, double q) {
  TORCH_CHECK(q >= 0 && q <= 1, "quantile() q must be in the range [0, 1] but got ", q);
  const ScalarType dtype = self.scalar_type() == kFloat || self.scalar_type() == kDouble ? self.scalar_type() : kFloat;
  return ops::full({}, Scalar(q), dtype, std::nullopt, self.device());
}

}  // namespace

TensorBase quantile(const TensorBase& self, const TensorBase& q, std::optional<int64_t> dim, bool keepdim,
                    std::string_view interpolation) {
  return quantile_of(self, q, dim, keepdim, interpolation, false);
}
TensorBase quantile(const TensorBase& self, double q, std::optional<int64_t> dim, bool keepdim,
                    std::string_view interpolation) {
  return quantile_of(self, as_q(self, q), dim, keepdim, interpolation, false);
}
TensorBase nanquantile(const TensorBase& self, const TensorBase& q, std::optional<int64_t> dim, bool keepdim,
                       std::string_view interpolation) {
  return quantile_of(self, q, dim, keepdim, interpolation, true);
}
TensorBase nanquantile(const TensorBase& self, double q, std::optional<int64_t> dim, bool keepdim,
                       std::string_view interpolation) {
  return quantile_of(self, as_q(self, q), dim, keepdim, interpolation, true);
}

// In order of memory, not of the dimension that was sorted.
#define QUANTILE_OUT(op, Q)                                                                                    \
  TensorBase& op##_out(TensorBase& out, const TensorBase& self, Q q, std::optional<int64_t> dim, bool keepdim, \
                       std::string_view interpolation) {                                                       \
    const AutoDispatchBelowAutograd guard;                                                                     \
    write_exact_output("quantile", out, ops::contiguous(ops::op(self, q, dim, keepdim, interpolation)));       \
    return out;                                                                                                \
  }
QUANTILE_OUT(quantile, const TensorBase&)
QUANTILE_OUT(quantile, double)
QUANTILE_OUT(nanquantile, const TensorBase&)
QUANTILE_OUT(nanquantile, double)
#undef QUANTILE_OUT

namespace {
// Half of the largest number of a floating dtype.
double largest_half(ScalarType dtype) {
  if (dtype == kDouble) return std::numeric_limits<double>::max() / 2;
  return dtype == kHalf ? 65504.0 / 2 : 0x1.FEp127 / 2;
}
}  // namespace

TensorBase histc(const TensorBase& self, int64_t bins, const Scalar& min, const Scalar& max) {
  TORCH_CHECK_NOT_IMPLEMENTED(self.is_floating_point(), "\"histogram_cpu\" not implemented for '",
                              to_string(self.scalar_type()), "'");
  TORCH_CHECK(bins > 0, "torch.histc(): bins must be > 0, but got ", bins);
  check_fits(self, min);
  check_fits(self, max);
  double low = min.to_double(), high = max.to_double();
  if (low == high && self.numel() > 0 && !self.is_meta()) {
    low = read_scalar(ops::amin(self, {})).to_double();
    high = read_scalar(ops::amax(self, {})).to_double();
  }
  if (low == high) {
    low -= 1;
    high += 1;
  }
  TORCH_CHECK(std::isfinite(low) && std::isfinite(high), "torch.histc: range of [", low, ", ", high, "] is not finite");
  TORCH_CHECK(low < high, "torch.histc: max must be larger than min");
  const TensorBase x = ops::reshape(self, {-1});
  const TensorBase within =
      ops::masked_select(x, ops::logical_and(ops::ge(x, wrapped_scalar(low)), ops::le(x, wrapped_scalar(high))));
  // Halves, where the width of the range is no number of the dtype.
  const double scale = high / 2 - low / 2 > largest_half(self.scalar_type()) ? 0.5 : 1;
  const TensorBase scaled = scale == 1 ? within : within * Scalar(scale);
  const TensorBase place = (scaled - Scalar(low * scale)) / Scalar(high * scale - low * scale) * Scalar(bins);
  const TensorBase counts = ops::bincount(ops::clamp_max(ops::to(place, kLong), Scalar(bins - 1)), std::nullopt, bins);
  return ops::to(counts, self.scalar_type());
}

TensorBase bincount(const TensorBase& self, const std::optional<TensorBase>& weights, int64_t minlength) {
  TORCH_CHECK(minlength >= 0, "minlength should be >= 0");
  TORCH_CHECK_NOT_IMPLEMENTED(is_integral(self.scalar_type(), false), "\"bincount_cpu\" not implemented for '",
                              to_string(self.scalar_type()), "'");
  const ScalarType type = !weights.has_value() ? kLong : weights->scalar_type() == kFloat ? kFloat : kDouble;
  if (self.dim() == 1 && self.numel() == 0) return ops::zeros({minlength}, kLong, std::nullopt, self.device());
  TORCH_CHECK(self.dim() == 1, "bincount only supports 1-d non-negative integral inputs.");
  TORCH_CHECK(!weights.has_value() || (weights->dim() == 1 && weights->size(0) == self.size(0)),
              "weights should be 1-d and have the same length as input");
  TORCH_CHECK(self.is_cpu(), "bincount(): expected a tensor on the CPU, got one on ", self.device());
  const TensorBase at = ops::contiguous(ops::to(self, kLong));
  TORCH_CHECK(read_scalar(ops::amin(at, {})).to_int() >= 0, "bincount only supports 1-d non-negative integral inputs.");
  const int64_t largest = read_scalar(ops::amax(at, {})).to_int();
  TORCH_CHECK(largest < std::numeric_limits<int64_t>::max(), "bincount(): expected values below 2^63 - 1, got ",
              largest);
  const int64_t size = std::max(largest + 1, minlength);
  const TensorBase result = ops::zeros({size}, type, std::nullopt, self.device());
  bincount_stub(self.device().type(), result, at,
                weights.has_value() ? ops::contiguous(ops::to(*weights, type)) : TensorBase());
  return result;
}

}  // namespace tiny_torch::native
