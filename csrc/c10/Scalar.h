// Scalar: one number of type bool, int64, double or complex<double>, as passed from Python.
#pragma once

#include <cstdint>

#include "c10/ScalarType.h"
#include "c10/errors.h"

namespace tiny_torch {

namespace detail {
/// The name of a type as PyTorch's message about values that do not fit has it.
constexpr const char* conversion_name(ScalarType t) {
  switch (t) {
    case kByte:
      return "uint8_t";
    case kChar:
      return "int8_t";
    case kShort:
      return "int16_t";
    case kLong:
      return "int64_t";
    default:
      return cpp_name(t);
  }
}
template <class T>
void check_fits(bool fits) {
  TORCH_CHECK(fits, "value cannot be converted to type ", conversion_name(scalar_type_of<T>), " without overflow");
}
}  // namespace detail

class Scalar {
 public:
  enum class Kind : uint8_t { Int, Double, Complex, Bool };

  Scalar() : Scalar(int64_t{0}) {}
  template <class T, std::enable_if_t<std::is_integral_v<T> && !std::is_same_v<T, bool>, int> = 0>
  Scalar(T v) : kind_(Kind::Int) {  // NOLINT: implicit
    v_.i = static_cast<int64_t>(v);
  }
  Scalar(bool v) : kind_(Kind::Bool) { v_.i = v; }                                   // NOLINT
  Scalar(double v) : kind_(Kind::Double) { v_.d = v; }                               // NOLINT
  Scalar(float v) : Scalar(static_cast<double>(v)) {}                                // NOLINT
  Scalar(Half v) : Scalar(static_cast<float>(v)) {}                                  // NOLINT
  Scalar(BFloat16 v) : Scalar(static_cast<float>(v)) {}                              // NOLINT
  Scalar(complex<double> v) : kind_(Kind::Complex) { v_.c = {v.real(), v.imag()}; }  // NOLINT
  Scalar(complex<float> v) : Scalar(complex<double>(v)) {}                           // NOLINT
  Scalar(complex<Half> v) : Scalar(complex<double>(v)) {}                            // NOLINT

  bool is_boolean() const { return kind_ == Kind::Bool; }
  bool is_integral(bool include_bool) const { return kind_ == Kind::Int || (include_bool && kind_ == Kind::Bool); }
  bool is_floating_point() const { return kind_ == Kind::Double; }
  bool is_complex() const { return kind_ == Kind::Complex; }
  Kind kind() const { return kind_; }
  /// int64, double, complex128 or bool.
  ScalarType type() const {
    static constexpr ScalarType kTypes[] = {kLong, kDouble, kComplexDouble, kBool};
    return kTypes[static_cast<int>(kind_)];
  }

  /// The value as T; RuntimeError when it does not fit.
  template <class T>
  T to() const {
    if constexpr (is_complex_v<T>) {
      const complex<double> v = to_complex_double();
      if constexpr (std::is_same_v<T, complex<float>>) {
        const auto fits = [](double d) { return !std::isfinite(d) || std::isfinite(static_cast<float>(d)); };
        detail::check_fits<T>(fits(v.real()) && fits(v.imag()));
      }
      return T(v);
    } else if constexpr (std::is_same_v<T, bool>) {
      return kind_ == Kind::Double ? v_.d != 0 : kind_ == Kind::Complex ? (v_.c.re != 0 || v_.c.im != 0) : v_.i != 0;
    } else {
      if (kind_ == Kind::Complex) {
        detail::check_fits<T>(v_.c.im == 0);
        return from_double<T>(v_.c.re);
      }
      return kind_ == Kind::Double ? from_double<T>(v_.d) : from_int<T>(v_.i);
    }
  }
  double to_double() const { return to<double>(); }
  int64_t to_int() const { return to<int64_t>(); }
  bool to_bool() const { return to<bool>(); }
  complex<double> to_complex_double() const {
    return kind_ == Kind::Complex ? complex<double>(v_.c.re, v_.c.im)
                                  : complex<double>(kind_ == Kind::Double ? v_.d : static_cast<double>(v_.i), 0.0);
  }
  // The names of libtorch.
  bool isBoolean() const { return is_boolean(); }
  bool isIntegral(bool includeBool) const { return is_integral(includeBool); }
  bool isFloatingPoint() const { return is_floating_point(); }
  bool isComplex() const { return is_complex(); }
  bool isSymbolic() const { return false; }
  uint8_t toByte() const { return to<uint8_t>(); }
  int8_t toChar() const { return to<int8_t>(); }
  int16_t toShort() const { return to<int16_t>(); }
  int32_t toInt() const { return to<int32_t>(); }
  int64_t toLong() const { return to<int64_t>(); }
  Half toHalf() const { return to<Half>(); }
  BFloat16 toBFloat16() const { return to<BFloat16>(); }
  float toFloat() const { return to<float>(); }
  double toDouble() const { return to<double>(); }
  bool toBool() const { return to<bool>(); }
  complex<float> toComplexFloat() const { return to<complex<float>>(); }
  complex<double> toComplexDouble() const { return to_complex_double(); }
  Scalar operator-() const {
    return kind_ == Kind::Double    ? Scalar(-v_.d)
           : kind_ == Kind::Complex ? Scalar(-to_complex_double())
                                    : Scalar(-v_.i);
  }
  Scalar conj() const { return kind_ == Kind::Complex ? Scalar(complex<double>(v_.c.re, -v_.c.im)) : *this; }
  bool equal(double v) const { return kind_ == Kind::Complex ? v_.c.re == v && v_.c.im == 0 : to_double() == v; }
  bool operator==(const Scalar& o) const { return kind_ == o.kind_ && to_complex_double() == o.to_complex_double(); }

 private:
  template <class T>
  static T from_double(double d) {
    if constexpr (std::is_integral_v<T>) {
      // The upper bound is exclusive, because 2^63 is a double and 2^63 - 1 is not.
      constexpr double kEnd =
          2.0 * static_cast<double>(uint64_t{1} << (8 * sizeof(T) - 2)) * (std::is_signed_v<T> ? 1.0 : 2.0);
      constexpr double kLowest = std::is_signed_v<T> ? -kEnd : 0.0;
      detail::check_fits<T>(d < kEnd && d >= kLowest);
      return static_cast<T>(static_cast<int64_t>(d));
    } else if constexpr (std::is_same_v<T, double>) {
      return d;
    } else {
      const T v = static_cast<T>(static_cast<float>(d));
      detail::check_fits<T>(!std::isfinite(d) || std::isfinite(static_cast<float>(v)));
      return v;
    }
  }
  template <class T>
  static T from_int(int64_t i) {
    if constexpr (std::is_same_v<T, uint64_t> || std::is_same_v<T, int64_t>) {
      return static_cast<T>(i);
    } else if constexpr (std::is_integral_v<T>) {
      // Unsigned types accept negative numbers down to minus their maximum, which wrap as in C.
      const int64_t high = static_cast<int64_t>(std::numeric_limits<T>::max());
      const int64_t low = std::is_signed_v<T> ? static_cast<int64_t>(std::numeric_limits<T>::lowest()) : -high;
      detail::check_fits<T>(i <= high && i >= low);
      return static_cast<T>(i);
    } else {
      return from_double<T>(static_cast<double>(i));
    }
  }

  Kind kind_;
  union {
    int64_t i;
    double d;
    struct {
      double re, im;
    } c;
  } v_;
};

inline std::ostream& operator<<(std::ostream& out, const Scalar& s) {
  if (s.is_boolean()) return out << (s.to_bool() ? "true" : "false");
  if (s.is_integral(false)) return out << s.to_int();
  return s.is_complex() ? out << s.to_complex_double() : out << s.to_double();
}

}  // namespace tiny_torch
