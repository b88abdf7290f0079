// Modules: registration, traversal, copies, modes, containers, AnyModule, printing as libtorch.
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <sstream>

namespace {

namespace nn = torch::nn;

template <class T>
std::string shown(const T& value) {
  std::ostringstream out;
  out << value;
  return out.str();
}

struct NetImpl : nn::Cloneable<NetImpl> {
  explicit NetImpl(int64_t width) : width(width) { NetImpl::reset(); }
  void reset() override {
    first = register_module("first", nn::Linear(3, width));
    norm = register_module("norm", nn::BatchNorm1d(width));
    second = register_module("second", nn::Linear(nn::LinearOptions(width, 1).bias(false)));
    scale = register_parameter("scale", torch::ones({1}));
  }
  torch::Tensor forward(torch::Tensor x) { return second(norm(first(x)).relu()) * scale; }
  int64_t width;
  nn::Linear first = nullptr, second = nullptr;
  nn::BatchNorm1d norm = nullptr;
  torch::Tensor scale;
};
TORCH_MODULE(Net);

TEST(NNModule, NamesAndTraversal) {
  Net net(4);
  EXPECT_EQ(net->named_parameters().keys(), (std::vector<std::string>{"scale", "first.weight", "first.bias",
                                                                      "norm.weight", "norm.bias", "second.weight"}));
  EXPECT_EQ(net->named_buffers().keys(),
            (std::vector<std::string>{"norm.running_mean", "norm.running_var", "norm.num_batches_tracked"}));
  EXPECT_EQ(net->parameters(/*recurse=*/false).size(), 1U);
  EXPECT_EQ(net->modules().size(), 4U);
  EXPECT_EQ(net->named_modules("net").keys()[1], "net.first");
  EXPECT_EQ(net->children().size(), 3U);
  int count = 0;
  net->apply([&](nn::Module& m) { count += m.as<nn::Linear>() != nullptr ? 1 : 0; });
  EXPECT_EQ(count, 2);
  EXPECT_THROW(net->register_parameter("a.b", torch::ones({1})), c10::Error);
  EXPECT_THROW(net->register_parameter("scale", torch::ones({1})), c10::Error);
  EXPECT_THROW(net->register_module("", nn::Linear(1, 1)), c10::Error);
  net->unregister_module("norm");
  EXPECT_EQ(net->children().size(), 2U);
  NetImpl on_stack(2);
  EXPECT_THROW(on_stack.modules(), c10::Error);
}

TEST(NNModule, ModesGradientsAndDtypes) {
  Net net(4);
  EXPECT_TRUE(net->norm->is_training());
  net->eval();
  EXPECT_FALSE(net->norm->is_training());
  net->train();
  net->forward(torch::randn({5, 3})).sum().backward();
  EXPECT_TRUE(net->first->weight.grad().defined());
  net->zero_grad();
  EXPECT_FALSE(net->first->weight.grad().defined());
  net->to(torch::kFloat64);
  EXPECT_EQ(net->first->weight.dtype(), torch::kFloat64);
  EXPECT_EQ(net->norm->num_batches_tracked.dtype(), torch::kInt64);
  EXPECT_EQ(net->forward(torch::randn({5, 3}, torch::kFloat64)).dtype(), torch::kFloat64);
}

TEST(NNModule, ClonesOwnTheirTensors) {
  Net net(4);
  const auto copy = std::dynamic_pointer_cast<NetImpl>(net->clone());
  ASSERT_NE(copy, nullptr);
  const torch::Tensor x = torch::randn({5, 3});
  net->eval();
  copy->eval();
  EXPECT_TRUE(torch::equal(net->forward(x), copy->forward(x)));
  {
    const torch::NoGradGuard guard;
    copy->first->weight.add_(1);
  }
  EXPECT_FALSE(torch::equal(net->first->weight, copy->first->weight));
  EXPECT_TRUE(copy->first->weight.is_same(copy->named_parameters()["first.weight"]));

  struct PlainImpl : nn::Module {};
  EXPECT_THROW(std::make_shared<PlainImpl>()->clone(), c10::Error);
}

TEST(NNModule, SequentialCallsAndCopies) {
  nn::Sequential net(nn::Linear(3, 4), nn::ReLU(), nn::Functional([](torch::Tensor x) { return x * 2; }),
                     nn::Linear(4, 2));
  const torch::Tensor x = torch::randn({5, 3});
  const torch::Tensor expected = net[3]->as<nn::Linear>()->forward(net->at<nn::LinearImpl>(0).forward(x).relu() * 2);
  EXPECT_TRUE(torch::equal(net->forward(x), expected));
  EXPECT_EQ(net->size(), 4U);
  const auto copy = std::dynamic_pointer_cast<nn::SequentialImpl>(net->clone());
  EXPECT_TRUE(torch::equal(copy->forward(x), expected));
  EXPECT_FALSE(copy->parameters()[0].is_same(net->parameters()[0]));
  EXPECT_THROW(nn::Sequential()->forward(x), c10::Error);
  EXPECT_THROW(net->forward<int>(x), c10::Error);
  EXPECT_THROW(net->at<nn::ReLUImpl>(0), c10::Error);

  nn::Sequential named({{"linear", nn::Linear(3, 4)}, {"relu", nn::ReLU()}});
  EXPECT_EQ(named->named_children().keys(), (std::vector<std::string>{"linear", "relu"}));
  named->push_back("again", nn::Linear(4, 1));
  EXPECT_EQ(named->forward(x).size(1), 1);
}

TEST(NNModule, AnyModuleChecksArguments) {
  struct PairImpl : nn::Module {
    torch::Tensor forward(torch::Tensor a, int64_t times = 3) { return a * times; }

   protected:
    FORWARD_HAS_DEFAULT_ARGS({1, nn::AnyValue(int64_t{3})})
  };
  nn::AnyModule any(std::make_shared<PairImpl>());
  EXPECT_EQ(any.forward(torch::ones({})).item<float>(), 3);
  EXPECT_EQ(any.forward(torch::ones({}), int64_t{5}).item<float>(), 5);
  EXPECT_THROW(any.forward(torch::ones({}), 5.0), c10::Error);
  EXPECT_THROW(any.forward(), c10::Error);
  EXPECT_THROW(nn::AnyModule().forward(torch::ones({})), c10::Error);
  EXPECT_NO_THROW(any.get<PairImpl>());
  EXPECT_THROW(any.get<nn::LinearImpl>(), c10::Error);
}

TEST(NNModule, ListsAndDictionaries) {
  nn::ModuleList list(nn::Linear(1, 2), nn::Dropout());
  list->insert(1, nn::Linear(2, 3));
  EXPECT_EQ(list->size(), 3U);
  EXPECT_EQ(list->at<nn::LinearImpl>(1).options.out_features(), 3);
  EXPECT_EQ(list->named_children().keys(), (std::vector<std::string>{"0", "1", "2"}));
  EXPECT_THROW(list[3], c10::Error);

  nn::ModuleDict dict;
  dict->update(std::vector<nn::ModuleDictImpl::Item>{{"a", nn::Linear(1, 1).ptr()}, {"b", nn::ReLU().ptr()}});
  EXPECT_TRUE(dict->contains("b"));
  EXPECT_EQ(dict->pop("a")->parameters().size(), 2U);
  EXPECT_EQ(dict->size(), 1U);

  nn::ParameterList parameters(torch::ones({2, 3}), torch::zeros({1}));
  EXPECT_EQ(parameters->parameters().size(), 2U);
  EXPECT_EQ(shown(*nn::ParameterList(torch::ones({2, 3}))),
            "torch::nn::ParameterList(\n(0): Parameter containing: [Float of size [2, 3]]\n)");
  nn::ParameterDict named;
  named->insert("w", torch::ones({2}, torch::requires_grad()));
  EXPECT_TRUE(named["w"].requires_grad());
}

// The right sides are what libtorch prints.
TEST(NNModule, PrintsAsLibtorch) {
  EXPECT_EQ(shown(nn::Linear(3, 4)), "torch::nn::Linear(in_features=3, out_features=4, bias=true)");
  EXPECT_EQ(shown(nn::Conv1d(nn::Conv1dOptions(3, 4, 3))), "torch::nn::Conv1d(3, 4, kernel_size=3, stride=1)");
  EXPECT_EQ(shown(nn::AvgPool1d(3)), "torch::nn::AvgPool1d(kernel_size=3, stride=3, padding=0)");
  EXPECT_EQ(shown(nn::SmoothL1Loss()), "torch::nn::SmoothL1Loss");
  EXPECT_EQ(shown(nn::L1Loss()), "torch::nn::L1Loss()");
  EXPECT_EQ(shown(nn::GELU(nn::GELUOptions().approximate("tanh"))), "torch::nn::GELU()");
  EXPECT_EQ(shown(nn::Conv2d(nn::Conv2dOptions(1, 2, {3, 4}).padding(1).stride(2))),
            "torch::nn::Conv2d(1, 2, kernel_size=[3, 4], stride=[2, 2], padding=[1, 1])");
  EXPECT_EQ(shown(nn::ConvTranspose2d(nn::ConvTranspose2dOptions(1, 2, 3).stride(2).output_padding(1))),
            "torch::nn::ConvTranspose2d(1, 2, kernel_size=[3, 3], stride=[2, 2], output_padding=[1, 1])");
  EXPECT_EQ(shown(nn::BatchNorm2d(4)),
            "torch::nn::BatchNorm2d(4, eps=1e-05, momentum=0.1, affine=true, track_running_stats=true)");
  EXPECT_EQ(
      shown(nn::MaxPool2d(2)),
      "torch::nn::MaxPool2d(kernel_size=[2, 2], stride=[2, 2], padding=[0, 0], dilation=[1, 1], ceil_mode=false)");
  EXPECT_EQ(shown(nn::AvgPool2d(nn::AvgPool2dOptions(3).stride(1))),
            "torch::nn::AvgPool2d(kernel_size=[3, 3], stride=[1, 1], padding=[0, 0])");
  EXPECT_EQ(shown(nn::AdaptiveAvgPool2d(1)), "torch::nn::AdaptiveAvgPool2d(output_size=[1, 1])");
  EXPECT_EQ(shown(nn::LayerNorm(nn::LayerNormOptions({3, 4}))),
            "torch::nn::LayerNorm([3, 4], eps=1e-05, elementwise_affine=true)");
  EXPECT_EQ(shown(nn::Embedding(3, 4)), "torch::nn::Embedding(num_embeddings=3, embedding_dim=4)");
  EXPECT_EQ(shown(nn::EmbeddingBag(nn::EmbeddingBagOptions(3, 2)
                                       .mode(torch::kMax)
                                       .include_last_offset(true)
                                       .padding_idx(1)
                                       .max_norm(2)
                                       .norm_type(3)
                                       .scale_grad_by_freq(true))),
            "torch::nn::EmbeddingBag(num_embeddings=3, embedding_dim=2, max_norm=2, norm_type=3, "
            "scale_grad_by_freq=true, mode=kMax, include_last_offset=true, padding_idx=1)");
  EXPECT_EQ(shown(nn::FractionalMaxPool2d(nn::FractionalMaxPool2dOptions(3).output_size(2))),
            "torch::nn::FractionalMaxPool2d()");
  EXPECT_EQ(shown(nn::LSTM(nn::LSTMOptions(3, 4).proj_size(2))),
            "torch::nn::LSTM(input_size=3, hidden_size=4, num_layers=1, bias=true, batch_first=false, dropout=0, "
            "bidirectional=false, proj_size=2)");
  EXPECT_EQ(shown(nn::GRUCell(3, 4)), "torch::nn::GRUCell(3, 4)");
  EXPECT_EQ(shown(nn::Dropout(0.25)), "torch::nn::Dropout(p=0.25, inplace=false)");
  EXPECT_EQ(shown(nn::LeakyReLU(nn::LeakyReLUOptions().negative_slope(0.2))),
            "torch::nn::LeakyReLU(negative_slope=0.2)");
  EXPECT_EQ(shown(nn::ReLU()), "torch::nn::ReLU()");
  EXPECT_EQ(shown(nn::Softmax(1)), "torch::nn::Softmax(dim=1)");
  EXPECT_EQ(shown(nn::Unflatten(1, std::vector<int64_t>{2, 2})),
            "torch::nn::Unflatten(dim=1, unflattened_size={2, 2})");
  EXPECT_EQ(
      shown(nn::MultiheadAttention(4, 2)),
      "torch::nn::MultiheadAttention(\n  (out_proj): torch::nn::Linear(in_features=4, out_features=4, bias=true)\n)");
  Net net(2);
  EXPECT_EQ(nn::Linear(1, 1)->name(), "torch::nn::LinearImpl");
  EXPECT_EQ(shown(nn::Sequential(nn::Flatten())),
            "torch::nn::Sequential(\n  (0): torch::nn::Flatten(start_dim=1, end_dim=-1)\n)");
}

}  // namespace
