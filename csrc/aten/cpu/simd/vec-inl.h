// Vec<T>: one full register of T = float, double, int32_t or int64_t of the target being compiled, and Mask<T>.
//
// Contract: value semantics, lanes() elements, implicit from a scalar (all lanes). Arithmetic and the simple functions
// of aten/pointwise/vocabulary.h are here; transcendentals in math-inl.h. load/store never touch bytes beyond their n.
// Targets without vectors of their own (no Highway, x86 without AVX2) get one lane and the scalar vocabulary.
//
// Example: `for (; i + V::lanes() <= n; i += V::lanes()) max(V::load(x + i), 0).store(x + i);`
#if defined(TINY_TORCH_SIMD_VEC_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef TINY_TORCH_SIMD_VEC_INL_H
#undef TINY_TORCH_SIMD_VEC_INL_H
#else
#define TINY_TORCH_SIMD_VEC_INL_H
#endif

#include <cstring>

#include "aten/cpu/simd/foreach_target.h"
#include "aten/pointwise/vocabulary.h"

#if TINY_TORCH_HAVE_HIGHWAY
#include <hwy/highway.h>
#endif

#undef SIMD_ONE_LANE
#if !TINY_TORCH_HAVE_HIGHWAY
#define SIMD_ONE_LANE 1
#elif HWY_TARGET == HWY_EMU128 || HWY_TARGET == HWY_SCALAR
#define SIMD_ONE_LANE 1
#else
#define SIMD_ONE_LANE 0
#endif

#if SIMD_ONE_LANE
#include "aten/cpu/simd/vec_one_lane-inl.h"
#else
#include "aten/cpu/simd/vec_highway-inl.h"
#endif

HWY_BEFORE_NAMESPACE();
namespace tiny_torch::simd {
namespace HWY_NAMESPACE {

#define SIMD_OPERATOR(op, name)                                                   \
  template <class T>                                                              \
  HWY_INLINE auto operator op(Vec<T> a, Vec<T> b) {                               \
    return detail::name(a, b);                                                    \
  }                                                                               \
  template <class T, class S, std::enable_if_t<std::is_arithmetic_v<S>, int> = 0> \
  HWY_INLINE auto operator op(Vec<T> a, S b) {                                    \
    return detail::name(a, Vec<T>(static_cast<T>(b)));                            \
  }                                                                               \
  template <class T, class S, std::enable_if_t<std::is_arithmetic_v<S>, int> = 0> \
  HWY_INLINE auto operator op(S a, Vec<T> b) {                                    \
    return detail::name(Vec<T>(static_cast<T>(a)), b);                            \
  }
namespace detail {
template <class T>
HWY_INLINE Mask<T> gt(Vec<T> a, Vec<T> b) {
  return lt(b, a);
}
template <class T>
HWY_INLINE Mask<T> ge(Vec<T> a, Vec<T> b) {
  return le(b, a);
}
}  // namespace detail
SIMD_OPERATOR(+, add)
SIMD_OPERATOR(-, sub)
SIMD_OPERATOR(*, mul)
SIMD_OPERATOR(/, div)
SIMD_OPERATOR(==, eq)
SIMD_OPERATOR(!=, ne)
SIMD_OPERATOR(<, lt)
SIMD_OPERATOR(<=, le)
SIMD_OPERATOR(>, gt)
SIMD_OPERATOR(>=, ge)
SIMD_OPERATOR(&, bit_and)
SIMD_OPERATOR(|, bit_or)
SIMD_OPERATOR(^, bit_xor)
#undef SIMD_OPERATOR
template <class T>
HWY_INLINE Vec<T> operator-(Vec<T> a) {
  return detail::neg(a);
}
template <class T>
HWY_INLINE Vec<T> operator~(Vec<T> a) {
  return a ^ T(-1);
}

template <class T, class S, std::enable_if_t<std::is_arithmetic_v<S>, int> = 0>
HWY_INLINE Vec<T> select(Mask<T> m, S a, Vec<T> b) {
  return select(m, Vec<T>(static_cast<T>(a)), b);
}
template <class T, class S, std::enable_if_t<std::is_arithmetic_v<S>, int> = 0>
HWY_INLINE Vec<T> select(Mask<T> m, Vec<T> a, S b) {
  return select(m, a, Vec<T>(static_cast<T>(b)));
}
/// The literal as a V; compiled per target, unlike the one of the scalar vocabulary.
template <class V, class C>
HWY_INLINE V constant(C value) {
  using Real = typename pointwise::detail::RealOf<pointwise::lane_t<V>>::type;
  return V(static_cast<Real>(value));
}
/// 1 or 0.
template <class T>
HWY_INLINE Vec<T> as_number(Mask<T> m) {
  return select(m, Vec<T>(T(1)), Vec<T>(T(0)));
}

template <class T>
HWY_INLINE Mask<T> is_nan(Vec<T> x) {
  return x != x;
}
template <class T>
HWY_INLINE Mask<T> is_inf(Vec<T> x) {
  if constexpr (std::is_floating_point_v<T>)
    return abs(x) == std::numeric_limits<T>::infinity();
  else
    return x != x;
}
template <class T>
HWY_INLINE Mask<T> is_finite(Vec<T> x) {
  return x - x == T(0);
}
/// -1, 0 or 1; 0 for nan.
template <class T>
HWY_INLINE Vec<T> sign(Vec<T> x) {
  return as_number(T(0) < x) - as_number(x < T(0));
}
template <class T>
HWY_INLINE Vec<T> square(Vec<T> x) {
  return x * x;
}
template <class T>
HWY_INLINE Vec<T> reciprocal(Vec<T> x) {
  return T(1) / x;
}
template <class T>
HWY_INLINE Vec<T> rsqrt(Vec<T> x) {
  return T(1) / sqrt(x);
}
/// x where x > 0 or nan, else 0.
template <class T>
HWY_INLINE Vec<T> relu(Vec<T> x) {
  return select(x <= T(0), T(0), x);
}
/// The larger; nan where either is.
template <class T>
HWY_INLINE Vec<T> max(Vec<T> a, VecArg<T> b) {
#if !SIMD_ONE_LANE
  if constexpr (std::is_floating_point_v<T>) return select(is_nan(a), a, Vec<T>(hn::Max(a.raw, b.raw)));
#endif
  return select(a > b || is_nan(a), a, b);
}
template <class T>
HWY_INLINE Vec<T> min(Vec<T> a, VecArg<T> b) {
#if !SIMD_ONE_LANE
  if constexpr (std::is_floating_point_v<T>) return select(is_nan(a), a, Vec<T>(hn::Min(a.raw, b.raw)));
#endif
  return select(a < b || is_nan(a), a, b);
}
template <class T>
HWY_INLINE Vec<T> maximum(Vec<T> a, VecArg<T> b) {
  return max(a, b);
}
template <class T>
HWY_INLINE Vec<T> minimum(Vec<T> a, VecArg<T> b) {
  return min(a, b);
}
/// The larger; the other one where one is nan.
template <class T>
HWY_INLINE Vec<T> fmax(Vec<T> a, VecArg<T> b) {
  return select(a > b || is_nan(b), a, b);
}
template <class T>
HWY_INLINE Vec<T> fmin(Vec<T> a, VecArg<T> b) {
  return select(a < b || is_nan(b), a, b);
}
/// min(max(x, low), high).
template <class T>
HWY_INLINE Vec<T> clamp(Vec<T> x, VecArg<T> low, VecArg<T> high) {
  return min(max(x, low), high);
}

// Exact remainders have no cheap vector form, so these go lane by lane.
#define SIMD_LANEWISE(name)                                                 \
  template <class T>                                                        \
  HWY_INLINE Vec<T> name(Vec<T> a, VecArg<T> b) {                           \
    return map_lanes([](T x, T y) { return pointwise::name(x, y); }, a, b); \
  }
SIMD_LANEWISE(fmod)
SIMD_LANEWISE(remainder)
SIMD_LANEWISE(floor_divide)
SIMD_LANEWISE(shift_left)
SIMD_LANEWISE(shift_right)
#undef SIMD_LANEWISE
template <class T>
HWY_INLINE Vec<T> trunc_divide(Vec<T> a, VecArg<T> b) {
  return trunc(a / b);
}

}  // namespace HWY_NAMESPACE
}  // namespace tiny_torch::simd
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
