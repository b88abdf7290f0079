// Fronts of the unary operators and comparisons that are more than one expression.
#include "generated/kernels/unary.h"
#include "generated/kernels/compare.h"
#include "generated/ops/compare.h"

namespace tiny_torch::native {

TensorBase positive(const TensorBase& self) {
  TORCH_CHECK(self.scalar_type() != kBool, "The `+` operator, on a bool tensor is not supported.");
  return self;
}

TensorBase bitwise_not(const TensorBase& self) {
  return self.scalar_type() == kBool ? ops::logical_not(self) : ops::_invert_bits(self);
}

}  // namespace tiny_torch::native
