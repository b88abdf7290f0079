// Row functions of the reductions, for the driver in reduce_driver.cpp.
#pragma once

#include "aten/core/Pointwise.h"
#include "aten/native/reduce_stub.h"

namespace tiny_torch::simd {
/// `count` rows of n values to one each, and n values combined into n accumulators, in one compute type.
struct ReduceFns {
  void (*rows)(const void* x, int64_t n, int64_t count, void* results) = nullptr;
  void (*accumulate)(void* acc, const void* x, int64_t n) = nullptr;
};
/// Null functions where a reduction has no meaning for the type.
const ReduceFns& reduce_fns(native::ReduceKind kind, ComputeType type);
}  // namespace tiny_torch::simd
