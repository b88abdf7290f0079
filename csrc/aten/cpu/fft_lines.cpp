#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "aten/cpu/fft_lines.cpp"
#include "aten/cpu/simd/foreach_target.h"

#include <algorithm>
#include <utility>

#include "aten/cpu/fft_plan.h"
#include "aten/cpu/simd/vec-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tiny_torch::cpu {
namespace HWY_NAMESPACE {

namespace sn = ::tiny_torch::simd::HWY_NAMESPACE;

// V is a vector of T, or T itself: the words for both.
template <class V>
struct Lanes {
  using T = typename V::lane;
  static constexpr int64_t count = V::lanes();
  static HWY_INLINE V load(const T* p) { return V::load(p); }
  static HWY_INLINE void store(V v, T* p) { v.store(p); }
  static HWY_INLINE V fma(V a, V b, V c) { return sn::fma(a, b, c); }
  static HWY_INLINE V fnma(V a, V b, V c) { return sn::fnma(a, b, c); }
};
template <class Real>
struct OneLane {
  using T = Real;
  static constexpr int64_t count = 1;
  static HWY_INLINE T load(const T* p) { return *p; }
  static HWY_INLINE void store(T v, T* p) { *p = v; }
  static HWY_INLINE T fma(T a, T b, T c) { return a * b + c; }
  static HWY_INLINE T fnma(T a, T b, T c) { return c - a * b; }
};
template <>
struct Lanes<float> : OneLane<float> {};
template <>
struct Lanes<double> : OneLane<double> {};

template <class V>
struct Pair {
  V re, im;
  friend HWY_INLINE Pair operator+(Pair a, Pair b) { return {a.re + b.re, a.im + b.im}; }
  friend HWY_INLINE Pair operator-(Pair a, Pair b) { return {a.re - b.re, a.im - b.im}; }
  friend HWY_INLINE Pair operator*(Pair a, Pair b) {
    using L = Lanes<V>;
    return {L::fnma(a.im, b.im, a.re * b.re), L::fma(a.im, b.re, a.re * b.im)};
  }
  HWY_INLINE Pair scaled(V factor) const { return {re * factor, im * factor}; }
  HWY_INLINE Pair swapped() const { return {im, re}; }
};

// Complex numbers one after the other in the lanes.
template <class V, class T = typename Lanes<V>::T>
HWY_INLINE Pair<V> load_complex(const complex<T>* p) {
  const T* parts = reinterpret_cast<const T*>(p);
  if constexpr (Lanes<V>::count == 1) return {V(parts[0]), V(parts[1])};
#if !SIMD_ONE_LANE
  else {
    Pair<V> x;
    hwy::HWY_NAMESPACE::LoadInterleaved2(typename V::D(), parts, x.re.raw, x.im.raw);
    return x;
  }
#endif
}
template <class V, class T = typename Lanes<V>::T>
HWY_INLINE void store_complex(Pair<V> x, complex<T>* p) {
  T* parts = reinterpret_cast<T*>(p);
  if constexpr (Lanes<V>::count == 1) {
    Lanes<V>::store(x.re, parts);
    Lanes<V>::store(x.im, parts + 1);
  }
#if !SIMD_ONE_LANE
  else
    hwy::HWY_NAMESPACE::StoreInterleaved2(x.re.raw, x.im.raw, typename V::D(), parts);
#endif
}

// Element i as the lanes' real parts and then their imaginary parts: the form between passes.
template <class V, class T = typename Lanes<V>::T>
HWY_INLINE Pair<V> load_split(const T* p, int64_t i) {
  constexpr int64_t n = Lanes<V>::count;
  return {Lanes<V>::load(p + 2 * n * i), Lanes<V>::load(p + 2 * n * i + n)};
}
template <class V, class T = typename Lanes<V>::T>
HWY_INLINE void store_split(Pair<V> x, T* p, int64_t i) {
  constexpr int64_t n = Lanes<V>::count;
  Lanes<V>::store(x.re, p + 2 * n * i);
  Lanes<V>::store(x.im, p + 2 * n * i + n);
}

template <int P, class V, class T>
HWY_INLINE void butterfly(Pair<V> (&x)[P], const std::array<complex<T>, 13>& circle) {
  if constexpr (P == 2) {
    const Pair<V> sum = x[0] + x[1];
    x[1] = x[0] - x[1];
    x[0] = sum;
  } else if constexpr (P == 4) {
    const Pair<V> a = x[0] + x[2], b = x[0] - x[2], c = x[1] + x[3], d = x[1] - x[3];
    x[0] = a + c;
    x[1] = {b.re + d.im, b.im - d.re};
    x[2] = a - c;
    x[3] = {b.re - d.im, b.im + d.re};
  } else {
    // Elements q and P - q meet roots that are conjugates.
    constexpr int kHalf = P / 2;
    Pair<V> sum[kHalf + 1], difference[kHalf + 1];
    Pair<V> total = x[0];
    for (int q = 1; q <= kHalf; ++q) {
      sum[q] = x[q] + x[P - q];
      difference[q] = x[q] - x[P - q];
      total = total + sum[q];
    }
    const Pair<V> first = x[0];
    x[0] = total;
    for (int r = 1; r <= kHalf; ++r) {
      Pair<V> even = first, odd{V(T(0)), V(T(0))};
      for (int q = 1; q <= kHalf; ++q) {
        const complex<T> w = circle[static_cast<size_t>(r * q % P)];
        even = {Lanes<V>::fma(sum[q].re, V(w.real()), even.re), Lanes<V>::fma(sum[q].im, V(w.real()), even.im)};
        odd = {Lanes<V>::fnma(difference[q].im, V(w.imag()), odd.re),
               Lanes<V>::fma(difference[q].re, V(w.imag()), odd.im)};
      }
      x[r] = even + odd;
      x[P - r] = even - odd;
    }
  }
}

// Where the first pass finds its elements.
template <class V, class T = typename Lanes<V>::T>
struct Source {
  const complex<T>* p;
  int64_t stride;
  bool swapped;
  HWY_INLINE Pair<V> operator()(int64_t i) const {
    const Pair<V> x = load_complex<V>(p + i * stride);
    return swapped ? x.swapped() : x;
  }
};
template <class V, class T = typename Lanes<V>::T>
struct Split {
  const T* p;
  HWY_INLINE Pair<V> operator()(int64_t i) const { return load_split<V>(p, i); }
};

template <int P, bool kFirst, class V, class T, class From>
void pass(const From& from, T* to, int64_t n, const FftPass<T>& pass) {
  const int64_t done = kFirst ? 1 : pass.done, distance = n / P, blocks = distance / done;
  for (int64_t b = 0; b < blocks; ++b) {
    const complex<T>* twiddles = pass.twiddles.data();
    for (int64_t k = 0; k < done; ++k) {
      const int64_t at = b * done + k;
      Pair<V> x[P];
      x[0] = from(at);
      for (int q = 1; q < P; ++q) {
        x[q] = from(at + q * distance);
        if constexpr (!kFirst) x[q] = x[q] * Pair<V>{V(twiddles[q - 1].real()), V(twiddles[q - 1].imag())};
      }
      butterfly<P>(x, pass.circle);
      for (int r = 0; r < P; ++r) store_split(x[r], to, (b * P + r) * done + k);
      if constexpr (!kFirst) twiddles += P - 1;
    }
  }
}

template <bool kFirst, class V, class T, class From>
void any_pass(const From& from, T* to, int64_t n, const FftPass<T>& p) {
  switch (p.radix) {
    case 2:
      return pass<2, kFirst, V>(from, to, n, p);
    case 3:
      return pass<3, kFirst, V>(from, to, n, p);
    case 4:
      return pass<4, kFirst, V>(from, to, n, p);
    case 5:
      return pass<5, kFirst, V>(from, to, n, p);
    case 7:
      return pass<7, kFirst, V>(from, to, n, p);
    case 11:
      return pass<11, kFirst, V>(from, to, n, p);
    default:
      return pass<13, kFirst, V>(from, to, n, p);
  }
}

// By turns into two buffers; returns the one that holds the result.
template <class V, class T>
const T* run_passes(const FftStages<T>& stages, const Source<V>& from, T* a, T* b) {
  if (stages.passes.empty()) {
    for (int64_t i = 0; i < stages.n; ++i) store_split(from(i), a, i);
    return a;
  }
  any_pass<true, V>(from, a, stages.n, stages.passes[0]);
  for (size_t i = 1; i < stages.passes.size(); ++i) {
    any_pass<false, V>(Split<V>{a}, b, stages.n, stages.passes[i]);
    std::swap(a, b);
  }
  return a;
}

template <class V, class T>
void transform_side_by_side(const FftStages<T>& stages, const complex<T>* from, complex<T>* to, int64_t stride, T* work,
                            bool forward, T factor) {
  T* other = work + 2 * Lanes<V>::count * stages.n;
  const T* result = run_passes<V>(stages, Source<V>{from, stride, !forward}, work, other);
  for (int64_t i = 0; i < stages.n; ++i) {
    const Pair<V> x = load_split<V>(result, i).scaled(V(factor));
    store_complex(forward ? x : x.swapped(), to + i * stride);
  }
}

#if !SIMD_ONE_LANE
namespace hn = hwy::HWY_NAMESPACE;

// Rows and columns of a square of vectors exchanged: first inside blocks of 128 bits, then the blocks.
template <class T>
HWY_INLINE void transpose(sn::Vec<T>* x) {
  using D = typename sn::Vec<T>::D;
  constexpr D d;
  constexpr int64_t kLanes = sn::Vec<T>::lanes(), kPerBlock = 16 / static_cast<int64_t>(sizeof(T));
  for (int64_t i = 0; i < kLanes; i += kPerBlock) {
    const auto a = x[i].raw, b = x[i + 1].raw;
    if constexpr (kPerBlock == 2) {
      x[i] = hn::InterleaveLower(d, a, b);
      x[i + 1] = hn::InterleaveUpper(d, a, b);
    } else {
      const hn::Repartition<double, D> dd;
      const auto c = x[i + 2].raw, e = x[i + 3].raw;
      const auto ab = hn::BitCast(dd, hn::InterleaveLower(d, a, b)), AB = hn::BitCast(dd, hn::InterleaveUpper(d, a, b)),
                 ce = hn::BitCast(dd, hn::InterleaveLower(d, c, e)), CE = hn::BitCast(dd, hn::InterleaveUpper(d, c, e));
      x[i] = hn::BitCast(d, hn::InterleaveLower(dd, ab, ce));
      x[i + 1] = hn::BitCast(d, hn::InterleaveUpper(dd, ab, ce));
      x[i + 2] = hn::BitCast(d, hn::InterleaveLower(dd, AB, CE));
      x[i + 3] = hn::BitCast(d, hn::InterleaveUpper(dd, AB, CE));
    }
  }
  // Now lane j of block row I holds what belongs to block I of row j.
  for (int64_t j = 0; j < kPerBlock; ++j) {
    if constexpr (kLanes == 2 * kPerBlock) {
      const auto a = x[j].raw, b = x[j + kPerBlock].raw;
      x[j] = hn::ConcatLowerLower(d, b, a);
      x[j + kPerBlock] = hn::ConcatUpperUpper(d, b, a);
    } else if constexpr (kLanes == 4 * kPerBlock) {
      const auto a = x[j].raw, b = x[j + kPerBlock].raw, c = x[j + 2 * kPerBlock].raw, e = x[j + 3 * kPerBlock].raw;
      const auto ac = hn::ConcatLowerLower(d, c, a), be = hn::ConcatLowerLower(d, e, b);
      const auto AC = hn::ConcatUpperUpper(d, c, a), BE = hn::ConcatUpperUpper(d, e, b);
      x[j] = hn::OddEvenBlocks(hn::SwapAdjacentBlocks(be), ac);
      x[j + kPerBlock] = hn::OddEvenBlocks(be, hn::SwapAdjacentBlocks(ac));
      x[j + 2 * kPerBlock] = hn::OddEvenBlocks(hn::SwapAdjacentBlocks(BE), AC);
      x[j + 3 * kPerBlock] = hn::OddEvenBlocks(BE, hn::SwapAdjacentBlocks(AC));
    }
  }
}

// The rows' transforms: sink(index of the first, numbers, how many) receives the results in runs of up to kLanes.
template <class T, class Sink>
HWY_INLINE void transform_rows(const FftLine<T>& line, const T* columns, const Sink& sink) {
  using V = sn::Vec<T>;
  constexpr int64_t kLanes = V::lanes(), kFirst = kLanes >= 4 ? 4 : 2;
  const int64_t rows = line.columns->n;
  alignas(64) T buffers[2][2 * kLanes * kLanes];
  V re[kLanes], im[kLanes];
  for (int64_t r = 0; r < rows; r += kLanes) {
    for (int64_t i = 0; i < kLanes; ++i) {
      const Pair<V> x = load_split<V>(columns, r + i) * load_split<V>(line.turns.data(), r + i);
      re[i] = x.re;
      im[i] = x.im;
    }
    transpose<T>(re);
    transpose<T>(im);
    const T* result = buffers[0];
    pass<kFirst, true, V>([&](int64_t i) { return Pair<V>{re[i], im[i]}; }, buffers[0], kLanes, line.across->passes[0]);
    if constexpr (kLanes > kFirst) {
      result = buffers[1];
      pass<kLanes / kFirst, false, V>(Split<V>{buffers[0]}, buffers[1], kLanes, line.across->passes[1]);
    }
    const int64_t count = std::min(kLanes, rows - r);
    for (int64_t k = 0; k < kLanes; ++k) sink(k * rows + r, load_split<V>(result, k), count);
  }
}

template <class T>
const T* transform_columns(const FftLine<T>& line, const complex<T>* from, T* work, bool swapped) {
  const int64_t kLanes = sn::Vec<T>::lanes(), rows = (line.columns->n + kLanes - 1) / kLanes * kLanes;
  return run_passes<sn::Vec<T>>(*line.columns, Source<sn::Vec<T>>{from, kLanes, swapped}, work,
                                work + 2 * kLanes * rows);
}

template <class T>
HWY_INLINE void store_complex(Pair<sn::Vec<T>> x, complex<T>* to, int64_t count) {
  complex<T> all[static_cast<size_t>(sn::Vec<T>::lanes())];
  store_complex(x, all);
  std::copy(all, all + count, to);
}
#endif  // !SIMD_ONE_LANE

template <class T>
void transform_line(const FftLine<T>& line, const complex<T>* from, complex<T>* to, T* work, bool forward, T factor);

// x[j] w^(j^2) convolved with the conjugate chirp, by way of longer transforms.
template <class T>
void transform_by_chirp(const FftLine<T>& line, const complex<T>* from, complex<T>* to, T* work, bool forward,
                        T factor) {
  using C = complex<T>;
  const size_t m = line.kernel.size(), n = static_cast<size_t>(line.n);
  C* padded = reinterpret_cast<C*>(work);
  T* rest = work + 2 * m;
  for (size_t k = 0; k < n; ++k) {
    const C x = from[k];
    padded[k] = (forward ? x : C(x.imag(), x.real())) * line.chirp[k];
  }
  std::fill(padded + n, padded + m, C());
  transform_line(*line.inner, padded, padded, rest, true, T(1));
  for (size_t k = 0; k < m; ++k) padded[k] = padded[k] * line.kernel[k];
  transform_line(*line.inner, padded, padded, rest, false, factor / static_cast<T>(m));
  for (size_t k = 0; k < n; ++k) {
    const C y = padded[k] * line.chirp[k];
    to[k] = forward ? y : C(y.imag(), y.real());
  }
}

template <class T>
void transform_line(const FftLine<T>& line, const complex<T>* from, complex<T>* to, T* work, bool forward, T factor) {
  if (line.inner != nullptr) return transform_by_chirp(line, from, to, work, forward, factor);
#if !SIMD_ONE_LANE
  using V = sn::Vec<T>;
  if (line.lanes > 1) {
    const T* columns = transform_columns(line, from, work, !forward);
    transform_rows(line, columns, [&](int64_t at, Pair<V> x, int64_t count) {
      x = x.scaled(V(factor));
      if (!forward) x = x.swapped();
      if (count == V::lanes())
        store_complex(x, to + at);
      else
        store_complex<T>(x, to + at, count);
    });
    return;
  }
#endif
  transform_side_by_side<T>(*line.columns, from, to, 1, work, forward, factor);
}

#if !SIMD_ONE_LANE
// Even and odd numbers as real and imaginary parts: z = x[2j] + i x[2j + 1] has Z[k] = E[k] + i O[k], where
// E = (Z[k] + conj Z[n - k]) / 2 and O likewise, and the spectrum of x is E[k] + exp(-pi i k / n) O[k].
template <class T>
void transform_real(const FftLine<T>& line, const FftHalfTurns<T>& turns, const T* from, complex<T>* to, T* work,
                    T factor) {
  using V = sn::Vec<T>;
  constexpr typename V::D d;
  const int64_t n = line.n;
  const T* columns = transform_columns(line, reinterpret_cast<const complex<T>*>(from), work, false);
  T *re = work + fft_line_work(line) - 2 * (n + 1), *im = re + n + 1;
  transform_rows(line, columns, [&](int64_t at, Pair<V> x, int64_t count) {
    if (count == V::lanes()) {
      x.re.store(re + at);
      x.im.store(im + at);
    } else {
      x.re.store(re + at, count);
      x.im.store(im + at, count);
    }
  });
  re[n] = re[0];
  im[n] = im[0];
  const V half(factor / T(2));
  for (int64_t k = 0; k < n; k += V::lanes()) {
    const int64_t mirrored = n - k - V::lanes() + 1;
    const V a = V::load(re + k), b = V::load(im + k);
    const V c = hn::Reverse(d, V::load(re + mirrored).raw), e = hn::Reverse(d, V::load(im + mirrored).raw);
    const Pair<V> even{(a + c) * half, (b - e) * half}, odd{(b + e) * half, (c - a) * half};
    const Pair<V> w{V::load(turns.parts.data() + k), V::load(turns.parts.data() + n + k)};
    store_complex(even + odd * w, to + k);
  }
  to[n] = complex<T>((re[0] - im[0]) * factor, T(0));
}

// The way back: twice Z[k] = X[k] + conj X[n - k] + i exp(pi i k / n) (X[k] - conj X[n - k]).
template <class T>
void transform_to_real(const FftLine<T>& line, const FftHalfTurns<T>& turns, const complex<T>* from, T* to, T* work,
                       T factor) {
  using V = sn::Vec<T>;
  constexpr typename V::D d;
  const int64_t n = line.n;
  auto* z = reinterpret_cast<complex<T>*>(work + fft_line_work(line) - 2 * (n + 1));
  for (int64_t k = 0; k < n; k += V::lanes()) {
    const Pair<V> x = load_complex<V>(from + k), y = load_complex<V>(from + n - k - V::lanes() + 1);
    const V c = hn::Reverse(d, y.re.raw), e = hn::Reverse(d, y.im.raw);
    const Pair<V> even{x.re + c, x.im - e}, difference{x.re - c, x.im + e};
    const Pair<V> odd = difference * Pair<V>{V::load(turns.parts.data() + k), -V::load(turns.parts.data() + n + k)};
    store_complex(Pair<V>{even.re - odd.im, even.im + odd.re}, z + k);
  }
  // The imaginary parts of the first and the last value count for nothing.
  z[0] = complex<T>(from[0].real() + from[n].real(), from[0].real() - from[n].real());
  transform_line(line, z, reinterpret_cast<complex<T>*>(to), work, false, factor);
}
#endif  // !SIMD_ONE_LANE

template <class T>
FftFunctions<T> make_fft_table() {
  constexpr int64_t lanes = sn::Vec<T>::lanes();
#if SIMD_ONE_LANE
  return {lanes, &transform_line<T>, &transform_side_by_side<T, T>, nullptr, nullptr};
#else
  return {lanes, &transform_line<T>, &transform_side_by_side<sn::Vec<T>, T>, &transform_real<T>, &transform_to_real<T>};
#endif
}
FftFunctions<float> float_fft_table() { return make_fft_table<float>(); }
FftFunctions<double> double_fft_table() { return make_fft_table<double>(); }

}  // namespace HWY_NAMESPACE
}  // namespace tiny_torch::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tiny_torch::cpu {

SIMD_FUNCTION_TABLE(fft_functions, FftFunctions, float_fft_table, double_fft_table)
template const FftFunctions<float>& fft_functions<float>();
template const FftFunctions<double>& fft_functions<double>();

}  // namespace tiny_torch::cpu
#endif
