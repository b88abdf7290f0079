// Copies and fills of the CPU between any strides and dtypes, against an element by element walk.
#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "aten/native/copy_stub.h"
#include "c10/Scalar.h"
#include "c10/parallel.h"
#include "tests/cpp/strided_tensors.h"

namespace tiny_torch {
namespace {

using namespace testing_support;

const ScalarType kTypes[] = {kFloat, kDouble, kLong, kByte, kHalf, kBFloat16, kComplexFloat, kComplexDouble};

void check_copy(const std::vector<int64_t>& shape, const TensorBase& out, const TensorBase& src) {
  native::copy_stub(DeviceType::CPU, out, src);
  int64_t wrong = 0;
  for_each_index(shape, [&](const std::vector<int64_t>& index) {
    wrong += read(out, offset_of(out, index)) != read(src, offset_of(src, index));
  });
  EXPECT_EQ(wrong, 0) << to_string(src.scalar_type()) << src.sizes() << src.strides() << " to "
                      << to_string(out.scalar_type()) << out.sizes() << out.strides();
}

TEST(CopyKernel, AnyShapeStrideAndDtype) {
  std::mt19937 random(9);
  const std::vector<std::vector<int64_t>> shapes = {{},           {1},         {300},       {5000},
                                                    {3, 4},       {200, 3},    {3, 200},    {97, 65},
                                                    {2, 3, 4, 5}, {40, 1, 40}, {3, 50, 70}, {7, 600, 11}};
  for (int round = 0; round < 12; ++round) {
    for (const auto& shape : shapes) {
      const ScalarType from = kTypes[random() % 8], to = random() % 2 ? from : kTypes[random() % 8];
      std::vector<int64_t> src_shape = shape;
      for (int64_t& size : src_shape) {
        if (random() % 6 == 0) size = 1;
      }
      check_copy(shape, random_tensor(shape, to, random), random_tensor(src_shape, from, random));
    }
  }
}

TEST(CopyKernel, TransposedByThreads) {
  const int before = get_num_threads();
  std::mt19937 random(10);
  for (const int threads : {1, 3}) {
    set_num_threads(threads);
    for (const ScalarType dtype : {kByte, kHalf, kFloat, kDouble, kComplexDouble}) {
      const TensorBase base = random_tensor({333, 445}, dtype, random, true);
      const TensorBase turned = alias_with(base, {445, 333}, {1, 445}, 0);
      check_copy({445, 333}, empty_tensor({445, 333}, dtype), turned);
      const TensorBase planes = alias_with(base, {3, 445, 111}, {111 * 445, 1, 445}, 0);
      check_copy({3, 445, 111}, empty_tensor({3, 445, 111}, dtype), planes);
    }
  }
  set_num_threads(before);
}

TEST(CopyKernel, FillsAnyStridesAndOnlyThose) {
  std::mt19937 random(11);
  for (const ScalarType dtype : kTypes) {
    const TensorBase base = random_tensor({50, 60}, dtype, random, true);
    for (int64_t i = 0; i < 3000; ++i) write(base, i, 1);
    native::fill_stub(DeviceType::CPU, alias_with(base, {20, 25}, {60, 2}, 3), Scalar(7));
    for (int64_t r = 0; r < 50; ++r) {
      for (int64_t c = 0; c < 60; ++c) {
        const bool inside = r < 20 && c >= 3 && c < 53 && (c - 3) % 2 == 0;
        ASSERT_EQ(read(base, r * 60 + c), inside ? 7 : 1) << to_string(dtype) << " " << r << " " << c;
      }
    }
    native::fill_stub(DeviceType::CPU, base, Scalar(3));
    for (int64_t i = 0; i < 3000; ++i) ASSERT_EQ(read(base, i), 3);
  }
}

TEST(CopyKernel, ConjugatesInPlace) {
  const TensorBase x = empty_tensor({3}, kComplexFloat);
  auto* p = x.mutable_data_ptr<complex<float>>();
  p[0] = {1, 2};
  p[1] = {0, -3};
  p[2] = {4, 0};
  native::conj_stub(DeviceType::CPU, x);
  EXPECT_TRUE((p[0] == complex<float>(1, -2) && p[1] == complex<float>(0, 3) && p[2] == complex<float>(4, 0)));
}

}  // namespace
}  // namespace tiny_torch
