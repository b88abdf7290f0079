// Attention without the matrix of scores, in both directions (Dao et al., arXiv 2205.14135).
//
// Blocks of scores are held transposed, keys x queries: then neither keys nor values need packing, and maxima and sums
// over keys run down the columns, whole vectors of queries at a time.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "aten/cpu/attention_kernel.cpp"
#include "aten/cpu/simd/foreach_target.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "aten/cpu/attention_heads.h"
#include "aten/cpu/simd/math-inl.h"
#include "aten/cpu/simd/vec-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tiny_torch::simd {
namespace HWY_NAMESPACE {

// The left factor of a product: element (r, k) at data[r * row + k * column].
template <class T>
struct Left {
  const T* data;
  int64_t row, column;
};

// R rows and K vectors of c (+)= a b, held in registers.
template <int R, int K, class T>
HWY_INLINE void product_tile(const Left<T>& a, const T* b, int64_t ldb, T* c, int64_t ldc, int64_t depth, bool add) {
  using V = Vec<T>;
  constexpr int64_t kLanes = V::lanes();
  V acc[R][K];
  for (int r = 0; r < R; ++r) {
    for (int v = 0; v < K; ++v) acc[r][v] = add ? V::load(c + r * ldc + v * kLanes) : V(T(0));
  }
  for (int64_t k = 0; k < depth; ++k) {
    V right[K];
    for (int v = 0; v < K; ++v) right[v] = V::load(b + k * ldb + v * kLanes);
    for (int r = 0; r < R; ++r) {
      const V left(a.data[r * a.row + k * a.column]);
      for (int v = 0; v < K; ++v) acc[r][v] = fma(left, right[v], acc[r][v]);
    }
  }
  for (int r = 0; r < R; ++r) {
    for (int v = 0; v < K; ++v) acc[r][v].store(c + r * ldc + v * kLanes);
  }
}

template <int K, class T>
HWY_INLINE void product_columns(Left<T> a, const T* b, int64_t ldb, T* c, int64_t ldc, int64_t rows, int64_t depth,
                                bool add) {
  int64_t r = 0;
  for (; r + 4 <= rows; r += 4, a.data += 4 * a.row) product_tile<4, K>(a, b, ldb, c + r * ldc, ldc, depth, add);
  for (; r < rows; ++r, a.data += a.row) product_tile<1, K>(a, b, ldb, c + r * ldc, ldc, depth, add);
}

// c (rows x columns) = or += a b; columns is a multiple of the vector's lanes.
template <class T>
void product(const Left<T>& a, const T* b, int64_t ldb, T* c, int64_t ldc, int64_t rows, int64_t columns, int64_t depth,
             bool add) {
  constexpr int64_t kLanes = Vec<T>::lanes();
  constexpr int kWide = kLanes >= 8 && sizeof(T) * kLanes >= 64 ? 4 : 2;
  int64_t j = 0;
  for (; j + kWide * kLanes <= columns; j += kWide * kLanes)
    product_columns<kWide>(a, b + j, ldb, c + j, ldc, rows, depth, add);
  for (; j < columns; j += kLanes) product_columns<1>(a, b + j, ldb, c + j, ldc, rows, depth, add);
}

// to[e][i] = factor * from[i][e], zero for queries beyond n.
template <class T>
void load_transposed(const Rows<const T>& from, int64_t first, int64_t n, int64_t width, T factor, T* to) {
  for (int64_t i = 0; i < n; ++i) {
    const T* row = from.row(first + i);
    for (int64_t e = 0; e < width; ++e) to[e * kQueries + i] = row[e] * factor;
  }
  if (n == kQueries) return;
  for (int64_t e = 0; e < width; ++e) std::fill(to + e * kQueries + n, to + (e + 1) * kQueries, T(0));
}

// Scores (keys x queries) of keys [key, key + n) and of the block of queries from `first` on.
template <class T>
void block_scores(const AttentionHead<T>& head, const T* query, int64_t first, int64_t key, int64_t n, T* scores) {
  product(Left<T>{head.key.row(key), head.key.stride, 1}, query, kQueries, scores, kQueries, n, kQueries, head.width,
          false);
  if (!head.causal) return;
  for (int64_t j = 0; j < n; ++j) {
    const int64_t hidden = std::min(kQueries, key + j - first);
    if (hidden > 0)
      std::fill(scores + j * kQueries, scores + j * kQueries + hidden, -std::numeric_limits<T>::infinity());
  }
}

// Scores to exponentials below a running maximum; `shrink` is what earlier sums are worth below the new one.
template <class T>
void block_softmax(T* scores, int64_t n, T* peak, T* sum, T* shrink) {
  using V = Vec<T>;
  const V lowest(-std::numeric_limits<T>::infinity());
  for (int64_t i = 0; i < kQueries; i += V::lanes()) {
    const V old_peak = V::load(peak + i);
    V top = old_peak;
    for (int64_t j = 0; j < n; ++j) {
      const V s = V::load(scores + j * kQueries + i);
      top = select(s > top, s, top);
    }
    // Columns of -inf alone so far: subtracting it from itself would give nan for good.
    const V base = select(top > lowest, top, V(T(0)));
    V total(T(0));
    for (int64_t j = 0; j < n; ++j) {
      const V p = exp(V::load(scores + j * kQueries + i) - base);
      p.store(scores + j * kQueries + i);
      total = total + p;
    }
    const V factor = exp(old_peak - base);
    top.store(peak + i);
    factor.store(shrink + i);
    fma(V::load(sum + i), factor, total).store(sum + i);
  }
}

template <class T>
void scale_columns(T* block, int64_t rows, const T* factor) {
  using V = Vec<T>;
  for (int64_t d = 0; d < rows; ++d) {
    for (int64_t i = 0; i < kQueries; i += V::lanes())
      (V::load(block + d * kQueries + i) * V::load(factor + i)).store(block + d * kQueries + i);
  }
}

template <class T>
int64_t visible_keys(const AttentionHead<T>& head, int64_t first, int64_t n) {
  return head.causal ? std::min(head.keys, first + n) : head.keys;
}

template <class T>
void attention_forward(const AttentionHead<T>& head, int64_t first, const Rows<T>& out, T* work) {
  const int64_t n = std::min(kQueries, head.queries - first);
  T *query = work, *result = query + head.width * kQueries, *scores = result + head.value_width * kQueries;
  T *peak = scores + kKeys * kQueries, *sum = peak + kQueries, *shrink = sum + kQueries;
  load_transposed(head.query, first, n, head.width, head.scale, query);
  std::fill(peak, peak + kQueries, -std::numeric_limits<T>::infinity());
  std::fill(sum, sum + kQueries, T(0));
  const int64_t end = visible_keys(head, first, n);
  for (int64_t key = 0; key < end; key += kKeys) {
    const int64_t count = std::min(kKeys, end - key);
    block_scores(head, query, first, key, count, scores);
    block_softmax(scores, count, peak, sum, shrink);
    if (key != 0) scale_columns(result, head.value_width, shrink);
    product(Left<T>{head.value.row(key), 1, head.value.stride}, scores, kQueries, result, kQueries, head.value_width,
            kQueries, count, key != 0);
  }
  for (int64_t i = 0; i < n; ++i) {
    const T scale = T(1) / sum[i];
    for (int64_t d = 0; d < head.value_width; ++d) out.row(first + i)[d] = result[d * kQueries + i] * scale;
    head.logsumexp[first + i] = peak[i] + std::log(sum[i]);
  }
}

// Rows of a block of queries, padded with zeros to whole vectors and to kQueries rows.
template <class T>
void load_padded(const Rows<const T>& from, int64_t first, int64_t n, int64_t width, T* to) {
  const int64_t padded = padded_width(width);
  std::fill(to, to + kQueries * padded, T(0));
  for (int64_t i = 0; i < n; ++i) std::copy(from.row(first + i), from.row(first + i) + width, to + i * padded);
}

template <class T>
void store_padded(const T* from, const Rows<T>& to, int64_t rows, int64_t width) {
  for (int64_t j = 0; j < rows; ++j)
    std::copy(from + j * padded_width(width), from + j * padded_width(width) + width, to.row(j));
}

// Scores to probabilities, and the probabilities' gradients to those of the scores before scaling.
template <class T>
void block_gradients(T* scores, T* slopes, int64_t n, const T* logsumexp, const T* delta, T scale) {
  using V = Vec<T>;
  for (int64_t j = 0; j < n; ++j) {
    for (int64_t i = 0; i < kQueries; i += V::lanes()) {
      const int64_t at = j * kQueries + i;
      const V p = exp(V::load(scores + at) - V::load(logsumexp + i));
      p.store(scores + at);
      (p * (V::load(slopes + at) - V::load(delta + i)) * scale).store(slopes + at);
    }
  }
}

// What a block of queries has in hand while it goes through the keys.
template <class T>
struct QueryBlock {
  T *query, *query_rows, *grad, *grad_rows, *grad_query, *scores, *slopes, *delta, *logsumexp;

  QueryBlock(const AttentionHead<T>& head, T* work)
      : query(work),
        query_rows(query + head.width * kQueries),
        grad(query_rows + padded_width(head.width) * kQueries),
        grad_rows(grad + head.value_width * kQueries),
        grad_query(grad_rows + padded_width(head.value_width) * kQueries),
        scores(grad_query + head.width * kQueries),
        slopes(scores + kKeys * kQueries),
        delta(slopes + kKeys * kQueries),
        logsumexp(delta + kQueries) {}

  void load(const AttentionHead<T>& head, const Rows<const T>& grad_out, const Rows<const T>& out, int64_t first,
            int64_t n) {
    load_transposed(head.query, first, n, head.width, head.scale, query);
    load_padded(head.query, first, n, head.width, query_rows);
    load_transposed(grad_out, first, n, head.value_width, T(1), grad);
    load_padded(grad_out, first, n, head.value_width, grad_rows);
    std::fill(grad_query, grad_query + head.width * kQueries, T(0));
    // Queries beyond the last get probability zero.
    std::fill(delta, delta + kQueries, T(0));
    std::fill(logsumexp, logsumexp + kQueries, std::numeric_limits<T>::infinity());
    for (int64_t i = 0; i < n; ++i) {
      double total = 0;
      for (int64_t d = 0; d < head.value_width; ++d)
        total += static_cast<double>(grad_out.row(first + i)[d]) * static_cast<double>(out.row(first + i)[d]);
      delta[i] = static_cast<T>(total);
      logsumexp[i] = head.logsumexp[first + i];
    }
  }
};

template <class T>
void attention_backward(const AttentionHead<T>& head, const Rows<const T>& grad_out, const Rows<const T>& out,
                        const Rows<T>& grad_query, const Rows<T>& grad_key, const Rows<T>& grad_value, T* work) {
  const int64_t w = padded_width(head.width), v = padded_width(head.value_width);
  T *key_rows = work, *value_rows = key_rows + head.keys * w;
  std::fill(key_rows, value_rows + head.keys * v, T(0));
  QueryBlock<T> block(head, value_rows + head.keys * v);
  for (int64_t first = 0; first < head.queries; first += kQueries) {
    const int64_t n = std::min(kQueries, head.queries - first), end = visible_keys(head, first, n);
    block.load(head, grad_out, out, first, n);
    for (int64_t key = 0; key < end; key += kKeys) {
      const int64_t count = std::min(kKeys, end - key);
      block_scores(head, block.query, first, key, count, block.scores);
      product(Left<T>{head.value.row(key), head.value.stride, 1}, block.grad, kQueries, block.slopes, kQueries, count,
              kQueries, head.value_width, false);
      block_gradients(block.scores, block.slopes, count, block.logsumexp, block.delta, head.scale);
      product(Left<T>{block.scores, kQueries, 1}, block.grad_rows, v, value_rows + key * v, v, count, v, kQueries,
              true);
      product(Left<T>{block.slopes, kQueries, 1}, block.query_rows, w, key_rows + key * w, w, count, w, kQueries, true);
      product(Left<T>{head.key.row(key), 1, head.key.stride}, block.slopes, kQueries, block.grad_query, kQueries,
              head.width, kQueries, count, true);
    }
    for (int64_t i = 0; i < n; ++i) {
      for (int64_t e = 0; e < head.width; ++e) grad_query.row(first + i)[e] = block.grad_query[e * kQueries + i];
    }
  }
  store_padded(key_rows, grad_key, head.keys, head.width);
  store_padded(value_rows, grad_value, head.keys, head.value_width);
}

AttentionFns<float> attention_f32() { return {&attention_forward<float>, &attention_backward<float>}; }
AttentionFns<double> attention_f64() { return {&attention_forward<double>, &attention_backward<double>}; }

}  // namespace HWY_NAMESPACE
}  // namespace tiny_torch::simd
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include <memory>

#include "aten/core/Dispatch.h"
#include "aten/native/attention_stub.h"
#include "c10/parallel.h"

namespace tiny_torch::simd {
namespace {
SIMD_FUNCTION_TABLE(attention_fns, AttentionFns, attention_f32, attention_f64)
}  // namespace
}  // namespace tiny_torch::simd

namespace tiny_torch::cpu {
namespace {

using native::AttentionCall;
using native::AttentionGrads;

// Head h of batch b of a (B, H, rows, width) tensor.
template <class T>
simd::Rows<const T> rows_of(const TensorBase& t, int64_t b, int64_t h) {
  return {t.const_data_ptr<T>() + b * t.strides()[0] + h * t.strides()[1], t.strides()[2]};
}
template <class T>
simd::Rows<T> rows_of(const TensorBase& t, T* data, int64_t b, int64_t h) {
  return {data + b * t.strides()[0] + h * t.strides()[1], t.strides()[2]};
}

template <class T>
simd::AttentionHead<T> head_of(const AttentionCall& call, T* logsumexp, int64_t b, int64_t h) {
  const int64_t heads = call.query.size(1), queries = call.query.size(2);
  return {rows_of<T>(call.query, b, h),
          rows_of<T>(call.key, b, h),
          rows_of<T>(call.value, b, h),
          queries,
          call.key.size(2),
          call.query.size(3),
          call.value.size(3),
          static_cast<T>(call.scale),
          call.causal,
          logsumexp + (b * heads + h) * queries};
}

template <class T>
void forward(const AttentionCall& call, const TensorBase& out, const TensorBase& logsumexp) {
  const int64_t heads = call.query.size(1), blocks = (call.query.size(2) + simd::kQueries - 1) / simd::kQueries;
  T *to = out.mutable_data_ptr<T>(), *sums = logsumexp.mutable_data_ptr<T>();
  parallel_for(0, call.query.size(0) * heads * blocks, 1, [&](int64_t begin, int64_t end) {
    const std::unique_ptr<T[]> work(
        new T[static_cast<size_t>(simd::attention_work(call.query.size(3), call.value.size(3)))]);
    for (int64_t task = begin; task < end; ++task) {
      const int64_t b = task / blocks / heads, h = task / blocks % heads;
      simd::attention_fns<T>().forward(head_of<T>(call, sums, b, h), task % blocks * simd::kQueries,
                                       rows_of<T>(out, to, b, h), work.get());
    }
  });
}

template <class T>
void backward(const AttentionCall& call, const TensorBase& grad_out, const TensorBase& out, const TensorBase& logsumexp,
              const AttentionGrads& grads) {
  const int64_t heads = call.query.size(1);
  T *q = grads.query.mutable_data_ptr<T>(), *k = grads.key.mutable_data_ptr<T>(),
    *v = grads.value.mutable_data_ptr<T>();
  T* sums = const_cast<T*>(logsumexp.const_data_ptr<T>());
  const auto elements =
      static_cast<size_t>(simd::attention_backward_work(call.key.size(2), call.query.size(3), call.value.size(3)));
  parallel_for(0, call.query.size(0) * heads, 1, [&](int64_t begin, int64_t end) {
    const std::unique_ptr<T[]> work(new T[elements]);
    for (int64_t task = begin; task < end; ++task) {
      const int64_t b = task / heads, h = task % heads;
      simd::attention_fns<T>().backward(head_of<T>(call, sums, b, h), rows_of<T>(grad_out, b, h), rows_of<T>(out, b, h),
                                        rows_of<T>(grads.query, q, b, h), rows_of<T>(grads.key, k, b, h),
                                        rows_of<T>(grads.value, v, b, h), work.get());
    }
  });
}

void attention_kernel(const AttentionCall& call, const TensorBase& out, const TensorBase& logsumexp) {
  dispatch_float_double(out.scalar_type(), "flash_attention",
                        [&](auto tag) { forward<decltype(tag)>(call, out, logsumexp); });
}
void attention_backward_kernel(const AttentionCall& call, const TensorBase& grad_out, const TensorBase& out,
                               const TensorBase& logsumexp, const AttentionGrads& grads) {
  dispatch_float_double(out.scalar_type(), "flash_attention_backward",
                        [&](auto tag) { backward<decltype(tag)>(call, grad_out, out, logsumexp, grads); });
}

}  // namespace

namespace {
using native::attention_backward_stub;
using native::attention_stub;
REGISTER_STUB(attention_stub, DeviceType::CPU, &attention_kernel);
REGISTER_STUB(attention_backward_stub, DeviceType::CPU, &attention_backward_kernel);
}  // namespace
}  // namespace tiny_torch::cpu
#endif
