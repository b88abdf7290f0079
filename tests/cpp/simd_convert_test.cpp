// Block conversions between all types on every SIMD target: values, rounding, casts out of range, strides, lengths.
#include "aten/cpu/simd/convert.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "aten/cpu/simd/dispatch.h"
#include "c10/errors.h"

namespace tiny_torch::simd {
namespace {

class ConvertEachTarget : public testing::TestWithParam<Capability> {
 protected:
  void SetUp() override {
    before_ = capability();
    if (set_capability(GetParam()) != GetParam()) {
      set_capability(before_);
      GTEST_SKIP() << "this processor or build has no such target";
    }
  }
  void TearDown() override { set_capability(before_); }

 private:
  Capability before_;
};
INSTANTIATE_TEST_SUITE_P(Simd, ConvertEachTarget,
                         testing::Values(Capability::Default, Capability::Avx2, Capability::Avx512));

/// std::vector<bool> has no memory of its own, so bool is held as bytes.
template <class T>
using Array = std::vector<std::conditional_t<std::is_same_v<T, bool>, uint8_t, T>>;

template <class S, class D>
Array<D> converted(const Array<S>& x, int64_t src_stride = 1, int64_t dst_stride = 1) {
  const int64_t n = (static_cast<int64_t>(x.size()) + src_stride - 1) / src_stride;
  Array<D> y(static_cast<size_t>(n * dst_stride) + 1);
  std::memset(static_cast<void*>(y.data()), 0x5a, y.size() * sizeof(D));
  const Array<D> untouched = y;
  convert_block(scalar_type_of<S>, x.data(), src_stride * static_cast<int64_t>(sizeof(S)), scalar_type_of<D>, y.data(),
                dst_stride * static_cast<int64_t>(sizeof(D)), n);
  for (size_t i = 0; i < y.size(); ++i) {
    if (i % dst_stride != 0 || i / dst_stride >= static_cast<size_t>(n)) {
      EXPECT_EQ(std::memcmp(&y[i], &untouched[i], sizeof(D)), 0) << "wrote outside at " << i;
    }
  }
  Array<D> result;
  for (int64_t i = 0; i < n; ++i) result.push_back(y[static_cast<size_t>(i * dst_stride)]);
  return result;
}

template <class T>
double as_double(T x) {
  if constexpr (is_complex_v<T>)
    return static_cast<double>(x.real());
  else if constexpr (std::is_same_v<T, Half> || std::is_same_v<T, BFloat16>)
    return static_cast<float>(x);
  else
    return static_cast<double>(x);
}
template <class T>
T from_double(double x) {
  if constexpr (is_complex_v<T>)
    return T(static_cast<typename T::value_type>(x));
  else if constexpr (std::is_same_v<T, Half> || std::is_same_v<T, BFloat16>)
    return T(static_cast<float>(x));
  else
    return static_cast<T>(x);
}

/// Small integers are exact in every type, so that every pair must keep them (to bool: 0 and 1).
template <class S, class D>
void check_pair() {
  for (const int64_t n : {0, 1, 7, 16, 33, 700}) {
    for (const auto& [src_stride, dst_stride] : {std::pair<int64_t, int64_t>{1, 1}, {3, 1}, {1, 2}, {2, 3}}) {
      Array<S> x;
      for (int64_t i = 0; i < n * src_stride; ++i) x.push_back(from_double<S>(static_cast<double>(i * 7 % 101)));
      const Array<D> y = converted<S, D>(x, src_stride, dst_stride);
      ASSERT_EQ(static_cast<int64_t>(y.size()), n);
      for (int64_t i = 0; i < n; ++i) {
        const double expected = as_double(x[static_cast<size_t>(i * src_stride)]);
        ASSERT_EQ(as_double(y[static_cast<size_t>(i)]), (std::is_same_v<D, bool> ? expected != 0 : expected))
            << to_string(scalar_type_of<S>) << " to " << to_string(scalar_type_of<D>) << " at " << i;
      }
    }
  }
}

template <class S>
void check_from() {
#define CONVERT_TO(type, name, number, python) check_pair<S, type>();
  TORCH_FORALL_COMPUTE_TYPES(CONVERT_TO)
#undef CONVERT_TO
}

TEST_P(ConvertEachTarget, EveryPairKeepsSmallIntegers) {
#define CONVERT_FROM(type, name, number, python) check_from<type>();
  TORCH_FORALL_COMPUTE_TYPES(CONVERT_FROM)
#undef CONVERT_FROM
}

TEST_P(ConvertEachTarget, EveryHalfSurvivesTheRoundTrip) {
  std::vector<Half> h;
  std::vector<BFloat16> b;
  for (int bits = 0; bits < 65536; ++bits) {
    h.push_back(Half(static_cast<uint16_t>(bits), Half::from_bits_t()));
    b.push_back(BFloat16(static_cast<uint16_t>(bits), BFloat16::from_bits_t()));
  }
  const std::vector<float> hf = converted<Half, float>(h), bf = converted<BFloat16, float>(b);
  const std::vector<Half> h2 = converted<float, Half>(hf);
  const std::vector<BFloat16> b2 = converted<float, BFloat16>(bf);
  for (size_t i = 0; i < 65536; ++i) {
    const float expected = static_cast<float>(h[i]), expected_b = static_cast<float>(b[i]);
    if (std::isnan(expected)) {
      ASSERT_TRUE(std::isnan(hf[i]) && std::isnan(static_cast<float>(h2[i])));
    } else {
      ASSERT_EQ(hf[i], expected);
      ASSERT_EQ(h2[i].x, h[i].x);
    }
    if (std::isnan(expected_b)) {
      ASSERT_TRUE(std::isnan(bf[i]) && std::isnan(static_cast<float>(b2[i])));
    } else {
      ASSERT_EQ(bf[i], expected_b);
      ASSERT_EQ(b2[i].x, b[i].x);
    }
  }
}

TEST_P(ConvertEachTarget, NarrowingRoundsToNearestEven) {
  // Halfway between two neighbours, just below and just above; the largest finite half and beyond; subnormals.
  std::vector<float> x = {1.00390625f, 1.01171875f, 1.0009765625f * 1.00048828125f,
                          65519.99f,   65520.0f,    1e-8f,
                          2.98e-8f,    2.9803e-8f,  5.9605e-8f,
                          -3.4e38f,    3.39e38f,    1e30f,
                          0.1f,        -0.0f};
  for (uint32_t i = 0; i < 4000; ++i) {
    const uint32_t bits = i * 1071803u + 12345u;
    float f;
    std::memcpy(&f, &bits, 4);
    x.push_back(f);
  }
  const std::vector<Half> h = converted<float, Half>(x);
  const std::vector<BFloat16> b = converted<float, BFloat16>(x);
  for (size_t i = 0; i < x.size(); ++i) {
    if (std::isnan(x[i])) continue;
    EXPECT_EQ(h[i].x, Half(x[i]).x) << x[i];
    EXPECT_EQ(b[i].x, BFloat16(x[i]).x) << x[i];
  }
  EXPECT_EQ(static_cast<float>(b[0]), 1.0f);
  EXPECT_EQ(static_cast<float>(b[1]), 1.015625f);
  EXPECT_TRUE(std::isinf(static_cast<float>(h[4])));
}

// The expected numbers are PyTorch 2.13's on x86.
TEST_P(ConvertEachTarget, FloatToIntegerLikePyTorch) {
#if defined(__x86_64__)
  constexpr float inf = std::numeric_limits<float>::infinity(), nan = std::numeric_limits<float>::quiet_NaN();
  std::vector<float> x;
  for (int repeat = 0; repeat < 5; ++repeat) {
    for (const float f : {300.f, -300.f, 70000.f, 3e9f, 1e10f, -1e10f, 1e19f, nan, inf, -inf, -1.5f, 0.5f})
      x.push_back(f);
  }
  const std::vector<int> byte = {44, 212, 112, 0, 0, 0, 0, 0, 0, 0, 255, 0};
  const std::vector<int> short_ = {300, -300, 4464, 0, 0, 0, 0, 0, 0, 0, -1, 0};
  constexpr int64_t lowest = std::numeric_limits<int64_t>::min();
  const std::vector<int64_t> long_ = {300,    -300,   70000,  3000000000, 10000000000, -10000000000,
                                      lowest, lowest, lowest, lowest,     -1,          0};
  const auto bytes = converted<float, uint8_t>(x);
  const auto shorts = converted<float, int16_t>(x);
  const auto ints = converted<float, int32_t>(x);
  const auto longs = converted<float, int64_t>(x);
  const auto bools = converted<float, bool>(x);
  for (size_t i = 0; i < x.size(); ++i) {
    EXPECT_EQ(bytes[i], byte[i % 12]) << x[i];
    EXPECT_EQ(shorts[i], short_[i % 12]) << x[i];
    EXPECT_EQ(longs[i], long_[i % 12]) << x[i];
    EXPECT_EQ(ints[i], std::fabs(x[i]) < 1e9f ? static_cast<int32_t>(x[i]) : std::numeric_limits<int32_t>::min())
        << x[i];
    EXPECT_TRUE(bools[i]);
  }
#endif
}

TEST_P(ConvertEachTarget, WideIntegersAndDoubles) {
  const std::vector<int64_t> x(20, (int64_t{1} << 40) + 12345);
  EXPECT_EQ((converted<int64_t, int8_t>(x)[17]), 57);
  EXPECT_EQ((converted<int64_t, float>(x)[17]), static_cast<float>((int64_t{1} << 40) + 12345));
  EXPECT_EQ((converted<int64_t, double>(x)[17]), 1099511640121.0);
  EXPECT_TRUE(std::isinf(static_cast<float>(converted<int64_t, Half>(x)[17])));
  // By way of float, so rounded twice, as PyTorch does.
  const std::vector<double> d(20, 1 + std::ldexp(1, -8) + std::ldexp(1, -40));
  EXPECT_EQ((converted<double, BFloat16>(d)[17].x), 16256);
}

TEST_P(ConvertEachTarget, AnyNonzeroByteIsTrueAndComplexIsTrueByEitherPart) {
  const std::vector<uint8_t> bytes = {0, 1, 2, 255};
  std::vector<float> y(4);
  load_block(kBool, bytes.data(), 1, kFloat, y.data(), 4);
  EXPECT_EQ(y, (std::vector<float>{0, 1, 1, 1}));
  using C = complex<float>;
  const auto b = converted<C, bool>({C(1, 2), C(0, 2), C(0, 0)});
  EXPECT_TRUE(b[0] && b[1] && !b[2]);
}

TEST_P(ConvertEachTarget, StrideZeroSplatsAndFloat8IsRefused) {
  const double x = 2.5;
  std::vector<float> y(40);
  load_block(kDouble, &x, 0, kFloat, y.data(), 40);
  for (const float f : y) EXPECT_EQ(f, 2.5f);
  EXPECT_THROW(load_block(ScalarType::Float8_e5m2, &x, 1, kFloat, y.data(), 4), NotImplementedError);
}

}  // namespace
}  // namespace tiny_torch::simd
