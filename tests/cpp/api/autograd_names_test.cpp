// torch::autograd under libtorch's names: hooks of nodes, anomaly mode, modules of a dictionary.
#include <gtest/gtest.h>
#include <torch/csrc/autograd/function_hook.h>
#include <torch/torch.h>

namespace {

using torch::autograd::variable_list;

struct Double : torch::autograd::FunctionPreHook {
  variable_list operator()(const variable_list& grads) override { return {grads.at(0) * 2}; }
};
struct AddOne : torch::autograd::FunctionPostHook {
  variable_list operator()(const variable_list& outputs, const variable_list& inputs) override {
    variable_list result;
    for (const torch::Tensor& t : outputs) result.push_back(t.defined() ? t + inputs.at(0).numel() : t);
    return result;
  }
};

TEST(AutogradNames, HooksOfNodesChangeGradients) {
  const torch::Tensor x = torch::ones({3}, torch::requires_grad());
  const torch::Tensor y = x * 5;
  y.grad_fn()->add_pre_hook(std::make_unique<Double>());
  y.grad_fn()->add_post_hook(std::make_unique<AddOne>());
  y.sum().backward();
  EXPECT_TRUE(x.grad().equal(torch::full({3}, 5.0 * 2 + 3)));
}

TEST(AutogradNames, AnomalyModeFindsNan) {
  const torch::Tensor x = torch::zeros({1}, torch::requires_grad());
  const torch::autograd::DetectAnomalyGuard guard;
  EXPECT_TRUE(torch::autograd::AnomalyMode::is_enabled());
  EXPECT_THROW((torch::sqrt(x) * 0).sum().backward(), c10::Error);
}

TEST(AutogradNames, ModuleDictsAreIteratedInOrder) {
  torch::OrderedDict<std::string, std::shared_ptr<torch::nn::Module>> modules = {
      {"b", torch::nn::Linear(1, 1).ptr()},
      {"a", torch::nn::ReLU().ptr()},
  };
  torch::nn::ModuleDict dict(modules);
  std::string names;
  for (const auto& item : *dict) names += item.key() + (item.value()->parameters().empty() ? "0" : "1");
  EXPECT_EQ(names, "b1a0");
}

}  // namespace
