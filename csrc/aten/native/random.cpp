#include "aten/native/random.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "aten/core/op_support.h"
#include "aten/core/promotion.h"
#include "generated/kernels/random.h"
#include "generated/ops/binary.h"
#include "generated/ops/copy.h"
#include "generated/ops/creation.h"

namespace tiny_torch::native {

DEFINE_STUB(uniform_stub);
DEFINE_STUB(normal_stub);
DEFINE_STUB(exponential_stub);
DEFINE_STUB(cauchy_stub);
DEFINE_STUB(log_normal_stub);
DEFINE_STUB(geometric_stub);
DEFINE_STUB(bernoulli_stub);
DEFINE_STUB(bernoulli_tensor_stub);
DEFINE_STUB(poisson_stub);
DEFINE_STUB(binomial_stub);
DEFINE_STUB(random_stub);
DEFINE_STUB(random_from_to_stub);
DEFINE_STUB(random_full_64_bits_stub);
DEFINE_STUB(randperm_stub);
DEFINE_STUB(multinomial_with_replacement_stub);
DEFINE_STUB(multinomial_select_stub);
DEFINE_STUB(check_multinomial_stub);
DEFINE_STUB(dropout_noise_stub);
DEFINE_STUB(check_std_stub);

namespace {

bool is_sampled_floating(ScalarType dtype) { return is_floating_point(dtype) && !is_float8(dtype); }

/// Complex samples are pairs of real ones.
TensorBase real_view(const TensorBase& self) {
  TORCH_CHECK(!self.is_conj(),
              "random sampling: expected a tensor without pending conjugation; call resolve_conj() first");
  SmallVector<int64_t, 5> sizes(self.sizes());
  SmallVector<int64_t, 5> strides(self.strides());
  for (int64_t& stride : strides) stride *= 2;
  sizes.push_back(2);
  strides.push_back(1);
  TensorBase view = alias_with(self, sizes, strides, self.storage_offset() * 2);
  view.impl()->set_dtype(to_real(self.scalar_type()));
  return view;
}

double largest_finite(ScalarType dtype) {
  switch (dtype) {
    case kHalf:
      return std::numeric_limits<Half>::max();
    case kBFloat16:
      return std::numeric_limits<BFloat16>::max();
    case kFloat:
      return std::numeric_limits<float>::max();
    default:
      return std::numeric_limits<double>::max();
  }
}

int significand_bits(ScalarType dtype) {
  switch (dtype) {
    case kHalf:
      return std::numeric_limits<Half>::digits;
    case kBFloat16:
      return std::numeric_limits<BFloat16>::digits;
    case kFloat:
      return std::numeric_limits<float>::digits;
    default:
      return std::numeric_limits<double>::digits;
  }
}

}  // namespace

TensorBase& uniform_(TensorBase& self, double from, double to, std::optional<Generator> generator) {
  if (self.is_complex()) {
    if (self.numel() == 0) return self;
    TensorBase view = real_view(self);
    uniform_(view, from, to, std::move(generator));
    return self;
  }
  const ScalarType dtype = self.scalar_type();
  TORCH_CHECK_NOT_IMPLEMENTED(is_sampled_floating(dtype), "\"check_uniform_bounds\" not implemented for '", dtype, "'");
  const double largest = largest_finite(dtype);
  TORCH_CHECK(from >= -largest && from <= largest, "from is out of bounds for ", cpp_name(dtype));
  TORCH_CHECK(to >= -largest && to <= largest, "to is out of bounds for ", cpp_name(dtype));
  TORCH_CHECK(from <= to, "uniform_ expects to return a [from, to) range, but found from=", from, " > to=", to);
  TORCH_CHECK(to - from <= largest, "uniform_ expects to-from <= std::numeric_limits<", dtype,
              ">::max(), but found to=", to, " and from=", from, " which result in to-from to exceed the limit");
  if (self.numel() == 0) return self;
  check_no_internal_overlap(self);
  uniform_stub(self.device().type(), self, from, to, generator);
  return self;
}

TensorBase& normal_(TensorBase& self, double mean, double std, std::optional<Generator> generator) {
  TORCH_CHECK(std >= 0.0, "normal expects std >= 0.0, but found std ", std);
  if (self.numel() == 0) return self;
  if (self.is_complex()) {
    // The variance is shared evenly by the real and the imaginary part.
    TensorBase view = real_view(self);
    normal_(view, mean, std / std::sqrt(2.0), std::move(generator));
    return self;
  }
  TORCH_CHECK_NOT_IMPLEMENTED(is_sampled_floating(self.scalar_type()), "\"normal_kernel_cpu\" not implemented for '",
                              self.scalar_type(), "'");
  check_no_internal_overlap(self);
  normal_stub(self.device().type(), self, mean, std, generator);
  return self;
}

TensorBase& exponential_(TensorBase& self, double lambd, std::optional<Generator> generator) {
  TORCH_CHECK(lambd > 0.0, "exponential_ expects lambda > 0.0, but found lambda=", lambd);
  if (self.numel() == 0) return self;
  TORCH_CHECK(self.is_floating_point(), "exponential_ expects a floating point dtype, but found ", self.scalar_type());
  check_no_internal_overlap(self);
  exponential_stub(self.device().type(), self, lambd, generator);
  return self;
}

TensorBase& geometric_(TensorBase& self, double p, std::optional<Generator> generator) {
  TORCH_CHECK(0 < p && p < 1, "geometric_ expects p to be in (0, 1), but got p=", p);
  if (self.numel() == 0) return self;
  TORCH_CHECK_NOT_IMPLEMENTED(self.scalar_type() != kBool, "\"geometric_cpu\" not implemented for 'Bool'");
  check_no_internal_overlap(self);
  geometric_stub(self.device().type(), self, p, generator);
  return self;
}

TensorBase& log_normal_(TensorBase& self, double mean, double std, std::optional<Generator> generator) {
  TORCH_CHECK(std > 0.0, "log_normal_ expects std > 0.0, but found std=", std);
  if (self.numel() == 0) return self;
  check_no_internal_overlap(self);
  log_normal_stub(self.device().type(), self, mean, std, generator);
  return self;
}

TensorBase& cauchy_(TensorBase& self, double median, double sigma, std::optional<Generator> generator) {
  TORCH_CHECK(sigma > 0.0, "cauchy_ expects sigma > 0.0, but found sigma=", sigma);
  TORCH_CHECK(self.is_floating_point(), "cauchy_ expects a floating point dtype, but found ", self.scalar_type());
  if (self.numel() == 0) return self;
  check_no_internal_overlap(self);
  cauchy_stub(self.device().type(), self, median, sigma, generator);
  return self;
}

namespace {

constexpr int64_t kLowestInt64 = std::numeric_limits<int64_t>::min();
constexpr int64_t kLargestInt64 = std::numeric_limits<int64_t>::max();

/// `value` after a round trip through a floating dtype; what no int64 can hold becomes the lowest one.
int64_t round_trip(int64_t value, ScalarType dtype) {
  double rounded = static_cast<double>(value);
  if (dtype == kFloat) rounded = static_cast<float>(value);
  if (dtype == kHalf) rounded = static_cast<float>(Half(static_cast<float>(value)));
  if (dtype == kBFloat16) rounded = static_cast<float>(BFloat16(static_cast<float>(value)));
  return rounded >= -0x1p63 && rounded < 0x1p63 ? static_cast<int64_t>(rounded) : kLowestInt64;
}

/// The distance of neighbours in a floating dtype at the magnitude of `value`.
int64_t spacing_at(int64_t value, ScalarType dtype) {
  uint64_t magnitude = value < 0 ? uint64_t{0} - static_cast<uint64_t>(value) : static_cast<uint64_t>(value);
  int exponent = 0;
  while (magnitude >>= 1) ++exponent;
  return int64_t{1} << std::min(62, std::max(0, exponent - significand_bits(dtype) + 1));
}

/// Moves a bound inwards when rounding to the dtype would carry a sample across it.
int64_t round_from_up(int64_t from, ScalarType dtype) {
  const int64_t next = round_trip(from + 1, dtype);
  return next < from ? next + spacing_at(from + 1, dtype) : from;
}
int64_t round_to_down(int64_t to, ScalarType dtype) {
  const int64_t last = round_trip(to - 1, dtype);
  return last >= to ? last - spacing_at(to - 1, dtype) : to;
}

struct IntegerRange {
  int64_t smallest;
  int64_t largest;
};

IntegerRange integer_range(ScalarType dtype) {
  switch (dtype) {
    case kBool:
      return {0, 1};
    case kByte:
      return {0, 255};
    case kChar:
      return {-128, 127};
    case kShort:
      return {-32768, 32767};
    case kInt:
      return {std::numeric_limits<int32_t>::min(), std::numeric_limits<int32_t>::max()};
    case kUInt16:
      return {0, 65535};
    case kUInt32:
      return {0, int64_t{std::numeric_limits<uint32_t>::max()}};
    case kUInt64:
      return {0, kLargestInt64};
    default:
      return {kLowestInt64, kLargestInt64};
  }
}

void check_bounds_fit(int64_t from, int64_t last, ScalarType dtype) {
  if (is_integral(dtype, true)) {
    const IntegerRange range = integer_range(dtype);
    TORCH_CHECK(from >= range.smallest && from <= range.largest, "from is out of bounds for ", cpp_name(dtype));
    TORCH_CHECK(last >= range.smallest && last <= range.largest, "to - 1 is out of bounds for ", cpp_name(dtype));
    return;
  }
  const double largest = largest_finite(dtype);
  TORCH_CHECK(std::abs(static_cast<double>(from)) <= largest, "from is out of bounds for ", cpp_name(dtype));
  TORCH_CHECK(std::abs(static_cast<double>(last)) <= largest, "to - 1 is out of bounds for ", cpp_name(dtype));
  const int digits = significand_bits(dtype);
  const int64_t exact = int64_t{1} << digits;
  if (from < -exact || from > exact || last < -exact || last > exact) {
    TORCH_WARN("random_: the bounds [", from, ", ", last, "] exceed [-(2^", digits, "), 2^", digits, "], beyond which ",
               cpp_name(dtype), " does not hold every integer");
  }
}

/// Lower and upper bound (both included) of random_ with bounds, after adjustment to the dtype; all are checked.
IntegerRange checked_bounds(ScalarType dtype, int64_t from, std::optional<int64_t> to) {
  const bool floating = is_floating_point(dtype);
  if (to.has_value())
    TORCH_CHECK(from < *to, "random_ expects 'from' to be less than 'to', but got from=", from, " >= to=", *to);
  TORCH_CHECK(floating || is_integral(dtype, true),
              "random_ handles only integral, floating-point and boolean dtypes, but found ", dtype);
  TORCH_CHECK_NOT_IMPLEMENTED(!is_float8(dtype), "\"random_update_from_to\" not implemented for '", dtype, "'");
  int64_t last;
  if (to.has_value()) {
    last = *to - 1;
    if (floating) {
      from = round_from_up(from, dtype);
      last = round_to_down(*to, dtype) - 1;
      TORCH_CHECK(from <= last,
                  "random_ expects 'from' casted to dtype to be less than 'to' casted to dtype, but got from=", from,
                  " >= to=", last + 1);
    }
  } else if (floating) {
    last = int64_t{1} << significand_bits(dtype);
    from = round_from_up(from, dtype);
    TORCH_CHECK(from < last,
                "random_ expects 'from' casted to dtype to be less than or equal to 'to_inc' casted to "
                "dtype, but got from=",
                from, " > to_inc=", last);
  } else {
    TORCH_CHECK(dtype != kUInt64, "to - 1 is out of bounds for ", cpp_name(dtype));
    last = integer_range(dtype).largest;
  }
  check_bounds_fit(from, last, dtype);
  return {from, last};
}

}  // namespace

TensorBase& random_(TensorBase& self, int64_t from, std::optional<int64_t> to, std::optional<Generator> generator) {
  const ScalarType dtype = self.scalar_type();
  if (!to.has_value() && from == kLowestInt64) {
    if (self.numel() == 0) return self;
    TORCH_CHECK_NOT_IMPLEMENTED(dtype != kHalf && !self.is_complex() && dtype != kBool && !is_float8(dtype),
                                "\"random_full_64_bits_range_kernel_cpu\" not implemented for '", dtype, "'");
    TORCH_CHECK(dtype == kLong || self.is_floating_point(),
                "random_ over all 64 bits handles only int64, double, float and bfloat16, but found ", dtype);
    check_no_internal_overlap(self);
    random_full_64_bits_stub(self.device().type(), self, generator);
    return self;
  }
  const IntegerRange bounds = checked_bounds(dtype, from, to);
  if (self.numel() == 0) return self;
  check_no_internal_overlap(self);
  const uint64_t range = static_cast<uint64_t>(bounds.largest) - static_cast<uint64_t>(bounds.smallest) + 1;
  random_from_to_stub(self.device().type(), self, range, bounds.smallest, generator);
  return self;
}

TensorBase& random_(TensorBase& self, int64_t to, std::optional<Generator> generator) {
  return random_(self, 0, std::optional<int64_t>(to), std::move(generator));
}

TensorBase& random_(TensorBase& self, std::optional<Generator> generator) {
  if (self.numel() == 0) return self;
  check_no_internal_overlap(self);
  random_stub(self.device().type(), self, generator);
  return self;
}

TensorBase& bernoulli_(TensorBase& self, double p, std::optional<Generator> generator) {
  TORCH_CHECK(0 <= p && p <= 1, "bernoulli_ expects p to be in [0, 1], but got p=", p);
  if (self.numel() == 0) return self;
  check_no_internal_overlap(self);
  bernoulli_stub(self.device().type(), self, p, generator);
  return self;
}

namespace {

TensorBase expanded(const TensorBase& t, IntArrayRef sizes) {
  TORCH_CHECK(is_expandable_to(t.sizes(), sizes), "bernoulli_ expects p to broadcast to the size of self, ", sizes,
              ", but found ", t.sizes());
  return alias_with(t, sizes, broadcast_strides(t, sizes), t.storage_offset());
}

}  // namespace

TensorBase& bernoulli_(TensorBase& self, const TensorBase& p, std::optional<Generator> generator) {
  if (self.numel() == 0) return self;
  check_no_internal_overlap(self);
  TORCH_CHECK(p.device() == self.device(), "bernoulli_ expects p on the device of self (", self.device(),
              "), but found ", p.device());
  bernoulli_tensor_stub(self.device().type(), self, expanded(p, self.sizes()), generator);
  return self;
}

TensorBase bernoulli(const TensorBase& self, std::optional<Generator> generator) {
  TensorBase result = empty_tensor(self.sizes(), self.scalar_type(), self.device());
  bernoulli_(result, self, std::move(generator));
  return result;
}

TensorBase bernoulli(const TensorBase& self, double p, std::optional<Generator> generator) {
  TensorBase result = empty_tensor(self.sizes(), self.scalar_type(), self.device());
  bernoulli_(result, p, std::move(generator));
  return result;
}

TensorBase poisson(const TensorBase& self, std::optional<Generator> generator) {
  TORCH_CHECK_NOT_IMPLEMENTED(is_sampled_floating(self.scalar_type()), "\"poisson_cpu\" not implemented for '",
                              self.scalar_type(), "'");
  TensorBase result = empty_tensor(self.sizes(), self.scalar_type(), self.device());
  if (result.numel() != 0) poisson_stub(self.device().type(), result, self, generator);
  return result;
}

TensorBase binomial(const TensorBase& count, const TensorBase& prob, std::optional<Generator> generator) {
  for (const auto* t : {&count, &prob}) {
    TORCH_CHECK_VALUE(is_sampled_floating(t->scalar_type()), "binomial only supports floating-point dtypes for ",
                      t == &count ? "count" : "prob", ", got: ", t->scalar_type());
  }
  const ScalarType dtype = count.scalar_type();
  TORCH_CHECK(prob.scalar_type() == dtype, "binomial(): Found dtype ", prob.scalar_type(), " but expected ", dtype);
  TORCH_CHECK_NOT_IMPLEMENTED(dtype == kFloat || dtype == kDouble, "\"binomial_cpu\" not implemented for '", dtype,
                              "'");
  TORCH_CHECK(prob.device() == count.device(), "binomial(): expected prob on ", count.device(), ", got ",
              prob.device());
  const DimVector shape = infer_broadcast_size(count.sizes(), prob.sizes());
  const auto spread = [&](const TensorBase& t) {
    return ops::contiguous(alias_with(t, shape, broadcast_strides(t, shape), t.storage_offset()));
  };
  TensorBase result = empty_tensor(shape, dtype, count.device());
  if (result.numel() != 0 && !result.is_meta())
    binomial_stub(count.device().type(), result, spread(count), spread(prob), generator);
  return result;
}

TensorBase& bernoulli_out(TensorBase& out, const TensorBase& self, std::optional<Generator> generator) {
  if (out.sizes() != self.sizes()) resize_contiguous(out, self.sizes());
  return bernoulli_(out, self, std::move(generator));
}

namespace {

void check_multinomial_arguments(const TensorBase& self, int64_t num_samples, bool replacement) {
  TORCH_CHECK(self.dim() == 1 || self.dim() == 2, "prob_dist must be 1 or 2 dim");
  TORCH_CHECK(is_sampled_floating(self.scalar_type()),
              "multinomial only supports floating-point dtypes for input, got: ", self.scalar_type());
  TORCH_CHECK(num_samples > 0, "cannot sample n_sample <= 0 samples");
  const int64_t categories = self.size(-1);
  TORCH_CHECK(replacement || num_samples <= categories,
              "cannot sample n_sample > prob_dist.size(-1) samples without replacement");
  TORCH_CHECK(categories <= int64_t{1} << 24, "number of categories cannot exceed 2^24");
  const bool has_rows = self.dim() == 1 || self.size(0) > 0;
  TORCH_CHECK(categories > 0 || !has_rows, "invalid multinomial distribution (sum of probabilities <= 0)");
}

SmallVector<int64_t, 5> multinomial_sizes(const TensorBase& self, int64_t num_samples) {
  SmallVector<int64_t, 5> sizes(self.sizes());
  sizes[sizes.size() - 1] = num_samples;
  return sizes;
}

}  // namespace

TensorBase multinomial(const TensorBase& self, int64_t num_samples, bool replacement,
                       std::optional<Generator> generator) {
  check_multinomial_arguments(self, num_samples, replacement);
  TensorBase result = empty_tensor(multinomial_sizes(self, num_samples), kLong, self.device());
  if (result.numel() == 0) return result;
  const DeviceType device = self.device().type();
  if (replacement && num_samples > 1) {
    multinomial_with_replacement_stub(device, result, self, generator);
    return result;
  }
  // Without replacement: the order of weights over exponential samples is a draw (Efraimidis and Spirakis, 2006).
  check_multinomial_stub(device, self);
  TensorBase scores = ops::empty_like(self);
  exponential_stub(device, scores, 1.0, generator);
  multinomial_select_stub(device, result, ops::div(self, scores));
  return result;
}

TensorBase& multinomial_out(TensorBase& out, const TensorBase& self, int64_t num_samples, bool replacement,
                            std::optional<Generator> generator) {
  TORCH_CHECK(out.device() == self.device(), "multinomial arguments must have the same device");
  TORCH_CHECK(out.scalar_type() == kLong, "multinomial expects Long tensor out, got: ", out.scalar_type());
  const TensorBase result = multinomial(self, num_samples, replacement, std::move(generator));
  write_output("multinomial", out, result);
  return out;
}

namespace {

void check_std_tensor(const TensorBase& std) {
  TORCH_CHECK(!std.is_complex(), "normal expects standard deviation to be non-complex");
  // Of whole numbers, the smallest is as well found in floating point.
  if (is_integral(std.scalar_type(), true)) return check_std_tensor(ops::to(std, kDouble));
  if (std.numel() > 0) check_std_stub(std.device().type(), std);
}

}  // namespace

TensorBase normal(const TensorBase& mean, double std, std::optional<Generator> generator) {
  TensorBase result = empty_tensor(mean.sizes(), mean.scalar_type(), mean.device());
  normal_(result, 0, std, std::move(generator));
  return ops::add_(result, mean);
}

TensorBase normal(double mean, const TensorBase& std, std::optional<Generator> generator) {
  check_std_tensor(std);
  TensorBase result = empty_tensor(std.sizes(), std.scalar_type(), std.device());
  normal_(result, 0, 1, std::move(generator));
  ops::mul_(result, std);
  return ops::add_(result, scalar_tensor_of(mean, result.scalar_type(), result.device()));
}

TensorBase normal(const TensorBase& mean, const TensorBase& std, std::optional<Generator> generator) {
  check_std_tensor(std);
  TORCH_CHECK(mean.device() == std.device(), "normal expects mean and std on one device, but found ", mean.device(),
              " and ", std.device());
  TensorBase result = empty_tensor(infer_broadcast_size(mean.sizes(), std.sizes()), mean.scalar_type(), mean.device());
  normal_(result, 0, 1, std::move(generator));
  ops::mul_(result, std);
  return ops::add_(result, mean);
}

}  // namespace tiny_torch::native
