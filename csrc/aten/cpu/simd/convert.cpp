#include "aten/cpu/simd/convert.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "aten/cpu/simd/convert.cpp"
#include "aten/cpu/simd/foreach_target.h"

#include "aten/cpu/simd/convert-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tiny_torch::simd {
namespace HWY_NAMESPACE {

// Outer switch over the storage type, inner over the five compute types.
template <class S>
ConvertFn load_to(ScalarType compute) {
  switch (compute) {
    case kFloat:
      return converter<S, float>();
    case kDouble:
      return converter<S, double>();
    case kLong:
      return converter<S, int64_t>();
    case kComplexFloat:
      return converter<S, complex<float>>();
    case kComplexDouble:
      return converter<S, complex<double>>();
    default:
      return nullptr;
  }
}
template <class D>
ConvertFn store_from(ScalarType compute) {
  switch (compute) {
    case kFloat:
      return converter<float, D>();
    case kDouble:
      return converter<double, D>();
    case kLong:
      return converter<int64_t, D>();
    case kComplexFloat:
      return converter<complex<float>, D>();
    case kComplexDouble:
      return converter<complex<double>, D>();
    default:
      return nullptr;
  }
}

#define SIMD_EXTRA_TYPES(_)            \
  _(complex<Half>, ComplexHalf, 8, "") \
  _(uint16_t, UInt16, 27, "") _(uint32_t, UInt32, 28, "") _(uint64_t, UInt64, 29, "")

ConvertFn find_load(ScalarType src, ScalarType compute) {
  switch (src) {
#define SIMD_CASE(type, name, number, python) \
  case ScalarType::name:                      \
    return load_to<type>(compute);
    TORCH_FORALL_COMPUTE_TYPES(SIMD_CASE)
    SIMD_EXTRA_TYPES(SIMD_CASE)
#undef SIMD_CASE
    default:
      return nullptr;
  }
}
ConvertFn find_store(ScalarType compute, ScalarType dst) {
  switch (dst) {
#define SIMD_CASE(type, name, number, python) \
  case ScalarType::name:                      \
    return store_from<type>(compute);
    TORCH_FORALL_COMPUTE_TYPES(SIMD_CASE)
    SIMD_EXTRA_TYPES(SIMD_CASE)
#undef SIMD_CASE
    default:
      return nullptr;
  }
}
#undef SIMD_EXTRA_TYPES

}  // namespace HWY_NAMESPACE
}  // namespace tiny_torch::simd
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include <algorithm>
#include <cstring>

#include "aten/core/Dispatch.h"

namespace tiny_torch::simd {

ConvertFn load_function(ScalarType src, ScalarType compute) { return SIMD_DISPATCH(find_load)(src, compute); }
ConvertFn store_function(ScalarType compute, ScalarType dst) { return SIMD_DISPATCH(find_store)(compute, dst); }

namespace {
// A block of the widest element fits twice into the smallest first-level cache we know of.
constexpr int64_t kBlock = 512;

template <class T>
void gather_items(void* dst, const void* src, int64_t stride, int64_t row_stride, int64_t n, int64_t rows) {
  T* to = static_cast<T*>(dst);
  for (int64_t r = 0; r < rows; ++r, to += n) {
    const char* from = static_cast<const char*>(src) + r * row_stride;
    if (stride == 0) {
      T value;
      std::memcpy(&value, from, sizeof(T));
      std::fill(to, to + n, value);
      continue;
    }
#pragma GCC unroll 4
    for (int64_t i = 0; i < n; ++i) std::memcpy(to + i, from + i * stride, sizeof(T));
  }
}
template <class T>
void scatter_items(void* dst, int64_t stride, int64_t row_stride, const void* src, int64_t n, int64_t rows) {
  const T* from = static_cast<const T*>(src);
  for (int64_t r = 0; r < rows; ++r, from += n) {
    char* to = static_cast<char*>(dst) + r * row_stride;
#pragma GCC unroll 4
    for (int64_t i = 0; i < n; ++i) std::memcpy(to + i * stride, from + i, sizeof(T));
  }
}

// Halves compute as float, integers and bool as int64.
constexpr ScalarType own_compute_type(ScalarType t) {
  if (t == kComplexHalf) return kComplexFloat;
  return is_integral(t, true) ? kLong : t == kHalf || t == kBFloat16 ? kFloat : t;
}

ConvertFn checked(ConvertFn fn, ScalarType from, ScalarType to) {
  TORCH_CHECK_NOT_IMPLEMENTED(fn, "no conversion from ", to_string(from), " to ", to_string(to), " on CPU");
  return fn;
}
}  // namespace

void gather_rows(void* dst, const void* src, int64_t stride, int64_t row_stride, int64_t itemsize, int64_t n,
                 int64_t rows) {
  dispatch_bytes(static_cast<size_t>(itemsize),
                 [&](auto item) { gather_items<decltype(item)>(dst, src, stride, row_stride, n, rows); });
}

void scatter_rows(void* dst, int64_t stride, int64_t row_stride, const void* src, int64_t itemsize, int64_t n,
                  int64_t rows) {
  dispatch_bytes(static_cast<size_t>(itemsize),
                 [&](auto item) { scatter_items<decltype(item)>(dst, stride, row_stride, src, n, rows); });
}

void gather_block(void* dst, const void* src, int64_t stride, int64_t itemsize, int64_t n) {
  if (n == 0) return;  // the pointers of an empty block may be null
  if (stride == itemsize)
    std::memcpy(dst, src, static_cast<size_t>(n * itemsize));
  else
    gather_rows(dst, src, stride, 0, itemsize, n, 1);
}

void scatter_block(void* dst, int64_t stride, const void* src, int64_t itemsize, int64_t n) {
  if (n == 0) return;
  if (stride == itemsize)
    std::memcpy(dst, src, static_cast<size_t>(n * itemsize));
  else
    scatter_rows(dst, stride, 0, src, itemsize, n, 1);
}

void load_block(ScalarType src_type, const void* src, int64_t stride, ScalarType compute, void* dst, int64_t n) {
  const int64_t itemsize = static_cast<int64_t>(element_size(src_type));
  if (src_type == compute) return gather_block(dst, src, stride, itemsize, n);
  const ConvertFn convert = checked(load_function(src_type, compute), src_type, compute);
  if (stride == itemsize) return convert(dst, src, n);
  alignas(64) char buffer[kBlock * 16];
  const int64_t out_size = static_cast<int64_t>(element_size(compute));
  for (int64_t i = 0; i < n; i += kBlock) {
    const int64_t count = std::min(kBlock, n - i);
    gather_block(buffer, static_cast<const char*>(src) + i * stride, stride, itemsize, count);
    convert(static_cast<char*>(dst) + i * out_size, buffer, count);
  }
}

void store_block(ScalarType compute, const void* src, ScalarType dst_type, void* dst, int64_t stride, int64_t n) {
  const int64_t itemsize = static_cast<int64_t>(element_size(dst_type));
  if (dst_type == compute) return scatter_block(dst, stride, src, itemsize, n);
  const ConvertFn convert = checked(store_function(compute, dst_type), compute, dst_type);
  if (stride == itemsize) return convert(dst, src, n);
  alignas(64) char buffer[kBlock * 16];
  const int64_t in_size = static_cast<int64_t>(element_size(compute));
  for (int64_t i = 0; i < n; i += kBlock) {
    const int64_t count = std::min(kBlock, n - i);
    convert(buffer, static_cast<const char*>(src) + i * in_size, count);
    scatter_block(static_cast<char*>(dst) + i * stride, stride, buffer, itemsize, count);
  }
}

void convert_block(ScalarType src_type, const void* src, int64_t src_stride, ScalarType dst_type, void* dst,
                   int64_t dst_stride, int64_t n) {
  const int64_t src_size = static_cast<int64_t>(element_size(src_type));
  const int64_t dst_size = static_cast<int64_t>(element_size(dst_type));
  // Integers go straight to a float destination's compute type; everything else starts from its own.
  const bool from_integer = is_integral(src_type, true) && dst_type != kBool && !is_integral(dst_type, true);
  const ScalarType compute = src_type == dst_type ? src_type : own_compute_type(from_integer ? dst_type : src_type);
  if (compute == dst_type && dst_stride == dst_size) {
    return load_block(src_type, src, src_stride, compute, dst, n);
  }
  if (compute == src_type && src_stride == src_size) {
    return store_block(compute, src, dst_type, dst, dst_stride, n);
  }
  alignas(64) char buffer[kBlock * 16];
  for (int64_t i = 0; i < n; i += kBlock) {
    const int64_t count = std::min(kBlock, n - i);
    load_block(src_type, static_cast<const char*>(src) + i * src_stride, src_stride, compute, buffer, count);
    store_block(compute, buffer, dst_type, static_cast<char*>(dst) + i * dst_stride, dst_stride, count);
  }
}

}  // namespace tiny_torch::simd
#endif  // HWY_ONCE
