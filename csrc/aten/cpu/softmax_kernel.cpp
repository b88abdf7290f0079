// softmax and log_softmax along contiguous rows, and down adjacent columns for the other dimensions.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "aten/cpu/softmax_kernel.cpp"
#include "aten/cpu/simd/foreach_target.h"

#include <cmath>
#include <limits>

#include "aten/cpu/softmax_rows-inl.h"
#include "aten/cpu/softmax_rows.h"

HWY_BEFORE_NAMESPACE();
namespace tiny_torch::simd {
namespace HWY_NAMESPACE {

template <class T>
void softmax_row(const T* x, T* out, int64_t n, bool log) {
  const T peak = row_max(x, n);
  if (log) {
    // Two subtractions: a large peak would swallow the logarithm.
    const T log_sum = static_cast<T>(std::log(static_cast<double>(row_exp_sum<false, T>(x, nullptr, n, peak))));
    map_row(out, n, [&](const auto& load) { return (load(x) - peak) - log_sum; });
  } else {
    const T scale = T(1) / row_exp_sum<true>(x, out, n, peak);
    map_row(out, n, [&](const auto& load) { return load(out) * scale; });
  }
}

template <class T>
void softmax_row_backward(const T* grad, const T* y, T* out, int64_t n, bool log) {
  using V = Vec<T>;
  constexpr int64_t kLanes = V::lanes();
  V a(T(0)), b(T(0));
  int64_t i = 0;
  const auto term = [&](V g, V output) { return log ? g : g * output; };
  for (; i + 2 * kLanes <= n; i += 2 * kLanes) {
    a = a + term(V::load(grad + i), V::load(y + i));
    b = b + term(V::load(grad + i + kLanes), V::load(y + i + kLanes));
  }
  for (; i + kLanes <= n; i += kLanes) a = a + term(V::load(grad + i), V::load(y + i));
  if (i < n) b = b + term(V::load(grad + i, n - i), V::load(y + i, n - i));
  const T sum = sum_lanes(a + b);
  if (log) {
    map_row(out, n, [&](const auto& load) { return fnma(exp(load(y)), V(sum), load(grad)); });
  } else {
    map_row(out, n, [&](const auto& load) { return (load(grad) - sum) * load(y); });
  }
}

// K vectors of adjacent columns; `rest` < lanes() restricts the only vector of a last, narrow block.
template <class T, int K>
struct Columns {
  using V = Vec<T>;
  int64_t n, stride, rest;

  HWY_INLINE V load(const T* p, int k) const {
    return rest == V::lanes() ? V::load(p + k * V::lanes()) : V::load(p + k * V::lanes(), rest);
  }
  HWY_INLINE void store(V v, T* p, int k) const {
    if (rest == V::lanes())
      v.store(p + k * V::lanes());
    else
      v.store(p + k * V::lanes(), rest);
  }

  void forward(const T* x, T* out, bool log) const {
    V peak[K], sum[K];
    for (int k = 0; k < K; ++k) {
      peak[k] = V(-std::numeric_limits<T>::infinity());
      sum[k] = V(T(0));
    }
    for (int64_t r = 0; r < n; ++r) {
      for (int k = 0; k < K; ++k) peak[k] = larger(peak[k], load(x + r * stride, k));
    }
    for (int64_t r = 0; r < n; ++r) {
      for (int k = 0; k < K; ++k) {
        const V e = exp(load(x + r * stride, k) - peak[k]);
        if (!log) store(e, out + r * stride, k);
        sum[k] = sum[k] + e;
      }
    }
    for (int k = 0; k < K; ++k) sum[k] = log ? HWY_NAMESPACE::log(sum[k]) : T(1) / sum[k];
    for (int64_t r = 0; r < n; ++r) {
      for (int k = 0; k < K; ++k) {
        const int64_t at = r * stride;
        store(log ? (load(x + at, k) - peak[k]) - sum[k] : load(out + at, k) * sum[k], out + at, k);
      }
    }
  }

  void backward(const T* grad, const T* y, T* out, bool log) const {
    V sum[K];
    for (int k = 0; k < K; ++k) sum[k] = V(T(0));
    for (int64_t r = 0; r < n; ++r) {
      for (int k = 0; k < K; ++k) {
        const V g = load(grad + r * stride, k);
        sum[k] = sum[k] + (log ? g : g * load(y + r * stride, k));
      }
    }
    for (int64_t r = 0; r < n; ++r) {
      for (int k = 0; k < K; ++k) {
        const V g = load(grad + r * stride, k), output = load(y + r * stride, k);
        store(log ? fnma(exp(output), sum[k], g) : (g - sum[k]) * output, out + r * stride, k);
      }
    }
  }
};

// f(columns, first column) over blocks of 4 vectors, 1 vector and the rest.
template <class T, class F>
HWY_INLINE void column_blocks(int64_t n, int64_t stride, int64_t w, const F& f) {
  constexpr int64_t kLanes = Vec<T>::lanes();
  int64_t c = 0;
  for (; c + 4 * kLanes <= w; c += 4 * kLanes) f(Columns<T, 4>{n, stride, kLanes}, c);
  for (; c < w; c += kLanes) f(Columns<T, 1>{n, stride, w - c < kLanes ? w - c : kLanes}, c);
}

template <class T>
void softmax_columns(const T* x, T* out, int64_t n, int64_t stride, int64_t w, bool log) {
  column_blocks<T>(n, stride, w, [&](const auto& columns, int64_t c) { columns.forward(x + c, out + c, log); });
}
template <class T>
void softmax_columns_backward(const T* grad, const T* y, T* out, int64_t n, int64_t stride, int64_t w, bool log) {
  column_blocks<T>(n, stride, w,
                   [&](const auto& columns, int64_t c) { columns.backward(grad + c, y + c, out + c, log); });
}

template <class T>
SoftmaxFns<T> softmax_functions() {
  return {&softmax_row<T>, &softmax_columns<T>, &softmax_row_backward<T>, &softmax_columns_backward<T>};
}
SoftmaxFns<float> softmax_f32() { return softmax_functions<float>(); }
SoftmaxFns<double> softmax_f64() { return softmax_functions<double>(); }

}  // namespace HWY_NAMESPACE
}  // namespace tiny_torch::simd
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include <algorithm>
#include <memory>
#include <type_traits>

#include "aten/core/Dispatch.h"
#include "aten/cpu/simd/convert.h"
#include "aten/native/softmax_stub.h"
#include "c10/parallel.h"

namespace tiny_torch::simd {
namespace {
SIMD_FUNCTION_TABLE(softmax_fns, SoftmaxFns, softmax_f32, softmax_f64)
}  // namespace
}  // namespace tiny_torch::simd

namespace tiny_torch::cpu {
namespace {

using native::SoftmaxShape;

// Columns a thread takes at a time; also the width of the tiles the half types are widened to.
constexpr int64_t kColumns = 64;

// f(offset of the first element, columns) for pieces of whole rows (columns is 1) or of adjacent columns.
template <class F>
void for_each_piece(const SoftmaxShape& s, const F& f) {
  const int64_t blocks = (s.inner + kColumns - 1) / kColumns;
  const int64_t cost = std::max<int64_t>(1, s.n * std::min(s.inner, kColumns));
  parallel_for(0, s.outer * blocks, std::max<int64_t>(1, kGrainSize / 4 / cost), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t first = i % blocks * kColumns;
      f(i / blocks * s.n * s.inner + first, std::min(kColumns, s.inner - first));
    }
  });
}

// A tile of n x w floats of a half type's tensor.
class Tile {
 public:
  Tile(ScalarType type, const SoftmaxShape& s, int64_t w)
      : type_(type), shape_(s), w_(w), data_(new float[static_cast<size_t>(s.n * w)]) {}
  float* data() { return data_.get(); }
  void load(const TensorBase& t, int64_t offset) {
    const char* from = static_cast<const char*>(t.const_data_ptr()) + offset * 2;
    if (w_ == shape_.inner) return simd::load_block(type_, from, 2, kFloat, data(), shape_.n * w_);
    for (int64_t r = 0; r < shape_.n; ++r)
      simd::load_block(type_, from + r * shape_.inner * 2, 2, kFloat, data() + r * w_, w_);
  }
  void store(void* out, int64_t offset) {
    char* to = static_cast<char*>(out) + offset * 2;
    if (w_ == shape_.inner) return simd::store_block(kFloat, data(), type_, to, 2, shape_.n * w_);
    for (int64_t r = 0; r < shape_.n; ++r)
      simd::store_block(kFloat, data() + r * w_, type_, to + r * shape_.inner * 2, 2, w_);
  }

 private:
  ScalarType type_;
  const SoftmaxShape& shape_;
  int64_t w_;
  std::unique_ptr<float[]> data_;
};

template <class T>
void forward_piece(const T* x, T* out, const SoftmaxShape& s, int64_t stride, int64_t w, bool log) {
  if (s.inner == 1) {
    simd::softmax_fns<T>().row(x, out, s.n, log);
  } else {
    simd::softmax_fns<T>().columns(x, out, s.n, stride, w, log);
  }
}
template <class T>
void backward_piece(const T* grad, const T* y, T* out, const SoftmaxShape& s, int64_t stride, int64_t w, bool log) {
  if (s.inner == 1) {
    simd::softmax_fns<T>().row_backward(grad, y, out, s.n, log);
  } else {
    simd::softmax_fns<T>().columns_backward(grad, y, out, s.n, stride, w, log);
  }
}

void softmax_kernel(const TensorBase& out, const TensorBase& self, const SoftmaxShape& s, bool log) {
  void* to = out.mutable_data_ptr();
  dispatch_floating(self.scalar_type(), log ? "log_softmax" : "softmax", [&](auto tag) {
    using T = decltype(tag);
    for_each_piece(s, [&](int64_t at, int64_t w) {
      if constexpr (std::is_same_v<T, opmath_t<T>>) {
        forward_piece(static_cast<const T*>(self.const_data_ptr()) + at, static_cast<T*>(to) + at, s, s.inner, w, log);
      } else {
        Tile tile(self.scalar_type(), s, w);
        tile.load(self, at);
        forward_piece(tile.data(), tile.data(), s, w, w, log);
        tile.store(to, at);
      }
    });
  });
}

void softmax_backward_kernel(const TensorBase& grad_input, const TensorBase& grad, const TensorBase& y,
                             const SoftmaxShape& s, bool log) {
  void* to = grad_input.mutable_data_ptr();
  dispatch_floating(y.scalar_type(), log ? "log_softmax_backward" : "softmax_backward", [&](auto tag) {
    using T = decltype(tag);
    for_each_piece(s, [&](int64_t at, int64_t w) {
      if constexpr (std::is_same_v<T, opmath_t<T>>) {
        backward_piece(static_cast<const T*>(grad.const_data_ptr()) + at,
                       static_cast<const T*>(y.const_data_ptr()) + at, static_cast<T*>(to) + at, s, s.inner, w, log);
      } else {
        Tile g(y.scalar_type(), s, w), output(y.scalar_type(), s, w);
        g.load(grad, at);
        output.load(y, at);
        backward_piece(g.data(), output.data(), g.data(), s, w, w, log);
        g.store(to, at);
      }
    });
  });
}

}  // namespace

namespace {
using native::softmax_backward_stub;
using native::softmax_stub;
REGISTER_STUB(softmax_stub, DeviceType::CPU, &softmax_kernel);
REGISTER_STUB(softmax_backward_stub, DeviceType::CPU, &softmax_backward_kernel);
}  // namespace
}  // namespace tiny_torch::cpu
#endif
