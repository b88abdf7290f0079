// blocks_of<Op, Ts...>(): the block functions of a pointwise op for each compute type, for the target being compiled.
//
// Contract: Op has kInputs, kScalars and `template <class V> static auto apply(V inputs..., V scalars...)` in the words of
// aten/pointwise/vocabulary.h. An expression that is a mask (a comparison) writes bool bytes; all others the compute type.
// The output may be one of the inputs. Complex runs element by element.
#if defined(TINY_TORCH_SIMD_POINTWISE_BLOCK_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef TINY_TORCH_SIMD_POINTWISE_BLOCK_INL_H
#undef TINY_TORCH_SIMD_POINTWISE_BLOCK_INL_H
#else
#define TINY_TORCH_SIMD_POINTWISE_BLOCK_INL_H
#endif

#include <cstring>
#include <utility>

#include "aten/core/Pointwise.h"
#include "aten/cpu/simd/math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tiny_torch::simd {
namespace HWY_NAMESPACE {

// The scalar words that element by element code needs beside those of Vec.
using pointwise::reciprocal;
using pointwise::select;
using pointwise::square;

template <class T>
HWY_INLINE void store_result(Vec<T> v, void* out, int64_t i) {
  v.store(static_cast<T*>(out) + i);
}
template <class T>
HWY_INLINE void store_result(Mask<T> m, void* out, int64_t i) {
  store_bool(m, static_cast<uint8_t*>(out) + i);
}
template <class T>
HWY_INLINE void store_result(Vec<T> v, void* out, int64_t i, int64_t n) {
  v.store(static_cast<T*>(out) + i, n);
}
template <class T>
HWY_INLINE void store_result(Mask<T> m, void* out, int64_t i, int64_t n) {
  uint8_t bytes[static_cast<size_t>(Vec<T>::lanes())];
  store_bool(m, bytes);
  std::memcpy(static_cast<uint8_t*>(out) + i, bytes, static_cast<size_t>(n));
}

template <class Op, class T, size_t... I, size_t... S>
HWY_INLINE void vector_block(void* out, const T* const* in, int64_t n, const T* scalars, std::index_sequence<I...>,
                             std::index_sequence<S...>) {
  using V = Vec<T>;
  const T* const p[] = {in[I]...};
  const V s[sizeof...(S) + 1] = {V(scalars[S])..., V()};
  static_cast<void>(scalars);
  int64_t i = 0;
  for (; i + V::lanes() <= n; i += V::lanes()) store_result(Op::apply(V::load(p[I] + i)..., s[S]...), out, i);
  if (i < n) store_result(Op::apply(V::load(p[I] + i, n - i)..., s[S]...), out, i, n - i);
}

template <class Op, class T, size_t... I, size_t... S>
HWY_INLINE void element_block(void* out, const T* const* in, int64_t n, const T* scalars, std::index_sequence<I...>,
                              std::index_sequence<S...>) {
  using Result = decltype(Op::apply(in[I][0]..., scalars[S]...));
  const T* const p[] = {in[I]...};
  Result* result = static_cast<Result*>(out);
  for (int64_t i = 0; i < n; ++i) result[i] = Op::apply(T(p[I][i])..., T(scalars[S])...);
}

template <class Op, class T>
void pointwise_block(void* out, const void* const* in, int64_t n, const void* scalars) {
  const T* const* inputs = reinterpret_cast<const T* const*>(in);
  const T* values = static_cast<const T*>(scalars);
  constexpr auto i = std::make_index_sequence<static_cast<size_t>(Op::kInputs)>();
  constexpr auto s = std::make_index_sequence<static_cast<size_t>(Op::kScalars)>();
  if constexpr (pointwise::is_real_scalar_v<T>)
    vector_block<Op, T>(out, inputs, n, values, i, s);
  else
    element_block<Op, T>(out, inputs, n, values, i, s);
}

template <class T>
struct IsMask : std::is_same<T, bool> {};
template <class T>
struct IsMask<Mask<T>> : std::true_type {};
template <class Op, class T, size_t... K>
constexpr bool writes_mask(std::index_sequence<K...>) {
  using V = std::conditional_t<pointwise::is_real_scalar_v<T>, Vec<T>, T>;
  return IsMask<decltype(Op::apply((static_cast<void>(K), std::declval<V>())...))>::value;
}

template <class Op, class... Ts>
PointwiseBlocks blocks_of() {
  constexpr auto operands = std::make_index_sequence<static_cast<size_t>(Op::kInputs + Op::kScalars)>();
  constexpr bool masks = (writes_mask<Op, Ts>(operands) && ...);
  static_assert(masks == (writes_mask<Op, Ts>(operands) || ...), "an op writes bool for all compute types or for none");
  PointwiseBlocks blocks;
  blocks.writes_bool = masks;
  ((blocks.fn[static_cast<int>(compute_type(scalar_type_of<Ts>))] = &pointwise_block<Op, Ts>), ...);
  return blocks;
}

}  // namespace HWY_NAMESPACE
}  // namespace tiny_torch::simd
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
