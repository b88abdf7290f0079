// AT_DISPATCH_V2: the lambda first, then any list of dtypes and of named sets of them.
//
// Example: `AT_DISPATCH_V2(x.scalar_type(), "f", AT_WRAP([&] { f<scalar_t>(); }), AT_EXPAND(AT_FLOATING_TYPES), at::kHalf)`
#pragma once

#include "c10/dispatch_macros.h"

// Commas of the lambda are no commas of the macro's arguments.
#define AT_WRAP(...) (__VA_ARGS__)
#define AT_EXPAND(set) set

#define AT_FLOATING_TYPES ::tiny_torch::kDouble, ::tiny_torch::kFloat
#define AT_INTEGRAL_TYPES \
  ::tiny_torch::kByte, ::tiny_torch::kChar, ::tiny_torch::kInt, ::tiny_torch::kLong, ::tiny_torch::kShort
#define AT_COMPLEX_TYPES ::tiny_torch::kComplexDouble, ::tiny_torch::kComplexFloat
#define AT_BAREBONES_UNSIGNED_TYPES ::tiny_torch::kUInt16, ::tiny_torch::kUInt32, ::tiny_torch::kUInt64
#define AT_INTEGRAL_TYPES_V2 AT_EXPAND(AT_INTEGRAL_TYPES), AT_EXPAND(AT_BAREBONES_UNSIGNED_TYPES)
#define AT_ALL_TYPES AT_EXPAND(AT_INTEGRAL_TYPES), AT_EXPAND(AT_FLOATING_TYPES)
#define AT_ALL_TYPES_AND_COMPLEX AT_EXPAND(AT_ALL_TYPES), AT_EXPAND(AT_COMPLEX_TYPES)

#define TORCH_V2_UNWRAP(...) __VA_ARGS__
#define TORCH_V2_CASE(body, dtype) AT_DISPATCH_CASE(dtype, TORCH_V2_UNWRAP body)
#define TORCH_V2_1(body, dtype) TORCH_V2_CASE(body, dtype)
#define TORCH_V2_2(body, dtype, ...) TORCH_V2_CASE(body, dtype) TORCH_V2_1(body, __VA_ARGS__)
#define TORCH_V2_3(body, dtype, ...) TORCH_V2_CASE(body, dtype) TORCH_V2_2(body, __VA_ARGS__)
#define TORCH_V2_4(body, dtype, ...) TORCH_V2_CASE(body, dtype) TORCH_V2_3(body, __VA_ARGS__)
#define TORCH_V2_5(body, dtype, ...) TORCH_V2_CASE(body, dtype) TORCH_V2_4(body, __VA_ARGS__)
#define TORCH_V2_6(body, dtype, ...) TORCH_V2_CASE(body, dtype) TORCH_V2_5(body, __VA_ARGS__)
#define TORCH_V2_7(body, dtype, ...) TORCH_V2_CASE(body, dtype) TORCH_V2_6(body, __VA_ARGS__)
#define TORCH_V2_8(body, dtype, ...) TORCH_V2_CASE(body, dtype) TORCH_V2_7(body, __VA_ARGS__)
#define TORCH_V2_9(body, dtype, ...) TORCH_V2_CASE(body, dtype) TORCH_V2_8(body, __VA_ARGS__)
#define TORCH_V2_10(body, dtype, ...) TORCH_V2_CASE(body, dtype) TORCH_V2_9(body, __VA_ARGS__)
#define TORCH_V2_11(body, dtype, ...) TORCH_V2_CASE(body, dtype) TORCH_V2_10(body, __VA_ARGS__)
#define TORCH_V2_12(body, dtype, ...) TORCH_V2_CASE(body, dtype) TORCH_V2_11(body, __VA_ARGS__)
#define TORCH_V2_13(body, dtype, ...) TORCH_V2_CASE(body, dtype) TORCH_V2_12(body, __VA_ARGS__)
#define TORCH_V2_14(body, dtype, ...) TORCH_V2_CASE(body, dtype) TORCH_V2_13(body, __VA_ARGS__)
#define TORCH_V2_15(body, dtype, ...) TORCH_V2_CASE(body, dtype) TORCH_V2_14(body, __VA_ARGS__)
#define TORCH_V2_16(body, dtype, ...) TORCH_V2_CASE(body, dtype) TORCH_V2_15(body, __VA_ARGS__)
#define TORCH_V2_17(body, dtype, ...) TORCH_V2_CASE(body, dtype) TORCH_V2_16(body, __VA_ARGS__)
#define TORCH_V2_18(body, dtype, ...) TORCH_V2_CASE(body, dtype) TORCH_V2_17(body, __VA_ARGS__)
#define TORCH_V2_19(body, dtype, ...) TORCH_V2_CASE(body, dtype) TORCH_V2_18(body, __VA_ARGS__)
#define TORCH_V2_20(body, dtype, ...) TORCH_V2_CASE(body, dtype) TORCH_V2_19(body, __VA_ARGS__)
#define TORCH_V2_21(body, dtype, ...) TORCH_V2_CASE(body, dtype) TORCH_V2_20(body, __VA_ARGS__)
#define TORCH_V2_22(body, dtype, ...) TORCH_V2_CASE(body, dtype) TORCH_V2_21(body, __VA_ARGS__)
#define TORCH_V2_23(body, dtype, ...) TORCH_V2_CASE(body, dtype) TORCH_V2_22(body, __VA_ARGS__)
#define TORCH_V2_24(body, dtype, ...) TORCH_V2_CASE(body, dtype) TORCH_V2_23(body, __VA_ARGS__)
#define TORCH_V2_PICK(_1, _2, _3, _4, _5, _6, _7, _8, _9, _10, _11, _12, _13, _14, _15, _16, _17, _18, _19, _20, _21, \
                      _22, _23, _24, count, ...)                                                                      \
  count
#define TORCH_V2_COUNT(...) \
  TORCH_V2_PICK(__VA_ARGS__, 24, 23, 22, 21, 20, 19, 18, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0)
#define TORCH_V2_PASTE_IMPL(a, b) a##b
#define TORCH_V2_PASTE(a, b) TORCH_V2_PASTE_IMPL(a, b)
#define AT_DISPATCH_V2(TYPE, NAME, BODY, ...) \
  AT_DISPATCH_SWITCH(TYPE, NAME, TORCH_V2_PASTE(TORCH_V2_, TORCH_V2_COUNT(__VA_ARGS__))(BODY, __VA_ARGS__))
