// std::abs, std::exp and the other functions of <complex> for complex<T>.
#pragma once

#include <complex>

#include "c10/complex.h"

// In std, where programs call them by name; they only add overloads for a type of ours.
namespace std {  // NOLINT

template <class T>
constexpr T real(const tiny_torch::complex<T>& z) {
  return z.real();
}
template <class T>
constexpr T imag(const tiny_torch::complex<T>& z) {
  return z.imag();
}
template <class T>
T abs(const tiny_torch::complex<T>& z) {
  return std::hypot(z.real(), z.imag());
}
template <class T>
T arg(const tiny_torch::complex<T>& z) {
  return std::atan2(z.imag(), z.real());
}
template <class T>
constexpr T norm(const tiny_torch::complex<T>& z) {
  return z.real() * z.real() + z.imag() * z.imag();
}
template <class T>
constexpr tiny_torch::complex<T> conj(const tiny_torch::complex<T>& z) {
  return {z.real(), -z.imag()};
}

#define TINY_TORCH_COMPLEX_FUNCTION(name)                        \
  template <class T>                                             \
  tiny_torch::complex<T> name(const tiny_torch::complex<T>& z) { \
    return std::name(static_cast<std::complex<T>>(z));           \
  }
TINY_TORCH_COMPLEX_FUNCTION(exp)
TINY_TORCH_COMPLEX_FUNCTION(log)
TINY_TORCH_COMPLEX_FUNCTION(log10)
TINY_TORCH_COMPLEX_FUNCTION(sqrt)
TINY_TORCH_COMPLEX_FUNCTION(sin)
TINY_TORCH_COMPLEX_FUNCTION(cos)
TINY_TORCH_COMPLEX_FUNCTION(tan)
TINY_TORCH_COMPLEX_FUNCTION(asin)
TINY_TORCH_COMPLEX_FUNCTION(acos)
TINY_TORCH_COMPLEX_FUNCTION(atan)
TINY_TORCH_COMPLEX_FUNCTION(sinh)
TINY_TORCH_COMPLEX_FUNCTION(cosh)
TINY_TORCH_COMPLEX_FUNCTION(tanh)
#undef TINY_TORCH_COMPLEX_FUNCTION

template <class T>
tiny_torch::complex<T> pow(const tiny_torch::complex<T>& base, const tiny_torch::complex<T>& exponent) {
  return std::pow(static_cast<std::complex<T>>(base), static_cast<std::complex<T>>(exponent));
}
template <class T>
tiny_torch::complex<T> pow(const tiny_torch::complex<T>& base, const T& exponent) {
  return std::pow(static_cast<std::complex<T>>(base), exponent);
}

}  // namespace std
