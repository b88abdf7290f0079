// Vec<T> and its functions on every target this processor runs: error in ulp against long double, special values,
// tails.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "../tests/cpp/simd_test.cpp"
#include "aten/cpu/simd/foreach_target.h"

#include "aten/cpu/simd/math-inl.h"

#ifndef TINY_TORCH_SIMD_TEST_OPS
#define TINY_TORCH_SIMD_TEST_OPS
// (name, the function in long double)
#define SIMD_TEST_UNARY(_)           \
  _(exp, std::exp(x))                \
  _(exp2, std::exp2(x))              \
  _(expm1, std::expm1(x))            \
  _(log, std::log(x))                \
  _(log2, std::log2(x))              \
  _(log10, std::log10(x))            \
  _(log1p, std::log1p(x))            \
  _(sin, std::sin(x))                \
  _(cos, std::cos(x))                \
  _(tan, std::tan(x))                \
  _(tanh, std::tanh(x))              \
  _(sigmoid, 1 / (1 + std::exp(-x))) \
  _(erf, std::erf(x)) _(erfc, std::erfc(x)) _(sqrt, std::sqrt(x)) _(rsqrt, 1 / std::sqrt(x)) _(reciprocal, 1 / x)

enum UnaryOp {
#define SIMD_TEST_ENUM(name, reference) kOp_##name,
  SIMD_TEST_UNARY(SIMD_TEST_ENUM)
#undef SIMD_TEST_ENUM
      kNumUnaryOps
};
enum BinaryOp { kPow, kMax, kMin, kFmod, kRemainder, kFloorDivide, kClampAtZero, kSign, kNumBinaryOps };
#endif

HWY_BEFORE_NAMESPACE();
namespace tiny_torch::simd {
namespace HWY_NAMESPACE {

template <class T>
void run_unary(int op, const T* x, T* y, int64_t n) {
  using V = Vec<T>;
  for (int64_t i = 0; i < n; i += V::lanes()) {
    const int64_t count = n - i < V::lanes() ? n - i : V::lanes();
    const V v = count == V::lanes() ? V::load(x + i) : V::load(x + i, count);
    V result = v;
    switch (op) {
#define SIMD_TEST_CASE(name, reference) \
  case kOp_##name:                      \
    result = name(v);                   \
    break;
      SIMD_TEST_UNARY(SIMD_TEST_CASE)
#undef SIMD_TEST_CASE
    }
    if (count == V::lanes())
      result.store(y + i);
    else
      result.store(y + i, count);
  }
}

template <class T>
void run_binary(int op, const T* a, const T* b, T* y, int64_t n) {
  using V = Vec<T>;
  for (int64_t i = 0; i + V::lanes() <= n; i += V::lanes()) {
    const V u = V::load(a + i), v = V::load(b + i);
    V result = u;
    if constexpr (std::is_floating_point_v<T>) {
      if (op == kPow) result = pow(u, v);
    }
    if (op == kMax) result = max(u, v);
    if (op == kMin) result = min(u, v);
    if (op == kFmod) result = fmod(u, v);
    if (op == kRemainder) result = remainder(u, v);
    if (op == kFloorDivide) result = floor_divide(u, v);
    if (op == kClampAtZero) result = select(u < 0 || is_nan(u), V(T(0)), u * 1);
    if (op == kSign) result = sign(u);
    result.store(y + i);
  }
}

void unary_float(int op, const float* x, float* y, int64_t n) { run_unary(op, x, y, n); }
void unary_double(int op, const double* x, double* y, int64_t n) { run_unary(op, x, y, n); }
void binary_float(int op, const float* a, const float* b, float* y, int64_t n) { run_binary(op, a, b, y, n); }
void binary_double(int op, const double* a, const double* b, double* y, int64_t n) { run_binary(op, a, b, y, n); }
void binary_int(int op, const int64_t* a, const int64_t* b, int64_t* y, int64_t n) { run_binary(op, a, b, y, n); }

int64_t compare_floats(const float* a, const float* b, uint8_t* y, int64_t n) {
  int64_t i = 0;
  for (; i + Vec<float>::lanes() <= n; i += Vec<float>::lanes()) {
    store_bool(Vec<float>::load(a + i) < Vec<float>::load(b + i), y + i);
  }
  return i;
}
int64_t compare_ints(const int64_t* a, const int64_t* b, uint8_t* y, int64_t n) {
  int64_t i = 0;
  for (; i + Vec<int64_t>::lanes() <= n; i += Vec<int64_t>::lanes()) {
    store_bool(Vec<int64_t>::load(a + i) <= Vec<int64_t>::load(b + i), y + i);
  }
  return i;
}
int64_t arithmetic_ints(const int64_t* a, const int64_t* b, int64_t* y, int64_t n) {
  using V = Vec<int64_t>;
  int64_t i = 0;
  for (; i + V::lanes() <= n; i += V::lanes()) {
    const V u = V::load(a + i), v = V::load(b + i);
    ((u * v + abs(u) - 3) ^ (u & v) ^ shift_right(u, v & 127) ^ (u / v) ^ ~(-v)).store(y + i);
  }
  return i;
}

}  // namespace HWY_NAMESPACE
}  // namespace tiny_torch::simd
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <random>
#include <vector>

namespace tiny_torch::simd {
namespace {

class EachTarget : public testing::TestWithParam<Capability> {
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
INSTANTIATE_TEST_SUITE_P(Simd, EachTarget, testing::Values(Capability::Default, Capability::Avx2, Capability::Avx512));

const char* const kNames[] = {
#define SIMD_TEST_NAME(name, reference) #name,
    SIMD_TEST_UNARY(SIMD_TEST_NAME)
#undef SIMD_TEST_NAME
};

long double reference(int op, long double x) {
  switch (op) {
#define SIMD_TEST_REFERENCE(name, value) \
  case kOp_##name:                       \
    return value;
    SIMD_TEST_UNARY(SIMD_TEST_REFERENCE)
#undef SIMD_TEST_REFERENCE
  }
  return 0;
}

/// |got - expected| in units of the last place of T at `expected`; 0 for equal nan or inf, huge where they differ.
template <class T>
double ulp_error(T got, long double expected) {
  const T rounded = static_cast<T>(expected);
  if (std::isnan(rounded) || std::isnan(got)) return std::isnan(rounded) == std::isnan(got) ? 0 : 1e30;
  if (std::isinf(rounded) && std::isinf(got)) return rounded == got ? 0 : 1e30;
  if (got == rounded) return std::signbit(got) == std::signbit(rounded) ? 0 : 1e30;
  const T magnitude = std::min(std::fabs(rounded), std::numeric_limits<T>::max());
  const int exponent = std::max(std::ilogb(magnitude == 0 ? std::numeric_limits<T>::min() : magnitude),
                                std::numeric_limits<T>::min_exponent - 1);
  const long double ulp = std::ldexp(1.0L, exponent - std::numeric_limits<T>::digits + 1);
  const long double g =
      std::isinf(got) ? std::copysign(std::ldexp(1.0L, std::numeric_limits<T>::max_exponent), got) : got;
  return static_cast<double>(std::fabs(g - expected) / ulp);
}

int64_t samples() {
  const char* n = std::getenv("TINY_TORCH_SIMD_SAMPLES");
  return n ? std::atoll(n) : 40000;
}

/// Any bit pattern, and numbers spread evenly over the ranges in which functions bend.
template <class T>
std::vector<T> test_numbers(int64_t n, uint64_t seed) {
  using Int = std::conditional_t<sizeof(T) == 4, uint32_t, uint64_t>;
  std::mt19937_64 random(seed);
  std::vector<T> x;
  for (const T special :
       {T(0), T(-0.0), T(1), T(-1), T(0.5), T(2), T(-2), std::numeric_limits<T>::infinity(),
        -std::numeric_limits<T>::infinity(), std::numeric_limits<T>::quiet_NaN(), std::numeric_limits<T>::denorm_min(),
        -std::numeric_limits<T>::denorm_min(), std::numeric_limits<T>::min(), std::numeric_limits<T>::max(),
        std::numeric_limits<T>::lowest()}) {
    x.push_back(special);
  }
  const T ranges[] = {T(1e-4), T(0.8), T(2), T(11), T(30), T(110), T(800), T(1e5), T(1e9)};
  while (static_cast<int64_t>(x.size()) < n) {
    const Int bits = static_cast<Int>(random());
    T any;
    std::memcpy(&any, &bits, sizeof(T));
    x.push_back(any);
    for (const T range : ranges) x.push_back(std::uniform_real_distribution<T>(-range, range)(random));
    x.push_back(T(1) + std::uniform_real_distribution<T>(-T(1e-3), T(1e-3))(random));
    // Near multiples of pi/2, where reductions cancel.
    x.push_back(static_cast<T>(static_cast<int>(random() % 4000) * 1.57079632679489661923L));
  }
  x.resize(n);
  // Sorted by size, so that one huge lane does not send its neighbours down the fallback of sin and cos.
  std::sort(x.begin(), x.end(), [](T a, T b) { return std::isnan(b) ? !std::isnan(a) : std::fabs(a) < std::fabs(b); });
  return x;
}

template <class T, class Run>
void check_unary(const Run& run) {
  const std::vector<T> x = test_numbers<T>(samples(), 7);
  std::vector<T> y(x.size());
  for (int op = 0; op < kNumUnaryOps; ++op) {
    run(op, x.data(), y.data(), static_cast<int64_t>(x.size()));
    double worst = 0;
    T at = 0;
    for (size_t i = 0; i < x.size(); ++i) {
      const double error = ulp_error<T>(y[i], reference(op, x[i]));
      if (error > worst) worst = error, at = x[i];
    }
    // With one lane the functions are libm's own.
    const double limit = capability() == Capability::Default ? 3.0 : op == kOp_erfc ? 2.1 : 2.0;
    EXPECT_LE(worst, limit) << kNames[op] << " of " << std::hexfloat << at;
    if (std::getenv("TINY_TORCH_SIMD_SAMPLES")) {
      std::printf("%s %-10s %6.3f ulp at %.9g\n", sizeof(T) == 4 ? "float " : "double", kNames[op], worst, double(at));
    }
  }
}

TEST_P(EachTarget, UnaryFloatWithin2Ulp) { check_unary<float>(SIMD_DISPATCH(unary_float)); }
TEST_P(EachTarget, UnaryDoubleWithin2Ulp) { check_unary<double>(SIMD_DISPATCH(unary_double)); }

template <class T, class Run>
void check_pow(const Run& run) {
  std::mt19937_64 random(11);
  std::vector<T> specials = {T(0), T(-0.0), T(1), T(-1), T(0.5), T(-0.5), T(2), T(-2), T(3), T(-3), T(1e30), T(-1e30)};
  for (const T s :
       {std::numeric_limits<T>::infinity(), std::numeric_limits<T>::quiet_NaN(), std::numeric_limits<T>::max()}) {
    specials.push_back(s);
    specials.push_back(-s);
  }
  std::vector<T> a, b;
  for (const T p : specials) {
    for (const T q : specials) a.push_back(p), b.push_back(q);
  }
  const T span = sizeof(T) == 4 ? T(90) : T(720);
  while (static_cast<int64_t>(a.size()) < samples()) {
    const T exponent = std::uniform_real_distribution<T>(-span, span)(random);
    const T base = std::exp(std::uniform_real_distribution<T>(-span, span)(random));
    a.push_back(base), b.push_back(exponent / std::log(base));
    a.push_back(1 + std::uniform_real_distribution<T>(-T(0.5), T(0.5))(random)), b.push_back(exponent);
    a.push_back(-base), b.push_back(std::round(exponent / 100));
  }
  while (a.size() % 16 != 0) a.push_back(1), b.push_back(1);
  std::vector<T> y(a.size());
  run(kPow, a.data(), b.data(), y.data(), static_cast<int64_t>(a.size()));
  double worst = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    const double error = ulp_error<T>(y[i], std::pow(static_cast<long double>(a[i]), static_cast<long double>(b[i])));
    ASSERT_LE(error, 2.0) << "pow(" << a[i] << ", " << b[i] << ") gave " << y[i];
    worst = std::max(worst, error);
  }
  if (std::getenv("TINY_TORCH_SIMD_SAMPLES")) std::printf("pow %.3f ulp\n", worst);
}
TEST_P(EachTarget, PowFloat) { check_pow<float>(SIMD_DISPATCH(binary_float)); }
TEST_P(EachTarget, PowDouble) { check_pow<double>(SIMD_DISPATCH(binary_double)); }

TEST_P(EachTarget, NanAndSigns) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const std::vector<double> a = {nan, 1, nan, -0.0, 5.5, -5.5, 5.5, -7};
  const std::vector<double> b = {1, nan, nan, 3, -2, 2, 2, 0};
  std::vector<double> y(8);
  const auto run = [&](int op) {
    SIMD_DISPATCH(binary_double)(op, a.data(), b.data(), y.data(), 8);
    return y;
  };
  for (const int op : {kMax, kMin}) {
    run(op);
    EXPECT_TRUE(std::isnan(y[0]) && std::isnan(y[1]) && std::isnan(y[2]));
  }
  run(kSign);
  EXPECT_EQ(y[0], 0);
  EXPECT_EQ(y[3], 0);
  EXPECT_EQ(y[5], -1);
  run(kClampAtZero);
  EXPECT_EQ(y[0], 0);
  EXPECT_EQ(y[4], 5.5);
  run(kFmod);
  EXPECT_EQ(y[4], 1.5);
  EXPECT_EQ(y[5], -1.5);
  run(kRemainder);
  EXPECT_EQ(y[4], -0.5);
  EXPECT_EQ(y[5], 0.5);
  run(kFloorDivide);
  EXPECT_EQ(y[4], -3);
  EXPECT_EQ(y[5], -3);
  EXPECT_EQ(y[7], -std::numeric_limits<double>::infinity());
}

TEST_P(EachTarget, Integers) {
  std::mt19937_64 random(3);
  std::vector<int64_t> a(64), b(64), y(64);
  for (int i = 0; i < 64; ++i) {
    a[i] = static_cast<int64_t>(random()) >> (i % 64);
    b[i] = static_cast<int64_t>(random()) >> (63 - i % 64);
  }
  a[0] = std::numeric_limits<int64_t>::min(), b[0] = -1;
  b[1] = 0;
  ASSERT_EQ(SIMD_DISPATCH(arithmetic_ints)(a.data(), b.data(), y.data(), 64), 64);
  for (int i = 0; i < 64; ++i) {
    const uint64_t u = static_cast<uint64_t>(a[i]), v = static_cast<uint64_t>(b[i]);
    const int64_t shift = b[i] & 127;
    const uint64_t quotient = b[i] == 0 ? 0 : b[i] == -1 ? 0 - u : static_cast<uint64_t>(a[i] / b[i]);
    const uint64_t expected = (u * v + (a[i] < 0 ? 0 - u : u) - 3) ^ (u & v) ^
                              static_cast<uint64_t>(a[i] >> (shift > 63 ? 63 : shift)) ^ quotient ^ ~(0 - v);
    EXPECT_EQ(static_cast<uint64_t>(y[i]), expected) << a[i] << " " << b[i];
  }
  SIMD_DISPATCH(binary_int)(kFloorDivide, a.data(), b.data(), y.data(), 64);
  for (int i = 2; i < 64; ++i) {
    const int64_t remainder = a[i] - y[i] * b[i];
    EXPECT_TRUE(remainder == 0 || (remainder < 0) == (b[i] < 0)) << a[i] << " " << b[i];
  }
  std::vector<uint8_t> less(64, 9);
  ASSERT_EQ(SIMD_DISPATCH(compare_ints)(a.data(), b.data(), less.data(), 64), 64);
  for (int i = 0; i < 64; ++i) EXPECT_EQ(less[i], a[i] <= b[i]);
}

TEST_P(EachTarget, ComparisonWritesBytes) {
  std::vector<float> a(64), b(64);
  for (int i = 0; i < 64; ++i) a[i] = static_cast<float>((i * 37) % 64), b[i] = 31.5f;
  a[5] = std::numeric_limits<float>::quiet_NaN();
  std::vector<uint8_t> less(64 + 1, 9);
  ASSERT_EQ(SIMD_DISPATCH(compare_floats)(a.data(), b.data(), less.data(), 64), 64);
  for (int i = 0; i < 64; ++i) EXPECT_EQ(less[i], a[i] < b[i]) << i;
  EXPECT_EQ(less[64], 9);
}

TEST_P(EachTarget, TailsEqualFullVectorsAndStayInBounds) {
  std::vector<float> x(40), full(40), part(41, -7);
  for (int i = 0; i < 40; ++i) x[i] = 0.37f * static_cast<float>(i) - 5;
  SIMD_DISPATCH(unary_float)(kOp_exp, x.data(), full.data(), 32);
  for (int n = 0; n < 20; ++n) {
    std::fill(part.begin(), part.end(), -7.0f);
    SIMD_DISPATCH(unary_float)(kOp_exp, x.data(), part.data(), n);
    for (int i = 0; i < n; ++i) EXPECT_EQ(part[i], full[i]);
    EXPECT_EQ(part[n], -7.0f);
  }
}

}  // namespace
}  // namespace tiny_torch::simd
#endif  // HWY_ONCE
