// The gradient of a view that is described by its geometry alone.
#pragma once

#include "autograd/view.h"

namespace tiny_torch::autodiff {

/// The gradient of `self.as_strided(view)` for a `self` of geometry `base`. Elements that the view shows several times
/// get the sum of their gradients.
TensorBase as_strided_backward(const TensorBase& grad, const TensorGeometry& base, const TensorGeometry& view);

struct AsStridedBackward final : Node {
  AsStridedBackward(TensorGeometry base, TensorGeometry view) : base_(std::move(base)), view_(std::move(view)) {}
  variable_list apply(variable_list&& grads) override;
  std::string name() const override { return "AsStridedBackward0"; }

  TensorGeometry base_;
  TensorGeometry view_;
};

}  // namespace tiny_torch::autodiff
