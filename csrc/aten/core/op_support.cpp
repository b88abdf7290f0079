#include "aten/core/op_support.h"

#include "aten/core/promotion.h"
#include "aten/core/result_layout.h"
#include "generated/ops/copy.h"

namespace tiny_torch {

void check_output(const char* op, const TensorBase& out, const TensorBase& result) {
  TORCH_CHECK(can_cast(result.scalar_type(), out.scalar_type()), op, "(): result type ",
              to_string(result.scalar_type()), " can't be cast to the desired output type ",
              to_string(out.scalar_type()));
  TORCH_CHECK(out.device() == result.device(), op, "(): Expected out tensor to be on ", result.device(),
              ", but it is on ", out.device());
}

TensorBase in_dtype_of(const TensorBase& out, const TensorBase& t) {
  const ScalarType from = t.scalar_type(), to = out.scalar_type();
  if (!is_floating_point(from) || !is_floating_point(to) || promote_types(from, to) != to) return t;
  return ops::to(t, to);
}

void write_output(const char* op, TensorBase& out, const TensorBase& result) {
  check_output(op, out, result);
  check_no_internal_overlap(out);
  if (result.is_non_overlapping_and_dense()) {
    resize_output(out, result.sizes(), result.strides());
  } else {
    resize_output(out, result.sizes());
  }
  ops::copy_(out, result);
}

void check_out_dtype(const TensorBase& out, ScalarType dtype) {
  TORCH_CHECK(out.scalar_type() == dtype, "Expected out tensor to have dtype ", to_string(dtype), ", but got ",
              to_string(out.scalar_type()), " instead");
}

void write_exact_output(const char* op, TensorBase& out, const TensorBase& result) {
  check_out_dtype(out, result.scalar_type());
  write_output(op, out, result);
}

void write_logical_output(const char* op, TensorBase& out, const TensorBase& result) {
  TORCH_CHECK(out.scalar_type() == kBool || out.scalar_type() == kByte, op,
              " only supports bool tensor for result, got: ", to_string(out.scalar_type()));
  write_output(op, out, ops::to(result, out.scalar_type()));
}

void check_inplace_dtype(const TensorBase& self, ScalarType dtype) {
  TORCH_CHECK(self.scalar_type() == dtype, "Bad in-place call: input tensor dtype ", to_string(self.scalar_type()),
              " and output tensor dtype ", to_string(dtype), " should match");
}

void copy_result_to_self(const char* op, TensorBase& self, const TensorBase& result) {
  TORCH_CHECK(self.sizes() == result.sizes(), "output with shape ", self.sizes(), " doesn't match the broadcast shape ",
              result.sizes());
  check_output(op, self, result);
  check_no_internal_overlap(self);
  ops::copy_(self, result);
}

void copy_result_below_autograd(const char* op, TensorBase& self, const TensorBase& result) {
  const AutoDispatchBelowADInplaceOrView guard;
  copy_result_to_self(op, self, result);
}

void take_geometry(TensorBase& self, const TensorBase& view) {
  self.impl()->set_sizes_and_strides(view.sizes(), view.strides());
  self.impl()->set_storage_offset(view.storage_offset());
}

std::vector<TensorBase> clone_all(const std::vector<TensorBase>& views) {
  std::vector<TensorBase> copies;
  copies.reserve(views.size());
  for (const TensorBase& view : views) copies.push_back(ops::clone(view, MemoryFormat::Contiguous));
  return copies;
}

}  // namespace tiny_torch
