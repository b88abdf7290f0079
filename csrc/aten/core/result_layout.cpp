#include "aten/core/result_layout.h"

#include <algorithm>

namespace tiny_torch {

DimVector dense_strides(IntArrayRef shape, ArrayRef<DimVector> operands) {
  const size_t rank = shape.size();
  DimVector perm(rank);
  for (size_t i = 0; i < rank; ++i) perm[i] = static_cast<int64_t>(rank - 1 - i);
  const auto should_swap = [&](int64_t dim0, int64_t dim1) {
    for (const DimVector& strides : operands) {
      const int64_t s0 = strides[static_cast<size_t>(dim0)], s1 = strides[static_cast<size_t>(dim1)];
      if (s0 == 0 || s1 == 0) continue;
      if (s0 != s1) return s0 < s1 ? -1 : 1;
      if (shape[static_cast<size_t>(dim0)] > shape[static_cast<size_t>(dim1)]) return 1;
    }
    return 0;
  };
  for (size_t i = 1; i < rank; ++i) {
    size_t dim1 = i;
    for (size_t dim0 = i; dim0-- > 0;) {
      const int comparison = should_swap(perm[dim0], perm[dim1]);
      if (comparison > 0) {
        std::swap(perm[dim0], perm[dim1]);
        dim1 = dim0;
      } else if (comparison < 0) {
        break;
      }
    }
  }
  DimVector strides(rank);
  int64_t step = 1;
  for (size_t i = 0; i < rank; ++i) {
    const auto d = static_cast<size_t>(perm[i]);
    strides[d] = step;
    step *= std::max<int64_t>(shape[d], 1);
  }
  return strides;
}

TensorBase empty_in_order_of(const TensorBase& self, ScalarType dtype, Device device) {
  if (self.is_non_overlapping_and_dense()) return empty_strided_tensor(self.sizes(), self.strides(), dtype, device);
  const DimVector own[] = {DimVector(self.strides())};
  return empty_strided_tensor(self.sizes(), dense_strides(self.sizes(), own), dtype, device);
}

void resize_output(const TensorBase& out, IntArrayRef sizes, IntArrayRef strides) {
  if (out.sizes() == sizes) return;
  resize_output(out, sizes);
  out.impl()->set_sizes_and_strides(sizes, strides);
}

void check_same_dtype(const char* op, const TensorBase& out, const TensorBase& self) {
  TORCH_CHECK(out.scalar_type() == self.scalar_type(), op, "(): Expected out tensor to have dtype ",
              to_string(self.scalar_type()), ", but got ", to_string(out.scalar_type()), " instead");
}

}  // namespace tiny_torch
