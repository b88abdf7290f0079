// Integers that wrap: what PyTorch's kernels give where C++ leaves signed overflow undefined.
#pragma once

#include <cstdint>
#include <type_traits>

#include "aten/core/Dispatch.h"

namespace tiny_torch {

/// As opmath_t, but unsigned for int32_t and int64_t: sums and products in it are defined, and cast back they are the wrapped ones.
template <class T>
using wrapping_t = std::conditional_t<std::is_same_v<T, int64_t>, uint64_t,
                                      std::conditional_t<std::is_same_v<T, int32_t>, uint32_t, opmath_t<T>>>;

}  // namespace tiny_torch
