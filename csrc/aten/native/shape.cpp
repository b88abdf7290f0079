// Composites over views.
#include "generated/kernels/shape.h"

#include "aten/native/view_util.h"
#include "generated/ops/copy.h"
#include "generated/ops/view.h"

namespace tiny_torch::native {

TensorBase reshape(const TensorBase& self, IntArrayRef shape) {
  const DimVector sizes = infer_size(shape, self.numel());
  if (compute_view_strides(self.sizes(), self.strides(), sizes, self.numel()).has_value()) return ops::view(self, sizes);
  return ops::view(ops::clone(self, MemoryFormat::Contiguous), sizes);
}

}  // namespace tiny_torch::native
