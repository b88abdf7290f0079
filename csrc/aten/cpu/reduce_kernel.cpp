// Reductions over any dims: rows of contiguous elements, or rows added to rows where the kept dims are innermost.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "aten/cpu/reduce_kernel.cpp"
#include "aten/cpu/simd/foreach_target.h"

#include "aten/core/Pointwise.h"
#include "aten/core/wrapping.h"
#include "aten/cpu/reduce_driver.h"
#include "aten/cpu/simd/vec-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tiny_torch::simd {
namespace HWY_NAMESPACE {

// Vectors find these by their own namespace, plain scalars need them named.
template <class V>
HWY_INLINE V truth(V x) {
  using pointwise::select;
  return select(x != V(0), V(1), V(0));
}

template <class V>
HWY_INLINE V plus(V a, V b) {
  if constexpr (std::is_integral_v<V>) {
    return static_cast<V>(static_cast<wrapping_t<V>>(a) + static_cast<wrapping_t<V>>(b));
  } else {
    return a + b;
  }
}
template <class V>
HWY_INLINE V times(V a, V b) {
  if constexpr (std::is_integral_v<V>) {
    return static_cast<V>(static_cast<wrapping_t<V>>(a) * static_cast<wrapping_t<V>>(b));
  } else {
    return a * b;
  }
}

#define REDUCTION(NAME, INIT, MAP, COMBINE) \
  struct NAME {                             \
    template <class T>                      \
    static T init() {                       \
      return INIT;                          \
    }                                       \
    template <class V>                      \
    static HWY_INLINE V map(V x) {          \
      using pointwise::abs;                 \
      return MAP;                           \
    }                                       \
    template <class V>                      \
    static HWY_INLINE V combine(V a, V b) { \
      using pointwise::max;                 \
      using pointwise::min;                 \
      return COMBINE;                       \
    }                                       \
  };
REDUCTION(SumR, T(0), x, plus(a, b))
REDUCTION(ProdR, T(1), x, times(a, b))
REDUCTION(SumOfSquaresR, T(0), times(x, x), plus(a, b))
REDUCTION(SumOfAbsR, T(0), abs(x), plus(a, b))
REDUCTION(MaxOfAbsR, T(0), abs(x), max(a, b))
REDUCTION(MaxR,
          (std::numeric_limits<T>::has_infinity ? -std::numeric_limits<T>::infinity()
                                                : std::numeric_limits<T>::lowest()),
          x, max(a, b))
REDUCTION(MinR,
          (std::numeric_limits<T>::has_infinity ? std::numeric_limits<T>::infinity() : std::numeric_limits<T>::max()),
          x, min(a, b))
REDUCTION(AnyR, T(0), truth(x), max(a, b))
REDUCTION(AllR, T(1), truth(x), min(a, b))
REDUCTION(CountR, T(0), truth(x), a + b)
#undef REDUCTION

template <class R, class T>
HWY_INLINE T reduce_row(const T* x, int64_t n) {
  T total = R::template init<T>();
  int64_t i = 0;
  if constexpr (!is_complex_v<T>) {
    using V = Vec<T>;
    constexpr int64_t kLanes = V::lanes();
    if (n >= kLanes) {
      V sum(total);
      if (n >= 4 * kLanes) {
        V a1(total), a2(total), a3(total);
        for (; i + 4 * kLanes <= n; i += 4 * kLanes) {
          sum = R::combine(sum, R::map(V::load(x + i)));
          a1 = R::combine(a1, R::map(V::load(x + i + kLanes)));
          a2 = R::combine(a2, R::map(V::load(x + i + 2 * kLanes)));
          a3 = R::combine(a3, R::map(V::load(x + i + 3 * kLanes)));
        }
        sum = R::combine(R::combine(sum, a1), R::combine(a2, a3));
      }
      for (; i + kLanes <= n; i += kLanes) sum = R::combine(sum, R::map(V::load(x + i)));
      T lanes[kLanes];
      sum.store(lanes);
      for (int64_t width = kLanes / 2; width > 0; width /= 2) {
        for (int64_t k = 0; k < width; ++k) lanes[k] = R::combine(lanes[k], lanes[k + width]);
      }
      total = R::combine(total, lanes[0]);
    }
  }
  for (; i < n; ++i) total = R::combine(total, R::map(x[i]));
  return total;
}

template <class R, class T>
void reduce_rows(const void* data, int64_t n, int64_t count, void* results) {
  const T* x = static_cast<const T*>(data);
  T* to = static_cast<T*>(results);
  for (int64_t row = 0; row < count; ++row) to[row] = reduce_row<R, T>(x + row * n, n);
}

template <class R, class T>
void reduce_accumulate(void* accumulators, const void* data, int64_t n) {
  T* acc = static_cast<T*>(accumulators);
  const T* x = static_cast<const T*>(data);
  int64_t i = 0;
  if constexpr (!is_complex_v<T>) {
    using V = Vec<T>;
    for (; i + V::lanes() <= n; i += V::lanes()) R::combine(V::load(acc + i), R::map(V::load(x + i))).store(acc + i);
  }
  for (; i < n; ++i) acc[i] = R::combine(acc[i], R::map(x[i]));
}

template <class R>
void fill_real(ReduceFns* fns) {
  fns[static_cast<int>(ComputeType::F32)] = {&reduce_rows<R, float>, &reduce_accumulate<R, float>};
  fns[static_cast<int>(ComputeType::F64)] = {&reduce_rows<R, double>, &reduce_accumulate<R, double>};
  fns[static_cast<int>(ComputeType::I64)] = {&reduce_rows<R, int64_t>, &reduce_accumulate<R, int64_t>};
}
template <class R>
void fill_complex(ReduceFns* fns) {
  fns[static_cast<int>(ComputeType::C64)] = {&reduce_rows<R, complex<float>>, &reduce_accumulate<R, complex<float>>};
  fns[static_cast<int>(ComputeType::C128)] = {&reduce_rows<R, complex<double>>, &reduce_accumulate<R, complex<double>>};
}

void fill_reductions(ReduceFns (*table)[kNumComputeTypes]) {
  using native::ReduceKind;
  const auto at = [&](ReduceKind kind) { return table[static_cast<int>(kind)]; };
  fill_real<SumR>(at(ReduceKind::Sum));
  fill_complex<SumR>(at(ReduceKind::Sum));
  fill_real<ProdR>(at(ReduceKind::Prod));
  fill_complex<ProdR>(at(ReduceKind::Prod));
  fill_real<MaxR>(at(ReduceKind::Max));
  fill_real<MinR>(at(ReduceKind::Min));
  fill_real<AnyR>(at(ReduceKind::Any));
  fill_real<AllR>(at(ReduceKind::All));
  fill_real<SumOfSquaresR>(at(ReduceKind::SumOfSquares));
  fill_real<SumOfAbsR>(at(ReduceKind::SumOfAbs));
  fill_real<MaxOfAbsR>(at(ReduceKind::MaxOfAbs));
  fill_real<CountR>(at(ReduceKind::CountNonzero));
}

}  // namespace HWY_NAMESPACE
}  // namespace tiny_torch::simd
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tiny_torch::simd {
namespace {
struct ReduceTable {
  ReduceFns fns[native::kNumReduceKinds][kNumComputeTypes] = {};
  ReduceTable() { SIMD_DISPATCH(fill_reductions)(fns); }
};
}  // namespace
const ReduceFns& reduce_fns(native::ReduceKind kind, ComputeType type) {
  static const ReduceTable table;
  return table.fns[static_cast<int>(kind)][static_cast<int>(type)];
}
}  // namespace tiny_torch::simd
#endif
