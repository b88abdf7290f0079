#include "python/element.h"

#include <cmath>
#include <cstring>
#include <limits>

#include "python/Tensor.h"
#include "python/module.h"
#include "python/numpy.h"

namespace tiny_torch {
namespace python {

namespace {

template <class T>
T load(const void* from) {
  T value;
  std::memcpy(&value, from, sizeof(T));
  return value;
}
template <class T>
void store(void* to, T value) {
  std::memcpy(to, &value, sizeof(T));
}

template <class T>
PyObject* complex_number(const void* from, bool conjugate) {
  const auto value = load<complex<T>>(from);
  const auto imag = static_cast<double>(static_cast<float>(value.imag()));
  if constexpr (std::is_same_v<T, double>) {
    return PyComplex_FromDoubles(value.real(), conjugate ? -value.imag() : value.imag());
  } else {
    return PyComplex_FromDoubles(static_cast<float>(value.real()), conjugate ? -imag : imag);
  }
}

/// 8-bit floats: `exponent_bits` and the bias say which; the fnuz kinds have neither infinities nor a negative zero.
double float8(uint8_t bits, ScalarType dtype) {
  const bool is_e5 = dtype == kFloat8_e5m2 || dtype == kFloat8_e5m2fnuz;
  const bool is_fnuz = dtype == kFloat8_e5m2fnuz || dtype == kFloat8_e4m3fnuz;
  const int mantissa_bits = is_e5 ? 2 : 3;
  const int bias = (is_e5 ? 15 : 7) + (is_fnuz ? 1 : 0);
  const int exponent = (bits & 0x7f) >> mantissa_bits;
  const int mantissa = bits & ((1 << mantissa_bits) - 1);
  const double sign = (bits & 0x80) != 0 ? -1.0 : 1.0;
  if (is_fnuz && bits == 0x80) return std::numeric_limits<double>::quiet_NaN();
  if (dtype == kFloat8_e4m3fn && (bits & 0x7f) == 0x7f) return std::numeric_limits<double>::quiet_NaN();
  if (dtype == kFloat8_e5m2 && exponent == 31) {
    return mantissa == 0 ? sign * std::numeric_limits<double>::infinity() : std::numeric_limits<double>::quiet_NaN();
  }
  if (exponent == 0) return sign * std::ldexp(mantissa, 1 - bias - mantissa_bits);
  return sign * std::ldexp((1 << mantissa_bits) + mantissa, exponent - bias - mantissa_bits);
}

template <class T>
void store_integer(void* to, PyObject* value, ScalarType dtype) {
  const auto check_range = [&](bool fits) {
    TORCH_CHECK(fits, "value cannot be converted to type ", python_name(dtype), " without overflow");
  };
  if (PyFloat_Check(value)) {
    const double d = PyFloat_AS_DOUBLE(value);
    constexpr double kEnd = 2.0 * static_cast<double>(uint64_t{1} << (8 * sizeof(T) - (std::is_signed_v<T> ? 2 : 1)));
    check_range(d < kEnd && d >= -kEnd);
    store(to, d < 0 ? static_cast<T>(static_cast<int64_t>(d)) : static_cast<T>(d));
    return;
  }
  const PyRef number(check(PyNumber_Index(value)));
  int overflow = 0;
  const long long small = PyLong_AsLongLongAndOverflow(number.get(), &overflow);
  if (small == -1 && PyErr_Occurred()) throw_python_error();
  if (overflow != 0) {
    if constexpr (std::is_same_v<T, uint64_t>) {
      const unsigned long long big = PyLong_AsUnsignedLongLong(number.get());
      if (!(big == static_cast<unsigned long long>(-1) && PyErr_Occurred())) {
        store<T>(to, big);
        return;
      }
      PyErr_Clear();
    }
    TORCH_CHECK_VALUE(false, "Overflow when unpacking long long");
  }
  if constexpr (sizeof(T) < 8) {
    // Unsigned types take negative numbers down to minus their maximum, which wrap as in C.
    const auto high = static_cast<long long>(std::numeric_limits<T>::max());
    const long long low = std::is_signed_v<T> ? static_cast<long long>(std::numeric_limits<T>::lowest()) : -high;
    check_range(small >= low && small <= high);
  }
  store(to, static_cast<T>(small));
}

double to_double(PyObject* value) {
  if (PyFloat_CheckExact(value)) return PyFloat_AS_DOUBLE(value);
  const double d = PyFloat_AsDouble(value);
  if (d == -1.0 && PyErr_Occurred()) {
    if (PyErr_ExceptionMatches(PyExc_OverflowError)) {
      PyErr_Clear();
      TORCH_CHECK_VALUE(false, "Overflow when unpacking double");
    }
    throw_python_error();
  }
  return d;
}

complex<double> to_complex(PyObject* value) {
  const Py_complex c = PyComplex_AsCComplex(value);
  if (c.real == -1.0 && PyErr_Occurred()) throw_python_error();
  return {c.real, c.imag};
}

}  // namespace

std::optional<Scalar> to_scalar(PyObject* o) {
  if (PyBool_Check(o)) return Scalar(o == Py_True);
  if (PyFloat_Check(o)) return Scalar(PyFloat_AS_DOUBLE(o));
  if (PyComplex_Check(o)) return Scalar(to_complex(o));
  if (!PyLong_Check(o) && !(is_numpy_scalar(o) && PyIndex_Check(o))) return std::nullopt;
  const PyRef number(check(PyNumber_Index(o)));
  const long long value = PyLong_AsLongLong(number.get());
  if (value == -1 && PyErr_Occurred()) {
    PyErr_Clear();
    TORCH_CHECK_VALUE(false, "Overflow when unpacking long long");
  }
  return Scalar(static_cast<int64_t>(value));
}

PyObject* read_element(const void* from, ScalarType dtype, bool conjugate) {
  switch (dtype) {
    case kFloat:
      return PyFloat_FromDouble(load<float>(from));
    case kDouble:
      return PyFloat_FromDouble(load<double>(from));
    case kHalf:
      return PyFloat_FromDouble(load<Half>(from));
    case kBFloat16:
      return PyFloat_FromDouble(load<BFloat16>(from));
    case kLong:
      return PyLong_FromLongLong(load<int64_t>(from));
    case kInt:
      return PyLong_FromLong(load<int32_t>(from));
    case kShort:
      return PyLong_FromLong(load<int16_t>(from));
    case kChar:
      return PyLong_FromLong(load<int8_t>(from));
    case kByte:
      return PyLong_FromLong(load<uint8_t>(from));
    case kUInt16:
      return PyLong_FromLong(load<uint16_t>(from));
    case kUInt32:
      return PyLong_FromUnsignedLong(load<uint32_t>(from));
    case kUInt64:
      return PyLong_FromUnsignedLongLong(load<uint64_t>(from));
    case kBool:
      return PyBool_FromLong(load<uint8_t>(from) != 0);
    case kComplexFloat:
      return complex_number<float>(from, conjugate);
    case kComplexDouble:
      return complex_number<double>(from, conjugate);
    case kComplexHalf:
      return complex_number<Half>(from, conjugate);
    case kFloat8_e5m2:
    case kFloat8_e4m3fn:
    case kFloat8_e5m2fnuz:
    case kFloat8_e4m3fnuz:
      return PyFloat_FromDouble(float8(load<uint8_t>(from), dtype));
    default:
      PyErr_Format(PyExc_NotImplementedError, "there are no Python numbers for dtype torch.%s", python_name(dtype));
      return nullptr;
  }
}

void store_element(void* to, ScalarType dtype, PyObject* value) {
  switch (dtype) {
    case kFloat:
      return store(to, static_cast<float>(to_double(value)));
    case kDouble:
      return store(to, to_double(value));
    case kHalf:
      return store(to, Half(static_cast<float>(to_double(value))));
    case kBFloat16:
      return store(to, BFloat16(static_cast<float>(to_double(value))));
    case kLong:
      return store_integer<int64_t>(to, value, dtype);
    case kInt:
      return store_integer<int32_t>(to, value, dtype);
    case kShort:
      return store_integer<int16_t>(to, value, dtype);
    case kChar:
      return store_integer<int8_t>(to, value, dtype);
    case kByte:
      return store_integer<uint8_t>(to, value, dtype);
    case kUInt16:
      return store_integer<uint16_t>(to, value, dtype);
    case kUInt32:
      return store_integer<uint32_t>(to, value, dtype);
    case kUInt64:
      return store_integer<uint64_t>(to, value, dtype);
    case kBool: {
      if (!PyBool_Check(value) && !PyFloat_Check(value) && !PyComplex_Check(value) && !is_numpy_scalar(value)) {
        check(PyRef(PyNumber_Index(value)).get());
      }
      const int truth = PyObject_IsTrue(value);
      check(truth);
      return store(to, static_cast<uint8_t>(truth));
    }
    case kComplexFloat:
      return store(to, complex<float>(to_complex(value)));
    case kComplexDouble:
      return store(to, to_complex(value));
    case kComplexHalf:
      return store(to, complex<Half>(to_complex(value)));
    default:
      ::tiny_torch::detail::throw_not_implemented(
          str("tensors of dtype torch.", python_name(dtype), " cannot be made from Python numbers"));
  }
}

}  // namespace python
}  // namespace tiny_torch
