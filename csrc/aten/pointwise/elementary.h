// Words of aten/ops/elementary.yaml beside those of vocabulary.h, for plain scalars: what libm gives, float by way of
// double, since libm's float versions may be off by more than 2 ulp.
//   asin acos atan sinh cosh asinh acosh atanh atan2 hypot signbit (a mask)     int64 only: gcd lcm
#pragma once

#include "aten/pointwise/vocabulary.h"

namespace tiny_torch::pointwise {

#define POINTWISE_UNARY_WIDE(name)                            \
  POINTWISE_FN double name(double x) { return std::name(x); } \
  POINTWISE_FN float name(float x) { return static_cast<float>(std::name(static_cast<double>(x))); }
POINTWISE_UNARY_WIDE(asin)
POINTWISE_UNARY_WIDE(acos)
POINTWISE_UNARY_WIDE(atan)
POINTWISE_UNARY_WIDE(sinh)
POINTWISE_UNARY_WIDE(cosh)
POINTWISE_UNARY_WIDE(asinh)
POINTWISE_UNARY_WIDE(acosh)
POINTWISE_UNARY_WIDE(atanh)
#undef POINTWISE_UNARY_WIDE

#define POINTWISE_BINARY_WIDE(name)                                                       \
  POINTWISE_FN double name(double a, double b) { return std::name(a, b); }                \
  POINTWISE_FN float name(float a, float b) {                                             \
    return static_cast<float>(std::name(static_cast<double>(a), static_cast<double>(b))); \
  }
POINTWISE_BINARY_WIDE(atan2)
POINTWISE_BINARY_WIDE(hypot)
#undef POINTWISE_BINARY_WIDE

/// Never negative, save for the smallest number.
POINTWISE_FN int64_t gcd(int64_t a, int64_t b) {
  a = abs(a);
  b = abs(b);
  while (a != 0) {
    const int64_t rest = fmod(b, a);
    b = a;
    a = rest;
  }
  return abs(b);
}
POINTWISE_FN int64_t lcm(int64_t a, int64_t b) {
  const int64_t divisor = gcd(a, b);
  return divisor == 0
             ? 0
             : abs(static_cast<int64_t>(static_cast<uint64_t>(trunc_divide(a, divisor)) * static_cast<uint64_t>(b)));
}

}  // namespace tiny_torch::pointwise
