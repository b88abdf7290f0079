// Type dispatch: calls a generic lambda with a value of the C++ type of a ScalarType.
//
// Contract: one switch per kernel, never nested; a dtype outside the set throws NotImplementedError
// `"softmax" not implemented for 'Int'`.
// Example: `dispatch_floating(x.dtype(), "softmax", [&](auto tag) { using T = decltype(tag); run<T>(x); });`
#pragma once

#include "c10/ScalarType.h"
#include "c10/errors.h"

namespace tiny_torch {

#define TORCH_DISPATCH_CASE(NAME, TYPE) \
  case ScalarType::NAME:                \
    return f(TYPE());

#define TORCH_DISPATCH_DEFAULT(name, dtype) \
  default:                                  \
    detail::throw_not_implemented(str("\"", name, "\" not implemented for '", to_string(dtype), "'"));

template <class F>
decltype(auto) dispatch_floating(ScalarType dtype, const char* name, F&& f) {
  switch (dtype) {
    TORCH_DISPATCH_CASE(Float, float)
    TORCH_DISPATCH_CASE(Double, double)
    TORCH_DISPATCH_CASE(Half, Half)
    TORCH_DISPATCH_CASE(BFloat16, BFloat16)
    TORCH_DISPATCH_DEFAULT(name, dtype)
  }
}

/// float and double only, for kernels that convert the half types beforehand.
template <class F>
decltype(auto) dispatch_float_double(ScalarType dtype, const char* name, F&& f) {
  switch (dtype) {
    TORCH_DISPATCH_CASE(Float, float)
    TORCH_DISPATCH_CASE(Double, double)
    TORCH_DISPATCH_DEFAULT(name, dtype)
  }
}

template <class F>
decltype(auto) dispatch_floating_complex(ScalarType dtype, const char* name, F&& f) {
  switch (dtype) {
    TORCH_DISPATCH_CASE(Float, float)
    TORCH_DISPATCH_CASE(Double, double)
    TORCH_DISPATCH_CASE(Half, Half)
    TORCH_DISPATCH_CASE(BFloat16, BFloat16)
    TORCH_DISPATCH_CASE(ComplexFloat, complex<float>)
    TORCH_DISPATCH_CASE(ComplexDouble, complex<double>)
    TORCH_DISPATCH_DEFAULT(name, dtype)
  }
}

template <class F>
decltype(auto) dispatch_integral(ScalarType dtype, const char* name, F&& f) {
  switch (dtype) {
    TORCH_DISPATCH_CASE(Byte, uint8_t)
    TORCH_DISPATCH_CASE(Char, int8_t)
    TORCH_DISPATCH_CASE(Short, int16_t)
    TORCH_DISPATCH_CASE(Int, int32_t)
    TORCH_DISPATCH_CASE(Long, int64_t)
    TORCH_DISPATCH_DEFAULT(name, dtype)
  }
}

template <class F>
decltype(auto) dispatch_real(ScalarType dtype, const char* name, F&& f) {
  switch (dtype) {
    TORCH_DISPATCH_CASE(Float, float)
    TORCH_DISPATCH_CASE(Double, double)
    TORCH_DISPATCH_CASE(Half, Half)
    TORCH_DISPATCH_CASE(BFloat16, BFloat16)
    TORCH_DISPATCH_CASE(Byte, uint8_t)
    TORCH_DISPATCH_CASE(Char, int8_t)
    TORCH_DISPATCH_CASE(Short, int16_t)
    TORCH_DISPATCH_CASE(Int, int32_t)
    TORCH_DISPATCH_CASE(Long, int64_t)
    TORCH_DISPATCH_CASE(Bool, bool)
    TORCH_DISPATCH_DEFAULT(name, dtype)
  }
}

template <class F>
decltype(auto) dispatch_all_types(ScalarType dtype, const char* name, F&& f) {
  switch (dtype) {
    TORCH_DISPATCH_CASE(Float, float)
    TORCH_DISPATCH_CASE(Double, double)
    TORCH_DISPATCH_CASE(Half, Half)
    TORCH_DISPATCH_CASE(BFloat16, BFloat16)
    TORCH_DISPATCH_CASE(Byte, uint8_t)
    TORCH_DISPATCH_CASE(Char, int8_t)
    TORCH_DISPATCH_CASE(Short, int16_t)
    TORCH_DISPATCH_CASE(Int, int32_t)
    TORCH_DISPATCH_CASE(Long, int64_t)
    TORCH_DISPATCH_CASE(Bool, bool)
    TORCH_DISPATCH_CASE(ComplexFloat, complex<float>)
    TORCH_DISPATCH_CASE(ComplexDouble, complex<double>)
    TORCH_DISPATCH_DEFAULT(name, dtype)
  }
}

/// By size in bytes, for kernels that only move values (index, cat, copy of equal dtypes): uint8_t to a 16-byte struct.
struct alignas(8) Bytes16 {
  uint64_t lo, hi;
};
template <class F>
decltype(auto) dispatch_itemsize(ScalarType dtype, const char* name, F&& f) {
  switch (element_size(dtype)) {
    case 1:
      return f(uint8_t());
    case 2:
      return f(uint16_t());
    case 4:
      return f(uint32_t());
    case 8:
      return f(uint64_t());
    case 16:
      return f(Bytes16());
    default:
      detail::throw_not_implemented(str("\"", name, "\" not implemented for '", to_string(dtype), "'"));
  }
}

#undef TORCH_DISPATCH_CASE
#undef TORCH_DISPATCH_DEFAULT

/// float for the half types, T otherwise: the type to compute and accumulate in.
template <class T>
struct OpMath {
  using type = T;
};
template <>
struct OpMath<Half> {
  using type = float;
};
template <>
struct OpMath<BFloat16> {
  using type = float;
};
template <class T>
using opmath_t = typename OpMath<T>::type;

}  // namespace tiny_torch
