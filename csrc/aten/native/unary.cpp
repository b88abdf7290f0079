// Fronts of the unary operators and comparisons that are more than one expression.
#include "generated/kernels/unary.h"
#include "generated/kernels/compare.h"
#include "generated/ops/compare.h"
#include "generated/ops/unary.h"

namespace tiny_torch::native {

TensorBase positive(const TensorBase& self) {
  TORCH_CHECK(self.scalar_type() != kBool, "The `+` operator, on a bool tensor is not supported.");
  return self;
}

TensorBase& abs_(TensorBase& self) {
  TORCH_CHECK(!self.is_complex(), "In-place abs is not supported for complex tensors.");
  return ops::abs_out(self, self);
}

TensorBase bitwise_not(const TensorBase& self) {
  return self.scalar_type() == kBool ? ops::logical_not(self) : ops::_invert_bits(self);
}

}  // namespace tiny_torch::native
