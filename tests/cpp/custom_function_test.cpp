// Custom functions of the C++ frontend.
#include <gtest/gtest.h>

#include "api/autograd.h"
#include "generated/ops/copy.h"
#include "generated/ops/creation.h"

namespace {

using namespace tiny_torch;
using api::AutogradContext;
using api::variable_list;

Tensor leaf(std::vector<double> values) {
  Tensor t = empty_tensor({static_cast<int64_t>(values.size())}, kDouble);
  std::copy(values.begin(), values.end(), t.data_ptr<double>());
  t.requires_grad_();
  return t;
}
std::vector<double> values(const Tensor& t) {
  const Tensor plain = ops::contiguous(t);
  const double* data = plain.const_data_ptr<double>();
  return std::vector<double>(data, data + plain.numel());
}
using V = std::vector<double>;

struct Power : api::Function<Power> {
  static Tensor forward(AutogradContext* ctx, const Tensor& x, int64_t n) {
    EXPECT_FALSE(GradMode::is_enabled());
    Tensor y = x;
    for (int64_t i = 1; i < n; ++i) y = y * x;
    ctx->save_for_backward({x});
    ctx->saved_data["n"] = n;
    return y;
  }
  static variable_list backward(AutogradContext* ctx, variable_list grads) {
    const Tensor x = ctx->get_saved_variables()[0];
    const int64_t n = ctx->saved_data["n"].to_int();
    Tensor slope = grads[0] * Scalar(n);
    for (int64_t i = 1; i < n; ++i) slope = slope * x;
    return {slope, Tensor()};
  }
};

TEST(CustomFunction, ForwardBackwardAndAgain) {
  const Tensor x = leaf({2, 3});
  const Tensor y = Power::apply(x, int64_t{3});
  EXPECT_EQ(values(y.detach()), V({8, 27}));
  const Tensor ones = ops::ones_like(y);
  const Tensor g = api::grad({y}, {x}, {ones}, true, true)[0];
  EXPECT_EQ(values(g.detach()), V({12, 27}));
  EXPECT_EQ(values(api::grad({g}, {x}, {ones})[0]), V({12, 18}));
  y.backward(ones);
  EXPECT_EQ(values(x.grad()), V({12, 27}));
  EXPECT_THROW(y.backward(ones), Error);
  EXPECT_FALSE(Power::apply(x.detach(), int64_t{2}).requires_grad());
}

struct TwoOutputs : api::Function<TwoOutputs> {
  static variable_list forward(AutogradContext* ctx, const Tensor& x, const Tensor& w) {
    const Tensor y = x * w;
    const Tensor mask = x + x;
    ctx->mark_non_differentiable({mask});
    ctx->save_for_backward({y, w});
    return {y, mask, x * 2.0};
  }
  static variable_list backward(AutogradContext* ctx, variable_list grads) {
    EXPECT_EQ(grads.size(), 3u);
    EXPECT_TRUE(grads[1].defined());
    EXPECT_TRUE(ctx->needs_input_grad(0));
    EXPECT_FALSE(ctx->needs_input_grad(1));
    const variable_list saved = ctx->get_saved_variables();
    EXPECT_EQ(saved[0].requires_grad(), true);
    return {grads[0] * saved[1] + grads[2] * 2.0, Tensor()};
  }
};

TEST(CustomFunction, SeveralOutputs) {
  const Tensor x = leaf({2, 3}), w = leaf({5, 7}).detach();
  const variable_list out = TwoOutputs::apply(x, w);
  EXPECT_TRUE(out[0].requires_grad());
  EXPECT_FALSE(out[1].requires_grad());
  out[0].backward(ops::ones_like(w), true);
  EXPECT_EQ(values(x.grad()), V({5, 7}));
  api::backward({out[0], out[2]}, {ops::ones_like(w), ops::ones_like(w)});
  EXPECT_EQ(values(x.grad()), V({12, 16}));
}

struct InPlace : api::Function<InPlace> {
  static Tensor forward(AutogradContext* ctx, Tensor x) {
    ctx->mark_dirty({x});
    return x.mul_(Tensor(wrapped_scalar(3.0)));
  }
  static variable_list backward(AutogradContext*, variable_list grads) { return {grads[0] * 3.0}; }
};

TEST(CustomFunction, InPlace) {
  const Tensor x = leaf({2, 3});
  const Tensor y = x + x;
  const Tensor z = InPlace::apply(y);
  EXPECT_TRUE(z.is_same(y));
  z.backward(ops::ones_like(z));
  EXPECT_EQ(values(x.grad()), V({6, 6}));
  EXPECT_THROW(InPlace::apply(x), Error);
}

struct Wrong : api::Function<Wrong> {
  static Tensor forward(AutogradContext*, const Tensor& x) { return x * 2.0; }
  static variable_list backward(AutogradContext*, variable_list grads) { return {grads[0], grads[0]}; }
};

TEST(CustomFunction, WrongNumberOfGradients) {
  const Tensor x = leaf({2});
  try {
    Wrong::apply(x).backward();
    FAIL() << "no error";
  } catch (const Error& e) {
    EXPECT_NE(std::string(e.what()).find("returned an incorrect number of gradients (expected 1, got 2)"),
              std::string::npos);
  }
}

}  // namespace
