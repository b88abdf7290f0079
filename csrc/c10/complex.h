// complex<T>: two reals with the textbook product and a scaled quotient; usable in device code, unlike std::complex.
#pragma once

#include <cmath>
#include <complex>
#include <ostream>
#include <type_traits>

#include "c10/Half.h"

namespace tiny_torch {

template <class T>
struct alignas(2 * sizeof(T)) complex {
  using value_type = T;
  T real_ = T();
  T imag_ = T();

  constexpr complex() = default;
  constexpr complex(T re, T im = T()) : real_(re), imag_(im) {}  // NOLINT: implicit from real
  template <class U>
  constexpr explicit complex(const complex<U>& o) : real_(static_cast<T>(o.real_)), imag_(static_cast<T>(o.imag_)) {}
  complex(const std::complex<T>& o) : real_(o.real()), imag_(o.imag()) {}  // NOLINT: implicit
  operator std::complex<T>() const { return {real_, imag_}; }              // NOLINT: implicit

  constexpr T real() const { return real_; }
  constexpr T imag() const { return imag_; }
  complex& operator+=(complex o) { return *this = *this + o; }
  complex& operator-=(complex o) { return *this = *this - o; }
  complex& operator*=(complex o) { return *this = *this * o; }
  complex& operator/=(complex o) { return *this = *this / o; }

  friend constexpr complex operator+(complex a, complex b) { return {a.real_ + b.real_, a.imag_ + b.imag_}; }
  friend constexpr complex operator-(complex a, complex b) { return {a.real_ - b.real_, a.imag_ - b.imag_}; }
  friend constexpr complex operator-(complex a) { return {-a.real_, -a.imag_}; }
  friend constexpr complex operator*(complex a, complex b) {
    return {a.real_ * b.real_ - a.imag_ * b.imag_, a.real_ * b.imag_ + a.imag_ * b.real_};
  }
  // Dividing by the larger part first keeps the intermediate products in range.
  friend complex operator/(complex a, complex b) {
    if (std::fabs(b.real_) >= std::fabs(b.imag_)) {
      if (b.real_ == T(0) && b.imag_ == T(0)) return {a.real_ / std::fabs(b.real_), a.imag_ / std::fabs(b.imag_)};
      const T ratio = b.imag_ / b.real_;
      const T scale = T(1) / (b.real_ + b.imag_ * ratio);
      return {(a.real_ + a.imag_ * ratio) * scale, (a.imag_ - a.real_ * ratio) * scale};
    }
    const T ratio = b.real_ / b.imag_;
    const T scale = T(1) / (b.real_ * ratio + b.imag_);
    return {(a.real_ * ratio + a.imag_) * scale, (a.imag_ * ratio - a.real_) * scale};
  }
  friend constexpr bool operator==(complex a, complex b) { return a.real_ == b.real_ && a.imag_ == b.imag_; }
  friend constexpr bool operator!=(complex a, complex b) { return !(a == b); }
  friend std::ostream& operator<<(std::ostream& out, complex c) {
    return out << '(' << c.real_ << ',' << c.imag_ << ')';
  }
};

/// complex32 exists for storage only.
template <>
struct alignas(4) complex<Half> {
  using value_type = Half;
  Half real_, imag_;
  complex() = default;
  complex(Half re, Half im = Half()) : real_(re), imag_(im) {}  // NOLINT: implicit from real
  template <class U>
  explicit complex(const complex<U>& o) : real_(static_cast<float>(o.real_)), imag_(static_cast<float>(o.imag_)) {}
  Half real() const { return real_; }
  Half imag() const { return imag_; }
};

template <class T>
struct is_complex : std::false_type {};
template <class T>
struct is_complex<complex<T>> : std::true_type {};
template <class T>
inline constexpr bool is_complex_v = is_complex<T>::value;

}  // namespace tiny_torch
