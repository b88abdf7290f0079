// TypeMeta: a dtype as older programs pass it around; it converts from and to ScalarType.
#pragma once

#include <string_view>

#include "c10/ScalarType.h"

namespace tiny_torch {

class TypeMeta {
 public:
  constexpr TypeMeta() = default;
  constexpr TypeMeta(ScalarType dtype) : dtype_(dtype) {}   // NOLINT: implicit, as its inverse
  constexpr operator ScalarType() const { return dtype_; }  // NOLINT
  template <class T>
  static constexpr TypeMeta Make() {
    return scalar_type_of<T>;
  }
  template <class T>
  constexpr bool Match() const {
    return dtype_ == scalar_type_of<T>;
  }
  constexpr ScalarType toScalarType() const { return dtype_; }
  constexpr bool isScalarType() const { return dtype_ != ScalarType::Undefined; }
  constexpr bool isScalarType(ScalarType dtype) const { return dtype_ == dtype; }
  constexpr size_t itemsize() const { return element_size(dtype_); }
  std::string_view name() const { return cpp_name(dtype_); }

 private:
  ScalarType dtype_ = ScalarType::Undefined;
};
inline std::ostream& operator<<(std::ostream& out, TypeMeta meta) { return out << meta.name(); }

constexpr ScalarType typeMetaToScalarType(TypeMeta meta) { return meta.toScalarType(); }
constexpr TypeMeta scalarTypeToTypeMeta(ScalarType dtype) { return dtype; }
inline TypeMeta get_default_dtype() { return default_dtype(); }
inline ScalarType get_default_dtype_as_scalartype() { return default_dtype(); }
inline TypeMeta get_default_complex_dtype() { return default_complex_dtype(); }

}  // namespace tiny_torch
