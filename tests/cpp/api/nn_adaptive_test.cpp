// AdaptiveLogSoftmaxWithLoss: PyTorch's values from its seed, gradients, predictions, copies, saving, printing, errors.
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <sstream>

namespace {

namespace nn = torch::nn;
using torch::Tensor;

void expect_close(const Tensor& a, const Tensor& b, double tolerance = 1e-4) {
  ASSERT_EQ(a.sizes(), b.sizes());
  EXPECT_TRUE(torch::allclose(a, b.to(a.dtype()), tolerance, tolerance)) << a << "\n" << b;
}

nn::AdaptiveLogSoftmaxWithLossOptions options() {
  return nn::AdaptiveLogSoftmaxWithLossOptions(6, 10, {2, 5}).div_value(2).head_bias(true);
}

// The numbers are those of libtorch.
TEST(AdaptiveLogSoftmax, ValuesAndGradientsAreThoseOfPyTorch) {
  torch::manual_seed(0);
  nn::AdaptiveLogSoftmaxWithLoss model(options());
  const Tensor x = torch::randn({4, 6}, torch::requires_grad()), target = torch::tensor({1, 4, 9, 0});
  const nn::ASMoutput out = model(x, target);
  expect_close(out.output, torch::tensor({-0.8115, -2.9704, -3.1733, -2.1341}));
  EXPECT_NEAR(out.loss, 2.27228451, 1e-5);
  (-out.output).mean().backward();
  expect_close(x.grad().sum(1), torch::tensor({-0.0565, 0.1522, -0.1156, 0.0725}));
  expect_close(model->head->weight.grad().sum(1), torch::tensor({0.8800, 0.4816, -1.2569, -0.1048}));
  EXPECT_TRUE(torch::equal(model->predict(x), torch::tensor({1, 1, 3, 2})));
  const Tensor all = model->log_prob(x);
  expect_close(all.sum(0), torch::tensor({-6.9971, -5.5823, -9.6820, -8.6497, -9.5869, -13.4276, -12.6209, -13.6217,
                                          -13.5362, -13.3525}));
  expect_close(all.gather(1, target.unsqueeze(1)).squeeze(1), out.output);
  expect_close(all.exp().sum(1), torch::ones({4}));
  const nn::ASMoutput single = model(x[1], target[1]);
  EXPECT_EQ(single.output.dim(), 0);
  EXPECT_NEAR(single.loss, 2.9704, 1e-4);
}

TEST(AdaptiveLogSoftmax, IsCopiedSavedAndPrinted) {
  nn::AdaptiveLogSoftmaxWithLoss model(options()), other(options());
  const Tensor x = torch::randn({3, 6});
  const auto copy = std::dynamic_pointer_cast<nn::AdaptiveLogSoftmaxWithLossImpl>(model->clone());
  EXPECT_TRUE(torch::equal(copy->log_prob(x), model->log_prob(x)));
  EXPECT_FALSE(torch::equal(other->log_prob(x), model->log_prob(x)));
  std::stringstream file;
  torch::save(model, file);
  torch::load(other, file);
  EXPECT_TRUE(torch::equal(other->log_prob(x), model->log_prob(x)));
  model->reset_parameters();
  EXPECT_FALSE(torch::equal(copy->log_prob(x), model->log_prob(x))) << "the copy has weights of its own";
  std::ostringstream text;
  text << model;
  EXPECT_EQ(text.str(),
            "torch::nn::AdaptiveLogSoftmaxWithLoss(\n"
            "  (head): torch::nn::Linear(in_features=6, out_features=4, bias=true)\n"
            "  (tail): torch::nn::ModuleList(\n"
            "    (0): torch::nn::Sequential(\n"
            "      (0): torch::nn::Linear(in_features=6, out_features=3, bias=false)\n"
            "      (1): torch::nn::Linear(in_features=3, out_features=3, bias=false)\n"
            "    )\n"
            "    (1): torch::nn::Sequential(\n"
            "      (0): torch::nn::Linear(in_features=6, out_features=1, bias=false)\n"
            "      (1): torch::nn::Linear(in_features=1, out_features=5, bias=false)\n"
            "    )\n"
            "  )\n"
            ")");
}

TEST(AdaptiveLogSoftmax, WrongCalls) {
  const auto make = [](std::vector<int64_t> cutoffs) { nn::AdaptiveLogSoftmaxWithLoss(6, 10, std::move(cutoffs)); };
  for (const std::vector<int64_t>& cutoffs : std::vector<std::vector<int64_t>>{{}, {5, 2}, {0, 3}, {2, 2}, {2, 10}}) {
    EXPECT_THROW(make(cutoffs), c10::Error) << torch::IntArrayRef(cutoffs);
  }
  nn::AdaptiveLogSoftmaxWithLoss model(options());
  EXPECT_THROW(model(torch::randn({2, 6}), torch::tensor({1, 10})), c10::Error);
  EXPECT_THROW(model(torch::randn({2, 6}), torch::tensor({-1, 1})), c10::Error);
  EXPECT_THROW(model(torch::randn({2, 6}), torch::tensor({1})), c10::Error);
  EXPECT_THROW(model(torch::randn({6}), torch::tensor({1})), c10::Error);
  EXPECT_THROW(model(torch::randn({1, 6}), torch::zeros({1, 1}, torch::kInt64)), c10::Error);
}

}  // namespace
