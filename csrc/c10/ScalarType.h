// ScalarType: the element types, numbered as in PyTorch, with their C++ types and names.
//
// Example: `TORCH_FORALL_SCALAR_TYPES(_)` expands `_(cpp type, name, number, python name)` for each.
#pragma once

#include <cstdint>
#include <ostream>

#include "c10/Half.h"
#include "c10/complex.h"

namespace tiny_torch {

// (C++ type, ScalarType name, PyTorch's number, Python name). The uint16..64 and float8 types are storage only.
#define TORCH_FORALL_COMPUTE_TYPES(_)                 \
  _(uint8_t, Byte, 0, "uint8")                        \
  _(int8_t, Char, 1, "int8")                          \
  _(int16_t, Short, 2, "int16")                       \
  _(int32_t, Int, 3, "int32")                         \
  _(int64_t, Long, 4, "int64")                        \
  _(Half, Half, 5, "float16")                         \
  _(float, Float, 6, "float32")                       \
  _(double, Double, 7, "float64")                     \
  _(complex<float>, ComplexFloat, 9, "complex64")     \
  _(complex<double>, ComplexDouble, 10, "complex128") \
  _(bool, Bool, 11, "bool")                           \
  _(BFloat16, BFloat16, 15, "bfloat16")

#define TORCH_FORALL_STORAGE_TYPES(_)                \
  _(complex<Half>, ComplexHalf, 8, "complex32")      \
  _(uint8_t, Float8_e5m2, 23, "float8_e5m2")         \
  _(uint8_t, Float8_e4m3fn, 24, "float8_e4m3fn")     \
  _(uint8_t, Float8_e5m2fnuz, 25, "float8_e5m2fnuz") \
  _(uint8_t, Float8_e4m3fnuz, 26, "float8_e4m3fnuz") \
  _(uint16_t, UInt16, 27, "uint16")                  \
  _(uint32_t, UInt32, 28, "uint32")                  \
  _(uint64_t, UInt64, 29, "uint64")

#define TORCH_FORALL_SCALAR_TYPES(_) TORCH_FORALL_COMPUTE_TYPES(_) TORCH_FORALL_STORAGE_TYPES(_)

enum class ScalarType : int8_t {
#define TORCH_DEFINE_ENUM(type, name, number, python) name = number,
  TORCH_FORALL_SCALAR_TYPES(TORCH_DEFINE_ENUM)
#undef TORCH_DEFINE_ENUM
      Undefined = 45,
  NumOptions
};

#define TORCH_DEFINE_CONSTANT(type, name, number, python) inline constexpr ScalarType k##name = ScalarType::name;
TORCH_FORALL_SCALAR_TYPES(TORCH_DEFINE_CONSTANT)
#undef TORCH_DEFINE_CONSTANT
inline constexpr ScalarType kUInt8 = ScalarType::Byte;
inline constexpr ScalarType kInt8 = ScalarType::Char;
inline constexpr ScalarType kInt16 = ScalarType::Short;
inline constexpr ScalarType kInt32 = ScalarType::Int;
inline constexpr ScalarType kInt64 = ScalarType::Long;
inline constexpr ScalarType kFloat16 = ScalarType::Half;
inline constexpr ScalarType kFloat32 = ScalarType::Float;
inline constexpr ScalarType kFloat64 = ScalarType::Double;
inline constexpr ScalarType kComplex64 = ScalarType::ComplexFloat;
inline constexpr ScalarType kComplex128 = ScalarType::ComplexDouble;

/// CppTypeToScalarType<float>::value == kFloat.
template <class T>
struct CppTypeToScalarType;
#define TORCH_DEFINE_MAP(type, name, number, python) \
  template <>                                        \
  struct CppTypeToScalarType<type> : std::integral_constant<ScalarType, ScalarType::name> {};
TORCH_FORALL_COMPUTE_TYPES(TORCH_DEFINE_MAP)
#undef TORCH_DEFINE_MAP
template <class T>
inline constexpr ScalarType scalar_type_of = CppTypeToScalarType<T>::value;

/// Bytes per element.
constexpr size_t element_size(ScalarType t) {
  switch (t) {
#define TORCH_CASE(type, name, number, python) \
  case ScalarType::name:                       \
    return sizeof(type);
    TORCH_FORALL_SCALAR_TYPES(TORCH_CASE)
#undef TORCH_CASE
    default:
      return 0;
  }
}

/// PyTorch's C++ name ("Float"), used in error messages.
constexpr const char* to_string(ScalarType t) {
  switch (t) {
#define TORCH_CASE(type, name, number, python) \
  case ScalarType::name:                       \
    return #name;
    TORCH_FORALL_SCALAR_TYPES(TORCH_CASE)
#undef TORCH_CASE
    default:
      return "Undefined";
  }
}

/// PyTorch's Python name without the module ("float32").
constexpr const char* python_name(ScalarType t) {
  switch (t) {
#define TORCH_CASE(type, name, number, python) \
  case ScalarType::name:                       \
    return python;
    TORCH_FORALL_SCALAR_TYPES(TORCH_CASE)
#undef TORCH_CASE
    default:
      return "undefined";
  }
}

/// The name of the C++ type as messages of PyTorch have it ("long int").
constexpr const char* cpp_name(ScalarType t) {
  switch (t) {
    case kByte:
      return "unsigned char";
    case kChar:
      return "signed char";
    case kShort:
      return "short int";
    case kInt:
      return "int";
    case kLong:
      return "long int";
    case kUInt16:
      return "short unsigned int";
    case kUInt32:
      return "unsigned int";
    case kUInt64:
      return "long unsigned int";
    case kFloat:
      return "float";
    case kDouble:
      return "double";
    case kBool:
      return "bool";
    case kHalf:
      return "c10::Half";
    case kBFloat16:
      return "c10::BFloat16";
    case kComplexHalf:
      return "c10::complex<c10::Half>";
    case kComplexFloat:
      return "c10::complex<float>";
    case kComplexDouble:
      return "c10::complex<double>";
    default:
      return to_string(t);
  }
}

inline std::ostream& operator<<(std::ostream& out, ScalarType t) { return out << to_string(t); }

constexpr bool is_float8(ScalarType t) { return t >= ScalarType::Float8_e5m2 && t <= ScalarType::Float8_e4m3fnuz; }
constexpr bool is_floating_point(ScalarType t) {
  return t == kHalf || t == kFloat || t == kDouble || t == kBFloat16 || is_float8(t);
}
constexpr bool is_complex_type(ScalarType t) { return t == kComplexHalf || t == kComplexFloat || t == kComplexDouble; }
constexpr bool is_integral(ScalarType t, bool include_bool) {
  return (t >= kByte && t <= kLong) || (t >= kUInt16 && t <= kUInt64) || (include_bool && t == kBool);
}
constexpr bool is_reduced_floating_point(ScalarType t) { return t == kHalf || t == kBFloat16; }
constexpr bool is_signed(ScalarType t) {
  return t != kByte && t != kBool && t != kUInt16 && t != kUInt32 && t != kUInt64;
}
/// The types that gradients can have.
constexpr bool is_differentiable_type(ScalarType t) { return is_floating_point(t) || is_complex_type(t); }
constexpr ScalarType to_real(ScalarType t) {
  return t == kComplexHalf ? kHalf : t == kComplexFloat ? kFloat : t == kComplexDouble ? kDouble : t;
}
constexpr ScalarType to_complex(ScalarType t) {
  return t == kHalf ? kComplexHalf : t == kDouble || t == kComplexDouble ? kComplexDouble : kComplexFloat;
}
/// The type sums are accumulated in: float for the 16-bit types, int64 for integers.
constexpr ScalarType accumulate_type(ScalarType t) {
  return is_reduced_floating_point(t) ? kFloat : is_integral(t, true) ? kLong : t;
}
/// Whether a result of type `from` may be written to a tensor of type `to` (out= and in-place).
constexpr bool can_cast(ScalarType from, ScalarType to) {
  if (is_complex_type(from) && !is_complex_type(to)) return false;
  if (is_floating_point(from) && is_integral(to, true)) return false;
  return !(from != kBool && to == kBool);
}
/// The smallest type both promote to.
TORCH_API ScalarType promote_types(ScalarType a, ScalarType b);

TORCH_API ScalarType default_dtype();
TORCH_API void set_default_dtype(ScalarType t);
inline ScalarType default_complex_dtype() { return to_complex(default_dtype()); }

}  // namespace tiny_torch
