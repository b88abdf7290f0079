// Autocast: what each policy computes in, gradients' dtypes, the cache of casts, state that belongs to a thread.
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <thread>

namespace {

namespace autocast = at::autocast;
using torch::Tensor;

/// Autocast on the CPU for a scope, entered and left as a program does it.
struct Scope {
  explicit Scope(at::ScalarType dtype = at::kBFloat16) : dtype_before(autocast::get_autocast_dtype(at::kCPU)) {
    autocast::set_autocast_dtype(at::kCPU, dtype);
    autocast::set_autocast_enabled(at::kCPU, true);
    autocast::increment_nesting();
  }
  ~Scope() {
    if (autocast::decrement_nesting() == 0) autocast::clear_cache();
    autocast::set_autocast_enabled(at::kCPU, false);
    autocast::set_autocast_dtype(at::kCPU, dtype_before);
  }
  at::ScalarType dtype_before;
};

TEST(Autocast, PoliciesDecideTheDtype) {
  const Tensor a = torch::randn({3, 3}), half = a.to(torch::kBFloat16), d = a.to(torch::kFloat64);
  EXPECT_FALSE(autocast::is_autocast_enabled(at::kCPU));
  EXPECT_EQ(torch::mm(a, a).dtype(), torch::kFloat32);
  {
    const Scope scope;
    EXPECT_TRUE(autocast::is_autocast_enabled(at::kCPU));
    const Tensor product = torch::mm(a, a);
    EXPECT_EQ(product.dtype(), torch::kBFloat16);
    EXPECT_TRUE(torch::equal(product, torch::mm(half, half)));
    EXPECT_EQ(torch::nn::Linear(3, 2)(a).dtype(), torch::kBFloat16);
    EXPECT_EQ(torch::mm(d, d).dtype(), torch::kFloat64) << "float64 is left alone";
    EXPECT_EQ(torch::trace(half).dtype(), torch::kFloat32);
    EXPECT_EQ(torch::cat({half, a}).dtype(), torch::kFloat32);
    EXPECT_EQ(torch::cat({half, half}).dtype(), torch::kBFloat16);
    EXPECT_EQ((half + half).dtype(), torch::kBFloat16) << "no entry: arguments as they come";
    EXPECT_EQ((a + a).dtype(), torch::kFloat32);
    autocast::set_autocast_enabled(at::kCPU, false);
    EXPECT_EQ(torch::mm(a, a).dtype(), torch::kFloat32) << "switched off within";
    autocast::set_autocast_enabled(at::kCPU, true);
  }
  {
    const Scope scope(at::kHalf);
    EXPECT_EQ(torch::mm(a, a).dtype(), torch::kFloat16);
  }
  EXPECT_EQ(autocast::get_autocast_dtype(at::kCPU), at::kBFloat16);
  EXPECT_EQ(torch::mm(a, a).dtype(), torch::kFloat32);
}

TEST(Autocast, GradientsHaveTheParametersDtype) {
  torch::nn::Linear linear(4, 2);
  const Tensor x = torch::randn({3, 4}, torch::requires_grad());
  Tensor loss;
  {
    const Scope scope;
    loss = torch::nn::functional::mse_loss(linear(x), torch::zeros({3, 2}));
  }
  EXPECT_EQ(loss.dtype(), torch::kFloat32);
  loss.backward();
  EXPECT_EQ(linear->weight.grad().dtype(), torch::kFloat32);
  EXPECT_EQ(x.grad().dtype(), torch::kFloat32);
  const Tensor expected = torch::matmul((linear(x.detach()) / 3).t(), x.detach());
  EXPECT_TRUE(torch::allclose(linear->weight.grad(), expected, 0.05, 0.05)) << linear->weight.grad() << expected;
}

TEST(Autocast, CastsOfLeavesAreKeptUntilTheCacheIsCleared) {
  const Tensor weight = torch::ones({2, 2}, torch::requires_grad()), x = torch::ones({2, 2});
  const auto sum = [&] { return torch::mm(x, weight).sum().item<double>(); };
  const auto doubled = [&] {
    const torch::NoGradGuard no_grad;
    weight.mul_(2);
  };
  const Scope scope;
  EXPECT_TRUE(autocast::is_autocast_cache_enabled());
  EXPECT_EQ(sum(), 8);
  doubled();
  EXPECT_EQ(sum(), 8) << "the cast from before the change";
  autocast::clear_cache();
  EXPECT_EQ(sum(), 16);
  autocast::clear_cache();
  autocast::set_autocast_cache_enabled(false);
  EXPECT_EQ(sum(), 16);
  doubled();
  EXPECT_EQ(sum(), 32);
  autocast::set_autocast_cache_enabled(true);
}

TEST(Autocast, StateBelongsToTheThread) {
  const Scope scope;
  EXPECT_EQ(autocast::increment_nesting(), 2);
  bool enabled_elsewhere = true;
  int nesting_elsewhere = -1;
  std::thread([&] {
    enabled_elsewhere = autocast::is_autocast_enabled(at::kCPU);
    nesting_elsewhere = autocast::increment_nesting();
  }).join();
  EXPECT_FALSE(enabled_elsewhere);
  EXPECT_EQ(nesting_elsewhere, 1);
  EXPECT_EQ(autocast::decrement_nesting(), 1);
}

}  // namespace
