// Shapes and dtypes of results: broadcasting and type promotion.
#pragma once

#include "aten/core/TensorBase.h"

namespace tiny_torch {

/// Accumulates operands; PyTorch's three categories: tensors with dims, 0-d tensors, wrapped numbers.
class TORCH_API ResultType {
 public:
  void add(const TensorBase& t);
  void add(const Scalar& s);
  /// Undefined when nothing was added.
  ScalarType get() const;

 private:
  ScalarType dim_ = ScalarType::Undefined;
  ScalarType zero_dim_ = ScalarType::Undefined;
  ScalarType wrapped_ = ScalarType::Undefined;
};

TORCH_API ScalarType result_type(TensorList tensors);
TORCH_API ScalarType result_type(const TensorBase& a, const TensorBase& b);
TORCH_API ScalarType result_type(const TensorBase& a, const Scalar& b);

/// The shape both broadcast to. RuntimeError naming the sizes and the dimension that do not fit.
TORCH_API DimVector infer_broadcast_size(IntArrayRef a, IntArrayRef b);
TORCH_API bool is_expandable_to(IntArrayRef shape, IntArrayRef desired);
/// Strides of `t` seen as `sizes`, zero where it is broadcast; the shapes must fit.
TORCH_API DimVector broadcast_strides(const TensorBase& t, IntArrayRef sizes);

/// RuntimeError unless a result of dtype `from` may be stored as `to`.
TORCH_API void check_can_cast(ScalarType from, ScalarType to);
/// RuntimeError naming both devices unless all are on one; 0-d CPU tensors go with any device. Returns the device.
TORCH_API Device common_device(const char* op, const TensorBase* const* tensors, size_t n);
/// RuntimeError when writing `t` would write a location twice (expanded tensors).
TORCH_API void check_no_internal_overlap(const TensorBase& t);
/// RuntimeError when `out` shares only part of its memory with `input`.
TORCH_API void check_no_partial_overlap(const TensorBase& out, const TensorBase& input);
/// RuntimeError when both certainly share memory, all of it or a part.
TORCH_API void check_no_overlap(const TensorBase& out, const TensorBase& input);
/// Whether both share any byte.
TORCH_API bool may_share_memory(const TensorBase& a, const TensorBase& b);

}  // namespace tiny_torch
