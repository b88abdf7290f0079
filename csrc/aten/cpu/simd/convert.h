// Conversions of whole blocks between element types, and strided loads and stores of blocks.
//
// Contract: n elements from `src` to `dst`, whose memory must not overlap unless they are the same with equal sizes.
// Strides are in bytes and may be 0 (loads) or negative; addresses need the alignment of one element only. Casts are
// PyTorch's: to bool means != 0, floats truncate towards zero to integers (out of range: what x86 gives), integers wrap,
// halves round to nearest even, complex to real drops the imaginary part.
//
// Example: `load_block(kHalf, p, 2, kFloat, buffer, 256);` widens 256 contiguous halves.
#pragma once

#include <cstdint>

#include "c10/ScalarType.h"

namespace tiny_torch::simd {

/// Converts n contiguous elements; the types are part of the function.
using ConvertFn = void (*)(void* dst, const void* src, int64_t n);

/// The compute types are float, double, int64 and the two complex types; null for a pair that is not supported
/// (float8). Loads convert any type to a compute type, stores a compute type to any type.
TORCH_API ConvertFn load_function(ScalarType src, ScalarType compute);
TORCH_API ConvertFn store_function(ScalarType compute, ScalarType dst);

/// Copies n elements of `itemsize` (1, 2, 4, 8 or 16) bytes between strided and contiguous memory.
TORCH_API void gather_block(void* dst, const void* src, int64_t stride, int64_t itemsize, int64_t n);
TORCH_API void scatter_block(void* dst, int64_t stride, const void* src, int64_t itemsize, int64_t n);

/// The same for `rows` rows of n elements each, dense in the contiguous memory.
TORCH_API void gather_rows(void* dst, const void* src, int64_t stride, int64_t row_stride, int64_t itemsize, int64_t n,
                           int64_t rows);
TORCH_API void scatter_rows(void* dst, int64_t stride, int64_t row_stride, const void* src, int64_t itemsize, int64_t n,
                            int64_t rows);

/// n strided elements of `src_type` to contiguous elements of the compute type. NotImplementedError for float8.
TORCH_API void load_block(ScalarType src_type, const void* src, int64_t stride, ScalarType compute, void* dst,
                          int64_t n);
/// n contiguous elements of the compute type to strided elements of `dst_type`.
TORCH_API void store_block(ScalarType compute, const void* src, ScalarType dst_type, void* dst, int64_t stride,
                           int64_t n);

/// n strided elements of one type to strided elements of another: the inner loop of copies.
TORCH_API void convert_block(ScalarType src_type, const void* src, int64_t src_stride, ScalarType dst_type, void* dst,
                             int64_t dst_stride, int64_t n);

}  // namespace tiny_torch::simd
