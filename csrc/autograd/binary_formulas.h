// Gradients of the binary operators.
#pragma once

#include <string_view>

#include "aten/core/TensorBase.h"

namespace tiny_torch::autodiff {

/// The name of a node that depends on whether a tensor stands for a Python number.
inline const char* numbered(const TensorBase& t, const char* number, const char* tensor) {
  return t.impl()->is_wrapped_number() ? number : tensor;
}
TensorBase div_mode_grad_self(const TensorBase& grad, const TensorBase& other, const std::optional<std::string>& mode);
TensorBase div_mode_grad_other(const TensorBase& grad, const TensorBase& self, const TensorBase& other,
                               const std::optional<std::string>& mode);
TensorBase pow_grad_self(const TensorBase& grad, const TensorBase& self, const TensorBase& exponent);
TensorBase pow_grad_exponent(const TensorBase& grad, const TensorBase& self, const TensorBase& exponent,
                             const TensorBase& result);
TensorBase pow_scalar_grad(const TensorBase& grad, const TensorBase& self, const Scalar& exponent);
/// Of maximum (`larger`) and minimum: the gradient goes to the element taken, in halves where both are equal.
TensorBase select_grad(const TensorBase& grad, const TensorBase& self, const TensorBase& other, bool larger,
                       bool to_self);
TensorBase clamp_grad(const TensorBase& grad, const TensorBase& self, const std::optional<Scalar>& min,
                      const std::optional<Scalar>& max);
TensorBase clamp_tensor_grad_self(const TensorBase& grad, const TensorBase& self, const std::optional<TensorBase>& min,
                                  const std::optional<TensorBase>& max);
TensorBase clamp_tensor_grad_min(const TensorBase& grad, const TensorBase& self, const std::optional<TensorBase>& min,
                                 const std::optional<TensorBase>& max);
TensorBase clamp_tensor_grad_max(const TensorBase& grad, const TensorBase& self, const std::optional<TensorBase>& min,
                                 const std::optional<TensorBase>& max);

}  // namespace tiny_torch::autodiff
