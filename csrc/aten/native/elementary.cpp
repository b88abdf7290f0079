// Fronts of the elementary functions that are more than one expression.
#include "generated/kernels/elementary.h"

#include <cmath>
#include <limits>

#include "aten/core/operators.h"
#include "generated/ops/binary.h"
#include "generated/ops/compare.h"
#include "generated/ops/copy.h"
#include "generated/ops/creation.h"
#include "generated/ops/elementary.h"

namespace tiny_torch::native {

namespace {
double largest(ScalarType dtype) {
  return dtype == kHalf       ? 65504.0
         : dtype == kBFloat16 ? 3.3895313892515355e38
         : dtype == kFloat    ? static_cast<double>(std::numeric_limits<float>::max())
                              : std::numeric_limits<double>::max();
}
}  // namespace

TensorBase nan_to_num(const TensorBase& self, std::optional<double> nan, std::optional<double> posinf,
                      std::optional<double> neginf) {
  if (is_integral(self.scalar_type(), true)) return ops::clone(self);
  TORCH_CHECK_NOT_IMPLEMENTED(!self.is_complex(), "\"nan_to_num\" not implemented for '", to_string(self.scalar_type()),
                              "'");
  const double high = posinf.value_or(largest(self.scalar_type())), low = neginf.value_or(-largest(self.scalar_type()));
  TensorBase result = ops::where(ops::isnan(self), wrapped_scalar(nan.value_or(0.0)), self);
  result = ops::where(ops::isposinf(self), wrapped_scalar(high), result);
  return ops::where(ops::isneginf(self), wrapped_scalar(low), result);
}

TensorBase round(const TensorBase& self, int64_t decimals) {
  TORCH_CHECK_NOT_IMPLEMENTED(self.is_floating_point(), "\"round_cpu\" not implemented for '",
                              to_string(self.scalar_type()), "'");
  if (decimals == 0) return ops::round(self);
  // The product with a power of ten is beyond what a half type holds.
  if (is_reduced_floating_point(self.scalar_type()))
    return ops::to(native::round(ops::to(self, kFloat), decimals), self.scalar_type());
  const Scalar power(std::pow(10.0, static_cast<double>(std::abs(decimals))));
  return decimals > 0 ? ops::round(self * power) / power : ops::round(self / power) * power;
}

TensorBase isreal(const TensorBase& self) {
  if (self.is_complex()) return ops::eq(self, ops::real(self));
  return ops::ones_like(self, kBool);
}

TensorBase float_power(const TensorBase& self, const TensorBase& exponent) {
  const ScalarType dtype = self.is_complex() || exponent.is_complex() ? kComplexDouble : kDouble;
  return ops::pow(ops::to(self, dtype), ops::to(exponent, dtype));
}
TensorBase float_power(const Scalar& self, const TensorBase& exponent) {
  const bool is_complex = self.is_complex() || exponent.is_complex();
  return ops::pow(is_complex ? self : Scalar(self.to_double()),
                  ops::to(exponent, is_complex ? kComplexDouble : kDouble));
}
TensorBase float_power(const TensorBase& self, const Scalar& exponent) {
  const bool is_complex = self.is_complex() || exponent.is_complex();
  return ops::pow(ops::to(self, is_complex ? kComplexDouble : kDouble),
                  is_complex ? exponent : Scalar(exponent.to_double()));
}

}  // namespace tiny_torch::native
