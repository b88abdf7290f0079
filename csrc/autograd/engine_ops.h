// The tensor operations that autograd itself needs.
#pragma once

#include "aten/core/TensorBase.h"

namespace tiny_torch::autodiff {

/// Entry points into the operators; recorded like any other call when grad mode is on.
struct EngineOps {
  TensorBase (*add)(const TensorBase& self, const TensorBase& other);
  void (*add_)(TensorBase& self, const TensorBase& other);
  TensorBase (*sum_to_size)(const TensorBase& self, IntArrayRef sizes);
  TensorBase (*to_dtype)(const TensorBase& self, ScalarType dtype);
  TensorBase (*real)(const TensorBase& self);
  TensorBase (*clone)(const TensorBase& self);
  void (*copy_)(TensorBase& self, const TensorBase& source);
  void (*zero_)(TensorBase& self);
  TensorBase (*zeros)(IntArrayRef sizes, ScalarType dtype, Device device);
  TensorBase (*ones)(IntArrayRef sizes, ScalarType dtype, Device device);
  TensorBase (*as_strided)(const TensorBase& self, IntArrayRef sizes, IntArrayRef strides, int64_t storage_offset);
  TensorBase (*sum_dims)(const TensorBase& self, IntArrayRef dims, bool keepdim);
  /// total / max(owners, 1)
  TensorBase (*share)(const TensorBase& total, const TensorBase& owners);
  bool (*has_nan)(const TensorBase& self);
};

TORCH_API EngineOps& engine_ops();

}  // namespace tiny_torch::autodiff
