// Fronts of complex tensors made of real ones, and back.
#include "generated/kernels/complex.h"

#include "aten/core/operators.h"
#include "aten/core/promotion.h"
#include "aten/core/result_layout.h"
#include "aten/native/copy_stub.h"
#include "generated/ops/binary.h"
#include "generated/ops/compare.h"
#include "generated/ops/complex.h"
#include "generated/ops/copy.h"
#include "generated/ops/elementary.h"
#include "generated/ops/index.h"
#include "generated/ops/transcendental.h"
#include "generated/ops/view.h"

namespace tiny_torch::native {

namespace {
void check_parts(const TensorBase& first, const TensorBase& second) {
  const auto is_part = [](ScalarType t) { return t == kHalf || t == kFloat || t == kDouble; };
  TORCH_CHECK(is_part(first.scalar_type()) && is_part(second.scalar_type()),
              "Expected both inputs to be Half, Float or Double tensors but got ", to_string(first.scalar_type()),
              " and ", to_string(second.scalar_type()));
  TORCH_CHECK(first.scalar_type() == second.scalar_type(), "Expected object of scalar type ",
              to_string(first.scalar_type()), " but got scalar type ", to_string(second.scalar_type()),
              " for second argument");
  TORCH_CHECK(first.device() == second.device(),
              "Expected all tensors to be on the same device, but found at least two devices, ", first.device(),
              " and ", second.device(), "!");
}
}  // namespace

TensorBase make_complex(const TensorBase& real, const TensorBase& imag) {
  check_parts(real, imag);
  const DimVector shape = infer_broadcast_size(real.sizes(), imag.sizes());
  const DimVector strides[] = {broadcast_strides(real, shape), broadcast_strides(imag, shape)};
  const TensorBase result = empty_strided_tensor(shape, dense_strides(shape, ArrayRef<DimVector>(strides, 2)),
                                                 to_complex(real.scalar_type()), real.device());
  const TensorBase parts = native::view_as_real(result);
  TensorBase re = ops::select(parts, -1, 0), im = ops::select(parts, -1, 1);
  ops::copy_(re, real);
  ops::copy_(im, imag);
  return result;
}

TensorBase polar(const TensorBase& abs, const TensorBase& angle) {
  check_parts(abs, angle);
  TORCH_CHECK_NOT_IMPLEMENTED(abs.scalar_type() != kHalf, "\"polar_cpu\" not implemented for 'Half'");
  return native::make_complex(abs * ops::cos(angle), abs * ops::sin(angle));
}

TensorBase view_as_real(const TensorBase& self) {
  TORCH_CHECK(self.is_complex(), "view_as_real is only supported for complex tensors");
  DimVector sizes(self.sizes()), strides(self.strides());
  for (int64_t& stride : strides) stride *= 2;
  sizes.push_back(2);
  strides.push_back(1);
  TensorBase result = alias_with(self, sizes, strides, self.storage_offset() * 2);
  result.impl()->set_dtype(to_real(self.scalar_type()));
  return result;
}

TensorBase view_as_complex(const TensorBase& self) {
  const ScalarType dtype = self.scalar_type();
  TORCH_CHECK(dtype == kFloat || dtype == kDouble || dtype == kHalf,
              "view_as_complex is only supported for half, float and double tensors, but got a tensor of scalar type: ",
              to_string(dtype));
  TORCH_CHECK(self.dim() > 0, "Input tensor must have one or more dimensions");
  TORCH_CHECK(self.size(-1) == 2, "Tensor must have a last dimension of size 2");
  TORCH_CHECK(self.stride(-1) == 1, "Tensor must have a last dimension with stride 1");
  TORCH_CHECK(self.storage_offset() % 2 == 0, "Tensor must have a storage_offset divisible by 2");
  const auto dims = static_cast<size_t>(self.dim()) - 1;
  DimVector strides(self.strides().slice(0, dims));
  for (int64_t& stride : strides) {
    TORCH_CHECK(stride % 2 == 0, "Tensor must have a stride divisible by 2 for all but last dimension");
    stride /= 2;
  }
  TensorBase result = alias_with(self, self.sizes().slice(0, dims), strides, self.storage_offset() / 2);
  result.impl()->set_dtype(to_complex(dtype));
  return result;
}

TensorBase imag(const TensorBase& self) {
  TORCH_CHECK(self.is_complex(), "imag is not implemented for tensors with non-complex dtypes.");
  return ops::select(ops::view_as_real(self), -1, 1);
}

TensorBase angle(const TensorBase& self) {
  if (!self.is_complex()) return ops::_angle_of_real(self);
  return ops::atan2(ops::imag(self), ops::real(self));
}

TensorBase _abs_of_complex(const TensorBase& self) { return ops::hypot(ops::real(self), ops::imag(self)); }

TensorBase _sgn_of_complex(const TensorBase& self) {
  TensorBase result = ops::div(self, ops::_abs_of_complex(self));
  const TensorBase zero = ops::eq(self, wrapped_scalar(0));
  return ops::masked_fill_(result, zero, Scalar(0));
}

TensorBase& conj_physical_(TensorBase& self) {
  if (self.is_complex() && self.numel() != 0) {
    check_no_internal_overlap(self);
    conj_stub(self.device().type(), self);
  }
  return self;
}

}  // namespace tiny_torch::native
