// Fronts of the binary operators that are more than one expression.
#include "generated/kernels/binary.h"

#include "aten/core/operators.h"
#include "aten/core/promotion.h"
#include "aten/native/pointwise_checks.h"
#include "generated/ops/binary.h"
#include "generated/ops/compare.h"
#include "generated/ops/copy.h"
#include "generated/ops/creation.h"
#include "generated/ops/unary.h"

namespace tiny_torch::native {

TensorBase& add_(TensorBase& self, const Scalar& other, const Scalar& alpha) {
  return ops::add_(self, wrapped_scalar(other), alpha);
}

TensorBase div(const TensorBase& self, const TensorBase& other, std::optional<std::string_view> rounding_mode) {
  if (!rounding_mode.has_value()) return ops::div(self, other);
  TORCH_CHECK(*rounding_mode == "trunc" || *rounding_mode == "floor",
              "div expected rounding_mode to be one of None, 'trunc', or 'floor' but found '", *rounding_mode, "'");
  TORCH_CHECK_NOT_IMPLEMENTED(result_type(self, other) != kBool, "\"div_", *rounding_mode,
                              "_cpu\" not implemented for 'Bool'");
  check_remainder(self, other);
  // The half types round the quotient before its fraction is dropped.
  if (*rounding_mode == "trunc" && is_reduced_floating_point(result_type(self, other)))
    return ops::trunc(ops::div(self, other));
  return *rounding_mode == "trunc" ? ops::_div_trunc(self, other) : ops::_div_floor(self, other);
}

TensorBase floor_divide(const TensorBase& self, const TensorBase& other) { return native::div(self, other, "floor"); }

TensorBase pow(const TensorBase& self, const Scalar& exponent) {
  const ScalarType dtype = result_type(self, exponent);
  const bool integral = is_integral(dtype, true);
  TORCH_CHECK(!integral || !exponent.is_integral(true) || exponent.to_int() >= 0,
              "Integers to negative integer powers are not allowed.");
  // Numbers have to fit; roots and powers of floats are taken in float or double.
  if (integral ? exponent.is_integral(true) : is_reduced_floating_point(dtype)) scalar_tensor_of(exponent, dtype);
  // Bool knows these two powers only.
  if (exponent.equal(0) && dtype == kBool) return ops::ones_like(self);
  if (exponent.equal(1) && dtype == kBool) return ops::clone(self);
  const bool same = dtype == self.scalar_type() && !integral;
  if (same && exponent.equal(2)) return ops::mul(self, self);
  if (same && exponent.equal(1)) return ops::clone(self);
  if (same && exponent.equal(3)) return ops::mul(ops::mul(self, self), self);
  // Unlike the general case, which PyTorch keeps for float16, roots of -inf are nan.
  const bool has_root = same && self.scalar_type() != kHalf;
  if (has_root && exponent.equal(0.5)) return ops::sqrt(self);
  if (has_root && exponent.equal(-0.5)) return ops::rsqrt(self);
  return ops::pow(self, wrapped_scalar(exponent));
}

TensorBase& pow_out(TensorBase& out, const Scalar& self, const TensorBase& exponent) {
  const AutoDispatchBelowAutograd guard;
  if (!self.equal(1)) return ops::pow_out(out, wrapped_scalar(self), exponent);
  // Ones fit any dtype of `out`.
  resize_output(out, exponent.sizes());
  return ops::fill_(out, Scalar(1));
}

namespace {
// Negative bounds of uint8 wrap; what does not fit the dtype of the result is refused.
TensorBase bound(const Scalar& value, ScalarType dtype) {
  scalar_tensor_of(value, dtype);
  const bool wraps = dtype == kByte && value.is_integral(true) && value.to_int() < 0 && value.to_int() >= -255;
  return wrapped_scalar(wraps ? Scalar(int64_t{static_cast<uint8_t>(value.to_int())}) : value);
}
}  // namespace

TensorBase clamp(const TensorBase& self, const std::optional<Scalar>& min, const std::optional<Scalar>& max) {
  TORCH_CHECK(min.has_value() || max.has_value(), "torch.clamp: At least one of 'min' or 'max' must not be None");
  ResultType common;
  common.add(self);
  if (min.has_value()) common.add(*min);
  if (max.has_value()) common.add(*max);
  TORCH_CHECK_NOT_IMPLEMENTED(common.get() != kBool, "\"clamp_scalar_cpu\" not implemented for 'Bool'");
  if (min.has_value() && max.has_value())
    return ops::_clamp_both(self, bound(*min, common.get()), bound(*max, common.get()));
  return min.has_value() ? ops::maximum(self, bound(*min, common.get()))
                         : ops::minimum(self, bound(*max, common.get()));
}

TensorBase clamp(const TensorBase& self, const std::optional<TensorBase>& min, const std::optional<TensorBase>& max) {
  const bool has_min = min.has_value() && min->defined(), has_max = max.has_value() && max->defined();
  TORCH_CHECK(has_min || has_max, "torch.clamp: At least one of 'min' or 'max' must not be None");
  if (has_min && has_max) {
    ResultType common;
    for (const TensorBase* t : {&self, &*min, &*max}) common.add(*t);
    TORCH_CHECK_NOT_IMPLEMENTED(common.get() != kBool, "\"clamp_cpu\" not implemented for 'Bool'");
  }
  if (has_min && has_max) return ops::_clamp_both(self, *min, *max);
  return has_min ? ops::maximum(self, *min) : ops::minimum(self, *max);
}

}  // namespace tiny_torch::native
