// A block of positions becomes taps: places in the plane with weights, which all channels share.
#include "aten/cpu/grid_sampler_rows.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "aten/cpu/grid_sampler_rows.cpp"
#include "aten/cpu/simd/foreach_target.h"

#include "aten/cpu/simd/vec-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tiny_torch::cpu {
namespace HWY_NAMESPACE {

namespace sn = ::tiny_torch::simd::HWY_NAMESPACE;
using native::GridInterpolation;
using native::GridPadding;

constexpr int power(int base, int exponent) { return exponent == 0 ? 1 : base * power(base, exponent - 1); }

/// Positions that share one table of taps, which should stay in the nearest cache.
template <int D, int M>
constexpr int64_t kBlock = power(M, D) <= 4 ? 256 : 64;

/// The M places that a position touches along one axis, -1 where outside, with their weights and the slopes of those.
template <class T, int M, int64_t B>
struct AxisTaps {
  alignas(64) T x[B];
  alignas(64) T place[M][B];
  alignas(64) T weight[M][B];
  alignas(64) T slope[M][B];
  alignas(64) int64_t index[M][B];
};

/// Their products over all axes.
template <class T, int D, int M>
struct Taps {
  static constexpr int K = power(M, D);
  static constexpr int64_t B = kBlock<D, M>;
  alignas(64) int64_t offset[K][B];
  alignas(64) T weight[K][B];
  alignas(64) T slope[D][K][B];
  alignas(64) int64_t outside[B];  // negative where some tap is
  bool all_inside;
};

template <class T>
struct Axis {
  using V = sn::Vec<T>;
  T size;
  GridPadding padding;
  bool align_corners;

  // [-1, 1] to [0, size - 1], or to [-0.5, size - 0.5].
  HWY_INLINE V to_places(V x) const {
    if (align_corners) return (x + T(1)) / T(2) * (size - T(1));
    return ((x + T(1)) * size - T(1)) / T(2);
  }
  T scale() const { return (align_corners ? size - T(1) : size) / T(2); }

  // Without slope at the ends themselves; nan becomes 0.
  HWY_INLINE void clip(V& x, V& slope) const {
    const auto above = x > T(0), beyond = x >= size - T(1);
    slope = sn::select(above && !beyond, slope, V(T(0)));
    x = sn::select(beyond, V(size - T(1)), sn::select(above, x, V(T(0))));
  }
  // Back and forth between the outer places, or their outer edges.
  HWY_INLINE void reflect(V& x, V& slope) const {
    const T low = align_corners ? T(0) : T(-0.5), span = align_corners ? size - T(1) : size;
    if (span == T(0)) {
      x = V(T(0));
      slope = V(T(0));
      return;
    }
    const V shifted = x - low, distance = sn::abs(shifted), flips = sn::floor(distance / span);
    const V extra = distance - flips * span;
    const auto odd = flips - sn::floor(flips / T(2)) * T(2) == T(1), negative = shifted < T(0);
    x = sn::select(odd, V(span) - extra, extra) + low;
    slope = sn::select(odd, -slope, slope);
    slope = sn::select(negative, -slope, slope);
  }
  HWY_INLINE void pad(V& x, V& slope) const {
    if (padding == GridPadding::Zeros) return;
    if (padding == GridPadding::Reflection) reflect(x, slope);
    clip(x, slope);
  }
};

// Keys' cubic convolution with a = -0.75, at distances up to 1 and from 1 to 2.
template <class V, class T = typename V::lane>
HWY_INLINE V cubic_near(V x) {
  return (x * T(1.25) - T(2.25)) * x * x + T(1);
}
template <class V, class T = typename V::lane>
HWY_INLINE V cubic_far(V x) {
  return ((x * T(-0.75) + T(3.75)) * x - T(6)) * x + T(3);
}
template <class V, class T = typename V::lane>
HWY_INLINE V cubic_near_slope(V x) {
  return (x * T(3.75) - T(4.5)) * x;
}
template <class V, class T = typename V::lane>
HWY_INLINE V cubic_far_slope(V x) {
  return (x * T(-2.25) + T(7.5)) * x - T(6);
}

/// The taps of linear (M = 2) and nearest (M = 1) interpolation.
template <bool kSlopes, class T, int M, int64_t B>
void fill_near(const Axis<T>& axis, AxisTaps<T, M, B>& taps) {
  using V = sn::Vec<T>;
  for (int64_t i = 0; i < B; i += V::lanes()) {
    V at = axis.to_places(V::load(taps.x + i)), slope = axis.scale();
    axis.pad(at, slope);
    if constexpr (M == 1) {
      sn::round(at).store(taps.place[0] + i);
      V(T(1)).store(taps.weight[0] + i);
      if (kSlopes) V(T(0)).store(taps.slope[0] + i);
    } else {
      const V low = sn::floor(at), high = low + T(1);
      low.store(taps.place[0] + i);
      high.store(taps.place[1] + i);
      (high - at).store(taps.weight[0] + i);
      (at - low).store(taps.weight[1] + i);
      if (!kSlopes) continue;
      (-slope).store(taps.slope[0] + i);
      slope.store(taps.slope[1] + i);
    }
  }
}

/// Positions are not padded here: each of the places is.
template <bool kSlopes, class T, int64_t B>
void fill_cubic(const Axis<T>& axis, AxisTaps<T, 4, B>& taps) {
  using V = sn::Vec<T>;
  const T scale = axis.scale();
  for (int64_t i = 0; i < B; i += V::lanes()) {
    const V at = axis.to_places(V::load(taps.x + i)), low = sn::floor(at), t = at - low;
    for (int m = 0; m < 4; ++m) {
      V place = low + static_cast<T>(m - 1), slope = T(0);
      axis.pad(place, slope);
      sn::round(place).store(taps.place[m] + i);
    }
    const V before = t + T(1), rest = V(T(1)) - t, beyond = V(T(2)) - t;
    cubic_far(before).store(taps.weight[0] + i);
    cubic_near(t).store(taps.weight[1] + i);
    cubic_near(rest).store(taps.weight[2] + i);
    cubic_far(beyond).store(taps.weight[3] + i);
    if (!kSlopes) continue;
    (cubic_far_slope(before) * scale).store(taps.slope[0] + i);
    (cubic_near_slope(t) * scale).store(taps.slope[1] + i);
    (cubic_near_slope(rest) * -scale).store(taps.slope[2] + i);
    (cubic_far_slope(beyond) * -scale).store(taps.slope[3] + i);
  }
}

template <bool kSlopes, class T, int M, int64_t B>
void fill_axis(const GridJob<T>& job, int d, AxisTaps<T, M, B>& taps) {
  const Axis<T> axis{static_cast<T>(job.size[d]), job.mode.padding, job.mode.align_corners};
  if constexpr (M == 4)
    fill_cubic<kSlopes>(axis, taps);
  else
    fill_near<kSlopes>(axis, taps);
  const T last = static_cast<T>(job.size[d] - 1);
  const int64_t stride = job.stride[d];
  for (int m = 0; m < M; ++m) {
    for (int64_t i = 0; i < B; ++i) {
      const T place = taps.place[m][i];
      taps.index[m][i] = place >= T(0) && place <= last ? static_cast<int64_t>(place) * stride : -1;
    }
  }
}

template <bool kSlopes, class T, int D, int M>
void combine(const AxisTaps<T, M, kBlock<D, M>>* axes, Taps<T, D, M>& taps) {
  constexpr int64_t B = kBlock<D, M>;
  for (int64_t i = 0; i < B; ++i) taps.outside[i] = 0;
  for (int k = 0; k < Taps<T, D, M>::K; ++k) {
    int digit[D];
    for (int d = 0; d < D; ++d) digit[d] = k / power(M, d) % M;
    for (int64_t i = 0; i < B; ++i) {
      int64_t sum = 0, sign = 0;
      T weight = T(1);
      for (int d = 0; d < D; ++d) {
        const int64_t index = axes[d].index[digit[d]][i];
        sum += index;
        sign |= index;
        weight *= axes[d].weight[digit[d]][i];
      }
      taps.offset[k][i] = sum | (sign >> 63);
      taps.outside[i] |= sign;
      taps.weight[k][i] = weight;
    }
    if (!kSlopes) continue;
    for (int along = 0; along < D; ++along) {
      for (int64_t i = 0; i < B; ++i) {
        T slope = axes[along].slope[digit[along]][i];
        for (int d = 0; d < D; ++d) slope *= d == along ? T(1) : axes[d].weight[digit[d]][i];
        taps.slope[along][k][i] = slope;
      }
    }
  }
  int64_t some = 0;
  for (int64_t i = 0; i < B; ++i) some |= taps.outside[i];
  taps.all_inside = some >= 0;
}

template <bool kSlopes, class T, int D, int M>
void make_taps(const GridJob<T>& job, int64_t n, int64_t begin, int64_t end, Taps<T, D, M>& taps) {
  constexpr int64_t B = kBlock<D, M>;
  AxisTaps<T, M, B> axes[D];
  const T* grid = job.grid + (n * job.positions + begin) * D;
  const int64_t count = end - begin;
  for (int d = 0; d < D; ++d) {
    for (int64_t i = 0; i < count; ++i) axes[d].x[i] = grid[i * D + d];
    for (int64_t i = count; i < B; ++i) axes[d].x[i] = T(0);
    fill_axis<kSlopes>(job, d, axes[d]);
  }
  combine<kSlopes>(axes, taps);
}

// In images, taps outside count as zeros that let the nan of a position through, as in PyTorch; in volumes not at all.
template <class T, int D, int M>
void forward_channel(const Taps<T, D, M>& taps, const T* in, T* out, int64_t count) {
  constexpr int K = Taps<T, D, M>::K;
  for (int64_t i = 0; i < count; ++i) {
    T sum = T(0);
    if (taps.all_inside || taps.outside[i] >= 0) {
      sum = in[taps.offset[0][i]] * taps.weight[0][i];
      for (int k = 1; k < K; ++k) sum += in[taps.offset[k][i]] * taps.weight[k][i];
    } else {
      for (int k = 0; k < K; ++k) {
        const bool fits = taps.offset[k][i] >= 0;
        if (D == 2 || fits) sum += (fits ? in[taps.offset[k][i]] : T(0)) * taps.weight[k][i];
      }
    }
    out[i] = sum;
  }
}

template <class T, int D, int M>
void forward_range(const GridJob<T>& job, int64_t n, int64_t begin, int64_t end) {
  Taps<T, D, M> taps;
  for (int64_t first = begin; first < end; first += taps.B) {
    const int64_t count = end - first < taps.B ? end - first : taps.B;
    make_taps<false>(job, n, first, first + count, taps);
    for (int64_t c = n * job.channels; c < (n + 1) * job.channels; ++c)
      forward_channel(taps, job.input + c * job.plane, job.out + c * job.positions + first, count);
  }
}

/// Adds what one channel's gradients at the positions of the block give; `grad_in` may be null.
template <class T, int D, int M>
void backward_channel(const Taps<T, D, M>& taps, const T* in, const T* grad_out, T* grad_in, T* grad_grid,
                      int64_t count) {
  constexpr int K = Taps<T, D, M>::K;
  for (int64_t i = 0; i < count; ++i) {
    const T grad = grad_out[i];
    const bool inside = taps.all_inside || taps.outside[i] >= 0;
    T sums[D] = {};
    for (int k = 0; k < K; ++k) {
      const int64_t offset = taps.offset[k][i];
      const bool fits = inside || offset >= 0;
      if (D == 3 && !fits) continue;
      if (fits && grad_in != nullptr) grad_in[offset] += grad * taps.weight[k][i];
      if (M == 1) continue;
      const T product = grad * (fits ? in[offset] : T(0));
      for (int d = 0; d < D; ++d) sums[d] += product * taps.slope[d][k][i];
    }
    if (M == 1) continue;
    for (int d = 0; d < D; ++d) grad_grid[i * D + d] += sums[d];
  }
}

template <class T, int D, int M>
void backward_range(const GridJob<T>& job, int64_t n, int64_t begin, int64_t end) {
  Taps<T, D, M> taps;
  for (int64_t first = begin; first < end; first += taps.B) {
    const int64_t count = end - first < taps.B ? end - first : taps.B;
    make_taps<M != 1>(job, n, first, first + count, taps);
    T* grad_grid = job.grad_grid + (n * job.positions + first) * D;
    for (int64_t i = 0; i < count * D; ++i) grad_grid[i] = T(0);
    for (int64_t c = n * job.channels; c < (n + 1) * job.channels; ++c) {
      T* grad_in = job.grad_input == nullptr ? nullptr : job.grad_input + c * job.plane;
      backward_channel(taps, job.input + c * job.plane, job.grad_output + c * job.positions + first, grad_in, grad_grid,
                       count);
    }
  }
}

template <bool kForward, int D, int M, class T>
void one_range(const GridJob<T>& job, int64_t n, int64_t begin, int64_t end) {
  (kForward ? forward_range<T, D, M> : backward_range<T, D, M>)(job, n, begin, end);
}
template <bool kForward, class T>
void any_range(const GridJob<T>& job, int64_t n, int64_t begin, int64_t end) {
  const GridInterpolation kind = job.mode.interpolation;
  if (kind == GridInterpolation::Cubic) return one_range<kForward, 2, 4>(job, n, begin, end);
  const bool linear = kind == GridInterpolation::Linear;
  if (job.dims == 2) return (linear ? one_range<kForward, 2, 2, T> : one_range<kForward, 2, 1, T>)(job, n, begin, end);
  return (linear ? one_range<kForward, 3, 2, T> : one_range<kForward, 3, 1, T>)(job, n, begin, end);
}

GridRows<float> float_rows() { return {&any_range<true, float>, &any_range<false, float>}; }
GridRows<double> double_rows() { return {&any_range<true, double>, &any_range<false, double>}; }

}  // namespace HWY_NAMESPACE
}  // namespace tiny_torch::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tiny_torch::cpu {
SIMD_FUNCTION_TABLE(grid_rows, GridRows, float_rows, double_rows)
template const GridRows<float>& grid_rows<float>();
template const GridRows<double>& grid_rows<double>();
}  // namespace tiny_torch::cpu
#endif
