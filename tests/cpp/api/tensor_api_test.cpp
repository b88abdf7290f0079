// Tensors as libtorch programs handle them: literals, memory of others, accessors, indexing, printing, hooks.
#include <ATen/Context.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <sstream>
#include <vector>

namespace {

using torch::indexing::Ellipsis;
using torch::indexing::None;
using torch::indexing::Slice;

template <class T>
std::string shown(const T& value) {
  std::ostringstream out;
  out << value;
  return out.str();
}

TEST(TensorLiteral, DtypesAndShapes) {
  EXPECT_EQ(torch::tensor({1, 2, 3}).dtype(), torch::kInt64);
  EXPECT_EQ(torch::tensor({1.5, 2.0}).dtype(), torch::kFloat32);
  EXPECT_EQ(torch::tensor({true, false}).dtype(), torch::kBool);
  EXPECT_EQ(torch::tensor(3.0, torch::kFloat64).item<double>(), 3.0);
  EXPECT_EQ(torch::tensor(7).dim(), 0);
  const torch::Tensor nested = torch::tensor({{1, 2, 3}, {4, 5, 6}}, torch::dtype(torch::kFloat64).requires_grad(true));
  EXPECT_EQ(nested.sizes(), torch::IntArrayRef({2, 3}));
  EXPECT_TRUE(nested.requires_grad());
  EXPECT_EQ(nested[1][2].item<double>(), 6);
  EXPECT_EQ(torch::tensor(std::vector<double>{0.5, 0.25}).dtype(), torch::kFloat32);
  EXPECT_EQ(torch::tensor(std::vector<int64_t>{}).sizes(), torch::IntArrayRef({0}));
  EXPECT_THROW(torch::tensor({{1, 2}, {3}}), c10::Error);
}

TEST(FromBlob, SharesMemoryAndCallsTheDeleter) {
  std::vector<float> values{1, 2, 3, 4, 5, 6};
  int freed = 0;
  {
    const torch::Tensor t = torch::from_blob(values.data(), {2, 3}, [&](void*) { ++freed; });
    EXPECT_EQ(t[1][0].item<float>(), 4);
    t[0][0] += 10;
    EXPECT_EQ(freed, 0);
  }
  EXPECT_EQ(freed, 1);
  EXPECT_EQ(values[0], 11);
  const torch::Tensor columns = torch::from_blob(values.data(), {3, 2}, {1, 3}, torch::kFloat32);
  EXPECT_EQ(columns[2][1].item<float>(), 6);
}

TEST(TensorOperators, WithTensorsAndNumbers) {
  const torch::Tensor x = torch::tensor({1.0, 2.0, 3.0});
  EXPECT_TRUE(torch::equal(x > 1.5, torch::tensor({false, true, true})));
  EXPECT_TRUE(torch::equal((x == 2) | (x < 2), torch::tensor({true, true, false})));
  EXPECT_TRUE(torch::equal(~(x != 2), torch::tensor({false, true, false})));
  EXPECT_TRUE(torch::allclose(2 - x.mul(3).sub(1).div(2), torch::tensor({1.0, -0.5, -2.0})));
  EXPECT_TRUE(torch::equal(torch::tensor({5, 7}) % 3, torch::tensor({2, 1})));
  torch::Tensor y = x.clone();
  torch::Tensor& same = y.mul_(2).sub_(1);
  EXPECT_TRUE(same.is_same(y));
  EXPECT_EQ(y.sum(0).item<float>(), 9);
  EXPECT_EQ(torch::ones({2, 3}).sum({0, 1}).item<float>(), 6);
  EXPECT_EQ(torch::ones({2, 3}).mean(1).sizes(), torch::IntArrayRef({2}));
  EXPECT_EQ(x.eq(2).sum().item<int64_t>(), 1);
  EXPECT_EQ(x.to(torch::kInt64).dtype(), torch::kLong);
  EXPECT_TRUE(x.to(torch::Device(torch::kCPU)).is_cpu());
}

TEST(TensorAccessor, ReadsAndWrites) {
  const torch::Tensor t = torch::arange(6, torch::kFloat32).view({2, 3}).t();
  auto a = t.accessor<float, 2>();
  EXPECT_EQ(a.size(0), 3);
  EXPECT_EQ(a[2][1], 5);
  a[0][1] = -1;
  EXPECT_EQ(t[0][1].item<float>(), -1);
  EXPECT_THROW((t.accessor<float, 1>()), c10::Error);
  EXPECT_THROW((t.accessor<double, 2>()), c10::Error);
}

TEST(TensorIndexing, ViewsAndIndexTensors) {
  const torch::Tensor x = torch::arange(24).view({2, 3, 4});
  EXPECT_TRUE(torch::equal(x.index({1}), x[1]));
  EXPECT_TRUE(torch::equal(x.index({Slice(), 2, Slice(None, None, 2)}), torch::tensor({{8, 10}, {20, 22}})));
  EXPECT_TRUE(torch::equal(x.index({"...", 0}), x.select(2, 0)));
  EXPECT_TRUE(torch::equal(x.index({Ellipsis, Slice(1, 3)}), x.slice(2, 1, 3)));
  EXPECT_EQ(x.index({None, 0}).sizes(), torch::IntArrayRef({1, 3, 4}));
  EXPECT_TRUE(torch::equal(x.index({Slice(), torch::tensor({2, 0})}), x.index_select(1, torch::tensor({2, 0}))));
  EXPECT_TRUE(torch::equal(x.index({x > 20}), torch::tensor({21, 22, 23})));
  EXPECT_EQ(x.index({torch::tensor({0, 1}), Slice(), torch::tensor({3, 3})}).sizes(), torch::IntArrayRef({2, 3}));
  EXPECT_THROW(x.index({0, 0, 0, 0}), c10::Error);
  EXPECT_THROW(x.index({Slice(None, None, -1)}), c10::Error);
}

TEST(TensorIndexing, Assignment) {
  torch::Tensor x = torch::zeros({2, 3});
  x.index_put_({0, Slice(1)}, torch::tensor({1.0, 2.0}));
  x.index_put_({"...", 0}, 5);
  x.index_put_({x == 0}, -1);
  EXPECT_TRUE(torch::equal(x, torch::tensor({{5.0, 1.0, 2.0}, {5.0, -1.0, -1.0}})));
  x.index_put_({torch::tensor({1}), torch::tensor({2})}, 9.5);
  EXPECT_EQ(x[1][2].item<float>(), 9.5);
}

TEST(TensorPrint, AsLibtorch) {
  EXPECT_EQ(shown(torch::Tensor()), "[ Tensor (undefined) ]");
  EXPECT_EQ(shown(torch::tensor(3.5)), "3.5\n[ CPUFloatType{} ]");
  EXPECT_EQ(shown(torch::tensor({1, 2, 3})), " 1\n 2\n 3\n[ CPULongType{3} ]");
  EXPECT_EQ(shown(torch::tensor({1.5, -2.25, 300.125})), "   1.5000\n  -2.2500\n 300.1250\n[ CPUFloatType{3} ]");
  EXPECT_EQ(shown(torch::tensor({0.001, 0.002})), "0.001 *\n 1.0000\n 2.0000\n[ CPUFloatType{2} ]");
  EXPECT_EQ(shown(torch::tensor({1e-5, 1.0})), " 1.0000e-05\n 1.0000e+00\n[ CPUFloatType{2} ]");
  EXPECT_EQ(shown(torch::arange(6, torch::kFloat).view({2, 3})), " 0  1  2\n 3  4  5\n[ CPUFloatType{2,3} ]");
  EXPECT_EQ(shown(torch::tensor({true, false})), " 1\n 0\n[ CPUBoolType{2} ]");
  EXPECT_EQ(shown(torch::zeros({2, 0})), "[ CPUFloatType{2,0} ]");
  EXPECT_EQ(shown(torch::arange(2).view({2, 1, 1})), "(1,.,.) = \n 0\n\n(2,.,.) = \n 1\n[ CPULongType{2,1,1} ]");
}

TEST(TensorAutograd, HooksAndNodes) {
  const torch::Tensor x = torch::ones({2}, torch::requires_grad());
  const torch::Tensor y = x * 2;
  EXPECT_EQ(y.grad_fn()->name(), "MulBackward0");
  y.register_hook([](torch::Tensor grad) { return grad * 3; });
  int calls = 0;
  const unsigned position = x.register_hook([&](torch::Tensor) { ++calls; });
  y.sum().backward();
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(x.grad()[0].item<float>(), 6);
  x.remove_hook(position);
  (x * 2).sum().backward();
  EXPECT_EQ(calls, 1);
  {
    const torch::InferenceMode guard;
    EXPECT_FALSE((x * 2).requires_grad());
  }
  EXPECT_EQ(torch::cuda::is_available(), torch::cuda::device_count() > 0);
}

TEST(TensorApi, OperatorsInNamespacesOfTheirOwn) {
  const torch::Tensor x = torch::randn({4, 4}, torch::kFloat64);
  EXPECT_TRUE(torch::allclose(torch::real(torch::fft::ifft(torch::fft::fft(x))), x));
  EXPECT_TRUE(torch::equal(torch::fft::rfft2(x), torch::fft_rfft2(x)));
  EXPECT_EQ(torch::fft::fftfreq(4, 0.5)[1].item<double>(), 0.5);
  EXPECT_TRUE(torch::equal(torch::special::expit(x), x.sigmoid()));
  if (!at::hasLAPACK()) GTEST_SKIP() << "there is no LAPACK here for torch::linalg";
  EXPECT_TRUE(torch::allclose(torch::matmul(torch::linalg::inv(x), x), torch::eye(4, torch::kFloat64), 1e-6, 1e-6));
}

TEST(TensorApi, AssigningToAViewThatNobodyHoldsWritesIntoIt) {
  torch::Tensor x = torch::zeros({2, 2});
  x[0][1] = torch::tensor(5.f);
  x[1][0] = 42;
  EXPECT_TRUE(torch::equal(x, torch::tensor({{0.f, 5.f}, {42.f, 0.f}})));
  x.slice(1, 0, 1) = torch::ones({2, 1});
  x.index({1, 1}) = 2.5;
  EXPECT_TRUE(torch::equal(x, torch::tensor({{1.f, 5.f}, {1.f, 2.5f}})));
  EXPECT_THROW(x[0] = torch::ones({3}), c10::Error);
  float memory[2] = {0, 0};
  torch::from_blob(memory, {2})[1] = 9;
  EXPECT_EQ(memory[1], 9);
  // A tensor with a name takes another tensor.
  torch::Tensor row = x[0], copy = x;
  row = torch::ones({3});
  copy = row;
  std::vector<torch::Tensor> list{x};
  list[0] = row;
  EXPECT_EQ(x.sizes(), torch::IntArrayRef({2, 2}));
  EXPECT_EQ(x[0][1].item<float>(), 5);
}

TEST(TensorApi, ADimIsNoBool) {
  const torch::Tensor x = torch::arange(6.f).view({2, 3});
  const int64_t dim = 1;
  EXPECT_EQ(x.std(0).dim(), 1);
  EXPECT_EQ(torch::var(x, dim).numel(), 2);
  EXPECT_EQ(x.std({0}).numel(), 3);
  EXPECT_EQ(std::get<0>(torch::std_mean(x, -1)).numel(), 2);
  EXPECT_EQ(x.var(false).dim(), 0);
  EXPECT_NEAR(x.var(false).item<double>(), 35.0 / 12, 1e-6);
  EXPECT_NEAR(x.var(0, false)[0].item<double>(), 2.25, 1e-6);
}

TEST(TensorApi, FormsThatProgramsUse) {
  const torch::Tensor x = torch::arange(6.f).view({2, 3}), image = torch::ones({1, 1, 3, 3});
  EXPECT_EQ(torch::conv2d(image, torch::ones({1, 1, 2, 2})).sizes(), torch::IntArrayRef({1, 1, 2, 2}));
  EXPECT_EQ(torch::conv2d(image, torch::ones({1, 1, 3, 3}), {}, 1, "same").sizes(), image.sizes());
  EXPECT_EQ(torch::complex(x, x).dtype(), torch::kComplexFloat);
  EXPECT_EQ(torch::where(x > 2, 1., 0.).sum().item<float>(), 3);
  EXPECT_EQ(torch::where(x > 2, 0, x).sum().item<float>(), 3);
  EXPECT_TRUE(torch::equal(x.where(x > 2, -x), torch::where(x > 2, x, -x)));
  torch::Tensor y = torch::tensor({-1.f, 4.f});
  EXPECT_TRUE(torch::sqrt_(torch::relu_(y)).is_same(y));
  EXPECT_EQ(y[1].item<float>(), 2);
  EXPECT_TRUE(x.is_view() && x.is_alias_of(x[0]) && x._base().dim() == 1);
  EXPECT_THROW(torch::ones({2})._base(), c10::Error);
  EXPECT_EQ(x.mT().sizes(), x.numpy_T().sizes());
  EXPECT_THROW(x[0].mT(), c10::Error);
  EXPECT_TRUE(torch::ones({1}).is_nonzero());
  EXPECT_THROW(x.is_nonzero(), c10::Error);
  EXPECT_EQ(x.to("cpu").device(), torch::kCPU);
}

TEST(TensorPrint, NumbersWithoutDimsHaveAllDigits) {
  EXPECT_EQ(shown(torch::tensor(0.1f)), "0.10000000149011612\n[ CPUFloatType{} ]");
  EXPECT_EQ(shown(torch::tensor(123456789.f)), "123456792\n[ CPUFloatType{} ]");
  EXPECT_EQ(shown(torch::tensor(1e16, torch::kFloat64)), "1e+16\n[ CPUDoubleType{} ]");
  EXPECT_EQ(shown(torch::tensor(100000)), "100000\n[ CPULongType{} ]");
}

}  // namespace
