// Vec<T> and Mask<T> of one lane: the fallback included by vec-inl.h, which holds the contract.
#if defined(TINY_TORCH_SIMD_VEC_ONE_LANE_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef TINY_TORCH_SIMD_VEC_ONE_LANE_INL_H
#undef TINY_TORCH_SIMD_VEC_ONE_LANE_INL_H
#else
#define TINY_TORCH_SIMD_VEC_ONE_LANE_INL_H
#endif

HWY_BEFORE_NAMESPACE();
namespace tiny_torch::simd {
namespace HWY_NAMESPACE {

template <class T>
struct Mask {
  using lane = T;
  bool raw;
};

template <class T>
struct Vec {
  using lane = T;
  T raw;
  Vec() = default;
  HWY_INLINE Vec(T value) : raw(value) {}  // NOLINT: implicit, so that constants mix with vectors
  static constexpr int64_t lanes() { return 1; }
  static HWY_INLINE Vec load(const T* p) { return *p; }
  static HWY_INLINE Vec load(const T* p, int64_t n) { return n > 0 ? *p : T(0); }
  HWY_INLINE void store(T* p) const { *p = raw; }
  HWY_INLINE void store(T* p, int64_t n) const {
    if (n > 0) *p = raw;
  }
  static HWY_INLINE Vec iota(T first) { return first; }
};

// An argument that takes no part in deduction, so that a plain number converts.
template <class T>
struct Same {
  using type = T;
};
template <class T>
using VecArg = typename Same<Vec<T>>::type;

namespace detail {
template <class T>
struct Wrap {
  using type = T;
};
template <>
struct Wrap<int64_t> {
  using type = uint64_t;
};
template <>
struct Wrap<int32_t> {
  using type = uint32_t;
};
// Signed overflow wraps, as in the vector targets.
template <class T>
using wrap_t = typename Wrap<T>::type;
template <class T>
HWY_INLINE Vec<T> add(Vec<T> a, Vec<T> b) {
  return static_cast<T>(static_cast<wrap_t<T>>(a.raw) + static_cast<wrap_t<T>>(b.raw));
}
template <class T>
HWY_INLINE Vec<T> sub(Vec<T> a, Vec<T> b) {
  return static_cast<T>(static_cast<wrap_t<T>>(a.raw) - static_cast<wrap_t<T>>(b.raw));
}
template <class T>
HWY_INLINE Vec<T> mul(Vec<T> a, Vec<T> b) {
  return static_cast<T>(static_cast<wrap_t<T>>(a.raw) * static_cast<wrap_t<T>>(b.raw));
}
template <class T>
HWY_INLINE Vec<T> div(Vec<T> a, Vec<T> b) {
  if constexpr (std::is_floating_point_v<T>)
    return a.raw / b.raw;
  else
    return static_cast<T>(pointwise::trunc_divide<int64_t>(a.raw, b.raw));
}
template <class T>
HWY_INLINE Vec<T> neg(Vec<T> a) {
  if constexpr (std::is_floating_point_v<T>)
    return -a.raw;
  else
    return sub(Vec<T>(T(0)), a);
}
#define SIMD_COMPARE(name, op)                  \
  template <class T>                            \
  HWY_INLINE Mask<T> name(Vec<T> a, Vec<T> b) { \
    return {a.raw op b.raw};                    \
  }
SIMD_COMPARE(eq, ==)
SIMD_COMPARE(ne, !=)
SIMD_COMPARE(lt, <)
SIMD_COMPARE(le, <=)
#undef SIMD_COMPARE
#define SIMD_BITWISE(name, op)                 \
  template <class T>                           \
  HWY_INLINE Vec<T> name(Vec<T> a, Vec<T> b) { \
    return static_cast<T>(a.raw op b.raw);     \
  }
SIMD_BITWISE(bit_and, &)
SIMD_BITWISE(bit_or, |)
SIMD_BITWISE(bit_xor, ^)
#undef SIMD_BITWISE
}  // namespace detail

template <class T>
HWY_INLINE Mask<T> operator!(Mask<T> m) {
  return {!m.raw};
}
template <class T>
HWY_INLINE Mask<T> operator&&(Mask<T> a, Mask<T> b) {
  return {a.raw && b.raw};
}
template <class T>
HWY_INLINE Mask<T> operator||(Mask<T> a, Mask<T> b) {
  return {a.raw || b.raw};
}
template <class T>
HWY_INLINE bool any(Mask<T> m) {
  return m.raw;
}
template <class T>
HWY_INLINE bool all(Mask<T> m) {
  return m.raw;
}
/// One byte per lane, 0 or 1.
template <class T>
HWY_INLINE void store_bool(Mask<T> m, uint8_t* p) {
  *p = m.raw;
}

template <class T>
HWY_INLINE Vec<T> select(Mask<T> m, Vec<T> a, Vec<T> b) {
  return m.raw ? a : b;
}
/// a * b + c, rounded once.
template <class T>
HWY_INLINE Vec<T> fma(Vec<T> a, VecArg<T> b, VecArg<T> c) {
  return pointwise::fma(a.raw, b.raw, c.raw);
}
/// c - a * b, rounded once.
template <class T>
HWY_INLINE Vec<T> fnma(Vec<T> a, VecArg<T> b, VecArg<T> c) {
  return pointwise::fma(-a.raw, b.raw, c.raw);
}
template <class T, class F, class... Vs>
HWY_INLINE Vec<T> map_lanes(const F& f, Vec<T> first, Vs... rest) {
  return f(first.raw, rest.raw...);
}

#define SIMD_FORWARD(name)           \
  template <class T>                 \
  HWY_INLINE Vec<T> name(Vec<T> x) { \
    return pointwise::name(x.raw);   \
  }
SIMD_FORWARD(abs)
SIMD_FORWARD(floor)
SIMD_FORWARD(ceil)
SIMD_FORWARD(trunc)
SIMD_FORWARD(round)
SIMD_FORWARD(sqrt)
#undef SIMD_FORWARD
template <class T>
HWY_INLINE Vec<T> copysign(Vec<T> magnitude, VecArg<T> s) {
  return pointwise::copysign(magnitude.raw, s.raw);
}

}  // namespace HWY_NAMESPACE
}  // namespace tiny_torch::simd
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
