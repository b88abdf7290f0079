// The vocabulary of pointwise functors, here for plain scalars; aten/cpu/simd defines the same names for Vec<T>.
//
// Contract: a functor is a template over V, where V is float, double, int64_t, complex<T> or a Vec of the first three,
// and calls these names unqualified, so that one text serves scalar code, every SIMD target and the CUDA compiler:
//   + - * / unary -      == != < <= > >= giving Mask      && || ! of masks       select(mask, a, b)
//   constant<V>(1.5)     cast of a literal (write it instead of a bare 1.5, which would turn float code into double)
//   abs sign square relu min max (a nan wins) fmin fmax (a nan loses) clamp(x, low, high) copysign
//   floor ceil trunc round (half to even) fmod remainder (sign of the divisor) floor_divide trunc_divide
//   is_nan is_inf is_finite fma(a, b, c)
//   sqrt rsqrt reciprocal exp exp2 expm1 log log2 log10 log1p pow sin cos tan tanh sigmoid erf erfc
//   int64 only: & | ^ ~ shift_left(a, b) shift_right(a, b)
// Integers wrap; integer / truncates and x / 0 gives 0, so an op that must refuse a zero divisor checks in its front.
// Complex has + - * / unary - == !=, select, constant and square.
// Transcendentals are within 2 ulp in Vec; as scalars they are what libm gives.
//
// This header includes nothing of ours; who uses complex V includes the header that defines complex.
// Example: `template <class V> V silu(V x) { return x * sigmoid(x); }`
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>

#if defined(__CUDACC__)
#define POINTWISE_FN __host__ __device__ inline
#else
#define POINTWISE_FN inline
#endif

namespace tiny_torch {
template <class T>
struct complex;
}

namespace tiny_torch::pointwise {

template <class V>
struct LaneOf {
  using type = typename V::lane;
};
template <>
struct LaneOf<float> {
  using type = float;
};
template <>
struct LaneOf<double> {
  using type = double;
};
template <>
struct LaneOf<int64_t> {
  using type = int64_t;
};
template <class T>
struct LaneOf<complex<T>> {
  using type = complex<T>;
};
/// The scalar type of one lane of V; V itself for plain scalars.
template <class V>
using lane_t = typename LaneOf<V>::type;

namespace detail {
template <class T>
struct RealOf {
  using type = T;
  static constexpr bool is_complex = false;
};
template <class T>
struct RealOf<complex<T>> {
  using type = T;
  static constexpr bool is_complex = true;
};
}  // namespace detail

/// The literal `value` as a V: all lanes of it, or a real number for complex V.
template <class V, class C>
POINTWISE_FN V constant(C value) {
  using Real = typename detail::RealOf<lane_t<V>>::type;
  return V(static_cast<Real>(value));
}

template <class T>
inline constexpr bool is_real_scalar_v =
    std::is_same_v<T, float> || std::is_same_v<T, double> || std::is_same_v<T, int64_t>;
template <class T>
using if_real = std::enable_if_t<is_real_scalar_v<T>, int>;
template <class T>
using if_float = std::enable_if_t<std::is_floating_point_v<T>, int>;
template <class T>
using if_scalar = std::enable_if_t<is_real_scalar_v<T> || detail::RealOf<T>::is_complex, int>;

// ---------------------------------------------------------------------------------------------------- any scalar

template <class T, if_scalar<T> = 0>
POINTWISE_FN T select(bool mask, T a, T b) {
  return mask ? a : b;
}
template <class T, if_scalar<T> = 0>
POINTWISE_FN T square(T x) {
  return x * x;
}
template <class T, if_scalar<T> = 0>
POINTWISE_FN T reciprocal(T x) {
  return T(1) / x;
}

// ---------------------------------------------------------------------------------------------------- real scalars

POINTWISE_FN bool is_nan(float x) { return x != x; }
POINTWISE_FN bool is_nan(double x) { return x != x; }
POINTWISE_FN bool is_nan(int64_t) { return false; }
template <class T, if_real<T> = 0>
POINTWISE_FN bool is_inf(T x) {
  if constexpr (std::is_floating_point_v<T>)
    return x == std::numeric_limits<T>::infinity() || x == -std::numeric_limits<T>::infinity();
  return false;
}
template <class T, if_real<T> = 0>
POINTWISE_FN bool is_finite(T x) {
  if constexpr (std::is_floating_point_v<T>) return x - x == T(0);
  return true;
}

template <class T, if_real<T> = 0>
POINTWISE_FN T abs(T x) {
  if constexpr (std::is_floating_point_v<T>)
    return std::fabs(x);
  else
    return x < 0 ? static_cast<T>(0 - static_cast<uint64_t>(x)) : x;
}
/// -1, 0 or 1; 0 for nan.
template <class T, if_real<T> = 0>
POINTWISE_FN T sign(T x) {
  return static_cast<T>((T(0) < x) - (x < T(0)));
}
template <class T, if_real<T> = 0>
POINTWISE_FN T max(T a, T b) {
  return (a > b || is_nan(a)) ? a : b;
}
template <class T, if_real<T> = 0>
POINTWISE_FN T min(T a, T b) {
  return (a < b || is_nan(a)) ? a : b;
}
template <class T, if_real<T> = 0>
POINTWISE_FN T maximum(T a, T b) {
  return max(a, b);
}
template <class T, if_real<T> = 0>
POINTWISE_FN T minimum(T a, T b) {
  return min(a, b);
}
template <class T, if_real<T> = 0>
POINTWISE_FN T fmax(T a, T b) {
  return (a > b || is_nan(b)) ? a : b;
}
template <class T, if_real<T> = 0>
POINTWISE_FN T fmin(T a, T b) {
  return (a < b || is_nan(b)) ? a : b;
}
/// min(max(x, low), high): high wins where low > high, and a nan anywhere gives nan.
template <class T, if_real<T> = 0>
POINTWISE_FN T clamp(T x, T low, T high) {
  return min(max(x, low), high);
}
/// x where x > 0 or nan, else 0.
template <class T, if_real<T> = 0>
POINTWISE_FN T relu(T x) {
  return x <= T(0) ? T(0) : x;
}

#define POINTWISE_ROUNDING(name, std_name)     \
  template <class T, if_real<T> = 0>           \
  POINTWISE_FN T name(T x) {                   \
    if constexpr (std::is_floating_point_v<T>) \
      return std::std_name(x);                 \
    else                                       \
      return x;                                \
  }
POINTWISE_ROUNDING(floor, floor)
POINTWISE_ROUNDING(ceil, ceil)
POINTWISE_ROUNDING(trunc, trunc)
POINTWISE_ROUNDING(round, nearbyint)
#undef POINTWISE_ROUNDING

template <class T, if_real<T> = 0>
POINTWISE_FN T trunc_divide(T a, T b) {
  if constexpr (std::is_floating_point_v<T>) {
    return std::trunc(a / b);
  } else {
    if (b == 0) return 0;
    return b == -1 ? static_cast<T>(0 - static_cast<uint64_t>(a)) : a / b;
  }
}
/// Remainder with the sign of a; integers: 0 for b == 0.
template <class T, if_real<T> = 0>
POINTWISE_FN T fmod(T a, T b) {
  if constexpr (std::is_floating_point_v<T>)
    return std::fmod(a, b);
  else
    return b == 0 || b == -1 ? 0 : a % b;
}
/// Remainder with the sign of b (Python's %).
template <class T, if_real<T> = 0>
POINTWISE_FN T remainder(T a, T b) {
  const T m = fmod(a, b);
  return m != T(0) && (b < T(0)) != (m < T(0)) ? m + b : m;
}
/// Python's //: floor(a / b) computed from the exact remainder.
template <class T, if_real<T> = 0>
POINTWISE_FN T floor_divide(T a, T b) {
  if constexpr (std::is_floating_point_v<T>) {
    if (b == T(0)) return a / b;
    const T m = std::fmod(a, b);
    T quotient = (a - m) / b;
    if (m != T(0) && (b < T(0)) != (m < T(0))) quotient -= T(1);
    if (quotient == T(0)) return std::copysign(T(0), a / b);
    const T down = std::floor(quotient);
    return quotient - down > T(0.5) ? down + T(1) : down;
  } else {
    const T quotient = trunc_divide(a, b);
    return b != 0 && b != -1 && a % b != 0 && (a < 0) != (b < 0) ? quotient - 1 : quotient;
  }
}
/// 0 once the shift count is negative or at least the width.
POINTWISE_FN int64_t shift_left(int64_t a, int64_t b) {
  return b < 0 || b > 63 ? 0 : static_cast<int64_t>(static_cast<uint64_t>(a) << b);
}
/// Arithmetic; a count that is negative or at least the width leaves the sign only.
POINTWISE_FN int64_t shift_right(int64_t a, int64_t b) { return a >> (b < 0 || b > 63 ? 63 : b); }

// ---------------------------------------------------------------------------------------------------- floating point

template <class T, if_float<T> = 0>
POINTWISE_FN T fma(T a, T b, T c) {
  return std::fma(a, b, c);
}
template <class T, if_float<T> = 0>
POINTWISE_FN T copysign(T magnitude, T s) {
  return std::copysign(magnitude, s);
}
template <class T, if_float<T> = 0>
POINTWISE_FN T rsqrt(T x) {
  return T(1) / std::sqrt(x);
}

#define POINTWISE_UNARY(name)         \
  template <class T, if_float<T> = 0> \
  POINTWISE_FN T name(T x) {          \
    return std::name(x);              \
  }
POINTWISE_UNARY(sqrt)
POINTWISE_UNARY(exp)
POINTWISE_UNARY(exp2)
POINTWISE_UNARY(expm1)
POINTWISE_UNARY(log)
POINTWISE_UNARY(log2)
POINTWISE_UNARY(log10)
POINTWISE_UNARY(log1p)
POINTWISE_UNARY(sin)
POINTWISE_UNARY(cos)
#undef POINTWISE_UNARY

// The float versions of these in libm are off by more than 2 ulp on some systems.
#define POINTWISE_UNARY_WIDE(name)                            \
  POINTWISE_FN double name(double x) { return std::name(x); } \
  POINTWISE_FN float name(float x) { return static_cast<float>(std::name(static_cast<double>(x))); }
POINTWISE_UNARY_WIDE(tan)
POINTWISE_UNARY_WIDE(tanh)
POINTWISE_UNARY_WIDE(erf)
POINTWISE_UNARY_WIDE(erfc)
#undef POINTWISE_UNARY_WIDE

POINTWISE_FN double sigmoid(double x) {
  const double e = std::exp(-std::fabs(x));
  const double numerator = x < 0 ? e : 1, sum = 1 + e, lost = (1 - sum) + e, inverse = 1 / sum;
  const double quotient = numerator * inverse;
  // One correction step for the rounding of the sum and of the quotient.
  return quotient + (std::fma(-quotient, sum, numerator) - quotient * lost) * inverse;
}
POINTWISE_FN float sigmoid(float x) { return static_cast<float>(1 / (1 + std::exp(-static_cast<double>(x)))); }

/// a to the power b; integers wrap, a negative exponent gives the truncated quotient (0 unless |a| is 1).
template <class T, if_real<T> = 0>
POINTWISE_FN T pow(T a, T b) {
  if constexpr (std::is_floating_point_v<T>) {
    return std::pow(a, b);
  } else {
    if (b < 0) return a == 1 ? 1 : a == -1 ? (b & 1 ? -1 : 1) : 0;
    uint64_t result = 1, base = static_cast<uint64_t>(a);
    for (; b != 0; b >>= 1, base *= base) {
      if (b & 1) result *= base;
    }
    return static_cast<T>(result);
  }
}

}  // namespace tiny_torch::pointwise
