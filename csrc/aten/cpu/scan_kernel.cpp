// Running sums and products along contiguous rows.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "aten/cpu/scan_kernel.cpp"
#include "aten/cpu/simd/foreach_target.h"

#include <algorithm>
#include <new>
#include <type_traits>

#include "aten/core/Pointwise.h"
#include "aten/cpu/simd/vec-inl.h"
#include "aten/native/reduce_stub.h"

HWY_BEFORE_NAMESPACE();
namespace tiny_torch::simd {
namespace HWY_NAMESPACE {

struct RunningSum {
  static constexpr int kStart = 0;
  template <class A>
  static A combine(A a, A b) {
    return a + b;
  }
};
struct RunningProduct {
  static constexpr int kStart = 1;
  template <class A>
  static A combine(A a, A b) {
    return a * b;
  }
};

#if !SIMD_ONE_LANE
namespace hn = hwy::HWY_NAMESPACE;
using Wide = Vec<double>;

// Lane i as lane i - kDistance was; the first lanes are 0.
template <int kDistance>
HWY_INLINE Wide moved_up(Wide x) {
  constexpr Wide::D d;
  const hn::RebindToSigned<Wide::D> di;
  const auto from = hn::Sub(hn::Iota(di, 0), hn::Set(di, kDistance));
  const auto moved = hn::TableLookupLanes(x.raw, hn::IndicesFromVec(d, hn::Max(from, hn::Zero(di))));
  return hn::IfThenZeroElse(hn::RebindMask(d, hn::Lt(from, hn::Zero(di))), moved);
}

/// Sums of the whole vectors of a row; returns how many elements they are. Sums of doubles can't overflow where the floats
/// don't, so their order is free: only one addition for each vector waits for the one before.
HWY_INLINE int64_t sum_vectors(const float* x, float* out, int64_t n, double& total) {
  constexpr int64_t kLanes = Wide::lanes();
  static_assert(kLanes <= 8, "one more step is needed");
  constexpr Wide::D d;
  const hn::Rebind<float, Wide::D> narrow;
  const auto last = hn::IndicesFromVec(d, hn::Set(hn::RebindToSigned<Wide::D>(), kLanes - 1));
  Wide before(total);
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    Wide here = hn::PromoteTo(d, hn::LoadU(narrow, x + i));
    here = here + moved_up<1>(here);
    if constexpr (kLanes > 2) here = here + moved_up<2>(here);
    if constexpr (kLanes > 4) here = here + moved_up<4>(here);
    hn::StoreU(hn::DemoteTo(narrow, (before + here).raw), narrow, out + i);
    before = before + Wide(hn::TableLookupLanes(here.raw, last));
  }
  double lanes[kLanes];
  before.store(lanes);
  total = lanes[0];
  return i;
}
#endif

/// n elements of a row. What they come to is in the 16 bytes of `total`; the row's first elements start it.
using ScanRow = void (*)(const void* x, void* out, int64_t n, void* total, bool is_first);

template <class Op, class T, class A>
void scan_row(const void* data, void* result, int64_t n, void* total, bool is_first) {
  const T* x = static_cast<const T*>(data);
  T* out = static_cast<T*>(result);
  A& running = is_first ? *new (total) A(static_cast<A>(Op::kStart)) : *static_cast<A*>(total);
  int64_t i = 0;
#if !SIMD_ONE_LANE
  if constexpr (std::is_same_v<Op, RunningSum> && std::is_same_v<T, float> && std::is_same_v<A, double>) {
    i = sum_vectors(x, out, n, running);
  }
#endif
  for (; i < n; ++i) {
    running = Op::combine(running, static_cast<A>(x[i]));
    out[i] = static_cast<T>(running);
  }
}

// As PyTorch, sums floats in double and halves in float; unsigned numbers wrap.
template <class Op>
ScanRow scan_of(ScalarType dtype) {
  switch (compute_type(dtype)) {
    case ComputeType::F32:
      return dtype == kFloat ? &scan_row<Op, float, double> : &scan_row<Op, float, float>;
    case ComputeType::F64:
      return &scan_row<Op, double, double>;
    case ComputeType::I64:
      return &scan_row<Op, int64_t, uint64_t>;
    case ComputeType::C64:
      return &scan_row<Op, complex<float>, complex<double>>;
    default:
      return &scan_row<Op, complex<double>, complex<double>>;
  }
}
ScanRow scan_function(ScalarType dtype, bool product) {
  return product ? scan_of<RunningProduct>(dtype) : scan_of<RunningSum>(dtype);
}

}  // namespace HWY_NAMESPACE
}  // namespace tiny_torch::simd
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include "aten/cpu/simd/convert.h"
#include "c10/parallel.h"

namespace tiny_torch::simd {
namespace {
auto scan_row_of(ScalarType dtype, bool product) { return SIMD_DISPATCH(scan_function)(dtype, product); }
}  // namespace
}  // namespace tiny_torch::simd

namespace tiny_torch::cpu {
namespace {

// A row goes through buffers in the first-level cache where the dtypes are not the one that is computed in.
void scan_kernel(const TensorBase& out, const TensorBase& self, bool product) {
  constexpr int64_t kBlock = 512;
  const ScalarType from = self.scalar_type(), to = out.scalar_type();
  const ScalarType compute = to_scalar_type(compute_type(to));
  const auto scan = simd::scan_row_of(to, product);
  const int64_t n = self.size(-1), rows = self.numel() / n;
  const auto in_size = static_cast<int64_t>(self.element_size()), out_size = static_cast<int64_t>(out.element_size());
  const auto* x = static_cast<const char*>(self.const_data_ptr());
  auto* y = static_cast<char*>(out.mutable_data_ptr());
  parallel_for(0, rows, std::max<int64_t>(1, kGrainSize / n), [&](int64_t begin, int64_t end) {
    alignas(64) char as_result[kBlock * sizeof(complex<double>)], values[kBlock * sizeof(complex<double>)];
    alignas(16) char total[sizeof(complex<double>)];
    const int64_t step = from == to && to == compute ? n : kBlock;
    for (int64_t row = begin; row < end; ++row) {
      for (int64_t i = row * n; i < (row + 1) * n; i += step) {
        const int64_t count = std::min(step, (row + 1) * n - i);
        const bool is_first = i == row * n;
        const char* source = x + i * in_size;
        if (from != to) {
          simd::convert_block(from, source, in_size, to, as_result, out_size, count);
          source = as_result;
        }
        if (to == compute) {
          scan(source, y + i * out_size, count, total, is_first);
          continue;
        }
        simd::load_block(to, source, out_size, compute, values, count);
        scan(values, values, count, total, is_first);
        simd::store_block(compute, values, to, y + i * out_size, out_size, count);
      }
    }
  });
}

}  // namespace

namespace {
using native::scan_stub;
REGISTER_STUB(scan_stub, DeviceType::CPU, &scan_kernel);
}  // namespace
}  // namespace tiny_torch::cpu
#endif
