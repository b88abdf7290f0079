// The inner loops of grid sampling, compiled per SIMD target.
#pragma once

#include <cstdint>

#include "aten/native/grid_sampler.h"

namespace tiny_torch::cpu {

/// One call; all memory is contiguous. `size` and `stride` are those of a plane, along x, y and z.
template <class T>
struct GridJob {
  const T *input, *grid, *grad_output;
  T *out, *grad_input, *grad_grid;
  int64_t channels, plane, positions;
  int dims;
  int64_t size[3], stride[3];
  native::GridMode mode;
};

/// Both work on the positions [begin, end) of sample n.
template <class T>
struct GridRows {
  void (*forward)(const GridJob<T>& job, int64_t n, int64_t begin, int64_t end);
  void (*backward)(const GridJob<T>& job, int64_t n, int64_t begin, int64_t end);
};

template <class T>
const GridRows<T>& grid_rows();

}  // namespace tiny_torch::cpu
