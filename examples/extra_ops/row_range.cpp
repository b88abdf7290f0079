// The front and the CPU kernel of row_range, the custom operator of docs/dev/life_of_an_op.md.
#include <algorithm>

#include "aten/core/Dispatch.h"
#include "aten/core/stub.h"
#include "c10/parallel.h"
#include "generated/kernels/extra.h"
#include "generated/ops/copy.h"

namespace tiny_torch::native {

DECLARE_STUB(row_range_stub, void(const TensorBase& out, const TensorBase& self));
DEFINE_STUB(row_range_stub);

TensorBase row_range(const TensorBase& self) {
  TORCH_CHECK(self.dim() == 2, "row_range(): expected a matrix, got ", self.dim(), " dimension(s)");
  TORCH_CHECK(self.size(1) > 0, "row_range(): expected rows of at least one element");
  TensorBase out = empty_tensor({self.size(0)}, self.scalar_type(), self.device());
  row_range_stub(self.device().type(), out, ops::contiguous(self));
  return out;
}

namespace {

void row_range_kernel(const TensorBase& out, const TensorBase& self) {
  const int64_t n = self.size(1);
  dispatch_real(self.scalar_type(), "row_range", [&](auto tag) {
    using T = decltype(tag);
    const T* x = self.const_data_ptr<T>();
    T* y = out.mutable_data_ptr<T>();
    parallel_for(0, self.size(0), std::max<int64_t>(1, kGrainSize / n), [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        const auto [low, high] = std::minmax_element(x + i * n, x + (i + 1) * n);
        y[i] = static_cast<T>(static_cast<opmath_t<T>>(*high) - static_cast<opmath_t<T>>(*low));
      }
    });
  });
}
REGISTER_STUB(row_range_stub, DeviceType::CPU, &row_range_kernel);

}  // namespace
}  // namespace tiny_torch::native
