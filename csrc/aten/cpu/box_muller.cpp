// Note [Box-Muller and PyTorch's bits]
// The float path evaluates log, sin and cos by the Cephes polynomials (S. Moshier, netlib.org/cephes, logf and sinf) in
// the order and with the fused roundings of PyTorch's AVX2 kernel: the results are equal bit for bit, on every target.
// A more accurate logarithm would be a different stream.
#include "aten/cpu/box_muller.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "aten/cpu/box_muller.cpp"
#include "aten/cpu/simd/foreach_target.h"
#include "aten/cpu/simd/vec-inl.h"

#include <cmath>

#include "aten/core/distributions.h"

HWY_BEFORE_NAMESPACE();
namespace tiny_torch::cpu {
namespace HWY_NAMESPACE {

#if SIMD_ONE_LANE

inline float log_cephes(float x) {
  int exponent_bits;
  const float mantissa = std::frexp(x, &exponent_bits);
  const bool small = mantissa < 0.707106781186547524f;
  const float exponent = static_cast<float>(exponent_bits - (small ? 1 : 0));
  const float m = (mantissa - 1.0f) + (small ? mantissa : 0.0f);
  const float z = m * m;
  constexpr float coefficients[] = {-1.1514610310e-1f, 1.1676998740e-1f, -1.2420140846e-1f, 1.4249322787e-1f,
                                    -1.6668057665e-1f, 2.0000714765e-1f, -2.4999993993e-1f, 3.3333331174e-1f};
  float y = 7.0376836292e-2f;
  for (float coefficient : coefficients) y = std::fma(y, m, coefficient);
  y = std::fma(y * m, z, exponent * -2.12194440e-4f);
  y = y - z * 0.5f;
  return std::fma(exponent, 0.693359375f, m + y);
}

inline void sincos_cephes(float x, float& sine, float& cosine) {
  const int octant = (static_cast<int>(x * 1.27323954473516f) + 1) & ~1;
  const float y = static_cast<float>(octant);
  x = std::fma(y, -0.78515625f, x);
  x = std::fma(y, -2.4187564849853515625e-4f, x);
  x = std::fma(y, -3.77489497744594108e-8f, x);
  const float z = x * x;
  float c = std::fma(2.443315711809948e-5f, z, -1.388731625493765e-3f);
  c = std::fma(c, z, 4.166664568298827e-2f);
  c = std::fma(c * z, z, -(z * 0.5f)) + 1.0f;
  float s = std::fma(-1.9515295891e-4f, z, 8.3321608736e-3f);
  s = std::fma(s, z, -1.6666654611e-1f);
  s = std::fma(s * z, x, x);
  const bool swap = (octant & 2) != 0;
  sine = swap ? c : s;
  cosine = swap ? s : c;
  if ((octant & 4) != 0) sine = -sine;
  if (((octant - 2) & 4) == 0) cosine = -cosine;
}

void box_muller_float(float* data, int64_t blocks, float mean, float std) {
  for (float* block = data; block != data + blocks * kBoxMullerBlock; block += kBoxMullerBlock) {
    for (int j = 0; j < 8; ++j) {
      const float radius = std::sqrt(-2.0f * log_cephes(1.0f - block[j]));
      float sine;
      float cosine;
      sincos_cephes(static_cast<float>(2.0 * kPi) * block[j + 8], sine, cosine);
      block[j] = std::fma(radius * cosine, std, mean);
      block[j + 8] = std::fma(radius * sine, std, mean);
    }
  }
}

void uniform_from_words_float(float* data, const uint32_t* words, int64_t count, float from, float to) {
  for (int64_t i = 0; i < count; ++i) {
    const float value = std::fma(static_cast<float>(words[i] & 0xffffff) * 0x1p-24f, to - from, from);
    data[i] = value == to ? from : value;
  }
}

#else  // vectors

namespace hn = hwy::HWY_NAMESPACE;

using D = hn::CappedTag<float, 8>;
using V = hn::Vec<D>;
using DI = hn::RebindToSigned<D>;

inline V constant(float value) { return hn::Set(D(), value); }

/// Natural logarithm on (0, 1].
inline V log_cephes(V x) {
  const D d;
  const DI di;
  const auto bits = hn::BitCast(di, x);
  const auto biased = hn::ShiftRight<23>(bits);
  const V half = constant(0.5f);
  const V mantissa = hn::Or(hn::BitCast(d, hn::And(bits, hn::Set(di, 0x007fffff))), half);
  const auto small = hn::Lt(mantissa, constant(0.707106781186547524f));
  const V one = constant(1.0f);
  V exponent = hn::ConvertTo(d, hn::Sub(biased, hn::Set(di, 126)));
  exponent = hn::Sub(exponent, hn::IfThenElseZero(small, one));
  V m = hn::Add(hn::Sub(mantissa, one), hn::IfThenElseZero(small, mantissa));
  const V z = hn::Mul(m, m);
  V y = constant(7.0376836292e-2f);
  y = hn::MulAdd(y, m, constant(-1.1514610310e-1f));
  y = hn::MulAdd(y, m, constant(1.1676998740e-1f));
  y = hn::MulAdd(y, m, constant(-1.2420140846e-1f));
  y = hn::MulAdd(y, m, constant(1.4249322787e-1f));
  y = hn::MulAdd(y, m, constant(-1.6668057665e-1f));
  y = hn::MulAdd(y, m, constant(2.0000714765e-1f));
  y = hn::MulAdd(y, m, constant(-2.4999993993e-1f));
  y = hn::MulAdd(y, m, constant(3.3333331174e-1f));
  y = hn::MulAdd(hn::Mul(y, m), z, hn::Mul(exponent, constant(-2.12194440e-4f)));
  y = hn::Sub(y, hn::Mul(z, half));
  return hn::MulAdd(exponent, constant(0.693359375f), hn::Add(m, y));
}

/// Sine and cosine on [0, 2 pi).
inline void sincos_cephes(V x, V& sine, V& cosine) {
  const D d;
  const DI di;
  auto octant = hn::ConvertTo(di, hn::Mul(x, constant(1.27323954473516f)));
  octant = hn::And(hn::Add(octant, hn::Set(di, 1)), hn::Set(di, ~1));
  const V y = hn::ConvertTo(d, octant);
  x = hn::MulAdd(y, constant(-0.78515625f), x);
  x = hn::MulAdd(y, constant(-2.4187564849853515625e-4f), x);
  x = hn::MulAdd(y, constant(-3.77489497744594108e-8f), x);
  const V z = hn::Mul(x, x);

  V c = constant(2.443315711809948e-5f);
  c = hn::MulAdd(c, z, constant(-1.388731625493765e-3f));
  c = hn::MulAdd(c, z, constant(4.166664568298827e-2f));
  c = hn::MulSub(hn::Mul(c, z), z, hn::Mul(z, constant(0.5f)));
  c = hn::Add(c, constant(1.0f));
  V s = constant(-1.9515295891e-4f);
  s = hn::MulAdd(s, z, constant(8.3321608736e-3f));
  s = hn::MulAdd(s, z, constant(-1.6666654611e-1f));
  s = hn::MulAdd(hn::Mul(s, z), x, x);

  const auto swap = hn::RebindMask(d, hn::Ne(hn::And(octant, hn::Set(di, 2)), hn::Zero(di)));
  const auto sine_sign = hn::ShiftLeft<29>(hn::And(octant, hn::Set(di, 4)));
  const auto cosine_sign = hn::ShiftLeft<29>(hn::AndNot(hn::Sub(octant, hn::Set(di, 2)), hn::Set(di, 4)));
  sine = hn::Xor(hn::IfThenElse(swap, c, s), hn::BitCast(d, sine_sign));
  cosine = hn::Xor(hn::IfThenElse(swap, s, c), hn::BitCast(d, cosine_sign));
}

void box_muller_float(float* data, int64_t blocks, float mean, float std) {
  const D d;
  const V two_pi = constant(static_cast<float>(2.0 * kPi));
  const V mean_vec = constant(mean);
  const V std_vec = constant(std);
  for (float* block = data; block != data + blocks * kBoxMullerBlock; block += kBoxMullerBlock) {
    for (size_t j = 0; j < 8; j += hn::Lanes(d)) {
      const V u1 = hn::Sub(constant(1.0f), hn::LoadU(d, block + j));
      const V u2 = hn::LoadU(d, block + j + 8);
      const V radius = hn::Sqrt(hn::Mul(constant(-2.0f), log_cephes(u1)));
      V sine;
      V cosine;
      sincos_cephes(hn::Mul(two_pi, u2), sine, cosine);
      hn::StoreU(hn::MulAdd(hn::Mul(radius, cosine), std_vec, mean_vec), d, block + j);
      hn::StoreU(hn::MulAdd(hn::Mul(radius, sine), std_vec, mean_vec), d, block + j + 8);
    }
  }
}

void uniform_from_words_float(float* data, const uint32_t* words, int64_t count, float from, float to) {
  const hn::ScalableTag<float> d;
  const hn::RebindToSigned<decltype(d)> di;
  const auto from_vec = hn::Set(d, from);
  const auto to_vec = hn::Set(d, to);
  const auto span_vec = hn::Set(d, to - from);
  const auto convert = [&](auto word) {
    const auto unit = hn::Mul(hn::ConvertTo(d, hn::And(word, hn::Set(di, 0xffffff))), hn::Set(d, 0x1p-24f));
    const auto value = hn::MulAdd(unit, span_vec, from_vec);
    return hn::IfThenElse(hn::Eq(value, to_vec), from_vec, value);
  };
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  int64_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    hn::StoreU(convert(hn::LoadU(di, reinterpret_cast<const int32_t*>(words + i))), d, data + i);
  }
  for (; i < count; ++i) data[i] = hn::GetLane(convert(hn::Set(di, static_cast<int32_t>(words[i]))));
}

#endif

}  // namespace HWY_NAMESPACE
}  // namespace tiny_torch::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tiny_torch::cpu {

void box_muller(float* data, int64_t blocks, float mean, float std) {
  SIMD_DISPATCH(box_muller_float)(data, blocks, mean, std);
}

void uniform_from_words(float* data, const uint32_t* words, int64_t count, float from, float to) {
  SIMD_DISPATCH(uniform_from_words_float)(data, words, count, from, to);
}

void box_muller(double* data, int64_t blocks, double mean, double std) {
  for (double* block = data; block != data + blocks * kBoxMullerBlock; block += kBoxMullerBlock) {
    for (int j = 0; j < 8; ++j) {
      const double radius = std::sqrt(-2.0 * std::log(1.0 - block[j]));
      const double theta = 2.0 * kPi * block[j + 8];
      block[j] = std::fma(radius * std::cos(theta), std, mean);
      block[j + 8] = std::fma(radius * std::sin(theta), std, mean);
    }
  }
}

}  // namespace tiny_torch::cpu
#endif  // HWY_ONCE
