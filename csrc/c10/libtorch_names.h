// The names under which libtorch programs ask about dtypes, devices and lists, each a word for something this library has.
#pragma once

#include <numeric>
#include <string_view>
#include <utility>

#include "c10/Allocator.h"
#include "c10/ArrayRef.h"
#include "c10/Scalar.h"
#include "c10/SmallVector.h"
#include "c10/intrusive_ptr.h"

namespace tiny_torch {

using string_view = std::string_view;
template <class T>
using OptionalArrayRef = std::optional<ArrayRef<T>>;

// Dtypes.
constexpr const char* toString(ScalarType t) { return to_string(t); }
constexpr size_t elementSize(ScalarType t) { return element_size(t); }
constexpr bool isFloatingType(ScalarType t) { return is_floating_point(t); }
constexpr bool isReducedFloatingType(ScalarType t) { return is_reduced_floating_point(t) || is_float8(t); }
constexpr bool isIntegralType(ScalarType t, bool includeBool) { return is_integral(t, includeBool); }
constexpr bool isComplexType(ScalarType t) { return is_complex_type(t); }
constexpr bool isFloat8Type(ScalarType t) { return is_float8(t); }
constexpr bool isSignedType(ScalarType t) { return is_signed(t); }
constexpr bool isQIntType(ScalarType) { return false; }
constexpr bool isBitsType(ScalarType) { return false; }
constexpr bool isBarebonesUnsignedType(ScalarType t) { return t >= kUInt16 && t <= kUInt64; }
constexpr ScalarType toRealValueType(ScalarType t) { return to_real(t); }
constexpr ScalarType toComplexType(ScalarType t) { return to_complex(t); }
constexpr ScalarType toUnderlying(ScalarType t) { return t; }
constexpr bool canCast(ScalarType from, ScalarType to) { return can_cast(from, to); }
inline ScalarType promoteTypes(ScalarType a, ScalarType b) { return promote_types(a, b); }

// Devices.
/// "CPU" or, in lower case, "cpu".
inline std::string DeviceTypeName(DeviceType type, bool lower_case = false) {
  std::string name = to_string(type);
  if (!lower_case) {
    for (char& c : name) c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  }
  return name;
}
/// Makes a device current for a scope.
class DeviceGuard {
 public:
  explicit DeviceGuard(Device device) : device_(device), guard_(device) {}
  Device current_device() const { return device_; }

 private:
  Device device_;
  OptionalDeviceGuard guard_;
};

// Lists.
template <class T>
ArrayRef<T> makeArrayRef(const std::vector<T>& list) {
  return list;
}
template <class T, size_t N>
ArrayRef<T> makeArrayRef(const std::array<T, N>& list) {
  return list;
}
template <class T, size_t N>
ArrayRef<T> makeArrayRef(const SmallVector<T, N>& list) {
  return list;
}
template <class T, size_t N>
ArrayRef<T> makeArrayRef(const T (&list)[N]) {
  return list;
}
template <class T>
ArrayRef<T> makeArrayRef(ArrayRef<T> list) {
  return list;
}
template <class T>
ArrayRef<T> makeArrayRef(const T& one) {
  return one;
}
template <class T>
ArrayRef<T> makeArrayRef(const T* data, size_t size) {
  return {data, size};
}
template <class T, size_t N>
std::ostream& operator<<(std::ostream& out, const SmallVector<T, N>& list) {
  return out << ArrayRef<T>(list);
}
template <class It>
int64_t multiply_integers(It first, It last) {
  return std::accumulate(first, last, int64_t{1}, [](int64_t a, auto b) { return a * static_cast<int64_t>(b); });
}
template <class List>
int64_t multiply_integers(const List& list) {
  return multiply_integers(list.begin(), list.end());
}
template <class List>
int64_t sum_integers(const List& list) {
  return std::accumulate(list.begin(), list.end(), int64_t{0});
}

/// Base of classes that operators hold by reference count.
struct CustomClassHolder : intrusive_ptr_target {};

}  // namespace tiny_torch
