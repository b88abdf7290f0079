// The smaller names of libtorch: dispatch over dtypes, parallel loops, errors, scalars and what prints how.
#include <ATen/Dispatch.h>
#include <ATen/Dispatch_v2.h>
#include <ATen/Parallel.h>
#include <c10/core/SymInt.h>
#include <c10/util/Exception.h>
#include <c10/util/complex.h>
#include <c10/util/irange.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <map>
#include <numeric>
#include <sstream>

namespace {

template <class T>
std::string printed(const T& value) {
  std::ostringstream out;
  out << value;
  return out.str();
}

torch::Tensor elementwise_square(const torch::Tensor& x) {
  torch::Tensor result = torch::empty_like(x);
  AT_DISPATCH_FLOATING_TYPES_AND(at::kHalf, x.scalar_type(), "square", [&] {
    const scalar_t* in = x.const_data_ptr<scalar_t>();
    scalar_t* out = result.mutable_data_ptr<scalar_t>();
    at::parallel_for(0, x.numel(), 2, [&](int64_t begin, int64_t end) {
      for (const auto i : c10::irange(begin, end)) out[i] = in[i] * in[i];
    });
  });
  return result;
}

TEST(LibtorchNames, DispatchRunsTheLambdaForTheDtype) {
  for (const auto dtype : {torch::kFloat, torch::kDouble, torch::kHalf}) {
    const torch::Tensor x = torch::tensor({1.0, -2.0, 3.0}).to(dtype);
    EXPECT_TRUE(elementwise_square(x).equal(x * x)) << dtype;
  }
  try {
    elementwise_square(torch::ones({2}, torch::kLong));
    FAIL();
  } catch (const c10::NotImplementedError& error) {
    EXPECT_STREQ(error.what_without_backtrace(), "\"square\" not implemented for 'Long'");
  }
}

#define SIZE_OF(macro, dtype) macro(dtype, "size", [] { return sizeof(scalar_t); })

TEST(LibtorchNames, DispatchMacrosTakeTheDtypesOfTheirNames) {
  EXPECT_EQ(SIZE_OF(AT_DISPATCH_INTEGRAL_TYPES, torch::kShort), 2U);
  EXPECT_EQ(SIZE_OF(AT_DISPATCH_ALL_TYPES, torch::kByte), 1U);
  EXPECT_EQ(SIZE_OF(AT_DISPATCH_COMPLEX_TYPES, torch::kComplexDouble), 16U);
  EXPECT_EQ(SIZE_OF(AT_DISPATCH_FLOATING_AND_COMPLEX_TYPES, torch::kFloat), 4U);
  EXPECT_EQ(SIZE_OF(AT_DISPATCH_ALL_TYPES_AND_COMPLEX, torch::kComplexFloat), 8U);
  EXPECT_THROW(SIZE_OF(AT_DISPATCH_ALL_TYPES, torch::kBool), c10::NotImplementedError);
  EXPECT_THROW(SIZE_OF(AT_DISPATCH_FLOATING_TYPES_AND_HALF, torch::kBFloat16), c10::NotImplementedError);
  const auto size = [](torch::ScalarType dtype) {
    return AT_DISPATCH_ALL_TYPES_AND_COMPLEX_AND3(torch::kHalf, torch::kBFloat16, torch::kBool, dtype, "size",
                                                  [] { return sizeof(scalar_t); });
  };
  EXPECT_EQ(size(torch::kBool), 1U);
  EXPECT_EQ(size(torch::kBFloat16), 2U);
  EXPECT_EQ(AT_DISPATCH_INDEX_TYPES(torch::kInt, "size", [] { return sizeof(index_t); }), 4U);
  EXPECT_THROW(AT_DISPATCH_INDEX_TYPES(torch::kShort, "size", [] { return sizeof(index_t); }),
               c10::NotImplementedError);
  const int chosen = AT_DISPATCH_SWITCH(torch::kInt, "choice", AT_DISPATCH_CASE(torch::kFloat, [] {
                                          return 1;
                                        }) AT_DISPATCH_CASE_INTEGRAL_TYPES([] { return 2; }));
  EXPECT_EQ(chosen, 2);
  const auto size_v2 = [](torch::ScalarType dtype) {
    return AT_DISPATCH_V2(dtype, "size", AT_WRAP([] { return std::pair<size_t, int>(sizeof(scalar_t), 0).first; }),
                          AT_EXPAND(AT_ALL_TYPES_AND_COMPLEX), at::kHalf);
  };
  EXPECT_EQ(size_v2(torch::kHalf), 2U);
  EXPECT_EQ(size_v2(torch::kComplexFloat), 8U);
  EXPECT_THROW(size_v2(torch::kBool), c10::NotImplementedError);
}

TEST(LibtorchNames, ParallelReduceCoversTheRangeOnce) {
  const auto sum = [](int64_t n, int64_t grain) {
    return at::parallel_reduce(
        0, n, grain, int64_t{0},
        [](int64_t begin, int64_t end, int64_t partial) {
          for (int64_t i = begin; i < end; ++i) partial += i;
          return partial;
        },
        std::plus<int64_t>());
  };
  const int threads = at::get_num_threads();
  for (const int n : {1, 3}) {
    at::set_num_threads(n);
    EXPECT_EQ(sum(1000, 7), 499500);
    EXPECT_EQ(sum(10, 1), 45);
    EXPECT_EQ(sum(0, 1), 0);
  }
  at::set_num_threads(threads);
  EXPECT_EQ(at::divup(7, 2), 4);
}

TEST(LibtorchNames, Ranges) {
  std::vector<int> seen;
  for (const auto i : c10::irange(3)) seen.push_back(i);
  for (const auto i : c10::irange(5, 2)) seen.push_back(i);
  for (const auto i : c10::irange(size_t{7}, size_t{9})) seen.push_back(static_cast<int>(i));
  EXPECT_EQ(seen, (std::vector<int>{0, 1, 2, 7, 8}));
}

TEST(LibtorchNames, DtypesListsAndDevices) {
  EXPECT_EQ(c10::elementSize(torch::kHalf), 2U);
  EXPECT_TRUE(c10::isFloatingType(torch::kBFloat16));
  EXPECT_FALSE(c10::isIntegralType(torch::kBool, false));
  EXPECT_EQ(c10::promoteTypes(torch::kInt, torch::kHalf), torch::kHalf);
  EXPECT_EQ(c10::toRealValueType(torch::kComplexDouble), torch::kDouble);
  EXPECT_STREQ(c10::toString(torch::kFloat), "Float");
  EXPECT_EQ(c10::typeMetaToScalarType(caffe2::TypeMeta::Make<float>()), torch::kFloat);
  EXPECT_EQ(c10::DeviceTypeName(torch::kCUDA), "CUDA");
  const std::vector<int64_t> sizes{2, 3};
  EXPECT_EQ(c10::multiply_integers(sizes), 6);
  EXPECT_EQ(c10::makeArrayRef(sizes).size(), 2U);
  EXPECT_EQ(c10::SymInt(3) * 2, 6);
  EXPECT_EQ(torch::zeros({c10::SymInt(2), 3}).sizes(), at::IntArrayRef({2, 3}));
  EXPECT_EQ(std::abs(c10::complex<double>(3, 4)), 5);
  EXPECT_EQ(std::conj(c10::complex<float>(1, 2)), c10::complex<float>(1, -2));
  EXPECT_STREQ(TORCH_VERSION, "2.13.0");
}

TEST(LibtorchNames, ErrorsSayWhatTheirAuthorsWrote) {
  const auto message = [](const auto& failing) -> std::string {
    try {
      failing();
    } catch (const c10::Error& error) {
      return error.what_without_backtrace();
    }
    return "no error";
  };
  EXPECT_EQ(message([] { TORCH_CHECK(1 == 2, "bad ", 3); }), "bad 3");
  EXPECT_EQ(message([] { TORCH_CHECK(1 == 2); }), "Expected 1 == 2 to be true, but got false.");
  EXPECT_EQ(message([] { AT_ERROR("old ", 1); }), "old 1");
  EXPECT_NE(message([] { AT_ASSERT(1 == 2); }).find("1 == 2 INTERNAL ASSERT FAILED"), std::string::npos);
  EXPECT_THROW(C10_THROW_ERROR(ValueError, "v"), c10::ValueError);
  EXPECT_THROW(TORCH_CHECK_WITH(TypeError, false, "t"), c10::TypeError);
  EXPECT_EQ(message([] { TORCH_CHECK_WITH(IndexError, true); }), "no error");
}

TEST(LibtorchNames, Scalars) {
  const c10::Scalar three(3);
  EXPECT_TRUE(three.isIntegral(false));
  EXPECT_EQ(three.toInt(), 3);
  EXPECT_EQ(three.toFloat(), 3.0F);
  EXPECT_TRUE(c10::Scalar(2.5).isFloatingPoint());
  EXPECT_EQ(static_cast<float>(c10::Scalar(1.5).toHalf()), 1.5F);
  EXPECT_EQ(c10::Scalar(c10::complex<double>(1, 2)).toComplexDouble().imag(), 2);
  const auto overflow = [](const auto& convert) -> std::string {
    try {
      convert();
    } catch (const c10::Error& error) {
      return error.msg();
    }
    return "fits";
  };
  const std::string rest = " without overflow", start = "value cannot be converted to type ";
  EXPECT_EQ(overflow([] { c10::Scalar(3e9).toInt(); }), start + "int" + rest);
  EXPECT_EQ(overflow([] { c10::Scalar(1e30).toLong(); }), start + "int64_t" + rest);
  EXPECT_EQ(overflow([] { c10::Scalar(300).toChar(); }), start + "int8_t" + rest);
  EXPECT_EQ(overflow([] { c10::Scalar(1e6).toHalf(); }), start + "c10::Half" + rest);
  EXPECT_EQ(overflow([] { c10::Scalar(1e300).toFloat(); }), start + "float" + rest);
  EXPECT_EQ(overflow([] { c10::Scalar(1e300).toComplexFloat(); }), start + "c10::complex<float>" + rest);
  EXPECT_EQ(overflow([] { c10::Scalar(INFINITY).toFloat(); }), "fits");
}

TEST(LibtorchNames, WhatPrintsHow) {
  using torch::indexing::Slice;
  using torch::indexing::TensorIndex;
  EXPECT_EQ(printed(std::vector<int64_t>{1, 2}), "1 2");
  EXPECT_EQ(printed(std::vector<std::string>{"a", "b"}), "a b");
  EXPECT_EQ(printed(std::map<std::string, int>{{"a", 1}}), "(a, 1)");
  EXPECT_EQ(printed(c10::SmallVector<int64_t, 4>{1, 2}), "[1, 2]");
  EXPECT_EQ(printed(c10::Scalar(2)), "2");
  EXPECT_EQ(printed(c10::Scalar(2.5)), "2.5");
  EXPECT_EQ(printed(c10::Scalar(true)), "true");
  EXPECT_EQ(printed(c10::Scalar(c10::complex<double>(1, 2))), "(1,2)");
  EXPECT_EQ(printed(Slice(1, 2)), "1:2:1");
  EXPECT_EQ(printed(Slice(torch::indexing::None, 5, 2)), "0:5:2");
  EXPECT_EQ(printed(TensorIndex("...")), "...");
  EXPECT_EQ(printed(std::vector<TensorIndex>{torch::indexing::None, 3, true, Slice(0, 3)}), "None 3 true 0:3:1");
  EXPECT_EQ(printed(torch::kSparse), "Sparse");
}

TEST(LibtorchNames, GeneratorStatesAreTensors) {
  torch::manual_seed(7);
  at::Generator generator = at::detail::getDefaultCPUGenerator();
  const torch::Tensor state = generator.get_state();
  EXPECT_EQ(state.sizes(), at::IntArrayRef({5056}));
  const torch::Tensor first = torch::rand({3});
  generator.set_state(state);
  EXPECT_TRUE(torch::rand({3}).equal(first));
  EXPECT_THROW(generator.set_state(torch::ones({3})), c10::Error);
}

TEST(LibtorchNames, Storages) {
  const torch::Tensor x = torch::arange(6, torch::kFloat).view({2, 3});
  const c10::Storage storage = x.storage();
  EXPECT_EQ(storage.nbytes(), 24U);
  EXPECT_EQ(static_cast<float*>(storage.data_ptr().get())[4], 4.0F);
  static_cast<float*>(storage.mutable_data())[4] = 9.0F;
  EXPECT_EQ(x[1][1].item<float>(), 9.0F);
  EXPECT_TRUE(storage.is_alias_of(x[1].storage()));
  EXPECT_FALSE(storage.is_alias_of(x.clone().storage()));
  EXPECT_EQ(storage.device(), at::Device(at::kCPU));
}

TEST(LibtorchNames, PackedSequencesMoveWithTheirDtype) {
  const auto packed = torch::nn::utils::rnn::pack_sequence({torch::ones({2, 1}, torch::kDouble)});
  EXPECT_EQ(packed.cpu().data().scalar_type(), torch::kDouble);
  EXPECT_TRUE(packed.cpu().batch_sizes().equal(packed.batch_sizes()));
}

TEST(LibtorchNames, BlobsInSteps) {
  float values[] = {1, 2, 3, 4, 5, 6};
  bool freed = false;
  {
    const torch::Tensor x = at::for_blob(values, {2, 2})
                                .strides({1, 3})
                                .deleter([&](void*) { freed = true; })
                                .options(torch::kFloat)
                                .make_tensor();
    EXPECT_TRUE(x.equal(torch::tensor({{1.F, 4.F}, {2.F, 5.F}})));
  }
  EXPECT_TRUE(freed);
  EXPECT_FALSE(at::device_of(torch::Tensor()).has_value());
}

}  // namespace
