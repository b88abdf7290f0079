// Tensors of every layout for kernel tests, and element by element access to them.
#pragma once

#include <algorithm>
#include <cstring>
#include <functional>
#include <numeric>
#include <random>
#include <vector>

#include "aten/core/TensorBase.h"

namespace tiny_torch::testing_support {

template <class T>
double read_as(const char* p) {
  T x;
  std::memcpy(static_cast<void*>(&x), p, sizeof(x));
  if constexpr (is_complex_v<T>)
    return static_cast<double>(x.real());
  else
    return static_cast<double>(x);
}
template <class T>
void write_as(char* p, double value) {
  T x;
  if constexpr (is_complex_v<T>)
    x = T(static_cast<typename T::value_type>(value));
  else if constexpr (std::is_same_v<T, Half> || std::is_same_v<T, BFloat16>)
    x = T(static_cast<float>(value));
  else
    x = static_cast<T>(value);
  std::memcpy(p, static_cast<const void*>(&x), sizeof(x));
}
/// The element at that offset, real part only.
inline double read(const TensorBase& t, int64_t offset) {
  const char* p = static_cast<const char*>(t.const_data_ptr()) + offset * t.element_size();
  switch (t.scalar_type()) {
#define TEST_CASE(type, name, number, python) \
  case ScalarType::name:                      \
    return read_as<type>(p);
    TORCH_FORALL_COMPUTE_TYPES(TEST_CASE)
#undef TEST_CASE
    default:
      return 0;
  }
}
inline void write(const TensorBase& t, int64_t offset, double value) {
  char* p = static_cast<char*>(t.mutable_data_ptr()) + offset * t.element_size();
  switch (t.scalar_type()) {
#define TEST_CASE(type, name, number, python) \
  case ScalarType::name:                      \
    return write_as<type>(p, value);
    TORCH_FORALL_COMPUTE_TYPES(TEST_CASE)
#undef TEST_CASE
    default:
      break;
  }
}

/// Offset of the element at `index` (of the full shape) in a tensor that is broadcast to it.
inline int64_t offset_of(const TensorBase& t, const std::vector<int64_t>& index) {
  int64_t offset = 0;
  const size_t skip = index.size() - static_cast<size_t>(t.dim());
  for (size_t d = 0; d < static_cast<size_t>(t.dim()); ++d) {
    if (t.sizes()[d] != 1) offset += index[d + skip] * t.strides()[d];
  }
  return offset;
}

template <class F>
void for_each_index(const std::vector<int64_t>& shape, const F& f) {
  std::vector<int64_t> index(shape.size(), 0);
  const int64_t n = std::accumulate(shape.begin(), shape.end(), int64_t{1}, std::multiplies<>());
  for (int64_t i = 0; i < n; ++i) {
    f(index);
    for (size_t d = shape.size(); d-- > 0 && ++index[d] == shape[d];) index[d] = 0;
  }
}

/// A tensor of that shape with its dimensions in random order in memory, random gaps, and small integers as values.
inline TensorBase random_tensor(const std::vector<int64_t>& shape, ScalarType dtype, std::mt19937& random,
                                bool dense = false) {
  std::vector<size_t> order(shape.size());
  std::iota(order.begin(), order.end(), size_t{0});
  if (random() % 2 && !dense) std::shuffle(order.begin(), order.end(), random);
  DimVector strides(shape.size());
  int64_t step = !dense && random() % 4 == 0 ? 2 : 1;
  for (size_t i = order.size(); i-- > 0;) {
    strides[order[i]] = step;
    step *= shape[order[i]] + (!dense && random() % 4 == 0 ? 1 : 0);
  }
  const TensorBase t = empty_strided_tensor(IntArrayRef(shape.data(), shape.size()), strides, dtype);
  for_each_index(shape, [&](const std::vector<int64_t>& index) {
    write(t, offset_of(t, index), dtype == kBool ? random() % 2 : static_cast<double>(random() % 10));
  });
  return t;
}

}  // namespace tiny_torch::testing_support
