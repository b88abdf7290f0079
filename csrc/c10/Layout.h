// Layout and MemoryFormat, numbered as in PyTorch.
#pragma once

#include <cstdint>
#include <ostream>

#include "c10/SmallVector.h"

namespace tiny_torch {

enum class Layout : int8_t { Strided = 0, Sparse = 1 };
inline constexpr Layout kStrided = Layout::Strided;
inline constexpr Layout kSparse = Layout::Sparse;
inline std::ostream& operator<<(std::ostream& out, Layout l) {
  return out << (l == Layout::Strided ? "Strided" : "Sparse");
}

enum class MemoryFormat : int8_t { Contiguous = 0, Preserve = 1, ChannelsLast = 2, ChannelsLast3d = 3 };
inline std::ostream& operator<<(std::ostream& out, MemoryFormat f) {
  static constexpr const char* kNames[] = {"Contiguous", "Preserve", "ChannelsLast", "ChannelsLast3d"};
  return out << kNames[static_cast<int>(f)];
}

inline DimVector contiguous_strides(IntArrayRef sizes) {
  DimVector strides(sizes.size());
  int64_t step = 1;
  for (size_t i = sizes.size(); i-- > 0;) {
    strides[i] = step;
    step *= sizes[i] > 1 ? sizes[i] : 1;
  }
  return strides;
}

/// Strides with the channel (dim 1) innermost; `sizes` is NCHW or NCDHW.
inline DimVector channels_last_strides(IntArrayRef sizes) {
  DimVector strides(sizes.size());
  strides[1] = 1;
  int64_t step = sizes[1] > 1 ? sizes[1] : 1;
  for (size_t i = sizes.size(); i-- > 2;) {
    strides[i] = step;
    step *= sizes[i] > 1 ? sizes[i] : 1;
  }
  strides[0] = step;
  return strides;
}

}  // namespace tiny_torch
