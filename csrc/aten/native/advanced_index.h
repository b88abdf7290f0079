// Advanced indexing: what index(), index_put_() and their kernels share.
//
// Note [Index plan]
// Index tensors are broadcast together into K positions. Seen from the indexed tensor, an element is reached by
// before + position + after: an offset within the dimensions before the indexed ones, one of K offsets computed from the
// index tensors, and one within the dimensions after. The other side (result or values) is dense in that order.
#pragma once

#include <vector>

#include "aten/core/TensorBase.h"
#include "aten/core/stub.h"

namespace tiny_torch::native {

struct IndexPlan {
  // Sizes and strides, in elements, of the dimensions that are not indexed.
  DimVector before_sizes, before_strides;
  DimVector after_sizes, after_strides;
  std::vector<int64_t> positions;
  /// Shape of the result: before, shape of the broadcast index, after.
  DimVector shape;
  /// Strides of a result that follows the order of `self` in memory; empty for a contiguous `self`.
  DimVector result_strides;

  int64_t before() const { return product(before_sizes); }
  int64_t after() const { return product(after_sizes); }

 private:
  static int64_t product(const DimVector& sizes) {
    int64_t n = 1;
    for (int64_t size : sizes) n *= size;
    return n;
  }
};

/// index() with a contiguous result whatever the order of `self` in memory.
TensorBase index_contiguous(const TensorBase& self, OptionalTensorList indices);

/// out[dense] = self[indexed]; `out` is contiguous.
DECLARE_STUB(index_stub, void(const TensorBase& out, const TensorBase& self, const IndexPlan& plan));
/// self[indexed] = values[dense], or +=; `values` is contiguous in the plan's shape or has one element.
DECLARE_STUB(index_put_stub,
             void(const TensorBase& self, const TensorBase& values, const IndexPlan& plan, bool accumulate));
}  // namespace tiny_torch::native
