#include "autograd/matmul_formulas.h"

#include "autograd/formulas.h"
#include "generated/ops/matmul.h"

namespace tiny_torch::autodiff {

namespace {
// All leading dims as rows of one matrix.
TensorBase as_rows(const TensorBase& t) {
  if (t.dim() == 2) return t;
  const int64_t last = t.sizes().back();
  return ops::reshape(t,
                      {last == 0 ? checked_numel(t.sizes().slice(0, t.sizes().size() - 1)) : t.numel() / last, last});
}
}  // namespace

TensorBase mm_grad_left(const TensorBase& grad, const TensorBase& mat2) {
  return ops::mm(grad, ops::conj(ops::t(mat2)));
}
TensorBase mm_grad_right(const TensorBase& self, const TensorBase& grad) {
  return ops::mm(ops::conj(ops::t(self)), grad);
}

TensorBase linear_grad_input(const TensorBase& grad, const TensorBase& weight, IntArrayRef input_sizes) {
  if (weight.dim() == 1) return ops::mul(ops::unsqueeze(grad, -1), ops::conj(weight));
  const TensorBase product = ops::mm(as_rows(grad), ops::conj(weight));
  return input_sizes.size() == 2 ? product : ops::reshape(product, input_sizes);
}

TensorBase linear_grad_weight(const TensorBase& grad, const TensorBase& input, int64_t weight_dim) {
  if (weight_dim == 1)
    return ops::reshape(ops::mm(ops::t(ops::reshape(grad, {-1, 1})), ops::conj(as_rows(input))),
                        {input.sizes().back()});
  return ops::mm(ops::t(as_rows(grad)), ops::conj(as_rows(input)));
}

const char* linear_node_name(const TensorBase& input, const TensorBase& weight, bool has_bias) {
  const int64_t dim = input.dim();
  if (has_bias && weight.dim() == 2 && (dim == 2 || input.is_contiguous()))
    return dim == 2 ? "AddmmBackward0" : "ViewBackward0";
  if (has_bias) return "AddBackward0";
  if (weight.dim() == 1) return dim == 1 ? "DotBackward0" : dim == 2 ? "MvBackward0" : "UnsafeViewBackward0";
  return dim == 1 ? "SqueezeBackward4" : dim == 2 ? "MmBackward0" : "UnsafeViewBackward0";
}

TensorBase linear_grad_bias(const TensorBase& grad) {
  if (grad.dim() <= 1) return grad;
  return ops::sum(as_rows(grad), OptionalIntArrayRef(IntArrayRef({int64_t{0}})));
}

}  // namespace tiny_torch::autodiff
