#include "aten/cpu/loop_plan.h"

#include <utility>

namespace tiny_torch::cpu {

LoopPlan::LoopPlan(const TensorBase* const* operands, int count) : count_(count) {
  const TensorBase& out = *operands[0];
  const int64_t rank = out.dim();
  TORCH_CHECK(rank <= kMaxDims, "expected a tensor of at most ", kMaxDims, " dimensions, got ", rank);
  TORCH_INTERNAL_ASSERT(count <= kMaxOperands, "too many operands: ", count);
  for (int k = 0; k < count; ++k) {
    data_[k] = static_cast<char*>(k == 0 ? out.mutable_data_ptr() : const_cast<void*>(operands[k]->const_data_ptr()));
  }
  for (int64_t d = rank - 1; d >= 0; --d) {
    const int64_t size = out.sizes()[static_cast<size_t>(d)];
    if (size == 1) continue;
    numel_ *= size;
    sizes_[ndim_] = size;
    for (int k = 0; k < count; ++k) {
      const TensorBase& t = *operands[k];
      const int64_t own = d - (rank - t.dim());
      const bool broadcast = own < 0 || t.sizes()[static_cast<size_t>(own)] == 1;
      strides_[k][ndim_] = broadcast ? 0 : t.strides()[static_cast<size_t>(own)] * t.element_size();
    }
    ++ndim_;
  }
  if (ndim_ > 1) {
    sort_dims();
    merge_dims();
  }
  if (ndim_ == 0) {
    ndim_ = 1;
    sizes_[0] = 1;
    for (int k = 0; k < count; ++k) strides_[k][0] = 0;
  }
}

// Positive if `inner` should be outside `outer`; the first operand with an opinion decides.
int LoopPlan::compare(int inner, int outer) const {
  for (int k = 0; k < count_; ++k) {
    const int64_t a = strides_[k][inner], b = strides_[k][outer];
    if (a == 0 || b == 0) continue;
    if (a != b) return a < b ? -1 : 1;
    if (sizes_[inner] > sizes_[outer]) return 1;
  }
  return 0;
}

void LoopPlan::swap_dims(int a, int b) {
  std::swap(sizes_[a], sizes_[b]);
  for (int k = 0; k < count_; ++k) std::swap(strides_[k][a], strides_[k][b]);
}

// Insertion sort that steps over pairs without an order, as both orders of those are equally good.
void LoopPlan::sort_dims() {
  for (int i = 1; i < ndim_; ++i) {
    int moving = i;
    for (int j = i - 1; j >= 0; --j) {
      const int order = compare(j, moving);
      if (order < 0) break;
      if (order == 0) continue;
      swap_dims(j, moving);
      moving = j;
    }
  }
}

void LoopPlan::merge_dims() {
  int last = 0;
  for (int d = 1; d < ndim_; ++d) {
    bool dense = true;
    for (int k = 0; k < count_; ++k) dense = dense && strides_[k][d] == strides_[k][last] * sizes_[last];
    if (dense) {
      sizes_[last] *= sizes_[d];
      continue;
    }
    if (++last != d) swap_dims(last, d);
  }
  ndim_ = last + 1;
}

bool LoopPlan::is_linear(int operand, int64_t itemsize) const {
  int64_t expected = itemsize;
  for (int d = 0; d < ndim_; ++d) {
    if (strides_[operand][d] != expected && sizes_[d] != 1) return false;
    expected *= sizes_[d];
  }
  return true;
}

bool LoopPlan::is_constant(int operand) const { return strides_[operand][0] == 0 && has_same_rows(operand); }

bool LoopPlan::has_same_rows(int operand) const {
  for (int d = 1; d < ndim_; ++d) {
    if (strides_[operand][d] != 0) return false;
  }
  return true;
}

void LoopPlan::seek(Cursor& cursor, int64_t position) const {
  for (int k = 0; k < count_; ++k) cursor.p[k] = data_[k];
  for (int d = 0; d < ndim_; ++d) {
    const int64_t index = ndim_ == 1 ? position : position % sizes_[d];
    if (ndim_ != 1) position /= sizes_[d];
    cursor.index[d] = index;
    for (int k = 0; k < count_; ++k) cursor.p[k] += index * strides_[k][d];
  }
}

void LoopPlan::carry(Cursor& cursor) const {
  for (int d = 0; d + 1 < ndim_; ++d) {
    if (cursor.index[d] != sizes_[d]) continue;
    cursor.index[d] = 0;
    ++cursor.index[d + 1];
    for (int k = 0; k < count_; ++k) cursor.p[k] += strides_[k][d + 1] - sizes_[d] * strides_[k][d];
  }
}

}  // namespace tiny_torch::cpu
