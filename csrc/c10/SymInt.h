// SymInt: a size as programs write it that also run under a tracing compiler; here it is a number at all times.
#pragma once

#include <cstdint>
#include <optional>
#include <ostream>

#include "c10/ArrayRef.h"

namespace tiny_torch {

class SymInt {
 public:
  constexpr SymInt() = default;
  constexpr SymInt(int64_t value) : value_(value) {}     // NOLINT: implicit, as its inverse
  constexpr operator int64_t() const { return value_; }  // NOLINT
  constexpr int64_t expect_int() const { return value_; }
  constexpr int64_t guard_int(const char* /*file*/, int64_t /*line*/) const { return value_; }
  constexpr std::optional<int64_t> maybe_as_int() const { return value_; }
  constexpr int64_t as_int_unchecked() const { return value_; }
  constexpr bool is_symbolic() const { return false; }
  constexpr bool is_heap_allocated() const { return false; }

 private:
  int64_t value_ = 0;
};
static_assert(sizeof(SymInt) == sizeof(int64_t), "lists of SymInt are read as lists of int64_t");
using SymIntArrayRef = ArrayRef<SymInt>;

inline std::ostream& operator<<(std::ostream& out, SymInt value) { return out << value.expect_int(); }

/// The numbers of `list`, which has to outlive them.
inline IntArrayRef asIntArrayRefSlow(SymIntArrayRef list) {
  return {reinterpret_cast<const int64_t*>(list.data()), list.size()};
}
inline IntArrayRef asIntArrayRefUnchecked(SymIntArrayRef list) { return asIntArrayRefSlow(list); }
inline std::optional<IntArrayRef> asIntArrayRefSlowOpt(SymIntArrayRef list) { return asIntArrayRefSlow(list); }
inline SymIntArrayRef fromIntArrayRefSlow(IntArrayRef list) {
  return {reinterpret_cast<const SymInt*>(list.data()), list.size()};
}

}  // namespace tiny_torch
