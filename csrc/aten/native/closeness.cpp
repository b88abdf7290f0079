// Fronts of equal, isclose and allclose.
#include "generated/kernels/closeness.h"

#include "aten/core/operators.h"
#include "generated/ops/closeness.h"
#include "generated/ops/compare.h"
#include "generated/ops/copy.h"
#include "generated/ops/reduce.h"

namespace tiny_torch::native {

bool equal(const TensorBase& self, const TensorBase& other) {
  TORCH_CHECK(self.device() == other.device(), "Expected all tensors to be on the same device, but got ", self.device(),
              " and ", other.device());
  if (self.sizes() != other.sizes()) return false;
  return read_scalar(ops::all(ops::eq(self, other))).to_bool();
}

TensorBase isclose(const TensorBase& self, const TensorBase& other, double rtol, double atol, bool equal_nan) {
  TORCH_CHECK(self.scalar_type() == other.scalar_type(), to_string(self.scalar_type()), " did not match ",
              to_string(other.scalar_type()));
  TORCH_CHECK(rtol >= 0, "rtol must be greater than or equal to zero, but got ", rtol);
  TORCH_CHECK(atol >= 0, "atol must be greater than or equal to zero, but got ", atol);
  TensorBase close = ops::eq(self, other);
  const bool integral = is_integral(self.scalar_type(), true);
  if (equal_nan && !integral) close = ops::logical_or(close, ops::logical_and(ops::isnan(self), ops::isnan(other)));
  if (rtol == 0 && atol == 0) return close;
  // Differences of integers and bools are taken in floating point, where they cannot wrap.
  const TensorBase a = integral ? ops::to(self, default_dtype()) : self;
  const TensorBase b = integral ? ops::to(other, default_dtype()) : other;
  const TensorBase error = ops::abs(a - b);
  const TensorBase near =
      ops::logical_and(ops::isfinite(error), ops::le(error, ops::abs(b * Scalar(rtol)) + Scalar(atol)));
  return ops::logical_or(close, near);
}

bool allclose(const TensorBase& self, const TensorBase& other, double rtol, double atol, bool equal_nan) {
  return read_scalar(ops::all(ops::isclose(self, other, rtol, atol, equal_nan))).to_bool();
}

}  // namespace tiny_torch::native
