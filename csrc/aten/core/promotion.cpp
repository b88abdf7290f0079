#include "aten/core/promotion.h"

#include <algorithm>

namespace tiny_torch {

namespace {
ScalarType promote_skip_undefined(ScalarType a, ScalarType b) {
  if (a == ScalarType::Undefined) return b;
  if (b == ScalarType::Undefined) return a;
  return promote_types(a, b);
}
int category(ScalarType t) { return is_complex_type(t) ? 3 : is_floating_point(t) ? 2 : t == kBool ? 0 : 1; }
// A lower-priority operand changes the type only if it is of a higher category.
ScalarType combine_categories(ScalarType higher, ScalarType lower) {
  if (higher == ScalarType::Undefined) return lower;
  if (lower == ScalarType::Undefined || category(lower) <= category(higher)) return higher;
  if (is_complex_type(lower) && is_floating_point(higher)) return to_complex(higher == kBFloat16 ? kFloat : higher);
  return promote_types(higher, lower);
}
}  // namespace

void ResultType::add(const TensorBase& t) {
  ScalarType current = t.scalar_type();
  if (t.impl()->is_wrapped_number()) {
    if (is_complex_type(current)) {
      current = default_complex_dtype();
    } else if (::tiny_torch::is_floating_point(current)) {
      current = default_dtype();
    }
    wrapped_ = promote_skip_undefined(wrapped_, current);
  } else if (t.dim() > 0) {
    dim_ = promote_skip_undefined(dim_, current);
  } else {
    zero_dim_ = promote_skip_undefined(zero_dim_, current);
  }
}

void ResultType::add(const Scalar& s) {
  const ScalarType t = s.is_complex() ? default_complex_dtype() : s.is_floating_point() ? default_dtype() : s.type();
  wrapped_ = promote_skip_undefined(wrapped_, t);
}

ScalarType ResultType::get() const { return combine_categories(dim_, combine_categories(zero_dim_, wrapped_)); }

ScalarType result_type(TensorList tensors) {
  ResultType r;
  for (const TensorBase& t : tensors) r.add(t);
  return r.get();
}
ScalarType result_type(const TensorBase& a, const TensorBase& b) {
  ResultType r;
  r.add(a);
  r.add(b);
  return r.get();
}
ScalarType result_type(const TensorBase& a, const Scalar& b) {
  ResultType r;
  r.add(a);
  r.add(b);
  return r.get();
}

DimVector infer_broadcast_size(IntArrayRef a, IntArrayRef b) {
  const size_t rank = std::max(a.size(), b.size());
  DimVector result(rank);
  for (size_t i = 0; i < rank; ++i) {
    const size_t d = rank - 1 - i;
    const int64_t size_a = i < a.size() ? a[a.size() - 1 - i] : 1;
    const int64_t size_b = i < b.size() ? b[b.size() - 1 - i] : 1;
    TORCH_CHECK(size_a == size_b || size_a == 1 || size_b == 1, "The size of tensor a (", size_a,
                ") must match the size of tensor b (", size_b, ") at non-singleton dimension ", d);
    result[d] = size_a == 1 ? size_b : size_a;
  }
  return result;
}

bool is_expandable_to(IntArrayRef shape, IntArrayRef desired) {
  if (shape.size() > desired.size()) return false;
  for (size_t i = 0; i < shape.size(); ++i) {
    const int64_t size = shape[shape.size() - 1 - i];
    if (size != desired[desired.size() - 1 - i] && size != 1) return false;
  }
  return true;
}

DimVector broadcast_strides(const TensorBase& t, IntArrayRef sizes) {
  DimVector strides(sizes.size(), 0);
  const size_t offset = sizes.size() - static_cast<size_t>(t.dim());
  for (size_t i = offset; i < sizes.size(); ++i) {
    const int64_t size = t.sizes()[i - offset];
    if (size != 1 || sizes[i] == 1) strides[i] = size == 1 ? 0 : t.strides()[i - offset];
  }
  return strides;
}

void check_can_cast(ScalarType from, ScalarType to) {
  TORCH_CHECK(can_cast(from, to), "result type ", to_string(from), " can't be cast to the desired output type ",
              to_string(to));
}

Device common_device(const char* op, const TensorBase* const* tensors, size_t n) {
  Device device = tensors[0]->device();
  bool fixed = tensors[0]->dim() > 0 || !device.is_cpu();
  for (size_t i = 1; i < n; ++i) {
    const TensorBase& t = *tensors[i];
    if (!t.defined() || t.device() == device) {
      fixed = fixed || (t.defined() && t.dim() > 0);
      continue;
    }
    if (t.dim() == 0 && t.is_cpu()) continue;
    TORCH_CHECK(!fixed || (device.is_cpu() && tensors[0]->dim() == 0 && i == 1), op,
                ": Expected all tensors to be on the same device, but found at least two devices, ", device, " and ",
                t.device(), "!");
    device = t.device();
    fixed = true;
  }
  return device;
}

void check_no_internal_overlap(const TensorBase& t) {
  for (int64_t d = 0; d < t.dim(); ++d) {
    TORCH_CHECK(
        t.sizes()[static_cast<size_t>(d)] <= 1 || t.strides()[static_cast<size_t>(d)] != 0 || t.numel() == 0,
        "unsupported operation: more than one element of the written-to tensor refers to a single memory location. "
        "Please clone() the tensor before performing the operation.");
  }
}

namespace {
struct Range {
  const char *begin, *end;
};
Range memory_range(const TensorBase& t) {
  const auto* begin = static_cast<const char*>(t.const_data_ptr());
  int64_t last = 0;
  for (int64_t d = 0; d < t.dim(); ++d)
    last += (t.sizes()[static_cast<size_t>(d)] - 1) * t.strides()[static_cast<size_t>(d)];
  return {begin, begin + (last + 1) * t.element_size()};
}
}  // namespace

bool may_share_memory(const TensorBase& a, const TensorBase& b) {
  if (!a.storage() || a.storage() != b.storage() || a.numel() == 0 || b.numel() == 0 || a.is_meta()) return false;
  const Range ra = memory_range(a), rb = memory_range(b);
  return ra.begin < rb.end && rb.begin < ra.end;
}

namespace {
bool is_same_memory(const TensorBase& a, const TensorBase& b) {
  return a.const_data_ptr() == b.const_data_ptr() && a.sizes() == b.sizes() && a.strides() == b.strides();
}

constexpr const char* kOverlap =
    "unsupported operation: some elements of the input tensor and the written-to tensor refer to a single memory "
    "location. Please clone() the tensor before performing the operation.";

/// Tensors with gaps may interleave without sharing an element; only dense ones are certain to collide.
void check_dense_overlap(const TensorBase& out, const TensorBase& input) {
  TORCH_CHECK(!out.is_non_overlapping_and_dense() || !input.is_non_overlapping_and_dense(), kOverlap);
}
}  // namespace

void check_no_partial_overlap(const TensorBase& out, const TensorBase& input) {
  if (out.is_same(input) || !may_share_memory(out, input) || is_same_memory(out, input)) return;
  check_dense_overlap(out, input);
}

void check_no_overlap(const TensorBase& out, const TensorBase& input) {
  TORCH_CHECK(!out.is_same(input), kOverlap);
  if (may_share_memory(out, input)) check_dense_overlap(out, input);
}

}  // namespace tiny_torch
