// Fronts of tril and triu.
#include "generated/kernels/triangle.h"

#include "aten/core/operators.h"
#include "generated/ops/binary.h"
#include "generated/ops/compare.h"
#include "generated/ops/creation.h"
#include "generated/ops/view.h"

namespace tiny_torch::native {

namespace {

// Column minus row for each element of the last two dimensions.
TensorBase diagonals(const char* op, const TensorBase& self) {
  TORCH_CHECK(self.dim() >= 2, op, ": input tensor must have at least 2 dimensions");
  const auto count = [&](int64_t n) {
    return ops::arange(Scalar(n), std::optional<ScalarType>(kLong), std::optional<Layout>(),
                       std::optional<Device>(self.device()), std::optional<bool>());
  };
  const TensorBase rows = count(self.size(-2));
  const TensorBase columns = count(self.size(-1));
  return columns - ops::unsqueeze(rows, 1);
}

TensorBase keep(const TensorBase& mask, const TensorBase& self) {
  return ops::where(mask, self, ops::zeros_like(self));
}

}  // namespace

TensorBase tril(const TensorBase& self, int64_t diagonal) {
  return keep(ops::le(diagonals("tril", self), wrapped_scalar(diagonal)), self);
}

TensorBase triu(const TensorBase& self, int64_t diagonal) {
  return keep(ops::ge(diagonals("triu", self), wrapped_scalar(diagonal)), self);
}

}  // namespace tiny_torch::native
