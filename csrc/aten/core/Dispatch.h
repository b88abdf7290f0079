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

// The sets of dtypes that have names.
#define TORCH_DISPATCH_FLOAT_DOUBLE \
  TORCH_DISPATCH_CASE(Float, float) \
  TORCH_DISPATCH_CASE(Double, double)
#define TORCH_DISPATCH_FLOATING   \
  TORCH_DISPATCH_FLOAT_DOUBLE     \
  TORCH_DISPATCH_CASE(Half, Half) \
  TORCH_DISPATCH_CASE(BFloat16, BFloat16)
#define TORCH_DISPATCH_INTEGRAL       \
  TORCH_DISPATCH_CASE(Byte, uint8_t)  \
  TORCH_DISPATCH_CASE(Char, int8_t)   \
  TORCH_DISPATCH_CASE(Short, int16_t) \
  TORCH_DISPATCH_CASE(Int, int32_t)   \
  TORCH_DISPATCH_CASE(Long, int64_t)
#define TORCH_DISPATCH_REAL \
  TORCH_DISPATCH_FLOATING   \
  TORCH_DISPATCH_INTEGRAL   \
  TORCH_DISPATCH_CASE(Bool, bool)
#define TORCH_DISPATCH_COMPLEX                      \
  TORCH_DISPATCH_CASE(ComplexFloat, complex<float>) \
  TORCH_DISPATCH_CASE(ComplexDouble, complex<double>)

#define TORCH_DEFINE_DISPATCH(FUNCTION, ...)                           \
  template <class F>                                                   \
  decltype(auto) FUNCTION(ScalarType dtype, const char* name, F&& f) { \
    switch (dtype) { __VA_ARGS__ TORCH_DISPATCH_DEFAULT(name, dtype) } \
  }
TORCH_DEFINE_DISPATCH(dispatch_floating, TORCH_DISPATCH_FLOATING)
/// float and double only, for kernels that convert the half types beforehand.
TORCH_DEFINE_DISPATCH(dispatch_float_double, TORCH_DISPATCH_FLOAT_DOUBLE)
TORCH_DEFINE_DISPATCH(dispatch_floating_complex, TORCH_DISPATCH_FLOATING TORCH_DISPATCH_COMPLEX)
TORCH_DEFINE_DISPATCH(dispatch_integral, TORCH_DISPATCH_INTEGRAL)
TORCH_DEFINE_DISPATCH(dispatch_real, TORCH_DISPATCH_REAL)
TORCH_DEFINE_DISPATCH(dispatch_all_types, TORCH_DISPATCH_REAL TORCH_DISPATCH_COMPLEX)

/// By size in bytes, for kernels that only move values (index, cat, copy of equal dtypes): uint8_t to a 16-byte struct.
struct alignas(8) Bytes16 {
  uint64_t lo, hi;
};
/// f with a value of the size; any other than 1, 2, 4 and 8 counts as 16.
template <class F>
decltype(auto) dispatch_bytes(size_t bytes, F&& f) {
  switch (bytes) {
    case 1:
      return f(uint8_t());
    case 2:
      return f(uint16_t());
    case 4:
      return f(uint32_t());
    case 8:
      return f(uint64_t());
    default:
      return f(Bytes16());
  }
}
template <class F>
decltype(auto) dispatch_itemsize(ScalarType dtype, const char* name, F&& f) {
  if (element_size(dtype) == 0)
    detail::throw_not_implemented(str("\"", name, "\" not implemented for '", to_string(dtype), "'"));
  return dispatch_bytes(element_size(dtype), f);
}

#undef TORCH_DEFINE_DISPATCH
#undef TORCH_DISPATCH_COMPLEX
#undef TORCH_DISPATCH_REAL
#undef TORCH_DISPATCH_INTEGRAL
#undef TORCH_DISPATCH_FLOATING
#undef TORCH_DISPATCH_FLOAT_DOUBLE
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
