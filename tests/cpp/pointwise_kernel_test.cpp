// The CPU driver of pointwise ops against an element by element walk: dtypes, strides, broadcasting, in-place, threads.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "../tests/cpp/pointwise_kernel_test.cpp"
#include "aten/cpu/simd/foreach_target.h"

#include "aten/cpu/simd/pointwise_block-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tiny_torch::simd {
namespace HWY_NAMESPACE {

struct test_axpy {
  static constexpr int kInputs = 2;
  static constexpr int kScalars = 1;
  template <class V>
  HWY_INLINE static auto apply(V self, V other, V alpha) {
    return self + alpha * other;
  }
};
struct test_less {
  static constexpr int kInputs = 2;
  static constexpr int kScalars = 0;
  template <class V>
  HWY_INLINE static auto apply(V self, V other) {
    return self < other;
  }
};
struct test_where {
  static constexpr int kInputs = 3;
  static constexpr int kScalars = 0;
  template <class V>
  HWY_INLINE static auto apply(V condition, V self, V other) {
    return select(condition != constant<V>(0), self, other);
  }
};
PointwiseBlocks test_axpy_blocks() {
  return blocks_of<test_axpy, float, double, int64_t, complex<float>, complex<double>>();
}
PointwiseBlocks test_less_blocks() { return blocks_of<test_less, float, double, int64_t>(); }
PointwiseBlocks test_where_blocks() { return blocks_of<test_where, float, double, int64_t>(); }

}  // namespace HWY_NAMESPACE
}  // namespace tiny_torch::simd
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "aten/core/promotion.h"
#include "c10/parallel.h"
#include "tests/cpp/strided_tensors.h"

namespace tiny_torch::simd {
namespace {
PointwiseBlocks axpy_blocks() { return SIMD_DISPATCH(test_axpy_blocks)(); }
PointwiseBlocks less_blocks() { return SIMD_DISPATCH(test_less_blocks)(); }
PointwiseBlocks where_blocks() { return SIMD_DISPATCH(test_where_blocks)(); }
}  // namespace
}  // namespace tiny_torch::simd

namespace tiny_torch {
namespace {

using namespace testing_support;

PointwiseOp make_op(const char* name, int inputs, int scalars, const PointwiseBlocks& blocks) {
  PointwiseOp op{name, name, static_cast<int8_t>(inputs), static_cast<int8_t>(scalars), PointwiseRule::Promote, 0xff};
  op.blocks = blocks;
  return op;
}
const PointwiseOp& axpy() {
  static const PointwiseOp op = make_op("test_axpy", 2, 1, simd::axpy_blocks());
  return op;
}

const ScalarType kTypes[] = {kFloat, kDouble, kLong,     kInt,          kShort,
                             kByte,  kHalf,   kBFloat16, kComplexFloat, kComplexDouble};

TEST(PointwiseKernel, AnyShapeStrideAndDtype) {
  std::mt19937 random(5);
  const std::vector<std::vector<int64_t>> shapes = {{},         {1},         {7},         {300},         {5000},
                                                    {3, 4},     {200, 3},    {3, 200},    {130, 140},    {2, 3, 4, 5},
                                                    {1, 70, 1}, {40, 1, 40}, {3, 5, 300}, {600, 2, 130}, {4500, 60}};
  for (int round = 0; round < 6; ++round) {
    for (const auto& shape : shapes) {
      const ScalarType a_type = kTypes[random() % 10], b_type = kTypes[random() % 10];
      const ScalarType common = promote_types(a_type, b_type);
      const ScalarType out_type = random() % 3 == 0 && !is_complex_type(common) ? kDouble : common;
      const bool dense = random() % 4 == 0;
      std::vector<int64_t> b_shape = shape;
      for (int64_t& size : b_shape) {
        if (random() % 4 == 0) size = 1;
      }
      if (!b_shape.empty() && random() % 4 == 0) b_shape.erase(b_shape.begin());
      const TensorBase a = random_tensor(shape, a_type, random, dense);
      const TensorBase b = random_tensor(b_shape, b_type, random, dense);
      const TensorBase out = random_tensor(shape, out_type, random, dense);
      const TensorBase* inputs[] = {&a, &b};
      alignas(16) unsigned char scalars[16];
      const ComputeType type = compute_type(common);
      if (type == ComputeType::F32) *reinterpret_cast<float*>(scalars) = 3;
      if (type == ComputeType::F64) *reinterpret_cast<double*>(scalars) = 3;
      if (type == ComputeType::I64) *reinterpret_cast<int64_t*>(scalars) = 3;
      if (type == ComputeType::C64) *reinterpret_cast<complex<float>*>(scalars) = complex<float>(3);
      if (type == ComputeType::C128) *reinterpret_cast<complex<double>*>(scalars) = complex<double>(3);
      pointwise_stub(DeviceType::CPU, PointwiseCall{&axpy(), &out, inputs, scalars, type});
      int64_t wrong = 0;
      for_each_index(shape, [&](const std::vector<int64_t>& index) {
        const double expected = read(a, offset_of(a, index)) + 3 * read(b, offset_of(b, index));
        wrong += read(out, offset_of(out, index)) != expected;
      });
      ASSERT_EQ(wrong, 0) << to_string(a_type) << " " << to_string(b_type) << " to " << to_string(out_type) << " shape "
                          << IntArrayRef(shape.data(), shape.size()) << " strides " << a.strides() << " " << b.strides()
                          << " out " << out.strides();
    }
  }
}

TEST(PointwiseKernel, ComparisonsWriteBoolOrWhatTheOutputIs) {
  std::mt19937 random(6);
  const PointwiseOp less = make_op("test_less", 2, 0, simd::less_blocks());
  EXPECT_TRUE(less.blocks.writes_bool);
  for (const ScalarType out_type : {kBool, kFloat, kHalf, kLong}) {
    for (const auto& shape : std::vector<std::vector<int64_t>>{{5}, {1000}, {30, 50}, {50, 3}}) {
      const TensorBase a = random_tensor(shape, kInt, random), b = random_tensor(shape, kFloat, random);
      const TensorBase out = random_tensor(shape, out_type, random);
      const TensorBase* inputs[] = {&a, &b};
      pointwise_stub(DeviceType::CPU, PointwiseCall{&less, &out, inputs, nullptr, ComputeType::F32});
      for_each_index(shape, [&](const std::vector<int64_t>& index) {
        const bool expected = read(a, offset_of(a, index)) < read(b, offset_of(b, index));
        ASSERT_EQ(read(out, offset_of(out, index)), expected) << to_string(out_type);
      });
    }
  }
}

TEST(PointwiseKernel, WhereOverSinglesAndColumns) {
  std::mt19937 random(8);
  const PointwiseOp where = make_op("test_where", 3, 0, simd::where_blocks());
  for (const auto& c_shape : std::vector<std::vector<int64_t>>{{500, 300}, {500, 1}, {300}, {}}) {
    const std::vector<int64_t> shape = {500, 300};
    const TensorBase c = random_tensor(c_shape, kBool, random), a = random_tensor(shape, kFloat, random);
    const TensorBase b = random_tensor({}, kDouble, random), out = random_tensor(shape, kFloat, random, true);
    const TensorBase* inputs[] = {&c, &a, &b};
    pointwise_stub(DeviceType::CPU, PointwiseCall{&where, &out, inputs, nullptr, ComputeType::F32});
    int64_t wrong = 0;
    for_each_index(shape, [&](const std::vector<int64_t>& index) {
      const double expected = read(c, offset_of(c, index)) != 0 ? read(a, offset_of(a, index)) : read(b, 0);
      wrong += read(out, offset_of(out, index)) != expected;
    });
    EXPECT_EQ(wrong, 0) << IntArrayRef(c_shape.data(), c_shape.size());
  }
}

TEST(PointwiseKernel, InPlaceAndThreads) {
  const int before = get_num_threads();
  for (const int threads : {1, 2, 3}) {
    set_num_threads(threads);
    const TensorBase x = empty_tensor({200001}, kFloat), step = empty_tensor({}, kLong);
    float* p = x.mutable_data_ptr<float>();
    for (int64_t i = 0; i < 200001; ++i) p[i] = static_cast<float>(i);
    *step.mutable_data_ptr<int64_t>() = 5;
    const float two = 2;
    const TensorBase* twice[] = {&x, &x};
    pointwise_stub(DeviceType::CPU, PointwiseCall{&axpy(), &x, twice, &two, ComputeType::F32});
    const TensorBase* shifted[] = {&x, &step};
    pointwise_stub(DeviceType::CPU, PointwiseCall{&axpy(), &x, shifted, &two, ComputeType::F32});
    int64_t wrong = 0;
    for (int64_t i = 0; i < 200001; ++i) wrong += p[i] != static_cast<float>(i) * 3 + 10;
    EXPECT_EQ(wrong, 0);
  }
  set_num_threads(before);
}

}  // namespace
}  // namespace tiny_torch
#endif  // HWY_ONCE
