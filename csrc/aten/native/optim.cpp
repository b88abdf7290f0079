// Changes to many tensors at once.
#include "generated/kernels/optim.h"

#include "generated/ops/binary.h"

namespace tiny_torch::native {

void _foreach_add_(TensorList self, const Scalar& scalar) {
  for (TensorBase t : self) ops::add_(t, scalar);
}

}  // namespace tiny_torch::native
