#include "aten/cpu/norm_rows.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "aten/cpu/norm_rows.cpp"
#include "aten/cpu/simd/foreach_target.h"

#include "aten/cpu/simd/vec-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tiny_torch::cpu {
namespace HWY_NAMESPACE {

namespace sn = ::tiny_torch::simd::HWY_NAMESPACE;
template <class T>
using Vec = sn::Vec<T>;

template <class T>
HWY_INLINE T total(Vec<T> v) {
  T lanes[Vec<T>::lanes()];
  v.store(lanes);
  // Halves, so that all targets add in about the same order.
  for (int64_t width = Vec<T>::lanes() / 2; width > 0; width /= 2) {
    for (int64_t i = 0; i < width; ++i) lanes[i] += lanes[i + width];
  }
  return lanes[0];
}

// Sum of f(i, count) over vectors: four independent sums, gathered every kBlock elements to keep rounding small.
template <class T, class F>
HWY_INLINE T sum_of(int64_t n, const F& f) {
  constexpr int64_t step = Vec<T>::lanes(), kBlock = 64 * 4 * step;
  T result = 0;
  int64_t i = 0;
  while (i < n) {
    const int64_t end = i + kBlock < n ? i + kBlock : n;
    Vec<T> s0(T(0)), s1(T(0)), s2(T(0)), s3(T(0));
    for (; i + 4 * step <= end; i += 4 * step) {
      s0 = s0 + f(i, step);
      s1 = s1 + f(i + step, step);
      s2 = s2 + f(i + 2 * step, step);
      s3 = s3 + f(i + 3 * step, step);
    }
    for (; i + step <= end; i += step) s0 = s0 + f(i, step);
    if (i < end) s1 = s1 + f(i, end - i);
    i = end;
    result += total((s0 + s1) + (s2 + s3));
  }
  return result;
}

// The part of a vector past the row is zero in loads, so a deviation there has to be masked.
template <class T>
HWY_INLINE Vec<T> some(const T* p, int64_t count) {
  return count == Vec<T>::lanes() ? Vec<T>::load(p) : Vec<T>::load(p, count);
}
template <class T>
HWY_INLINE void put(Vec<T> v, T* p, int64_t count) {
  if (count == Vec<T>::lanes()) {
    v.store(p);
  } else {
    v.store(p, count);
  }
}
template <class T, class F>
HWY_INLINE void for_vectors(int64_t n, const F& f) {
  constexpr int64_t step = Vec<T>::lanes();
  int64_t i = 0;
  for (; i + step <= n; i += step) f(i, step);
  if (i < n) f(i, n - i);
}
template <class T>
HWY_INLINE Vec<T> keep(Vec<T> v, int64_t count) {
  if (count == Vec<T>::lanes()) return v;
  return sn::select(Vec<T>::iota(T(0)) < static_cast<T>(count), v, Vec<T>(T(0)));
}

template <class T>
T row_sum(const T* x, int64_t n) {
  return sum_of<T>(n, [&](int64_t i, int64_t count) HWY_ATTR { return some(x + i, count); });
}

template <class T>
T row_squares(const T* x, int64_t n, T mean) {
  const Vec<T> m(mean);
  return sum_of<T>(n, [&](int64_t i, int64_t count) HWY_ATTR {
    const Vec<T> d = keep<T>(some(x + i, count) - m, count);
    return d * d;
  });
}

template <class T>
Moments<T> row_moments(const T* x, int64_t n) {
  const T mean = row_sum(x, n) / static_cast<T>(n);
  return {mean, row_squares(x, n, mean)};
}

template <class T>
void row_affine(T* y, const T* x, int64_t n, T scale, T shift) {
  const Vec<T> a(scale), b(shift);
  for_vectors<T>(n,
                 [&](int64_t i, int64_t count) HWY_ATTR { put<T>(sn::fma(some(x + i, count), a, b), y + i, count); });
}

template <class T>
void row_normalize(T* y, const T* x, int64_t n, T mean, T scale, const T* w, const T* b) {
  const Vec<T> s(scale), m(mean);
  for_vectors<T>(n, [&](int64_t i, int64_t count) HWY_ATTR {
    Vec<T> v = (some(x + i, count) - m) * s;
    if (w != nullptr && b != nullptr) {
      v = sn::fma(v, some(w + i, count), some(b + i, count));
    } else if (w != nullptr) {
      v = v * some(w + i, count);
    } else if (b != nullptr) {
      v = v + some(b + i, count);
    }
    put<T>(v, y + i, count);
  });
}

template <class T>
HWY_INLINE Vec<T> weighted(const T* g, const T* w, int64_t i, int64_t count) {
  return w == nullptr ? some(g + i, count) : some(g + i, count) * some(w + i, count);
}

template <class T>
void row_dots(T* sums, const T* g, const T* x, int64_t n, T mean, const T* w) {
  const Vec<T> m(mean);
  constexpr int64_t step = Vec<T>::lanes(), kBlock = 256 * step;
  for (int64_t begin = 0; begin < n; begin += kBlock) {
    const int64_t length = n - begin < kBlock ? n - begin : kBlock;
    Vec<T> plain(T(0)), crossed(T(0)), plain2(T(0)), crossed2(T(0));
    int64_t i = begin;
    for (; i + 2 * step <= begin + length; i += 2 * step) {
      const Vec<T> v = weighted(g, w, i, step), u = weighted(g, w, i + step, step);
      plain = plain + v;
      plain2 = plain2 + u;
      crossed = sn::fma(v, Vec<T>::load(x + i) - m, crossed);
      crossed2 = sn::fma(u, Vec<T>::load(x + i + step) - m, crossed2);
    }
    for (; i < begin + length; i += step) {
      const int64_t count = begin + length - i < step ? begin + length - i : step;
      const Vec<T> v = weighted(g, w, i, count);
      plain = plain + v;
      crossed = sn::fma(v, keep<T>(some(x + i, count) - m, count), crossed);
    }
    sums[0] += total(plain + plain2);
    sums[1] += total(crossed + crossed2);
  }
}

template <class T>
void row_combine(T* y, const T* g, const T* x, int64_t n, T a, T b, T c, const T* w) {
  const Vec<T> va(a), vb(b), vc(c);
  for_vectors<T>(n, [&](int64_t i, int64_t count) HWY_ATTR {
    put<T>(sn::fma(weighted(g, w, i, count), va, sn::fma(some(x + i, count), vb, vc)), y + i, count);
  });
}

template <class T>
void row_accumulate(T* dw, T* db, const T* g, const T* x, int64_t n, T mean, T rstd) {
  const Vec<T> m(mean), r(rstd);
  for_vectors<T>(n, [&](int64_t i, int64_t count) HWY_ATTR {
    const Vec<T> v = some(g + i, count);
    if (dw != nullptr) put<T>(sn::fma(v, (some(x + i, count) - m) * r, some(dw + i, count)), dw + i, count);
    if (db != nullptr) put<T>(v + some(db + i, count), db + i, count);
  });
}

template <class T>
void column_squares(T* squares, const T* x, const T* mean, int64_t n) {
  for_vectors<T>(n, [&](int64_t i, int64_t count) HWY_ATTR {
    const Vec<T> d = some(x + i, count) - some(mean + i, count);
    put<T>(sn::fma(d, d, some(squares + i, count)), squares + i, count);
  });
}

template <class T>
void column_dots(T* s1, T* s2, const T* g, const T* x, const T* mean, int64_t n) {
  for_vectors<T>(n, [&](int64_t i, int64_t count) HWY_ATTR {
    const Vec<T> v = some(g + i, count);
    put<T>(some(s1 + i, count) + v, s1 + i, count);
    put<T>(sn::fma(v, some(x + i, count) - some(mean + i, count), some(s2 + i, count)), s2 + i, count);
  });
}

template <class T>
void column_combine(T* y, const T* g, const T* x, const T* a, const T* b, const T* c, int64_t n) {
  for_vectors<T>(n, [&](int64_t i, int64_t count) HWY_ATTR {
    put<T>(sn::fma(some(g + i, count), some(a + i, count),
                   sn::fma(some(x + i, count), some(b + i, count), some(c + i, count))),
           y + i, count);
  });
}

template <class T>
RowFunctions<T> make_table() {
  return {&row_sum<T>,     &row_squares<T>,    &row_moments<T>,    &row_affine<T>,  &row_normalize<T>, &row_dots<T>,
          &row_combine<T>, &row_accumulate<T>, &column_squares<T>, &column_dots<T>, &column_combine<T>};
}
RowFunctions<float> float_table() { return make_table<float>(); }
RowFunctions<double> double_table() { return make_table<double>(); }

}  // namespace HWY_NAMESPACE
}  // namespace tiny_torch::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tiny_torch::cpu {

SIMD_FUNCTION_TABLE(row_functions, RowFunctions, float_table, double_table)
template const RowFunctions<float>& row_functions<float>();
template const RowFunctions<double>& row_functions<double>();

}  // namespace tiny_torch::cpu
#endif
