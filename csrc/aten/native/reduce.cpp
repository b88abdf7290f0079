// Fronts of the reductions.
#include "generated/kernels/reduce.h"

#include "aten/native/reduce_stub.h"

namespace tiny_torch::native {

DEFINE_STUB(sum_stub);

ReduceDims reduce_dims(OptionalIntArrayRef dim, int64_t ndim, bool empty_means_all) {
  ReduceDims reduced(static_cast<size_t>(ndim), false);
  if (!dim.has_value() || (dim->empty() && empty_means_all)) {
    for (size_t i = 0; i < reduced.size(); ++i) reduced[i] = true;
    return reduced;
  }
  for (int64_t d : *dim) {
    const auto at = static_cast<size_t>(maybe_wrap_dim(d, ndim));
    if (ndim == 0) continue;
    TORCH_CHECK(!reduced[at], "dim ", at, " appears multiple times in the list of dims");
    reduced[at] = true;
  }
  return reduced;
}

DimVector reduced_shape(const TensorBase& self, const ReduceDims& reduced, bool keepdim) {
  DimVector shape;
  for (size_t i = 0; i < reduced.size(); ++i) {
    if (!reduced[i]) {
      shape.push_back(self.sizes()[i]);
    } else if (keepdim) {
      shape.push_back(1);
    }
  }
  return shape;
}

TensorBase sum(const TensorBase& self, OptionalIntArrayRef dim, bool keepdim, std::optional<ScalarType> dtype) {
  const ScalarType type = dtype.value_or(is_integral(self.scalar_type(), true) ? kLong : self.scalar_type());
  const ReduceDims reduced = reduce_dims(dim, self.dim(), true);
  TensorBase result = empty_tensor(reduced_shape(self, reduced, keepdim), type, self.device());
  sum_stub(self.device().type(), result, self, reduced);
  return result;
}

TensorBase sum(const TensorBase& self, std::optional<ScalarType> dtype) { return native::sum(self, std::nullopt, false, dtype); }

}  // namespace tiny_torch::native
