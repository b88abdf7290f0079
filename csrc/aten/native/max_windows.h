// Maxima over windows whose places are listed.
#pragma once

#include <array>
#include <vector>

#include "aten/core/TensorBase.h"
#include "aten/core/stub.h"

namespace tiny_torch::native {

/// [begin, end) of each output along D, H and W; with `per_plane`, one such list after the other for each (n, c).
struct WindowTable {
  std::array<std::vector<int64_t>, 3> begin, end;
  bool per_plane = false;
};

/// Tensors are (N, C, D, H, W) with any strides and not empty; `indices` are flat positions in the plane. nan wins.
DECLARE_STUB(max_windows_stub, void(const TensorBase& out, const TensorBase& indices, const TensorBase& self,
                                    const WindowTable& windows));
/// The samples (N, C, dims) as doubles, in order.
DECLARE_STUB(read_samples_stub, void(const TensorBase& samples, std::vector<double>& values));

std::tuple<TensorBase, TensorBase> adaptive_max_pool(const char* op, int64_t dims, const TensorBase& self,
                                                     IntArrayRef output_size);
std::tuple<TensorBase, TensorBase> fractional_max_pool(const char* op, int64_t dims, const TensorBase& self,
                                                       IntArrayRef kernel_size, IntArrayRef output_size,
                                                       const TensorBase& random_samples);
TensorBase fractional_max_pool_backward(int64_t dims, const TensorBase& grad_output, const TensorBase& self,
                                        IntArrayRef kernel_size, IntArrayRef output_size, const TensorBase& indices);

}  // namespace tiny_torch::native
