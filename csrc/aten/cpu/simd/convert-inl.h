// One contiguous conversion loop per pair of types, for the target being compiled: the inside of convert.cpp.
#if defined(TINY_TORCH_SIMD_CONVERT_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef TINY_TORCH_SIMD_CONVERT_INL_H
#undef TINY_TORCH_SIMD_CONVERT_INL_H
#else
#define TINY_TORCH_SIMD_CONVERT_INL_H
#endif

#include "aten/cpu/simd/vec-inl.h"
#include "c10/ScalarType.h"

HWY_BEFORE_NAMESPACE();
namespace tiny_torch::simd {
namespace HWY_NAMESPACE {

template <class T>
inline constexpr bool is_half_v = std::is_same_v<T, Half> || std::is_same_v<T, BFloat16>;

/// PyTorch's cast of one element.
template <class D, class S>
HWY_INLINE D cast_element(S x) {
  if constexpr (std::is_same_v<D, S>) {
    return x;
  } else if constexpr (std::is_same_v<D, bool>) {
    if constexpr (is_complex_v<S>)
      return x.real() != 0 || x.imag() != 0;
    else
      return x != S(0);
  } else if constexpr (is_complex_v<S> && is_complex_v<D>) {
    return D(x);
  } else if constexpr (is_complex_v<S>) {
    return cast_element<D>(x.real());
  } else if constexpr (is_complex_v<D>) {
    return D(cast_element<typename D::value_type>(x));
  } else if constexpr (is_half_v<S> || is_half_v<D>) {
    return static_cast<D>(static_cast<float>(x));
  } else if constexpr (std::is_floating_point_v<S> && std::is_integral_v<D>) {
    // x86 converts to signed 32 or 64 bits only; PyTorch narrows from there, unsigned types by way of 64 bits.
    if constexpr (std::is_same_v<D, uint64_t>) {
      return x >= S(9223372036854775808.0) ? static_cast<D>(x) : static_cast<D>(static_cast<int64_t>(x));
    } else {
      // For float to uint8 both ways agree, and 32 bits are faster.
      constexpr bool narrow = std::is_signed_v<D> ? sizeof(D) <= 4 : sizeof(D) == 1 && std::is_same_v<S, float>;
      using Wide = std::conditional_t<narrow, int32_t, int64_t>;
      return static_cast<D>(static_cast<Wide>(x));
    }
  } else {
    return static_cast<D>(x);
  }
}

#if !SIMD_ONE_LANE
HWY_INLINE const hwy::float16_t* raw_half(const Half* p) { return reinterpret_cast<const hwy::float16_t*>(p); }
HWY_INLINE hwy::float16_t* raw_half(Half* p) { return reinterpret_cast<hwy::float16_t*>(p); }

/// Full vectors only; returns how many elements are done.
HWY_INLINE int64_t widen_vectors(const Half* src, float* dst, int64_t n) {
  const Vec<float>::D d;
  const hn::Rebind<hwy::float16_t, decltype(d)> dh;
  int64_t i = 0;
  for (; i + Vec<float>::lanes() <= n; i += Vec<float>::lanes()) {
    hn::StoreU(hn::PromoteTo(d, hn::LoadU(dh, raw_half(src + i))), d, dst + i);
  }
  return i;
}
HWY_INLINE int64_t widen_vectors(const BFloat16* src, float* dst, int64_t n) {
  const Vec<float>::D d;
  const hn::RebindToUnsigned<decltype(d)> du;
  const hn::Rebind<uint16_t, decltype(d)> d16;
  int64_t i = 0;
  for (; i + Vec<float>::lanes() <= n; i += Vec<float>::lanes()) {
    const auto bits = hn::PromoteTo(du, hn::LoadU(d16, reinterpret_cast<const uint16_t*>(src + i)));
    hn::StoreU(hn::BitCast(d, hn::ShiftLeft<16>(bits)), d, dst + i);
  }
  return i;
}
HWY_INLINE int64_t narrow_vectors(const float* src, Half* dst, int64_t n) {
  const Vec<float>::D d;
  const hn::Rebind<hwy::float16_t, decltype(d)> dh;
  int64_t i = 0;
  for (; i + Vec<float>::lanes() <= n; i += Vec<float>::lanes()) {
    hn::StoreU(hn::DemoteTo(dh, hn::LoadU(d, src + i)), dh, raw_half(dst + i));
  }
  return i;
}
/// Round to nearest even; a nan becomes the quiet nan 0x7fc0.
HWY_INLINE int64_t narrow_vectors(const float* src, BFloat16* dst, int64_t n) {
  const Vec<float>::D d;
  const hn::RebindToUnsigned<decltype(d)> du;
  const hn::RebindToSigned<decltype(d)> di;
  const hn::Rebind<uint16_t, decltype(d)> d16;
  int64_t i = 0;
  for (; i + Vec<float>::lanes() <= n; i += Vec<float>::lanes()) {
    const auto x = hn::LoadU(d, src + i);
    const auto bits = hn::BitCast(du, x);
    const auto odd = hn::And(hn::ShiftRight<16>(bits), hn::Set(du, 1));
    const auto rounded = hn::ShiftRight<16>(hn::Add(bits, hn::Add(odd, hn::Set(du, 0x7fff))));
    const auto kept = hn::IfThenElse(hn::RebindMask(du, hn::IsNaN(x)), hn::Set(du, 0x7fc0), rounded);
    hn::StoreU(hn::DemoteTo(d16, hn::BitCast(di, kept)), d16, reinterpret_cast<uint16_t*>(dst + i));
  }
  return i;
}
#endif  // !SIMD_ONE_LANE

template <class S, class D>
void convert(void* dst_, const void* src_, int64_t n) {
  const S* src = static_cast<const S*>(src_);
  D* dst = static_cast<D*>(dst_);
  int64_t i = 0;
#if !SIMD_ONE_LANE
  if constexpr (is_half_v<S> && std::is_same_v<D, float>) i = widen_vectors(src, dst, n);
  if constexpr (std::is_same_v<S, float> && is_half_v<D>) i = narrow_vectors(src, dst, n);
#endif
  for (; i < n; ++i) dst[i] = cast_element<D>(src[i]);
}

/// Any nonzero byte is true. Two loops, because together they defeat the vectoriser.
template <class D>
void convert_bool(void* dst_, const void* src_, int64_t n) {
  constexpr int64_t kBlock = 256;
  uint8_t truth[kBlock];
  const uint8_t* src = static_cast<const uint8_t*>(src_);
  D* dst = static_cast<D*>(dst_);
  for (int64_t i = 0; i < n; i += kBlock) {
    const int64_t count = n - i < kBlock ? n - i : kBlock;
    for (int64_t k = 0; k < count; ++k) truth[k] = src[i + k] != 0;
    for (int64_t k = 0; k < count; ++k) dst[i + k] = cast_element<D>(truth[k]);
  }
}

/// Halves and double meet by way of a float block, as in PyTorch's scalar casts.
template <class S, class D>
void convert_through_float(void* dst, const void* src, int64_t n) {
  constexpr int64_t kBlock = 256;
  float buffer[kBlock];
  for (int64_t i = 0; i < n; i += kBlock) {
    const int64_t count = n - i < kBlock ? n - i : kBlock;
    convert<S, float>(buffer, static_cast<const S*>(src) + i, count);
    convert<float, D>(static_cast<D*>(dst) + i, buffer, count);
  }
}

template <class S, class D>
constexpr auto converter() {
  if constexpr (std::is_same_v<S, bool>) {
    return &convert_bool<D>;
  } else if constexpr ((is_half_v<S> && !std::is_same_v<D, float> && !is_complex_v<D>) ||
                       (is_half_v<D> && !std::is_same_v<S, float> && !is_complex_v<S>)) {
    return &convert_through_float<S, D>;
  } else {
    return &convert<S, D>;
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace tiny_torch::simd
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
