#include "autograd/formulas.h"

#include "autograd/as_strided.h"

namespace tiny_torch::autodiff {

TensorBase scaled(const TensorBase& grad, const Scalar& factor) { return factor.equal(1) ? grad : grad * factor; }

TensorBase zeros_like_grad(const TensorBase& grad) { return ops::zeros_like(grad); }

TensorBase not_implemented(const char* op) { TORCH_CHECK(false, "derivative for aten::", op, " is not implemented"); }

TensorBase sum_to_size(const TensorBase& grad, IntArrayRef sizes) {
  if (grad.sizes() == sizes) return grad;
  DimVector dims;
  const int64_t added = grad.dim() - static_cast<int64_t>(sizes.size());
  for (int64_t d = 0; d < grad.dim(); ++d) {
    if (d < added || (sizes[static_cast<size_t>(d - added)] == 1 && grad.size(d) != 1)) dims.push_back(d);
  }
  TensorBase reduced = dims.empty() ? grad : ops::sum(grad, OptionalIntArrayRef(IntArrayRef(dims)), true);
  return added > 0 ? ops::reshape(reduced, sizes) : reduced;
}

TensorBase mul_grad(const TensorBase& grad, const TensorBase& other, ScalarType dtype) {
  const TensorBase product = grad * ops::conj(other);
  return !is_complex_type(dtype) && product.is_complex() ? ops::real(product) : product;
}

TensorBase div_grad_self(const TensorBase& grad, const TensorBase& other, ScalarType dtype) {
  const TensorBase quotient = grad / ops::conj(other);
  return !is_complex_type(dtype) && quotient.is_complex() ? ops::real(quotient) : quotient;
}

TensorBase div_grad_other(const TensorBase& grad, const TensorBase& self, const TensorBase& other) {
  const TensorBase product = -(grad * ops::conj((self / other) / other));
  return !other.is_complex() && product.is_complex() ? ops::real(product) : product;
}

TensorBase copy_grad(const TensorBase& grad, IntArrayRef sizes, ScalarType dtype, Device device) {
  // Converted first: sums over broadcast dims are taken in the dtype of the source.
  return sum_to_size(to_copy_grad(grad, dtype, device), sizes);
}

TensorBase to_copy_grad(const TensorBase& grad, ScalarType dtype, Device device) {
  const TensorBase source = grad.is_complex() && !is_complex_type(dtype) ? ops::real(grad) : grad;
  return ops::to(source, dtype, std::nullopt, device);
}

TensorBase sum_backward(const TensorBase& grad, IntArrayRef sizes, OptionalIntArrayRef dim, bool keepdim) {
  if (keepdim || sizes.empty() || !dim.has_value() || dim->empty()) return ops::expand(grad, sizes);
  DimVector kept(sizes);
  for (int64_t d : *dim) kept[static_cast<size_t>(maybe_wrap_dim(d, static_cast<int64_t>(sizes.size())))] = 1;
  return ops::expand(ops::reshape(grad, kept), sizes);
}

TensorBase as_strided_backward(const TensorBase& grad, IntArrayRef input_sizes, IntArrayRef input_strides,
                               int64_t input_offset, IntArrayRef sizes, IntArrayRef strides,
                               std::optional<int64_t> storage_offset) {
  TensorGeometry base, view;
  base.sizes.assign(input_sizes);
  base.strides.assign(input_strides);
  base.storage_offset = input_offset;
  view.sizes.assign(sizes);
  view.strides.assign(strides);
  view.storage_offset = storage_offset.value_or(input_offset);
  return as_strided_backward(grad, base, view);
}

}  // namespace tiny_torch::autodiff
