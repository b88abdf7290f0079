// Small words of the gradients of linear algebra; matrices are the last two dims.
#pragma once

#include "autograd/formulas.h"
#include "generated/ops/diagonal.h"
#include "generated/ops/matmul.h"
#include "generated/ops/triangle.h"

namespace tiny_torch::autodiff {

inline TensorBase adjoint(const TensorBase& t) { return ops::conj(ops::transpose(t, -2, -1)); }
inline TensorBase as_row(const TensorBase& t) { return ops::unsqueeze(t, -2); }
inline TensorBase as_column(const TensorBase& t) { return ops::unsqueeze(t, -1); }
inline TensorBase diagonal_of(const TensorBase& t) { return ops::diagonal(t, 0, -2, -1); }
inline TensorBase hermitian_sum(const TensorBase& t) { return t + adjoint(t); }
inline TensorBase hermitian_difference(const TensorBase& t) { return t - adjoint(t); }
/// Adds where both are there.
inline TensorBase plus(const TensorBase& a, const TensorBase& b) {
  if (!a.defined()) return b;
  return b.defined() ? a + b : a;
}

}  // namespace tiny_torch::autodiff
