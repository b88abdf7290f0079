// Fronts of the functions of mathematical physics that are more than one expression.
#include "generated/kernels/special.h"

#include <cmath>

#include "aten/core/operators.h"
#include "aten/core/promotion.h"
#include "aten/native/special_stub.h"
#include "generated/ops/binary.h"
#include "generated/ops/copy.h"
#include "generated/ops/creation.h"
#include "generated/ops/reduce.h"
#include "generated/ops/shape.h"
#include "generated/ops/special.h"
#include "generated/ops/view.h"

namespace tiny_torch::native {

DEFINE_STUB(nextafter_stub);

TensorBase polygamma(int64_t n, const TensorBase& self) {
  TORCH_CHECK(n >= 0, "polygamma(n, x) does not support negative n.");
  if (n == 0) return ops::digamma(self);
  const double order = static_cast<double>(n), factor = std::tgamma(order + 1);
  return ops::special_zeta(wrapped_scalar(order + 1), self) * Scalar(n % 2 == 0 ? -factor : factor);
}

TensorBase mvlgamma(const TensorBase& self, int64_t p) {
  TORCH_CHECK(p >= 1, "p has to be greater than or equal to 1");
  TORCH_CHECK(self.scalar_type() != kBool, "The input tensor may not be a boolean tensor.");
  const ScalarType dtype = self.is_floating_point() ? self.scalar_type() : default_dtype();
  const double dims = static_cast<double>(p);
  const TensorBase steps =
      ops::arange(Scalar(-dims / 2 + 0.5), Scalar(0.5), Scalar(0.5), dtype, std::nullopt, self.device());
  const TensorBase terms = ops::lgamma(ops::unsqueeze(self, -1) + steps);
  return ops::sum(terms, OptionalIntArrayRef(IntArrayRef({int64_t{-1}}))) +
         Scalar(dims * (dims - 1) / 4 * 1.1447298858494002);
}

TensorBase logit(const TensorBase& self, std::optional<double> eps) {
  if (!eps.has_value()) return ops::_logit(self);
  const TensorBase x = self.is_floating_point() ? self : ops::to(self, default_dtype());
  return ops::_logit(ops::clamp(x, Scalar(*eps), Scalar(1 - *eps)));
}

std::tuple<TensorBase, TensorBase> frexp(const TensorBase& self) {
  TORCH_CHECK(self.is_floating_point(), "torch.frexp() only supports floating-point dtypes");
  return {ops::_frexp_mantissa(self), ops::to(ops::_frexp_exponent(self), kInt)};
}

TensorBase nextafter(const TensorBase& self, const TensorBase& other) {
  const ScalarType dtype = result_type(self, other);
  TORCH_CHECK_NOT_IMPLEMENTED(is_floating_point(dtype), "\"nextafter_cpu\" not implemented for '", to_string(dtype),
                              "'");
  const DimVector shape = infer_broadcast_size(self.sizes(), other.sizes());
  const auto spread = [&](const TensorBase& t) { return ops::contiguous(ops::expand(t, shape)); };
  const TensorBase* operands[] = {&self, &other};
  const Device device = common_device("nextafter", operands, 2);
  TensorBase out = empty_tensor(shape, dtype, device);
  nextafter_stub(device.type(), out, spread(ops::to(self, device, dtype)), spread(ops::to(other, device, dtype)));
  return out;
}

}  // namespace tiny_torch::native
