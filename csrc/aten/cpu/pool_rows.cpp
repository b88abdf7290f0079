#include "aten/cpu/pool_rows.h"

#include <cstring>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "aten/cpu/pool_rows.cpp"
#include "aten/cpu/simd/foreach_target.h"

#include "aten/cpu/simd/vec-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tiny_torch::cpu {
namespace HWY_NAMESPACE {

namespace sn = ::tiny_torch::simd::HWY_NAMESPACE;
template <class T>
using Vec = sn::Vec<T>;

// Elements 0, 2, 4, ... and 1, 3, 5, ... of two vectors' worth of memory.
template <class T>
HWY_INLINE void load_pairs(const T* p, Vec<T>& even, Vec<T>& odd) {
#if SIMD_ONE_LANE
  even = p[0];
  odd = p[1];
#else
  namespace hn = hwy::HWY_NAMESPACE;
  hn::LoadInterleaved2(typename Vec<T>::D(), p, even.raw, odd.raw);
#endif
}

// Branches would be mispredicted half of the time; offsets travel as T, which holds them exactly.
template <class T>
HWY_INLINE void pool_vector(const T* top, const T* bottom, T width, Vec<T>& largest, Vec<T>& offset) {
  Vec<T> a, b, c, d;
  load_pairs(top, a, b);
  load_pairs(bottom, c, d);
  const auto right = b > a || sn::is_nan(b);
  const auto right_below = d > c || sn::is_nan(d);
  const Vec<T> upper = sn::select(right, b, a), lower = sn::select(right_below, d, c);
  const auto below = lower > upper || sn::is_nan(lower);
  largest = sn::select(below, lower, upper);
  offset = sn::select(below, sn::as_number(right_below) + width, sn::as_number(right));
}

template <class T>
void pool_pairs(T* out, int64_t* indices, const T* top, const T* bottom, int64_t n, int64_t base, int64_t width) {
  constexpr int64_t step = Vec<T>::lanes();
  T upper[2 * step] = {}, lower[2 * step] = {}, offsets[step];
  for (int64_t i = 0; i < n; i += step) {
    const int64_t count = n - i < step ? n - i : step;
    Vec<T> largest, offset;
    if (count == step) {
      pool_vector(top + 2 * i, bottom + 2 * i, static_cast<T>(width), largest, offset);
      largest.store(out + i);
    } else {
      std::memcpy(upper, top + 2 * i, static_cast<size_t>(2 * count) * sizeof(T));
      std::memcpy(lower, bottom + 2 * i, static_cast<size_t>(2 * count) * sizeof(T));
      pool_vector(upper, lower, static_cast<T>(width), largest, offset);
      largest.store(out + i, count);
    }
    offset.store(offsets);
    for (int64_t j = 0; j < count; ++j) indices[i + j] = base + 2 * (i + j) + static_cast<int64_t>(offsets[j]);
  }
}

PoolRows<float> float_pool_table() { return {&pool_pairs<float>}; }
PoolRows<double> double_pool_table() { return {&pool_pairs<double>}; }

}  // namespace HWY_NAMESPACE
}  // namespace tiny_torch::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tiny_torch::cpu {

SIMD_FUNCTION_TABLE(pool_rows, PoolRows, float_pool_table, double_pool_table)
template const PoolRows<float>& pool_rows<float>();
template const PoolRows<double>& pool_rows<double>();

}  // namespace tiny_torch::cpu
#endif
