// Operators of a program's own, declared with the types that programs use, found by name and called.
#include <gtest/gtest.h>
#include <torch/library.h>
#include <torch/torch.h>

namespace {

using torch::Tensor;

Tensor add_scaled(const Tensor& a, const Tensor& b, double alpha) { return a + b * alpha; }
std::tuple<Tensor, int64_t> many_forms(Tensor a, std::optional<Tensor> b, std::vector<int64_t> list, std::string text) {
  return {b.has_value() ? a + *b : a, static_cast<int64_t>(list.size() + text.size())};
}
Tensor total(const std::vector<Tensor>& list, const std::string& mode) {
  Tensor sum = torch::zeros_like(list.at(0));
  for (const Tensor& t : list) sum = sum + t;
  return mode == "mean" ? sum / static_cast<double>(list.size()) : sum;
}

TORCH_LIBRARY(handle_test, m) {
  m.def("add_scaled(Tensor a, Tensor b, float alpha=1.0) -> Tensor", &add_scaled);
  m.def("many_forms", &many_forms);
  m.def("total(Tensor[] list, str mode) -> Tensor");
  m.def("pieces(Tensor a, int[] sizes, Tensor? b=None, str x='q') -> Tensor[]",
        [](Tensor a, at::IntArrayRef sizes, c10::optional<Tensor> b, c10::string_view x) {
          return std::vector<Tensor>{a, torch::tensor(static_cast<int64_t>(sizes.size() + x.size() + b.has_value()))};
        });
}
TORCH_LIBRARY_IMPL(handle_test, CPU, m) { m.impl("total", &total); }

template <class Signature>
auto op(const char* name) {
  return c10::Dispatcher::singleton().findSchemaOrThrow(name, "").typed<Signature>();
}

TEST(OperatorHandle, CallsWhatWasRegistered) {
  const Tensor x = torch::ones({2});
  EXPECT_TRUE(op<Tensor(const Tensor&, const Tensor&, double)>("handle_test::add_scaled").call(x, x, 3.0).equal(x * 4));
  const auto many = op<std::tuple<Tensor, int64_t>(Tensor, std::optional<Tensor>, std::vector<int64_t>, std::string)>(
      "handle_test::many_forms");
  EXPECT_EQ(std::get<1>(many.call(x, std::nullopt, {1, 2}, "abc")), 5);
  EXPECT_TRUE(std::get<0>(many.call(x, x, {}, "")).equal(x * 2));
  const auto sum = op<Tensor(const std::vector<Tensor>&, const std::string&)>("handle_test::total");
  EXPECT_TRUE(sum.call({x, x * 3}, "mean").equal(x * 2));
}

TEST(OperatorHandle, FillsInDefaultsOfBoxedCalls) {
  const auto pieces = c10::Dispatcher::singleton().findSchemaOrThrow("handle_test::pieces", "");
  c10::Stack stack;
  stack.push_back(torch::ones({1}));
  stack.push_back(std::vector<int64_t>{1, 2});
  pieces.callBoxed(&stack);
  ASSERT_EQ(stack.size(), 1U);
  EXPECT_EQ(torch::IValue(stack[0]).toTensorVector().at(1).item<int64_t>(), 3);
}

TEST(OperatorHandle, FindsOperatorsOfTheLibrary) {
  auto add = c10::Dispatcher::singleton()
                 .findSchemaOrThrow("aten::add", "Tensor")
                 .typed<Tensor(const Tensor&, const Tensor&, const at::Scalar&)>();
  const Tensor x = torch::ones({2}, torch::requires_grad());
  const Tensor y = add.call(x, x, 2);
  y.sum().backward();
  EXPECT_TRUE(x.grad().equal(torch::full({2}, 3.0)));
}

TEST(OperatorHandle, WrongCallsAreErrors) {
  EXPECT_THROW(c10::Dispatcher::singleton().findSchemaOrThrow("handle_test::none", ""), c10::Error);
  EXPECT_FALSE(c10::Dispatcher::singleton().findSchema("handle_test::none", "x").has_value());
  const Tensor x = torch::ones({2});
  EXPECT_ANY_THROW(op<Tensor(const std::string&)>("handle_test::add_scaled").call("x"));
  EXPECT_ANY_THROW(op<int64_t(const Tensor&, const Tensor&)>("handle_test::add_scaled").call(x, x));
}

}  // namespace
