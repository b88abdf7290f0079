// Pointwise operators: one front for all of them (dtypes, broadcasting, output, overlap) over generated block functions.
//
// Contract: a PointwiseOp is a constant the generator defines from an entry's expression. Its block functions work on
// contiguous blocks of one compute type; the device's driver (pointwise_stub) brings operands of any dtype and stride
// into that form. Half types compute as float, integers and bool as int64.
// Example: `const TensorBase* inputs[] = {&a, &b}; pointwise_new(pointwise_ops::add_Tensor, inputs, scalars);`
#pragma once

#include "aten/core/TensorBase.h"
#include "aten/core/stub.h"

namespace tiny_torch {

enum class ComputeType : int8_t { F32, F64, I64, C64, C128 };
inline constexpr int kNumComputeTypes = 5;
constexpr ComputeType compute_type(ScalarType t) {
  return t == kDouble           ? ComputeType::F64
         : t == kComplexDouble  ? ComputeType::C128
         : is_complex_type(t)   ? ComputeType::C64
         : is_floating_point(t) ? ComputeType::F32
                                : ComputeType::I64;
}
constexpr ScalarType to_scalar_type(ComputeType t) {
  constexpr ScalarType kTypes[] = {kFloat, kDouble, kLong, kComplexFloat, kComplexDouble};
  return kTypes[static_cast<int>(t)];
}

/// out[i] = f(in[0][i], in[1][i], ..., scalars[0], ...), all of one compute type, all contiguous.
using BlockFn = void (*)(void* out, const void* const* in, int64_t n, const void* scalars);

struct PointwiseBlocks {
  BlockFn fn[kNumComputeTypes] = {};
  bool writes_bool = false;  // the expression is a mask: `out` holds bool whatever the compute type
};

enum class PointwiseRule : uint8_t {
  Promote,       // the promoted dtype of the inputs
  FloatPromote,  // likewise, integers become the default floating dtype
  Compare,       // bool; computed in the promoted dtype
  First,         // the dtype of the first input
};

inline constexpr int kMaxPointwiseInputs = 6;
inline constexpr int kMaxPointwiseScalars = 4;

struct PointwiseOp {
  const char* name;
  const char* error_name;
  int8_t num_inputs;
  int8_t num_scalars;
  PointwiseRule rule;
  uint8_t promote_mask;  // inputs that take part in promotion
  PointwiseBlocks blocks = {};
};

/// A new tensor with the result.
TORCH_API TensorBase pointwise_new(const PointwiseOp& op, const TensorBase* const* inputs,
                                   const Scalar* scalars = nullptr);
/// Writes the result to `self`, whose shape must be the broadcast shape.
TORCH_API void pointwise_inplace(const PointwiseOp& op, const TensorBase& self, const TensorBase* const* inputs,
                                 const Scalar* scalars = nullptr);
/// Writes the result to `out`, resized if need be.
TORCH_API void pointwise_out(const PointwiseOp& op, const TensorBase& out, const TensorBase* const* inputs,
                             const Scalar* scalars = nullptr);

/// What a driver gets: shapes are those of `out` or broadcast to it; scalars are values of the compute type.
struct PointwiseCall {
  const PointwiseOp* op;
  const TensorBase* out;
  const TensorBase* const* inputs;
  const void* scalars;
  ComputeType type;
};
DECLARE_STUB(pointwise_stub, void(const PointwiseCall& call));

}  // namespace tiny_torch
