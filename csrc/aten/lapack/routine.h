// Calls of Fortran's LAPACK routines by name and element type.
//
// Example: `const Routine<double> getrf("getrf"); getrf(&m, &n, a, &lda, pivots, &info);` A routine with character
// arguments takes their lengths at the end, as values: `potrf("L", &n, a, &n, &info, kLength)`.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "aten/core/TensorBase.h"
#include "aten/core/stub.h"
#include "aten/lapack/library.h"
#include "c10/parallel.h"

namespace tiny_torch::lapack {

inline constexpr size_t kLength = 1;

template <class T>
struct Traits {
  using Real = T;
  static constexpr bool kComplex = false;
};
template <class T>
struct Traits<complex<T>> {
  using Real = T;
  static constexpr bool kComplex = true;
};
template <class T>
using real_t = typename Traits<T>::Real;

template <class T>
constexpr char letter() {
  constexpr bool kSingle = sizeof(real_t<T>) == 4;
  return Traits<T>::kComplex ? (kSingle ? 'c' : 'z') : (kSingle ? 's' : 'd');
}

template <class T>
class Routine {
 public:
  explicit Routine(const char* name) : address_(symbol(std::string(1, letter<T>()) + name)) {}
  /// For routines whose complex forms have another name: ("orgqr", "ungqr").
  Routine(const char* real_name, const char* complex_name) : Routine(Traits<T>::kComplex ? complex_name : real_name) {}
  template <class... A>
  void operator()(A... args) const {
    reinterpret_cast<void (*)(A...)>(address_)(args...);
  }

 private:
  void* address_;
};

/// Calls f with a value of the C++ type; the fronts let nothing else through.
template <class F>
void dispatch(ScalarType dtype, const char* name, F&& f) {
  switch (dtype) {
    case kFloat:
      return f(float());
    case kDouble:
      return f(double());
    case kComplexFloat:
      return f(complex<float>());
    case kComplexDouble:
      return f(complex<double>());
    default:
      TORCH_CHECK_NOT_IMPLEMENTED(false, "\"", name, "\" not implemented for '", to_string(dtype), "'");
  }
}

/// LAPACK counts in 32 bits. RuntimeError beyond.
int checked_int(int64_t n);

/// A batch (..., columns, rows) of column-major matrices.
template <class T>
struct Matrices {
  T* data;
  int rows, columns, lead;
  int64_t size;  // of one matrix
  T* operator[](int64_t b) const { return data + b * size; }
};
template <class T>
Matrices<T> matrices(const TensorBase& t) {
  const int rows = checked_int(t.size(-1)), columns = checked_int(t.size(-2));
  return {t.mutable_data_ptr<T>(), rows, columns, std::max(1, rows), t.size(-1) * t.size(-2)};
}
template <class T>
Matrices<const T> const_matrices(const TensorBase& t) {
  const int rows = checked_int(t.size(-1)), columns = checked_int(t.size(-2));
  return {t.const_data_ptr<T>(), rows, columns, std::max(1, rows), t.size(-1) * t.size(-2)};
}
/// Matrices of a batch of `matrix_dims` trailing dims.
int64_t batch_count(const TensorBase& t, int64_t matrix_dims = 2);

/// f(begin, end) over a batch, among threads when one matrix is worth `cost` operations.
template <class F>
void for_batch(int64_t batch, double cost, const F& f) {
  const double grain = 1e5 / std::max(1.0, cost);
  parallel_for(0, batch, std::max<int64_t>(1, static_cast<int64_t>(grain)), f);
}

/// The size a routine asked for in the first element of its work space.
template <class T>
int asked_size(T answer) {
  if constexpr (Traits<T>::kComplex) {
    return std::max(1, static_cast<int>(answer.real()));
  } else {
    return std::max(1, static_cast<int>(answer));
  }
}

}  // namespace tiny_torch::lapack
