// A program that opens all of torch and names what is in it by the short names: each has one meaning.
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <memory>
#include <type_traits>
#include <vector>

using namespace torch;  // NOLINT

namespace {

struct Doubled : public autograd::Function<Doubled> {
  static Tensor forward(autograd::AutogradContext* ctx, const Tensor& x) {
    ctx->save_for_backward({x});
    return x * 2;
  }
  static autograd::tensor_list backward(autograd::AutogradContext* ctx, autograd::tensor_list grads) {
    EXPECT_TRUE(ctx->get_saved_variables()[0].defined());
    return {grads[0] * 2};
  }
};

struct NetImpl : nn::Module {
  NetImpl() { fc = register_module("fc", nn::Linear(nn::LinearOptions(3, 2).bias(false))); }
  Tensor forward(const Tensor& x) { return nn::functional::relu(fc(x)); }
  nn::Linear fc{nullptr};
};
TORCH_MODULE(Net);

struct Squares : data::datasets::Dataset<Squares> {
  data::Example<> get(size_t index) override {
    const auto n = static_cast<double>(index);
    return {full({1}, n), full({1}, n * n)};
  }
  optional<size_t> size() const override { return 6; }
};

TEST(UsingTorch, AutogradNamesOneNamespace) {
  EXPECT_TRUE((std::is_same_v<autograd::Variable, Tensor>));
  EXPECT_TRUE((std::is_same_v<torch::autograd::variable_list, std::vector<Tensor>>));
  const autograd::Variable x = ones({2}, dtype(kFloat64).requires_grad(true));
  const autograd::variable_list grads = autograd::grad({Doubled::apply(x).sum()}, {x});
  EXPECT_TRUE(grads[0].equal(full({2}, 2, kFloat64)));
  autograd::backward({(x * 3).sum()}, {});
  EXPECT_TRUE(x.grad().equal(full({2}, 3, kFloat64)));
  autograd::AutoGradMode off(false);
  EXPECT_FALSE(autograd::GradMode::is_enabled());
}

TEST(UsingTorch, ModulesOptimizersAndInitialisersByTheirShortNames) {
  Net net;
  {
    NoGradGuard no_grad;
    nn::init::constant_(net->fc->weight, 1.0);
  }
  optim::SGD sgd(net->parameters(), optim::SGDOptions(0.5));
  optim::StepLR schedule(sgd, 1, 0.1);
  net(ones({1, 3})).sum().backward();
  nn::utils::clip_grad_norm_(net->parameters(), 1e6);
  sgd.step();
  schedule.step();
  EXPECT_TRUE(net->fc->weight.allclose(full({2, 3}, 0.5)));
  nn::Sequential layers(nn::Linear(3, 4), nn::ReLU(), nn::Linear(4, 1));
  EXPECT_EQ(layers->forward(ones({2, 3})).sizes(), IntArrayRef({2, 1}));
}

TEST(UsingTorch, DataByItsShortNames) {
  auto loader = data::make_data_loader<data::samplers::SequentialSampler>(Squares().map(data::transforms::Stack<>()),
                                                                          data::DataLoaderOptions().batch_size(4));
  std::vector<int64_t> sizes;
  for (const data::Example<>& batch : *loader) {
    EXPECT_TRUE(batch.target.equal(batch.data * batch.data));
    sizes.push_back(batch.data.size(0));
  }
  EXPECT_EQ(sizes, (std::vector<int64_t>{4, 2}));
}

TEST(UsingTorch, IndicesAndArchivesByTheirShortNames) {
  using namespace torch::indexing;  // NOLINT
  const Tensor x = arange(6).reshape({2, 3});
  EXPECT_EQ(x.index({Slice(), 1}).sum().item<int64_t>(), 5);
  serialize::OutputArchive archive;
  archive.write("x", x);
  EXPECT_EQ(x.device(), Device(kCPU));
}

}  // namespace
