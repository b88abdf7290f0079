// Visits the elements of tensors in the order in which PyTorch's iterator visits them on one thread: dimensions sorted
// by stride, so that a transposed tensor is filled in the order of its memory. Random streams depend on that order.
#pragma once

#include <algorithm>
#include <array>

#include "aten/core/TensorBase.h"

namespace tiny_torch::cpu {

/// Geometry of N operands of one shape, innermost dimension first, adjacent dimensions merged. Strides in elements.
template <size_t N>
class MemoryOrder {
 public:
  /// The operands must have the sizes of the first one; earlier operands decide the order before later ones.
  explicit MemoryOrder(const std::array<const TensorBase*, N>& operands) {
    const TensorBase& first = *operands[0];
    const int64_t ndim = first.dim();
    for (int64_t dim = ndim - 1; dim >= 0; --dim) {
      std::array<int64_t, N> strides;
      for (size_t k = 0; k < N; ++k) strides[k] = operands[k]->strides()[dim];
      sizes_.push_back(first.sizes()[dim]);
      strides_.push_back(strides);
    }
    sort();
    merge();
  }

  /// Calls `run(offsets, strides, count)` for each innermost row, offsets and strides in elements per operand.
  template <class Run>
  void for_each_row(Run&& run) const {
    std::array<int64_t, N> offsets{};
    if (sizes_.empty()) {
      run(offsets, std::array<int64_t, N>{}, int64_t{1});
      return;
    }
    for (int64_t size : sizes_) {
      if (size == 0) return;
    }
    SmallVector<int64_t, 5> index;
    for (size_t i = 0; i < sizes_.size(); ++i) index.push_back(0);
    while (true) {
      run(offsets, strides_[0], sizes_[0]);
      size_t dim = 1;
      for (; dim < sizes_.size(); ++dim) {
        for (size_t k = 0; k < N; ++k) offsets[k] += strides_[dim][k];
        if (++index[dim] < sizes_[dim]) break;
        for (size_t k = 0; k < N; ++k) offsets[k] -= strides_[dim][k] * sizes_[dim];
        index[dim] = 0;
      }
      if (dim == sizes_.size()) return;
    }
  }

 private:
  /// Positive when dimension a belongs outside of b, negative when inside, 0 when the strides do not say.
  int compare(size_t a, size_t b) const {
    for (size_t k = 0; k < N; ++k) {
      const int64_t stride_a = strides_[a][k];
      const int64_t stride_b = strides_[b][k];
      if (stride_a == 0 || stride_b == 0) continue;
      if (stride_a != stride_b) return stride_a < stride_b ? -1 : 1;
      if (sizes_[a] > sizes_[b]) return 1;
    }
    return 0;
  }

  void sort() {
    for (size_t i = 1; i < sizes_.size(); ++i) {
      size_t moving = i;
      for (size_t other = i; other-- > 0;) {
        const int order = compare(other, moving);
        if (order < 0) break;
        if (order == 0) continue;
        std::swap(sizes_[other], sizes_[moving]);
        std::swap(strides_[other], strides_[moving]);
        moving = other;
      }
    }
  }

  void merge() {
    size_t kept = 0;
    for (size_t i = 1; i < sizes_.size(); ++i) {
      if (can_merge(kept, i)) {
        if (sizes_[kept] == 1) strides_[kept] = strides_[i];
        sizes_[kept] *= sizes_[i];
      } else {
        ++kept;
        sizes_[kept] = sizes_[i];
        strides_[kept] = strides_[i];
      }
    }
    if (sizes_.size() > kept + 1) {
      sizes_.resize(kept + 1);
      strides_.resize(kept + 1);
    }
  }

  bool can_merge(size_t inner, size_t outer) const {
    if (sizes_[inner] == 1 || sizes_[outer] == 1) return true;
    for (size_t k = 0; k < N; ++k) {
      if (strides_[inner][k] * sizes_[inner] != strides_[outer][k]) return false;
    }
    return true;
  }

  SmallVector<int64_t, 5> sizes_;
  SmallVector<std::array<int64_t, N>, 5> strides_;
};

}  // namespace tiny_torch::cpu
