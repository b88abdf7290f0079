// Programs against <torch/torch.h>: names, options, SGD with its variants, errors of the optimizer.
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>
#include <vector>

// Opened again as programs do, here so that every test of this file still finds what is in it.
namespace torch::nn {
struct OneMore {};
}  // namespace torch::nn

namespace {

double at(const torch::Tensor& t, int64_t i) { return t.const_data_ptr<double>()[i]; }
torch::Tensor leaf(double value) {
  torch::Tensor t = torch::full({2}, value, torch::kFloat64);
  return t.requires_grad_();
}
void set_grad(const torch::Tensor& t, double value) { t.mutable_grad() = torch::full({2}, value, torch::kFloat64); }

TEST(TorchHeader, OptionsReachTheTensor) {
  const torch::Tensor t = torch::zeros({2, 3}, torch::dtype(torch::kInt64));
  EXPECT_EQ(t.scalar_type(), torch::kLong);
  EXPECT_EQ(t.sizes(), torch::IntArrayRef({2, 3}));
  EXPECT_TRUE(torch::ones({1}, torch::requires_grad()).requires_grad());
  EXPECT_FALSE(torch::ones({1}).requires_grad());
  EXPECT_TRUE(torch::empty({4}, torch::device(torch::kMeta)).is_meta());
}

TEST(TorchHeader, TheNamespacesAreOpen) {
  EXPECT_TRUE((std::is_same_v<torch::Tensor, at::Tensor>));
  EXPECT_TRUE((std::is_same_v<c10::Scalar, torch::Scalar>));
}

TEST(TorchHeader, BackwardThroughTheFrontend) {
  const torch::Tensor x = leaf(3);
  (x * x).backward(torch::ones({2}, torch::kFloat64));
  EXPECT_DOUBLE_EQ(at(x.grad(), 0), 6);
  const auto grads = torch::autograd::grad({x * x * x}, {x}, {torch::ones({2}, torch::kFloat64)});
  EXPECT_DOUBLE_EQ(at(grads[0], 1), 27);
}

TEST(TorchHeader, SGDTakesPlainSteps) {
  const torch::Tensor p = leaf(1), untouched = leaf(5);
  torch::optim::SGD optimizer({p, untouched}, torch::optim::SGDOptions(0.1));
  set_grad(p, 2);
  optimizer.step();
  EXPECT_NEAR(at(p, 0), 0.8, 1e-12);
  EXPECT_DOUBLE_EQ(at(untouched, 0), 5) << "no gradient, no step";
  EXPECT_TRUE(p.requires_grad());
  optimizer.zero_grad();
  EXPECT_FALSE(p.grad().defined());
}

// The recurrence written out for a constant gradient of 1.
TEST(TorchHeader, SGDMomentumDampeningDecayAndNesterov) {
  struct Case {
    double momentum, dampening, decay;
    bool nesterov;
  };
  for (const Case c :
       {Case{0.9, 0, 0, false}, Case{0.9, 0.5, 0, false}, Case{0.9, 0, 0.1, true}, Case{0, 0, 0.2, false}}) {
    const torch::Tensor p = leaf(1);
    torch::optim::SGD optimizer({p}, torch::optim::SGDOptions(0.1)
                                         .momentum(c.momentum)
                                         .dampening(c.dampening)
                                         .weight_decay(c.decay)
                                         .nesterov(c.nesterov));
    double expected = 1, buffer = 0;
    for (int step = 0; step < 5; ++step) {
      set_grad(p, 1);
      optimizer.step();
      double grad = 1 + c.decay * expected;
      if (c.momentum != 0) {
        buffer = step == 0 ? grad : c.momentum * buffer + (1 - c.dampening) * grad;
        grad = c.nesterov ? grad + c.momentum * buffer : buffer;
      }
      expected -= 0.1 * grad;
      ASSERT_NEAR(at(p, 1), expected, 1e-12) << "step " << step << ", momentum " << c.momentum;
    }
  }
}

TEST(TorchHeader, StepRunsItsClosureWithGradients) {
  const torch::Tensor p = leaf(2);
  torch::optim::SGD optimizer({p}, torch::optim::SGDOptions(0.25));
  const torch::NoGradGuard no_grad;
  const torch::Tensor loss = optimizer.step([&] {
    torch::Tensor value = p * p;
    value.backward(torch::ones({2}, torch::kFloat64));
    return value;
  });
  EXPECT_DOUBLE_EQ(at(loss, 0), 4);
  EXPECT_DOUBLE_EQ(at(p, 0), 1);
}

TEST(TorchHeader, GroupsHaveTheirOwnOptions) {
  const torch::Tensor a = leaf(1), b = leaf(1);
  std::vector<torch::optim::OptimizerParamGroup> groups;
  groups.emplace_back(std::vector<torch::Tensor>{a});
  groups.emplace_back(std::vector<torch::Tensor>{b}, std::make_unique<torch::optim::SGDOptions>(0.5));
  torch::optim::SGD optimizer(std::move(groups), torch::optim::SGDOptions(0.1));
  set_grad(a, 1);
  set_grad(b, 1);
  optimizer.step();
  EXPECT_NEAR(at(a, 0), 0.9, 1e-12);
  EXPECT_NEAR(at(b, 0), 0.5, 1e-12);
}

TEST(TorchHeader, ZeroGradCanKeepTheTensor) {
  const torch::Tensor p = leaf(1);
  torch::optim::SGD optimizer({p}, torch::optim::SGDOptions(0.1));
  set_grad(p, 7);
  optimizer.zero_grad(/*set_to_none=*/false);
  ASSERT_TRUE(p.grad().defined());
  EXPECT_DOUBLE_EQ(at(p.grad(), 0), 0);
}

TEST(TorchHeader, OptimizersRefuseWhatTheyCannotUse) {
  const torch::Tensor p = leaf(1);
  using torch::optim::SGD;
  using torch::optim::SGDOptions;
  EXPECT_THROW(SGD({p}, SGDOptions(-1)), torch::Error);
  EXPECT_THROW(SGD({p}, SGDOptions(0.1).momentum(-0.1)), torch::Error);
  EXPECT_THROW(SGD({p}, SGDOptions(0.1).nesterov(true)), torch::Error);
  EXPECT_THROW(SGD({p * p}, SGDOptions(0.1)), torch::Error) << "not a leaf";
  EXPECT_THROW(SGD({torch::Tensor()}, SGDOptions(0.1)), torch::Error);
  SGD optimizer({p}, SGDOptions(0.1));
  EXPECT_THROW(optimizer.add_param_group(torch::optim::OptimizerParamGroup({p})), torch::Error);
}

int64_t times(const torch::Tensor& x, int64_t n) { return x.numel() * n; }
TORCH_LIBRARY(torch_header_test, m) { m.def("times(Tensor x, int n) -> int"); }
TORCH_LIBRARY_IMPL(torch_header_test, CPU, m) { m.impl("times", times); }

TEST(TorchHeader, LibrariesRegisterFromOutside) {
  const torch::TypedOperator<int64_t(const torch::TensorBase&, int64_t)> op("torch_header_test::times");
  EXPECT_EQ(op.call(torch::zeros({3}), 4), 12);
}

TEST(TorchHeader, NamesAreFoundWithoutTheNamespaceTorch) {
  using namespace torch;  // NOLINT: this is what is tested
  nn::Linear linear(3, 2);
  optim::SGD sgd(linear->parameters(), optim::SGDOptions(0.1));
  data::datasets::TensorDataset rows(torch::ones({2, 2}));
  serialize::OutputArchive archive;
  linear->save(archive);
  EXPECT_EQ(nn::functional::relu(linear(torch::ones({1, 3}))).sizes(), IntArrayRef({1, 2}));
  EXPECT_EQ(*rows.size(), 2U);
  EXPECT_EQ(linear->name(), "torch::nn::LinearImpl");
  EXPECT_EQ(sizeof(torch::nn::OneMore), 1U);
  const optional<int> nothing = nullopt;
  EXPECT_FALSE(nothing.has_value());
}

}  // namespace
