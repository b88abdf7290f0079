#include "aten/native/view_util.h"

#include <algorithm>

namespace tiny_torch::native {

DimVector infer_size(IntArrayRef shape, int64_t numel) {
  DimVector result(shape);
  int64_t known = 1;
  std::optional<size_t> unknown;
  for (size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] == -1) {
      TORCH_CHECK(!unknown.has_value(), "only one dimension can be inferred");
      unknown = i;
    } else {
      TORCH_CHECK(shape[i] >= 0, "invalid shape dimension ", shape[i]);
      TORCH_CHECK(!__builtin_mul_overflow(known, shape[i], &known), "shape '", shape, "' is invalid for input of size ",
                  numel);
    }
  }
  const bool fits = known == numel || (unknown.has_value() && known > 0 && numel % known == 0);
  TORCH_CHECK(fits, "shape '", shape, "' is invalid for input of size ", numel);
  if (unknown.has_value()) {
    TORCH_CHECK(known != 0, "cannot reshape tensor of 0 elements into shape ", shape,
                " because the unspecified dimension size -1 can be any value and is ambiguous");
    result[*unknown] = numel / known;
  }
  return result;
}

std::optional<DimVector> compute_view_strides(IntArrayRef old_sizes, IntArrayRef old_strides, IntArrayRef new_sizes,
                                              int64_t numel) {
  if (numel == 0) {
    if (old_sizes == new_sizes) return DimVector(old_strides);
    return contiguous_strides(new_sizes);
  }
  DimVector strides(new_sizes.size(), 1);
  if (old_sizes.empty()) return strides;
  // Runs of old dims that are contiguous among themselves are matched against runs of new dims, from the back.
  int64_t view_d = static_cast<int64_t>(new_sizes.size()) - 1;
  int64_t chunk_stride = old_strides.back();
  int64_t tensor_numel = 1, view_numel = 1;
  for (int64_t d = static_cast<int64_t>(old_sizes.size()) - 1; d >= 0; --d) {
    const auto i = static_cast<size_t>(d);
    tensor_numel *= old_sizes[i];
    const bool ends_chunk = d == 0 || (old_sizes[i - 1] != 1 && old_strides[i - 1] != tensor_numel * chunk_stride);
    if (!ends_chunk) continue;
    while (view_d >= 0 && (view_numel < tensor_numel || new_sizes[static_cast<size_t>(view_d)] == 1)) {
      strides[static_cast<size_t>(view_d)] = view_numel * chunk_stride;
      view_numel *= new_sizes[static_cast<size_t>(view_d)];
      --view_d;
    }
    if (view_numel != tensor_numel) return std::nullopt;
    if (d > 0) {
      chunk_stride = old_strides[i - 1];
      tensor_numel = view_numel = 1;
    }
  }
  if (view_d != -1) return std::nullopt;
  return strides;
}

SliceRange clamp_slice(std::optional<int64_t> start, std::optional<int64_t> end, int64_t size) {
  int64_t begin = start.value_or(0), stop = end.value_or(size);
  if (begin < 0) begin += size;
  if (stop < 0) stop += size;
  begin = std::clamp<int64_t>(begin, 0, size);
  stop = std::clamp<int64_t>(stop, begin, size);
  return {begin, stop};
}

}  // namespace tiny_torch::native
