// Fronts of diagonals and of matrices made of them.
#include "generated/kernels/diagonal.h"

#include "generated/ops/copy.h"
#include "generated/ops/creation.h"
#include "generated/ops/diagonal.h"
#include "generated/ops/reduce.h"
#include "generated/ops/shape.h"
#include "generated/ops/view.h"

namespace tiny_torch::native {

TensorBase diagonal(const TensorBase& self, int64_t offset, int64_t dim1, int64_t dim2) {
  const int64_t d1 = maybe_wrap_dim(dim1, self.dim()), d2 = maybe_wrap_dim(dim2, self.dim());
  TORCH_CHECK(d1 != d2, "diagonal dimensions cannot be identical ", dim1, ", ", dim2);
  const IntArrayRef from = self.sizes(), steps = self.strides();
  const auto a = static_cast<size_t>(d1), b = static_cast<size_t>(d2);
  const int64_t length = offset >= 0 ? std::min(from[a], from[b] - offset) : std::min(from[a] + offset, from[b]);
  DimVector sizes, strides;
  for (size_t i = 0; i < from.size(); ++i) {
    if (i == a || i == b) continue;
    sizes.push_back(from[i]);
    strides.push_back(steps[i]);
  }
  sizes.push_back(std::max<int64_t>(length, 0));
  strides.push_back(steps[a] + steps[b]);
  int64_t start = self.storage_offset();
  if (length > 0) start += offset >= 0 ? offset * steps[b] : -offset * steps[a];
  return alias_with(self, sizes, strides, start);
}

TensorBase diagonal_backward(const TensorBase& grad_output, IntArrayRef input_sizes, int64_t offset, int64_t dim1,
                             int64_t dim2) {
  const TensorBase grad = ops::zeros(input_sizes, grad_output.scalar_type(), std::nullopt, grad_output.device());
  TensorBase at = ops::diagonal(grad, offset, dim1, dim2);
  ops::copy_(at, grad_output);
  return grad;
}

TensorBase diag_embed(const TensorBase& self, int64_t offset, int64_t dim1, int64_t dim2) {
  const int64_t ndim = self.dim() + 1, d1 = maybe_wrap_dim(dim1, ndim), d2 = maybe_wrap_dim(dim2, ndim);
  TORCH_CHECK(d1 != d2, "diagonal dimensions cannot be identical ", dim1, ", ", dim2);
  int64_t n = self.size(-1);
  const bool overflow = offset < 0 ? __builtin_sub_overflow(n, offset, &n) : __builtin_add_overflow(n, offset, &n);
  TORCH_CHECK(!overflow, "diag_embed(): expected an offset that leaves sizes within 64 bits, got ", offset);
  DimVector sizes(self.sizes().slice(0, self.sizes().size() - 1));
  sizes.insert(sizes.begin() + std::min(d1, d2), n);
  sizes.insert(sizes.begin() + std::max(d1, d2), n);
  const TensorBase result = ops::zeros(sizes, self.scalar_type(), std::nullopt, self.device());
  TensorBase at = ops::diagonal(result, offset, d1, d2);
  ops::copy_(at, self);
  return result;
}

TensorBase diag(const TensorBase& self, int64_t diagonal) {
  TORCH_CHECK(self.dim() == 1 || self.dim() == 2, "diag(): Supports 1D or 2D tensors. Got ", self.dim(), "D");
  if (self.dim() == 1) return ops::diag_embed(self, diagonal, -2, -1);
  return ops::diagonal_copy(self, diagonal, 0, 1);
}

TensorBase trace(const TensorBase& self) {
  TORCH_CHECK(self.dim() == 2, "trace: expected a matrix, but got tensor with dim ", self.dim());
  TORCH_CHECK_NOT_IMPLEMENTED(self.scalar_type() != kBool, "\"trace\" not implemented for '",
                              to_string(self.scalar_type()), "'");
  return ops::sum(ops::diagonal(self, 0, 0, 1));
}

}  // namespace tiny_torch::native
