// LoopPlan: the order in which a kernel walks an output and its inputs, whatever their shapes and strides.
//
// Contract: built from tensors already known to broadcast to the first (the output). Dimensions of size 1 are dropped,
// the rest sorted so that the output's smallest strides are innermost, and neighbours merged where every operand allows
// it, so that contiguous and equally permuted operands become one dimension. Dimension 0 is the innermost; strides are
// in bytes, 0 where an operand is broadcast. Nothing is allocated.
// Example: `LoopPlan plan(tensors, 2); plan.for_rows(begin, end, [&](char* const* p, int64_t n) {...});`
#pragma once

#include "aten/core/TensorBase.h"

namespace tiny_torch::cpu {

class LoopPlan {
 public:
  static constexpr int kMaxDims = 64;
  static constexpr int kMaxOperands = 7;

  /// operands[0] is the output and gives the shape. RuntimeError for more than 64 dimensions.
  LoopPlan(const TensorBase* const* operands, int count);

  int num_operands() const { return count_; }
  int ndim() const { return ndim_; }
  int64_t numel() const { return numel_; }
  int64_t size(int dim) const { return sizes_[dim]; }
  int64_t stride(int operand, int dim) const { return strides_[operand][dim]; }
  char* data(int operand) const { return data_[operand]; }
  /// Whether the operand's elements, in loop order, are one dense run.
  bool is_linear(int operand, int64_t itemsize) const;
  /// Whether the operand is one element for the whole loop.
  bool is_constant(int operand) const;

  /// Whether the operand's innermost dimension repeats unchanged over all others.
  bool has_same_rows(int operand) const;

  /// A position in the loop: index and address of every operand.
  struct Cursor {
    int64_t index[kMaxDims];
    char* p[kMaxOperands];
  };
  void seek(Cursor& cursor, int64_t position) const;
  /// Moves by n elements of the innermost row, which must not pass the row's end.
  void advance(Cursor& cursor, int64_t n) const {
    for (int k = 0; k < count_; ++k) cursor.p[k] += n * strides_[k][0];
    cursor.index[0] += n;
    if (cursor.index[0] == sizes_[0]) carry(cursor);
  }
  /// The same by whole rows, from the start of one, within dimension 1.
  void advance_rows(Cursor& cursor, int64_t n) const {
    for (int k = 0; k < count_; ++k) cursor.p[k] += n * strides_[k][1];
    cursor.index[1] += n;
    carry(cursor);
  }

  /// f(addresses, n) for every piece of a row in [begin, end) of the linear order.
  template <class F>
  void for_rows(int64_t begin, int64_t end, const F& f) const {
    Cursor cursor;
    seek(cursor, begin);
    while (begin < end) {
      const int64_t left = sizes_[0] - cursor.index[0];
      const int64_t n = left < end - begin ? left : end - begin;
      f(cursor.p, n);
      begin += n;
      if (begin < end) advance(cursor, n);
    }
  }

 private:
  void sort_dims();
  void merge_dims();
  void swap_dims(int a, int b);
  int compare(int inner, int outer) const;
  void carry(Cursor& cursor) const;

  int count_;
  int ndim_ = 0;
  int64_t numel_ = 1;
  char* data_[kMaxOperands];
  int64_t sizes_[kMaxDims];
  int64_t strides_[kMaxOperands][kMaxDims];
};

}  // namespace tiny_torch::cpu
