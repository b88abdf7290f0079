// Half and BFloat16: 16-bit storage types. Arithmetic converts to float; conversions round to nearest even.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <ostream>

#include "c10/macros.h"

namespace tiny_torch {

namespace detail {
template <class To, class From>
inline To bit_cast(From from) {
  static_assert(sizeof(To) == sizeof(From));
  To to;
  std::memcpy(static_cast<void*>(&to), &from, sizeof(To));
  return to;
}

inline float half_bits_to_float(uint16_t h) {
  const uint32_t sign = static_cast<uint32_t>(h & 0x8000u) << 16;
  const uint32_t exponent = (h >> 10) & 0x1fu;
  const uint32_t mantissa = h & 0x3ffu;
  if (exponent == 0x1f) return bit_cast<float>(sign | 0x7f800000u | (mantissa << 13));
  if (exponent != 0) return bit_cast<float>(sign | ((exponent + 112) << 23) | (mantissa << 13));
  const float magnitude = static_cast<float>(mantissa) * 5.9604644775390625e-8f;  // 2^-24
  return bit_cast<float>(bit_cast<uint32_t>(magnitude) | sign);
}

inline uint16_t float_to_half_bits(float f) {
  const uint32_t bits = bit_cast<uint32_t>(f);
  const uint32_t sign = (bits >> 16) & 0x8000u;
  const uint32_t magnitude = bits & 0x7fffffffu;
  if (magnitude > 0x7f800000u) return static_cast<uint16_t>(sign | 0x7e00u);
  if (magnitude >= 0x477ff000u) return static_cast<uint16_t>(sign | 0x7c00u);
  if (magnitude < 0x38800000u) {
    // Subnormal halves: adding 0.5 puts the rounded mantissa into the low bits.
    const float shifted = bit_cast<float>(magnitude) + 0.5f;
    return static_cast<uint16_t>(sign | (bit_cast<uint32_t>(shifted) - 0x3f000000u));
  }
  const uint32_t odd = (magnitude >> 13) & 1u;
  return static_cast<uint16_t>(sign | ((magnitude - 0x38000000u + 0xfffu + odd) >> 13));
}

inline float bfloat16_bits_to_float(uint16_t b) { return bit_cast<float>(static_cast<uint32_t>(b) << 16); }

inline uint16_t float_to_bfloat16_bits(float f) {
  if (f != f) return 0x7fc0u;
  const uint32_t bits = bit_cast<uint32_t>(f);
  return static_cast<uint16_t>((bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16);
}
}  // namespace detail

struct alignas(2) Half {
  uint16_t x = 0;
  struct from_bits_t {};
  Half() = default;
  constexpr Half(uint16_t bits, from_bits_t) : x(bits) {}
  Half(float f) : x(detail::float_to_half_bits(f)) {}               // NOLINT: implicit
  operator float() const { return detail::half_bits_to_float(x); }  // NOLINT: implicit
};

struct alignas(2) BFloat16 {
  uint16_t x = 0;
  struct from_bits_t {};
  BFloat16() = default;
  constexpr BFloat16(uint16_t bits, from_bits_t) : x(bits) {}
  BFloat16(float f) : x(detail::float_to_bfloat16_bits(f)) {}           // NOLINT: implicit
  operator float() const { return detail::bfloat16_bits_to_float(x); }  // NOLINT: implicit
};

inline std::ostream& operator<<(std::ostream& out, Half h) { return out << static_cast<float>(h); }
inline std::ostream& operator<<(std::ostream& out, BFloat16 b) { return out << static_cast<float>(b); }

}  // namespace tiny_torch

template <>
class std::numeric_limits<tiny_torch::Half> {
 public:
  static constexpr bool is_specialized = true;
  static constexpr bool is_integer = false;
  static constexpr bool has_infinity = true;
  static constexpr int digits = 11;
  static tiny_torch::Half lowest() { return {0xfbff, tiny_torch::Half::from_bits_t()}; }
  static tiny_torch::Half max() { return {0x7bff, tiny_torch::Half::from_bits_t()}; }
  static tiny_torch::Half min() { return {0x0400, tiny_torch::Half::from_bits_t()}; }
  static tiny_torch::Half epsilon() { return {0x1400, tiny_torch::Half::from_bits_t()}; }
  static tiny_torch::Half infinity() { return {0x7c00, tiny_torch::Half::from_bits_t()}; }
  static tiny_torch::Half quiet_NaN() { return {0x7e00, tiny_torch::Half::from_bits_t()}; }
};

template <>
class std::numeric_limits<tiny_torch::BFloat16> {
 public:
  static constexpr bool is_specialized = true;
  static constexpr bool is_integer = false;
  static constexpr bool has_infinity = true;
  static constexpr int digits = 8;
  static tiny_torch::BFloat16 lowest() { return {0xff7f, tiny_torch::BFloat16::from_bits_t()}; }
  static tiny_torch::BFloat16 max() { return {0x7f7f, tiny_torch::BFloat16::from_bits_t()}; }
  static tiny_torch::BFloat16 min() { return {0x0080, tiny_torch::BFloat16::from_bits_t()}; }
  static tiny_torch::BFloat16 epsilon() { return {0x3c00, tiny_torch::BFloat16::from_bits_t()}; }
  static tiny_torch::BFloat16 infinity() { return {0x7f80, tiny_torch::BFloat16::from_bits_t()}; }
  static tiny_torch::BFloat16 quiet_NaN() { return {0x7fc0, tiny_torch::BFloat16::from_bits_t()}; }
};
