// Fronts of the unary operators, comparisons and activations that are more than one expression.
#include "generated/kernels/unary.h"
#include "generated/kernels/activation.h"
#include "generated/kernels/compare.h"
#include "generated/ops/activation.h"
#include "generated/ops/compare.h"

namespace tiny_torch::native {

TensorBase positive(const TensorBase& self) {
  TORCH_CHECK(self.scalar_type() != kBool, "The `+` operator, on a bool tensor is not supported.");
  return self;
}

TensorBase bitwise_not(const TensorBase& self) {
  return self.scalar_type() == kBool ? ops::logical_not(self) : ops::_invert_bits(self);
}

namespace {
bool is_tanh(std::string_view approximate) {
  TORCH_CHECK(approximate == "none" || approximate == "tanh", "approximate argument must be either none or tanh.");
  return approximate == "tanh";
}
}  // namespace

TensorBase gelu(const TensorBase& self, std::string_view approximate) {
  return is_tanh(approximate) ? ops::_gelu_tanh(self) : ops::_gelu_erf(self);
}

TensorBase gelu_backward(const TensorBase& grad_output, const TensorBase& self, std::string_view approximate) {
  return is_tanh(approximate) ? ops::_gelu_tanh_backward(grad_output, self)
                              : ops::_gelu_erf_backward(grad_output, self);
}

}  // namespace tiny_torch::native
