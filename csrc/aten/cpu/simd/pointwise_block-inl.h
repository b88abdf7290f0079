// Runs a pointwise functor over contiguous blocks: `blocks_of<Op, float, double, ...>()` gives its PointwiseBlocks.
//
// Contract: Op has kInputs, kScalars and `apply(V...)`, inputs first; a Mask result is stored as ones and zeros.
#if defined(TINY_TORCH_SIMD_POINTWISE_BLOCK_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef TINY_TORCH_SIMD_POINTWISE_BLOCK_INL_H
#undef TINY_TORCH_SIMD_POINTWISE_BLOCK_INL_H
#else
#define TINY_TORCH_SIMD_POINTWISE_BLOCK_INL_H
#endif

#include "aten/core/Pointwise.h"
#include "aten/cpu/simd/vec-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tiny_torch::simd {
namespace HWY_NAMESPACE {

using pointwise::constant;
using pointwise::select;

template <class V, class R>
HWY_INLINE V as_value(R r) {
  if constexpr (std::is_same_v<R, V>) {
    return r;
  } else {
    return select(r, constant<V>(1), constant<V>(0));
  }
}

template <class Op, class V, class T, size_t... I, size_t... S>
HWY_INLINE V apply_at(const V* in, const T* scalars, std::index_sequence<I...>, std::index_sequence<S...>) {
  (void)scalars;
  return as_value<V>(Op::apply(in[I]..., V(scalars[S])...));
}

template <class Op, class T>
void vector_block(void* out, const void* const* in, int64_t n, const void* scalars) {
  using V = Vec<T>;
  constexpr auto kInputs = std::make_index_sequence<Op::kInputs>();
  constexpr auto kScalars = std::make_index_sequence<Op::kScalars>();
  constexpr int64_t kLanes = V::lanes();
  T* y = static_cast<T*>(out);
  const T* x[Op::kInputs > 0 ? Op::kInputs : 1];
  for (int k = 0; k < Op::kInputs; ++k) x[k] = static_cast<const T*>(in[k]);
  const T* s = static_cast<const T*>(scalars);
  V v[Op::kInputs > 0 ? Op::kInputs : 1];
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    for (int k = 0; k < Op::kInputs; ++k) v[k] = V::load(x[k] + i);
    apply_at<Op>(v, s, kInputs, kScalars).store(y + i);
  }
  if (i < n) {
    for (int k = 0; k < Op::kInputs; ++k) v[k] = V::load(x[k] + i, n - i);
    apply_at<Op>(v, s, kInputs, kScalars).store(y + i, n - i);
  }
}

template <class Op, class T>
void scalar_block(void* out, const void* const* in, int64_t n, const void* scalars) {
  T* y = static_cast<T*>(out);
  const T* s = static_cast<const T*>(scalars);
  for (int64_t i = 0; i < n; ++i) {
    T v[Op::kInputs > 0 ? Op::kInputs : 1];
    for (int k = 0; k < Op::kInputs; ++k) v[k] = static_cast<const T*>(in[k])[i];
    y[i] = apply_at<Op>(v, s, std::make_index_sequence<Op::kInputs>(), std::make_index_sequence<Op::kScalars>());
  }
}

template <class Op, class T>
void set_block(PointwiseBlocks& blocks) {
  if constexpr (is_complex_v<T>) {
    blocks.fn[static_cast<int>(compute_type(scalar_type_of<T>))] = &scalar_block<Op, T>;
  } else {
    blocks.fn[static_cast<int>(compute_type(scalar_type_of<T>))] = &vector_block<Op, T>;
  }
}

template <class Op, class... Ts>
PointwiseBlocks blocks_of() {
  PointwiseBlocks blocks;
  (set_block<Op, Ts>(blocks), ...);
  return blocks;
}

}  // namespace HWY_NAMESPACE
}  // namespace tiny_torch::simd
HWY_AFTER_NAMESPACE();

#endif
