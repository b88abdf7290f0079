// The loops of normalisation over one contiguous row, compiled per SIMD target.
#pragma once

#include <cstdint>

namespace tiny_torch::cpu {

template <class T>
struct Moments {
  T mean, square;  // square: the sum of squared deviations from the mean
};

/// Functions over rows of n contiguous T = float or double. `w` and `b` may be null.
template <class T>
struct RowFunctions {
  T (*sum)(const T* x, int64_t n);
  /// Sum of (x - mean)^2.
  T (*squares)(const T* x, int64_t n, T mean);
  Moments<T> (*moments)(const T* x, int64_t n);
  /// y = x * scale + shift
  void (*affine)(T* y, const T* x, int64_t n, T scale, T shift);
  /// y = (x - mean) * scale * w + b
  void (*normalize)(T* y, const T* x, int64_t n, T mean, T scale, const T* w, const T* b);
  /// sums[0] += sum of g * w, sums[1] += sum of g * w * (x - mean)
  void (*dots)(T* sums, const T* g, const T* x, int64_t n, T mean, const T* w);
  /// y = g * w * a + x * b + c
  void (*combine)(T* y, const T* g, const T* x, int64_t n, T a, T b, T c, const T* w);
  /// dw += g * (x - mean) * rstd, db += g; either may be null.
  void (*accumulate)(T* dw, T* db, const T* g, const T* x, int64_t n, T mean, T rstd);
  /// The same with a mean for each element: squares += (x - mean)^2; s1 += g, s2 += g * (x - mean); y = g * a + x * b + c.
  void (*column_squares)(T* squares, const T* x, const T* mean, int64_t n);
  void (*column_dots)(T* s1, T* s2, const T* g, const T* x, const T* mean, int64_t n);
  void (*column_combine)(T* y, const T* g, const T* x, const T* a, const T* b, const T* c, int64_t n);
};

template <class T>
const RowFunctions<T>& row_functions();

}  // namespace tiny_torch::cpu
