#include "autograd/binary_formulas.h"

#include "autograd/formulas.h"
#include "generated/ops/compare.h"
#include "generated/ops/transcendental.h"

namespace tiny_torch::autodiff {

namespace {
TensorBase keep_where(const TensorBase& mask, const TensorBase& grad) {
  return ops::where(mask, grad, wrapped_scalar(0.0));
}
TensorBase drop_where(const TensorBase& mask, const TensorBase& grad) {
  return ops::where(mask, wrapped_scalar(0.0), grad);
}
TensorBase number(const Scalar& s) { return wrapped_scalar(s); }
bool given(const std::optional<TensorBase>& t) { return t.has_value() && t->defined(); }
}  // namespace

TensorBase div_mode_grad_self(const TensorBase& grad, const TensorBase& other, const std::optional<std::string>& mode) {
  return mode.has_value() ? zeros_like_grad(grad) : grad / other;
}
TensorBase div_mode_grad_other(const TensorBase& grad, const TensorBase& self, const TensorBase& other,
                               const std::optional<std::string>& mode) {
  return mode.has_value() ? zeros_like_grad(grad) : div_grad_other(grad, self, other);
}

TensorBase pow_grad_self(const TensorBase& grad, const TensorBase& self, const TensorBase& exponent) {
  return drop_where(ops::eq(exponent, number(0)), grad * (exponent * ops::pow(self, exponent - Scalar(1))));
}

TensorBase pow_grad_exponent(const TensorBase& grad, const TensorBase& self, const TensorBase& exponent,
                             const TensorBase& result) {
  // A number's logarithm would be taken in the default dtype.
  const bool is_number = self.impl()->is_wrapped_number();
  const TensorBase base = is_number ? ops::to(self, result.scalar_type(), false, true) : self;
  const TensorBase at_zero = ops::logical_and(ops::eq(self, number(0)), ops::ge(exponent, number(0)));
  return drop_where(at_zero, grad * (result * ops::log(base)));
}

TensorBase pow_scalar_grad(const TensorBase& grad, const TensorBase& self, const Scalar& exponent) {
  if (exponent.equal(0)) return zeros_like_grad(grad);
  const Scalar lower = exponent.is_integral(true) ? Scalar(exponent.to_int() - 1) : Scalar(exponent.to_double() - 1);
  return grad * (ops::pow(self, lower) * exponent);
}

TensorBase select_grad(const TensorBase& grad, const TensorBase& self, const TensorBase& other, bool larger,
                       bool to_self) {
  const TensorBase halved = ops::where(ops::eq(self, other), grad / Scalar(2), grad);
  const bool self_loses = larger == to_self;
  return drop_where(self_loses ? ops::lt(self, other) : ops::gt(self, other), halved);
}

TensorBase clamp_grad(const TensorBase& grad, const TensorBase& self, const std::optional<Scalar>& min,
                      const std::optional<Scalar>& max) {
  if (min.has_value() && max.has_value()) {
    return keep_where(ops::logical_and(ops::ge(self, number(*min)), ops::le(self, number(*max))), grad);
  }
  if (min.has_value()) return keep_where(ops::ge(self, number(*min)), grad);
  return keep_where(ops::le(self, number(*max)), grad);
}

TensorBase clamp_tensor_grad_self(const TensorBase& grad, const TensorBase& self, const std::optional<TensorBase>& min,
                                  const std::optional<TensorBase>& max) {
  if (given(min) && given(max)) return keep_where(ops::logical_and(ops::ge(self, *min), ops::le(self, *max)), grad);
  return keep_where(given(min) ? ops::ge(self, *min) : ops::le(self, *max), grad);
}

TensorBase clamp_tensor_grad_min(const TensorBase& grad, const TensorBase& self, const std::optional<TensorBase>& min,
                                 const std::optional<TensorBase>& max) {
  if (!given(max)) return keep_where(ops::lt(self, *min), grad);
  return keep_where(ops::logical_and(ops::lt(*min, *max), ops::lt(self, *min)), grad);
}

TensorBase clamp_tensor_grad_max(const TensorBase& grad, const TensorBase& self, const std::optional<TensorBase>& min,
                                 const std::optional<TensorBase>& max) {
  if (!given(min)) return keep_where(ops::gt(self, *max), grad);
  return keep_where(ops::logical_or(ops::gt(self, *max), ops::lt(*max, *min)), grad);
}

}  // namespace tiny_torch::autodiff
