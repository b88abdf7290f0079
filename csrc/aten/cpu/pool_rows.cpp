#include "aten/cpu/pool_rows.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "aten/cpu/pool_rows.cpp"
#include "aten/cpu/simd/foreach_target.h"

#include "aten/cpu/simd/vec-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tiny_torch::cpu {
namespace HWY_NAMESPACE {

// Selections without branches, for the compiler to vectorize with the target's instructions.
template <class T>
void pool_pairs(T* out, int32_t* place, const T* top, const T* bottom, int64_t n) {
  for (int64_t i = 0; i < n; ++i) {
    const T a = top[2 * i], b = top[2 * i + 1], c = bottom[2 * i], d = bottom[2 * i + 1];
    const bool right = b > a || b != b;
    const bool right_below = d > c || d != d;
    const T upper = right ? b : a, lower = right_below ? d : c;
    const bool below = lower > upper || lower != lower;
    out[i] = below ? lower : upper;
    place[i] = below ? 2 + static_cast<int32_t>(right_below) : static_cast<int32_t>(right);
  }
}

template <class T>
const PoolRows<T>* make_pool_table() {
  static const PoolRows<T> table{&pool_pairs<T>};
  return &table;
}
const PoolRows<float>* float_pool_table() { return make_pool_table<float>(); }
const PoolRows<double>* double_pool_table() { return make_pool_table<double>(); }

}  // namespace HWY_NAMESPACE
}  // namespace tiny_torch::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tiny_torch::cpu {

template <>
const PoolRows<float>& pool_rows<float>() {
  return *SIMD_DISPATCH(float_pool_table)();
}
template <>
const PoolRows<double>& pool_rows<double>() {
  return *SIMD_DISPATCH(double_pool_table)();
}

}  // namespace tiny_torch::cpu
#endif
