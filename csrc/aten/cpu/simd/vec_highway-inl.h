// Vec<T> and Mask<T> over Google Highway: included by vec-inl.h, which holds the contract.
#if defined(TINY_TORCH_SIMD_VEC_HIGHWAY_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef TINY_TORCH_SIMD_VEC_HIGHWAY_INL_H
#undef TINY_TORCH_SIMD_VEC_HIGHWAY_INL_H
#else
#define TINY_TORCH_SIMD_VEC_HIGHWAY_INL_H
#endif

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace tiny_torch::simd {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

template <class T>
struct Mask {
  using lane = T;
  hn::Mask<hn::ScalableTag<T>> raw;
};

template <class T>
struct Vec {
  using lane = T;
  using D = hn::ScalableTag<T>;
  using Raw = hn::Vec<D>;
  Raw raw;
  Vec() = default;
  HWY_INLINE Vec(T value) : raw(hn::Set(D(), value)) {}  // NOLINT: implicit, so that constants mix with vectors
  HWY_INLINE Vec(Raw v) : raw(v) {}                      // NOLINT: implicit
  static constexpr int64_t lanes() { return HWY_LANES(T); }
  static HWY_INLINE Vec load(const T* p) { return hn::LoadU(D(), p); }
  /// The first n (0 <= n < lanes()) elements; the other lanes are 0.
  static HWY_INLINE Vec load(const T* p, int64_t n) {
#if HWY_TARGET <= HWY_AVX2 && HWY_ARCH_X86
    return hn::MaskedLoad(hn::FirstN(D(), static_cast<size_t>(n)), D(), p);
#else
    T buffer[HWY_LANES(T)] = {};
    std::memcpy(buffer, p, static_cast<size_t>(n) * sizeof(T));
    return load(buffer);
#endif
  }
  HWY_INLINE void store(T* p) const { hn::StoreU(raw, D(), p); }
  HWY_INLINE void store(T* p, int64_t n) const {
#if HWY_TARGET <= HWY_AVX2 && HWY_ARCH_X86
    hn::BlendedStore(raw, hn::FirstN(D(), static_cast<size_t>(n)), D(), p);
#else
    T buffer[HWY_LANES(T)];
    store(buffer);
    std::memcpy(p, buffer, static_cast<size_t>(n) * sizeof(T));
#endif
  }
  /// first, first + 1, ...
  static HWY_INLINE Vec iota(T first) { return hn::Iota(D(), first); }
};

/// f applied to each lane by itself: for what has no vector form.
template <class T, class F, class... Vs>
HWY_INLINE Vec<T> map_lanes(const F& f, Vec<T> first, Vs... rest) {
  constexpr int64_t n = Vec<T>::lanes();
  T buffers[1 + sizeof...(Vs)][n];
  first.store(buffers[0]);
  int64_t k = 0;
  (void(rest.store(buffers[++k])), ...);
  for (int64_t i = 0; i < n; ++i) {
    if constexpr (sizeof...(Vs) == 0)
      buffers[0][i] = f(buffers[0][i]);
    else
      buffers[0][i] = f(buffers[0][i], buffers[1][i]);
  }
  return Vec<T>::load(buffers[0]);
}

// An argument that takes no part in deduction, so that a plain number converts.
template <class T>
struct Same {
  using type = T;
};
template <class T>
using VecArg = typename Same<Vec<T>>::type;

namespace detail {
template <class T>
HWY_INLINE Vec<T> add(Vec<T> a, Vec<T> b) {
  return hn::Add(a.raw, b.raw);
}
template <class T>
HWY_INLINE Vec<T> sub(Vec<T> a, Vec<T> b) {
  return hn::Sub(a.raw, b.raw);
}
template <class T>
HWY_INLINE Vec<T> mul(Vec<T> a, Vec<T> b) {
  return hn::Mul(a.raw, b.raw);
}
template <class T>
HWY_INLINE Vec<T> div(Vec<T> a, Vec<T> b) {
  if constexpr (std::is_floating_point_v<T>)
    return hn::Div(a.raw, b.raw);
  else
    return map_lanes([](T x, T y) { return static_cast<T>(pointwise::trunc_divide<int64_t>(x, y)); }, a, b);
}
template <class T>
HWY_INLINE Vec<T> neg(Vec<T> a) {
  if constexpr (std::is_floating_point_v<T>)
    return hn::Neg(a.raw);
  else
    return hn::Sub(hn::Zero(typename Vec<T>::D()), a.raw);
}
template <class T>
HWY_INLINE Mask<T> eq(Vec<T> a, Vec<T> b) {
  return {hn::Eq(a.raw, b.raw)};
}
template <class T>
HWY_INLINE Mask<T> ne(Vec<T> a, Vec<T> b) {
  return {hn::Not(hn::Eq(a.raw, b.raw))};  // Highway's own Ne is false for nan on x86
}
template <class T>
HWY_INLINE Mask<T> lt(Vec<T> a, Vec<T> b) {
  return {hn::Lt(a.raw, b.raw)};
}
template <class T>
HWY_INLINE Mask<T> le(Vec<T> a, Vec<T> b) {
  if constexpr (std::is_floating_point_v<T>)
    return {hn::Le(a.raw, b.raw)};
  else
    return {hn::Not(hn::Lt(b.raw, a.raw))};
}
template <class T>
HWY_INLINE Vec<T> bit_and(Vec<T> a, Vec<T> b) {
  return hn::And(a.raw, b.raw);
}
template <class T>
HWY_INLINE Vec<T> bit_or(Vec<T> a, Vec<T> b) {
  return hn::Or(a.raw, b.raw);
}
template <class T>
HWY_INLINE Vec<T> bit_xor(Vec<T> a, Vec<T> b) {
  return hn::Xor(a.raw, b.raw);
}
}  // namespace detail

template <class T>
HWY_INLINE Mask<T> operator!(Mask<T> m) {
  return {hn::Not(m.raw)};
}
template <class T>
HWY_INLINE Mask<T> operator&&(Mask<T> a, Mask<T> b) {
  return {hn::And(a.raw, b.raw)};
}
template <class T>
HWY_INLINE Mask<T> operator||(Mask<T> a, Mask<T> b) {
  return {hn::Or(a.raw, b.raw)};
}
template <class T>
HWY_INLINE bool any(Mask<T> m) {
  return !hn::AllFalse(hn::ScalableTag<T>(), m.raw);
}
template <class T>
HWY_INLINE bool all(Mask<T> m) {
  return hn::AllTrue(hn::ScalableTag<T>(), m.raw);
}
/// One byte per lane, 0 or 1.
template <class T>
HWY_INLINE void store_bool(Mask<T> m, uint8_t* p) {
  const hn::RebindToUnsigned<hn::ScalableTag<T>> du;
  const hn::Rebind<uint8_t, decltype(du)> d8;
  const auto ones = hn::IfThenElseZero(hn::RebindMask(du, m.raw), hn::Set(du, 1));
  hn::StoreU(hn::TruncateTo(d8, ones), d8, p);
}

template <class T>
HWY_INLINE Vec<T> select(Mask<T> m, Vec<T> a, Vec<T> b) {
  return hn::IfThenElse(m.raw, a.raw, b.raw);
}
/// a * b + c, rounded once where the target has it (all x86 targets compiled, NEON).
template <class T>
HWY_INLINE Vec<T> fma(Vec<T> a, VecArg<T> b, VecArg<T> c) {
  return hn::MulAdd(a.raw, b.raw, c.raw);
}
/// c - a * b.
template <class T>
HWY_INLINE Vec<T> fnma(Vec<T> a, VecArg<T> b, VecArg<T> c) {
  return hn::NegMulAdd(a.raw, b.raw, c.raw);
}
template <class T>
HWY_INLINE Vec<T> abs(Vec<T> x) {
  if constexpr (std::is_floating_point_v<T>)
    return hn::Abs(x.raw);
  else
    return select(detail::lt(x, Vec<T>(T(0))), detail::neg(x), x);
}

#define SIMD_ROUNDING(name, Op)                \
  template <class T>                           \
  HWY_INLINE Vec<T> name(Vec<T> x) {           \
    if constexpr (std::is_floating_point_v<T>) \
      return hn::Op(x.raw);                    \
    else                                       \
      return x;                                \
  }
SIMD_ROUNDING(floor, Floor)
SIMD_ROUNDING(ceil, Ceil)
SIMD_ROUNDING(trunc, Trunc)
SIMD_ROUNDING(round, Round)
#undef SIMD_ROUNDING
template <class T>
HWY_INLINE Vec<T> sqrt(Vec<T> x) {
  return hn::Sqrt(x.raw);
}
template <class T>
HWY_INLINE Vec<T> copysign(Vec<T> magnitude, VecArg<T> s) {
  return hn::CopySign(magnitude.raw, s.raw);
}

}  // namespace HWY_NAMESPACE
}  // namespace tiny_torch::simd
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
