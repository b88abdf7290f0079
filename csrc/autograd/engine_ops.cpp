#include "autograd/engine_ops.h"

#include <cmath>

#include "aten/core/Dispatch.h"
#include "autograd/formulas.h"
#include "generated/ops/binary.h"

namespace tiny_torch::autodiff {

namespace {

bool has_nan(const TensorBase& self) {
  if (!is_differentiable_type(self.dtype()) || self.is_meta()) return false;
  const TensorBase plain =
      ops::contiguous(self.is_cpu() ? self : ops::to(self, std::nullopt, std::nullopt, Device(DeviceType::CPU)));
  return dispatch_floating_complex(plain.dtype(), "has_nan", [&](auto tag) {
    using T = decltype(tag);
    const T* data = plain.const_data_ptr<T>();
    for (int64_t i = 0; i < plain.numel(); ++i) {
      if (data[i] != data[i]) return true;
    }
    return false;
  });
}

}  // namespace

EngineOps& engine_ops() {
  static EngineOps table{
      [](const TensorBase& self, const TensorBase& other) { return ops::add(self, other); },
      [](TensorBase& self, const TensorBase& other) { ops::add_(self, other); },
      &sum_to_size,
      [](const TensorBase& self, ScalarType dtype) { return ops::to(self, dtype); },
      [](const TensorBase& self) { return ops::real(self); },
      [](const TensorBase& self) { return ops::clone(self); },
      [](TensorBase& self, const TensorBase& source) { ops::copy_(self, source); },
      [](TensorBase& self) { ops::zero_(self); },
      [](IntArrayRef sizes, ScalarType dtype, Device device) { return ops::zeros(sizes, dtype, std::nullopt, device); },
      [](IntArrayRef sizes, ScalarType dtype, Device device) { return ops::ones(sizes, dtype, std::nullopt, device); },
      [](const TensorBase& self, IntArrayRef sizes, IntArrayRef strides, int64_t storage_offset) {
        return ops::as_strided(self, sizes, strides, storage_offset);
      },
      [](const TensorBase& self, IntArrayRef dims, bool keepdim) {
        return ops::sum(self, OptionalIntArrayRef(dims), keepdim);
      },
      [](const TensorBase& total, const TensorBase& owners) { return total / ops::clamp_min(owners, Scalar(1)); },
      &has_nan,
  };
  return table;
}

}  // namespace tiny_torch::autodiff
