// One head of attention, and the functions on it, one set per SIMD target and type.
#pragma once

#include <cstdint>

namespace tiny_torch::simd {

inline constexpr int64_t kQueries = 64;  // queries of a block: the columns of all transposed blocks
inline constexpr int64_t kKeys = 128;    // keys of a block

/// Rows of n elements, `stride` apart.
template <class T>
struct Rows {
  T* data;
  int64_t stride;
  T* row(int64_t i) const { return data + i * stride; }
};

template <class T>
struct AttentionHead {
  Rows<const T> query, key, value;
  int64_t queries, keys, width, value_width;
  T scale;
  bool causal;
  T* logsumexp;  // one per query
};

template <class T>
struct AttentionFns {
  /// The block of queries from `first` on; `work` holds attention_work() elements.
  void (*forward)(const AttentionHead<T>& head, int64_t first, const Rows<T>& out, T* work);
  /// The whole head; `work` holds attention_backward_work() elements.
  void (*backward)(const AttentionHead<T>& head, const Rows<const T>& grad_out, const Rows<const T>& out,
                   const Rows<T>& grad_query, const Rows<T>& grad_key, const Rows<T>& grad_value, T* work);
};

/// Widths are padded to whole vectors of any target.
constexpr int64_t padded_width(int64_t width) { return (width + 15) / 16 * 16; }
constexpr int64_t attention_work(int64_t width, int64_t value_width) {
  return (width + value_width + kKeys + 3) * kQueries;
}
constexpr int64_t attention_backward_work(int64_t keys, int64_t width, int64_t value_width) {
  const int64_t w = padded_width(width), v = padded_width(value_width);
  return keys * (w + v) + kQueries * (2 * width + w + value_width + v + 2 * kKeys + 2);
}

}  // namespace tiny_torch::simd
