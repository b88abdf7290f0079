#include "aten/native/pointwise_checks.h"

#include <cmath>

#include "aten/core/promotion.h"
#include "generated/ops/compare.h"
#include "generated/ops/reduce.h"

namespace tiny_torch::native {

void check_alpha(const char*, const TensorBase& self, const TensorBase& other, const Scalar& alpha) {
  const bool is_number = !alpha.is_boolean() && alpha.is_integral(false);
  if (is_number && alpha.to_int() >= -128 && alpha.to_int() < 128) return;
  const ScalarType dtype = result_type(self, other);
  if (is_number) {
    scalar_tensor_of(alpha, dtype);  // it has to fit
    return;
  }
  TORCH_CHECK(!alpha.is_boolean() || dtype == kBool, "Boolean alpha only supported for Boolean results.");
  TORCH_CHECK(is_floating_point(dtype) || is_complex_type(dtype) || alpha.is_integral(true),
              "For integral input tensors, argument alpha must not be a floating point number.");
  TORCH_CHECK(is_complex_type(dtype) || !alpha.is_complex(),
              "For non-complex input tensors, argument alpha must not be a complex number.");
}

void check_sub(const char* op, const TensorBase& self, const TensorBase& other, const Scalar& alpha) {
  check_alpha(op, self, other, alpha);
  TORCH_CHECK(self.scalar_type() != kBool || other.scalar_type() != kBool,
              "Subtraction, the `-` operator, with two bool tensors is not supported. Use the `^` or `logical_xor()` "
              "operator instead.");
  TORCH_CHECK(self.scalar_type() != kBool && other.scalar_type() != kBool,
              "Subtraction, the `-` operator, with a bool tensor is not supported. If you are trying to invert a mask, "
              "use the `~` or "
              "`logical_not()` operator instead.");
}

void check_not_both_numbers(const char* op, const TensorBase& a, const TensorBase& b) {
  TORCH_CHECK_TYPE(!a.impl()->is_wrapped_number() || !b.impl()->is_wrapped_number(), op,
                   "(): expected at least one Tensor, got two numbers");
}

void check_neg(const TensorBase& self) {
  TORCH_CHECK(self.scalar_type() != kBool,
              "Negation, the `-` operator, on a bool tensor is not supported. If you are trying to invert a mask, use "
              "the `~` or `logical_not()` operator instead.");
}

void check_not_bool(const char* op, const TensorBase& self) {
  TORCH_CHECK_NOT_IMPLEMENTED(self.scalar_type() != kBool, "\"", op, "\" not implemented for 'Bool'");
}

void check_not_bool(const char* op, const TensorBase& self, const TensorBase& other) {
  TORCH_CHECK_NOT_IMPLEMENTED(result_type(self, other) != kBool, "\"", op, "\" not implemented for 'Bool'");
}

void check_threshold(const TensorBase& self, const Scalar& threshold, const Scalar& value) {
  check_not_bool("threshold", self);
  check_fits(self, threshold);
  check_fits(self, value);
}

namespace {
// Meta tensors have no values to check.
bool any_true(const TensorBase& mask) {
  return !mask.is_meta() && mask.numel() != 0 && read_scalar(ops::any(mask)).to_bool();
}
}  // namespace

void check_remainder(const TensorBase& self, const TensorBase& other) {
  if (!is_integral(result_type(self, other), true)) return;
  TORCH_CHECK(!any_true(ops::logical_not(other)), "ZeroDivisionError");
}

void check_pow(const TensorBase& self, const TensorBase& exponent) {
  TORCH_CHECK_NOT_IMPLEMENTED(result_type(self, exponent) != kBool, "\"pow\" not implemented for 'Bool'");
}

void check_hardtanh(const TensorBase& self, const Scalar& min_val, const Scalar& max_val) {
  TORCH_CHECK(self.scalar_type() != kBool, "Bool inputs not supported for hardtanh");
  for (const Scalar& limit : {min_val, max_val}) check_fits(self, limit);
  TORCH_CHECK(self.scalar_type() != kByte || (min_val.to_double() >= 0 && max_val.to_double() >= 0),
              "cannot do hardtanh on an unsigned type with negative limits");
}

void check_softshrink(const TensorBase& self, const Scalar& lambd) {
  const double value = lambd.to_double();
  TORCH_CHECK(value >= 0 && std::isfinite(value), "softshrink(): expected lambd to be at least 0 and finite, got ",
              value);
  check_fits(self, lambd);
}

void check_fits(const TensorBase& self, const Scalar& value) {
  if (!self.is_meta()) scalar_tensor_of(value, self.scalar_type());
}

void check_addcmul(const TensorBase& self, const TensorBase& tensor1, const TensorBase& tensor2, const Scalar& value) {
  const ScalarType dtype = self.scalar_type();
  if (!is_integral(dtype, false) || tensor1.scalar_type() != dtype || tensor2.scalar_type() != dtype) return;
  check_fits(self, value);
}

void check_addcdiv(const TensorBase& tensor1, const TensorBase& tensor2) {
  TORCH_CHECK(!is_integral(tensor1.scalar_type(), true) || !is_integral(tensor2.scalar_type(), true),
              "Integer division with addcdiv is not supported: addcdiv(): expected tensor1 or tensor2 of a "
              "floating-point or complex dtype, got ",
              to_string(tensor1.scalar_type()), " and ", to_string(tensor2.scalar_type()));
}

Scalar celu_input_scale(const Scalar& alpha) {
  TORCH_CHECK(alpha.to_double() != 0, "ZeroDivisionError: alpha cannot be 0 for CELU");
  return Scalar(1.0 / alpha.to_double());
}

void check_lerp(const TensorBase& self, const TensorBase& end) {
  TORCH_CHECK(self.scalar_type() == end.scalar_type(), "expected dtype ", to_string(self.scalar_type()),
              " for `end` but got dtype ", to_string(end.scalar_type()));
}

void check_lerp(const TensorBase& self, const TensorBase& end, const TensorBase& weight) {
  check_lerp(self, end);
  TORCH_CHECK(weight.dim() == 0 || weight.scalar_type() == self.scalar_type(), "expected dtype ",
              to_string(self.scalar_type()), " for `weight` but got dtype ", to_string(weight.scalar_type()));
}

void check_condition(const TensorBase& condition) {
  TORCH_CHECK(condition.scalar_type() == kBool || condition.scalar_type() == kByte,
              "where expected condition to be a boolean tensor, but got a tensor with dtype ",
              to_string(condition.scalar_type()));
}

}  // namespace tiny_torch::native
