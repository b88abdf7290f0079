#include "aten/native/pointwise_checks.h"

#include "aten/core/promotion.h"
#include "generated/kernels/binary.h"
#include "generated/ops/binary.h"

namespace tiny_torch::native {

void check_alpha(const char*, const TensorBase& self, const TensorBase& other, const Scalar& alpha) {
  if (!alpha.is_boolean() && alpha.is_integral(false)) return;
  const ScalarType dtype = result_type(self, other);
  TORCH_CHECK(!alpha.is_boolean() || dtype == kBool, "Boolean alpha only supported for Boolean results.");
  TORCH_CHECK(is_floating_point(dtype) || is_complex_type(dtype) || alpha.is_integral(true),
              "For integral input tensors, argument alpha must not be a floating point number.");
  TORCH_CHECK(is_complex_type(dtype) || !alpha.is_complex(), "For non-complex input tensors, argument alpha must not be a complex number.");
}

void check_sub(const char* op, const TensorBase& self, const TensorBase& other, const Scalar& alpha) {
  check_alpha(op, self, other, alpha);
  TORCH_CHECK(self.scalar_type() != kBool || other.scalar_type() != kBool,
              "Subtraction, the `-` operator, with two bool tensors is not supported. Use the `^` or `logical_xor()` operator instead.");
  TORCH_CHECK(self.scalar_type() != kBool && other.scalar_type() != kBool,
              "Subtraction, the `-` operator, with a bool tensor is not supported. If you are trying to invert a mask, use the `~` or "
              "`logical_not()` operator instead.");
}

void check_neg(const TensorBase& self) {
  TORCH_CHECK(self.scalar_type() != kBool, "Negation, the `-` operator, on a bool tensor is not supported. If you are trying to invert a mask, use "
                                           "the `~` or `logical_not()` operator instead.");
}

TensorBase& add_(TensorBase& self, const Scalar& other, const Scalar& alpha) { return ops::add_(self, wrapped_scalar(other), alpha); }

}  // namespace tiny_torch::native
