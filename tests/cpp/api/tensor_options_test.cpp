// Options of new tensors and settings of the process, as libtorch programs write them.
#include <ATen/Context.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <sstream>

namespace {

std::string shown(const torch::TensorOptions& options) {
  std::ostringstream out;
  out << options;
  return out.str();
}

TEST(TensorOptions, ADeviceIsATypeAndAnIndex) {
  const torch::TensorOptions options = torch::TensorOptions().device(torch::kCUDA, 1).dtype<double>();
  EXPECT_EQ(options.device(), torch::Device("cuda:1"));
  EXPECT_EQ(options.dtype(), torch::kFloat64);
  EXPECT_EQ(torch::TensorOptions().device_index(2).device_index(), 2);
  EXPECT_TRUE(options.has_device());
  EXPECT_FALSE(options.has_layout());
  EXPECT_EQ(options.dtype_opt(), torch::kFloat64);
  EXPECT_EQ(at::dtype(at::kInt).device(at::kMeta).device().type(), at::kMeta);
  EXPECT_EQ(torch::dtype<int64_t>().dtype(), torch::kLong);
}

TEST(TensorOptions, AMemoryFormatIsAnOptionToo) {
  const torch::Tensor t = torch::ones({1, 3, 2, 2}, torch::MemoryFormat::ChannelsLast);
  const torch::Tensor image = torch::empty({1, 3, 2, 2}, torch::MemoryFormat::ChannelsLast);
  EXPECT_TRUE(t.is_contiguous()) << "ones() takes no memory format";
  EXPECT_TRUE(image.is_contiguous(torch::MemoryFormat::ChannelsLast));
  EXPECT_TRUE(torch::zeros_like(image).is_contiguous(torch::MemoryFormat::ChannelsLast));
  EXPECT_TRUE(torch::zeros_like(image, torch::MemoryFormat::Contiguous).is_contiguous());
  EXPECT_TRUE(torch::empty_like(image, torch::dtype(torch::kInt).memory_format(torch::MemoryFormat::Contiguous))
                  .is_contiguous());
  EXPECT_TRUE(torch::rand_like(t, torch::kFloat32, torch::MemoryFormat::ChannelsLast)
                  .is_contiguous(torch::MemoryFormat::ChannelsLast));
  EXPECT_TRUE(t.to(torch::MemoryFormat::ChannelsLast).is_contiguous(torch::MemoryFormat::ChannelsLast));
  EXPECT_THROW(torch::zeros_like(t, torch::MemoryFormat::Contiguous, torch::MemoryFormat::Contiguous), c10::Error);
}

TEST(TensorOptions, WhatIsMadeLikeATensorMayRequireGrad) {
  EXPECT_TRUE(torch::zeros_like(torch::ones({2}), torch::requires_grad()).requires_grad());
  EXPECT_TRUE(torch::randn_like(torch::ones({2}), torch::requires_grad()).requires_grad());
  EXPECT_FALSE(torch::zeros_like(torch::ones({2}, torch::requires_grad())).requires_grad());
}

TEST(TensorOptions, ArePrintedWithTheirDefaults) {
  EXPECT_EQ(shown({}),
            "TensorOptions(dtype=float (default), device=cpu (default), layout=Strided (default), "
            "requires_grad=false (default), pinned_memory=false (default), memory_format=(nullopt))");
  EXPECT_EQ(shown(torch::ones({2}, torch::kInt64).options()),
            "TensorOptions(dtype=long int, device=cpu, layout=Strided, requires_grad=false (default), "
            "pinned_memory=false (default), memory_format=(nullopt))");
  EXPECT_EQ(shown(torch::device(torch::Device("cuda:1"))
                      .dtype(torch::kHalf)
                      .requires_grad(true)
                      .memory_format(torch::MemoryFormat::ChannelsLast)),
            "TensorOptions(dtype=c10::Half, device=cuda:1, layout=Strided (default), requires_grad=true, "
            "pinned_memory=false (default), memory_format=ChannelsLast)");
}

TEST(GlobalContext, KnowsTheBuildAndKeepsSettings) {
  at::Context& context = at::globalContext();
  EXPECT_EQ(context.hasCUDA(), torch::cuda::is_available());
  EXPECT_EQ(at::hasMKLDNN(), TINY_TORCH_HAVE_ONEDNN == 1);
  EXPECT_EQ(context.defaultGenerator(at::kCPU), at::default_cpu_generator());
  EXPECT_THROW(context.defaultGenerator(at::kMeta), c10::Error);
  EXPECT_FALSE(context.deterministicAlgorithms());
  context.setDeterministicAlgorithms(true, /*warn_only=*/true);
  EXPECT_TRUE(context.deterministicAlgorithms() && context.deterministicAlgorithmsWarnOnly());
  context.setDeterministicAlgorithms(false);
  EXPECT_FALSE(context.deterministicAlgorithms() || context.deterministicAlgorithmsWarnOnly());
  context.setFloat32MatmulPrecision("high");
  EXPECT_EQ(context.float32MatmulPrecision(), at::Float32MatmulPrecision::HIGH);
  context.setFloat32MatmulPrecision("highest");
  EXPECT_THROW(context.setFloat32MatmulPrecision("low"), c10::Error);
  context.setBenchmarkCuDNN(true);
  EXPECT_TRUE(context.benchmarkCuDNN());
  context.setBenchmarkCuDNN(false);
}

}  // namespace

TEST(TypeMeta, IsWhatTensorsAndOptionsSayTheirDtypeIs) {
  const torch::Tensor x = torch::ones({2}), i = torch::ones({2}, torch::kLong);
  std::ostringstream text;
  text << x.dtype() << " " << i.dtype() << " " << torch::TensorOptions(torch::kHalf).dtype();
  EXPECT_EQ(text.str(), "float long int c10::Half");
  const caffe2::TypeMeta meta = x.dtype();
  EXPECT_EQ(meta.itemsize(), 4U);
  EXPECT_EQ(meta.name(), "float");
  EXPECT_EQ(meta.toScalarType(), torch::kFloat);
  EXPECT_TRUE(x.dtype() == torch::kFloat && x.dtype() != i.dtype() && torch::kLong == i.dtype());
  // Wherever a dtype is taken.
  EXPECT_EQ(torch::zeros({1}, i.dtype()).scalar_type(), torch::kLong);
  EXPECT_EQ(torch::zeros({1}, torch::dtype(i.dtype()).requires_grad(false)).scalar_type(), torch::kLong);
  EXPECT_EQ(x.to(i.dtype()).scalar_type(), torch::kLong);
  EXPECT_EQ(x.to(torch::kCPU, torch::typeMetaToScalarType(i.dtype())).scalar_type(), torch::kLong);
  EXPECT_EQ(x.options().dtype(i.dtype()).dtype(), torch::kLong);
  EXPECT_EQ(torch::sum(x, i.dtype()).scalar_type(), torch::kLong);
  EXPECT_EQ(torch::tensor({1, 2}, x.dtype()).scalar_type(), torch::kFloat);
  EXPECT_EQ(torch::full_like(x, 2, i.options()).dtype(), i.dtype());
  EXPECT_EQ(x.toType(i.scalar_type()).dtype(), i.dtype());
}

TEST(BroadcastTensors, GivesViews) {
  const torch::Tensor a = torch::ones({2, 1}), b = torch::zeros({3});
  const std::vector<torch::Tensor> parts = torch::broadcast_tensors({a, b});
  ASSERT_EQ(parts.size(), 2U);
  EXPECT_EQ(parts[0].sizes(), torch::IntArrayRef({2, 3}));
  EXPECT_EQ(parts[1].strides(), torch::IntArrayRef({0, 1}));
  EXPECT_THROW(torch::broadcast_tensors({a, torch::ones({3, 3})}), c10::Error);
}
