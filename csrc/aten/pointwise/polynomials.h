// Words of aten/ops/polynomials.yaml beside those of vocabulary.h, for plain scalars: orthogonal polynomials p_n(x).
//   chebyshev_t u v w   shifted_chebyshev_t u v w (of 2x - 1)   hermite_h hermite_he laguerre legendre
// The degree comes as a number of the type of x and loses its fraction; negative degrees give 0. Values are those of the
// three-term recurrences in that type (nan once they overflow), between the ends those of the trigonometric forms.
// Source of the formulas: Abramowitz and Stegun, chapter 22.
#pragma once

#include "aten/pointwise/vocabulary.h"

namespace tiny_torch::pointwise {

namespace polynomials {

/// The degree as an integer, or -1 where it is negative, nan or beyond int64.
template <class T>
POINTWISE_FN int64_t degree(T n) {
  return n > T(-1) && n < T(9.2e18) ? static_cast<int64_t>(n) : -1;
}

/// Value number n of the sequence p, q, step(2, q, p), ...; a nan stays.
template <class T, class Step>
POINTWISE_FN T recurrence(int64_t n, T p, T q, Step step) {
  if (n <= 0) return n < 0 ? T(0) : p;
  for (int64_t k = 2; k <= n && q == q; ++k) {
    const T next = step(static_cast<T>(k), q, p);
    p = q;
    q = next;
  }
  return q;
}

/// What the four kinds have in common; `first` is their value of degree 1.
template <class T>
POINTWISE_FN T chebyshev(T x, int64_t n, T first) {
  return recurrence(n, T(1), first, [x](T, T q, T p) { return (x + x) * q - p; });
}
/// Up to this degree the recurrence is as good as the trigonometric form, and faster.
constexpr int64_t kShort = 8;
POINTWISE_FN double alternating(int64_t n) { return n % 2 == 0 ? 1 : -1; }
POINTWISE_FN bool is_inside(double x, int64_t n) { return n > kShort && std::fabs(x) < 1; }

template <class T>
POINTWISE_FN T chebyshev_t(T x, T order) {
  const int64_t n = degree(order);
  if (n >= 0 && std::fabs(x) == T(1)) return static_cast<T>(x > 0 ? 1 : alternating(n));
  if (is_inside(x, n)) return static_cast<T>(std::cos(static_cast<double>(n) * std::acos(static_cast<double>(x))));
  return chebyshev(x, n, x);
}

template <class T>
POINTWISE_FN T chebyshev_u(T x, T order) {
  const int64_t n = degree(order);
  const auto count = static_cast<double>(n) + 1;
  if (n >= 0 && std::fabs(x) == T(1)) return static_cast<T>(x > 0 ? count : alternating(n) * count);
  if (is_inside(x, n)) {
    const double angle = std::acos(static_cast<double>(x));
    return static_cast<T>(std::sin(count * angle) / std::sin(angle));
  }
  return chebyshev(x, n, x + x);
}

template <class T>
POINTWISE_FN T chebyshev_v(T x, T order) {
  const int64_t n = degree(order);
  const auto half = static_cast<double>(n) + 0.5;
  if (n >= 0 && std::fabs(x) == T(1)) return static_cast<T>(x > 0 ? 1 : alternating(n) * 2 * half);
  if (is_inside(x, n)) {
    const double angle = std::acos(static_cast<double>(x));
    return static_cast<T>(std::cos(half * angle) / std::cos(angle / 2));
  }
  return chebyshev(x, n, x + x - T(1));
}

template <class T>
POINTWISE_FN T chebyshev_w(T x, T order) {
  const int64_t n = degree(order);
  const auto half = static_cast<double>(n) + 0.5;
  if (n >= 0 && std::fabs(x) == T(1)) return static_cast<T>(x > 0 ? 2 * half : alternating(n));
  if (is_inside(x, n)) {
    const double angle = std::acos(static_cast<double>(x));
    return static_cast<T>(std::sin(half * angle) / std::sin(angle / 2));
  }
  return chebyshev(x, n, x + x + T(1));
}

template <class T>
POINTWISE_FN T shifted_chebyshev_t(T x, T n) {
  return chebyshev_t(x + x - T(1), n);
}
template <class T>
POINTWISE_FN T shifted_chebyshev_u(T x, T n) {
  return chebyshev_u(x + x - T(1), n);
}
template <class T>
POINTWISE_FN T shifted_chebyshev_v(T x, T n) {
  return chebyshev_v(x + x - T(1), n);
}
template <class T>
POINTWISE_FN T shifted_chebyshev_w(T x, T n) {
  return chebyshev_w(x + x - T(1), n);
}

/// Beyond it every value overflows.
template <class T>
constexpr int64_t kLargestHermite = sizeof(T) == 4 ? 128 : 512;

/// Of the physicists, for the weight exp(-x^2).
template <class T>
POINTWISE_FN T hermite_h(T x, T order) {
  const int64_t n = degree(order);
  if (n > kLargestHermite<T>) return std::numeric_limits<T>::quiet_NaN();
  return recurrence(n, T(1), x + x, [x](T k, T q, T p) { return (x + x) * q - (k + k - T(2)) * p; });
}
/// Of the statisticians, for the weight exp(-x^2 / 2).
template <class T>
POINTWISE_FN T hermite_he(T x, T order) {
  const int64_t n = degree(order);
  if (n > kLargestHermite<T>) return std::numeric_limits<T>::quiet_NaN();
  return recurrence(n, T(1), x, [x](T k, T q, T p) { return x * q - (k - T(1)) * p; });
}
template <class T>
POINTWISE_FN T laguerre(T x, T order) {
  const int64_t n = degree(order);
  if (n >= 0 && x == T(0)) return T(1);
  return recurrence(n, T(1), T(1) - x, [x](T k, T q, T p) { return ((k + k - T(1) - x) * q - (k - T(1)) * p) / k; });
}
template <class T>
POINTWISE_FN T legendre(T x, T order) {
  const int64_t n = degree(order);
  if (n >= 0 && std::fabs(x) == T(1)) return static_cast<T>(x > 0 ? 1 : alternating(n));
  return recurrence(n, T(1), x, [x](T k, T q, T p) { return ((k + k - T(1)) * x * q - (k - T(1)) * p) / k; });
}

}  // namespace polynomials
}  // namespace tiny_torch::pointwise
