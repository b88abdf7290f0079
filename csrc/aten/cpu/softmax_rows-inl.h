// What softmax and cross entropy do with one contiguous row.
#if defined(TINY_TORCH_SOFTMAX_ROWS_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef TINY_TORCH_SOFTMAX_ROWS_INL_H
#undef TINY_TORCH_SOFTMAX_ROWS_INL_H
#else
#define TINY_TORCH_SOFTMAX_ROWS_INL_H
#endif

#include <limits>

#include "aten/cpu/simd/math-inl.h"
#include "aten/cpu/simd/vec-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tiny_torch::simd {
namespace HWY_NAMESPACE {

// nan may get lost here: it comes back through the sum of exponentials.
template <class T>
HWY_INLINE Vec<T> larger(Vec<T> a, Vec<T> b) {
  return select(a > b, a, b);
}

template <class T>
HWY_INLINE T sum_lanes(Vec<T> v) {
  T lanes[Vec<T>::lanes()];
  v.store(lanes);
  double total = 0;
  for (T lane : lanes) total += static_cast<double>(lane);
  return static_cast<T>(total);
}

// Lanes [k, lanes) as zero.
template <class T>
HWY_INLINE Vec<T> first_lanes(Vec<T> v, int64_t k) {
  T lanes[Vec<T>::lanes()] = {};
  v.store(lanes, k);
  return Vec<T>::load(lanes);
}

template <class T>
T row_max(const T* x, int64_t n) {
  using V = Vec<T>;
  constexpr int64_t kLanes = V::lanes();
  T peak = -std::numeric_limits<T>::infinity();
  int64_t i = 0;
  if (n >= kLanes) {
    V a(peak), b(peak), c(peak), d(peak);
    for (; i + 4 * kLanes <= n; i += 4 * kLanes) {
      a = larger(a, V::load(x + i));
      b = larger(b, V::load(x + i + kLanes));
      c = larger(c, V::load(x + i + 2 * kLanes));
      d = larger(d, V::load(x + i + 3 * kLanes));
    }
    for (; i + kLanes <= n; i += kLanes) a = larger(a, V::load(x + i));
    T lanes[kLanes];
    larger(larger(a, b), larger(c, d)).store(lanes);
    for (T lane : lanes) peak = lane > peak ? lane : peak;
  }
  for (; i < n; ++i) peak = x[i] > peak ? x[i] : peak;
  return peak;
}

// Sum of exp(x - peak); with kStore the terms go to `out`.
template <bool kStore, class T>
T row_exp_sum(const T* x, T* out, int64_t n, T peak) {
  using V = Vec<T>;
  constexpr int64_t kLanes = V::lanes();
  V a(T(0)), b(T(0));
  int64_t i = 0;
  for (; i + 2 * kLanes <= n; i += 2 * kLanes) {
    const V e = exp(V::load(x + i) - peak), f = exp(V::load(x + i + kLanes) - peak);
    if constexpr (kStore) {
      e.store(out + i);
      f.store(out + i + kLanes);
    }
    a = a + e;
    b = b + f;
  }
  for (; i + kLanes <= n; i += kLanes) {
    const V e = exp(V::load(x + i) - peak);
    if constexpr (kStore) e.store(out + i);
    a = a + e;
  }
  if (i < n) {
    const V e = exp(V::load(x + i, n - i) - peak);
    if constexpr (kStore) e.store(out + i, n - i);
    b = b + first_lanes(e, n - i);
  }
  return sum_lanes(a + b);
}

// out[i] = f(load) where load(p) is p[i], for whole vectors and the rest.
template <class T, class F>
HWY_INLINE void map_row(T* out, int64_t n, const F& f) {
  using V = Vec<T>;
  int64_t i = 0;
  for (; i + V::lanes() <= n; i += V::lanes()) f([&](const T* p) { return V::load(p + i); }).store(out + i);
  if (i < n) f([&](const T* p) { return V::load(p + i, n - i); }).store(out + i, n - i);
}

}  // namespace HWY_NAMESPACE
}  // namespace tiny_torch::simd
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
