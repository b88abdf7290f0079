// Arithmetic operators on TensorBase, for formulas and composites.
#pragma once

#include "generated/ops/binary.h"
#include "generated/ops/unary.h"

namespace tiny_torch {

inline TensorBase operator+(const TensorBase& a, const TensorBase& b) { return ops::add(a, b); }
inline TensorBase operator-(const TensorBase& a, const TensorBase& b) { return ops::sub(a, b); }
inline TensorBase operator*(const TensorBase& a, const TensorBase& b) { return ops::mul(a, b); }
inline TensorBase operator/(const TensorBase& a, const TensorBase& b) { return ops::div(a, b); }
inline TensorBase operator-(const TensorBase& a) { return ops::neg(a); }

inline TensorBase operator+(const TensorBase& a, const Scalar& b) { return ops::add(a, wrapped_scalar(b)); }
inline TensorBase operator-(const TensorBase& a, const Scalar& b) { return ops::sub(a, wrapped_scalar(b)); }
inline TensorBase operator*(const TensorBase& a, const Scalar& b) { return ops::mul(a, wrapped_scalar(b)); }
inline TensorBase operator/(const TensorBase& a, const Scalar& b) { return ops::div(a, wrapped_scalar(b)); }
inline TensorBase operator+(const Scalar& a, const TensorBase& b) { return ops::add(wrapped_scalar(a), b); }
inline TensorBase operator-(const Scalar& a, const TensorBase& b) { return ops::sub(wrapped_scalar(a), b); }
inline TensorBase operator*(const Scalar& a, const TensorBase& b) { return ops::mul(wrapped_scalar(a), b); }
inline TensorBase operator/(const Scalar& a, const TensorBase& b) { return ops::div(wrapped_scalar(a), b); }

}  // namespace tiny_torch
