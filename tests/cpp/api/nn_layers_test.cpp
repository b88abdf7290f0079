// Layers and their functions: known values, and the same from a formula.
#include <ATen/Context.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>

namespace {

namespace nn = torch::nn;
namespace F = torch::nn::functional;
using torch::Tensor;

void expect_close(const Tensor& a, const Tensor& b, double tolerance = 1e-6) {
  ASSERT_EQ(a.sizes(), b.sizes());
  EXPECT_TRUE(torch::allclose(a, b.to(a.dtype()), tolerance, tolerance)) << a << "\n" << b;
}

// The numbers are those of PyTorch in Python from the same seed.
TEST(NNLayers, StartFromPyTorchsRandomNumbers) {
  torch::manual_seed(0);
  nn::Linear linear(2, 2);
  expect_close(linear->weight, torch::tensor({{-0.00529398, 0.37932289}, {-0.58198076, -0.52038747}}));
  expect_close(linear->bias, torch::tensor({-0.27234524, 0.18961589}));
  nn::Conv2d conv(1, 1, 2);
  expect_close(conv->weight.flatten(), torch::tensor({-0.00990659, 0.39644474, -0.04437202, 0.13230628}));
  nn::Embedding embedding(2, 2);
  expect_close(embedding->weight.flatten(), torch::tensor({0.20998092, 0.90562612, 0.60354304, 0.81098187}));
}

TEST(NNLayers, LinearEmbeddingFlatten) {
  nn::Linear linear(3, 2);
  const Tensor x = torch::randn({4, 5, 3});
  expect_close(linear(x), torch::matmul(x, linear->weight.t()) + linear->bias);
  EXPECT_FALSE(nn::Linear(nn::LinearOptions(3, 2).bias(false))->bias.defined());
  EXPECT_EQ(nn::Flatten()(x).sizes(), torch::IntArrayRef({4, 15}));
  EXPECT_EQ(nn::Unflatten(nn::UnflattenOptions(1, {5, 1}))(x).sizes(), torch::IntArrayRef({4, 5, 1, 3}));
  expect_close(nn::Identity()(x), x);

  nn::Embedding embedding(nn::EmbeddingOptions(5, 3).padding_idx(-1));
  expect_close(embedding->weight[4], torch::zeros({3}));
  const Tensor numbers = torch::tensor({{0, 4}, {1, 1}});
  expect_close(embedding(numbers), embedding->weight.index({numbers}));
  embedding(numbers).sum().backward();
  expect_close(embedding->weight.grad().sum(1), torch::tensor({3.0, 6.0, 0.0, 0.0, 0.0}));
  const Tensor table = torch::tensor({{3.0, 4.0}, {0.3, 0.4}});
  auto pretrained = nn::Embedding::from_pretrained(table.clone(), nn::EmbeddingFromPretrainedOptions().max_norm(1.0));
  EXPECT_FALSE(pretrained->weight.requires_grad());
  expect_close(pretrained(torch::tensor({0, 1})), torch::tensor({{0.6, 0.8}, {0.3, 0.4}}), 1e-5);
}

TEST(NNLayers, EmbeddingBags) {
  const Tensor table = torch::tensor({{1.0, 2.0}, {3.0, 4.0}, {5.0, -6.0}});
  const auto bag = [&](nn::EmbeddingBagMode mode) {
    return nn::EmbeddingBag(nn::EmbeddingBagOptions(3, 2)._weight(table).mode(mode));
  };
  const Tensor numbers = torch::tensor({0, 2, 1, 1}), offsets = torch::tensor({0, 2, 2});
  expect_close(bag(torch::kSum)(numbers, offsets), torch::tensor({{6.0, -4.0}, {0.0, 0.0}, {6.0, 8.0}}));
  expect_close(bag(torch::kMean)(numbers, offsets), torch::tensor({{3.0, -2.0}, {0.0, 0.0}, {3.0, 4.0}}));
  expect_close(bag(torch::kMax)(numbers, offsets), torch::tensor({{5.0, 2.0}, {0.0, 0.0}, {3.0, 4.0}}));
  expect_close(bag(torch::kSum)(numbers.view({2, 2})), torch::tensor({{6.0, -4.0}, {6.0, 8.0}}));
  expect_close(bag(torch::kSum)(numbers.view({2, 2}), Tensor(), torch::tensor({{1.0, 0.5}, {0.0, 2.0}})),
               torch::tensor({{3.5, -1.0}, {6.0, 8.0}}));
  auto pretrained = nn::EmbeddingBag::from_pretrained(
      table.detach().clone(), nn::EmbeddingBagFromPretrainedOptions().mode(torch::kSum).include_last_offset(true));
  EXPECT_FALSE(pretrained->weight.requires_grad());
  expect_close(pretrained(numbers, torch::tensor({0, 2, 4})), torch::tensor({{6.0, -4.0}, {6.0, 8.0}}));
  EXPECT_THROW(nn::EmbeddingBag::from_pretrained(table[0]), c10::Error);
  EXPECT_THROW(bag(torch::kSum)(numbers), c10::Error);
  EXPECT_THROW(bag(torch::kSum)(numbers, torch::tensor({1, 2})), c10::Error);
}

TEST(NNLayers, Convolutions) {
  nn::Conv2d conv(nn::Conv2dOptions(2, 4, {3, 1}).stride({2, 1}).padding({1, 0}).groups(2));
  const Tensor x = torch::randn({2, 2, 5, 4});
  const Tensor y = conv(x);
  EXPECT_EQ(y.sizes(), torch::IntArrayRef({2, 4, 3, 4}));
  expect_close(y, torch::conv2d(x, conv->weight, conv->bias, {2, 1}, {1, 0}, {1, 1}, 2));
  EXPECT_EQ(nn::Conv1d(nn::Conv1dOptions(1, 1, 3).padding(torch::kSame))(torch::randn({1, 1, 7})).size(2), 7);
  EXPECT_EQ(nn::Conv3d(1, 2, 2)(torch::randn({1, 1, 3, 3, 3})).sizes(), torch::IntArrayRef({1, 2, 2, 2, 2}));
  EXPECT_THROW(nn::Conv2d(nn::Conv2dOptions(3, 4, 1).groups(2)), c10::Error);

  nn::ConvTranspose2d up(nn::ConvTranspose2dOptions(2, 3, 3).stride(2).padding(1));
  const Tensor small = torch::randn({1, 2, 4, 4});
  EXPECT_EQ(up(small).size(2), 7);
  EXPECT_EQ(up->forward(small, std::vector<int64_t>{8, 7}).sizes(), torch::IntArrayRef({1, 3, 8, 7}));
  EXPECT_THROW(up->forward(small, std::vector<int64_t>{9, 7}), c10::Error);
  EXPECT_EQ(nn::Sequential(up)->forward(small).size(2), 7) << "output_size is left out";
  expect_close(F::conv2d(x, torch::ones({1, 2, 5, 4})), x.sum({1, 2, 3}).view({2, 1, 1, 1}), 1e-4);
}

TEST(NNLayers, Poolings) {
  const Tensor x = torch::arange(16, torch::kFloat32).view({1, 1, 4, 4});
  expect_close(nn::MaxPool2d(2)(x).flatten(), torch::tensor({5.0, 7.0, 13.0, 15.0}));
  expect_close(nn::AvgPool2d(2)(x).flatten(), torch::tensor({2.5, 4.5, 10.5, 12.5}));
  const auto [values, indices] = nn::MaxPool2d(nn::MaxPool2dOptions({2, 2}).stride(1))->forward_with_indices(x);
  EXPECT_EQ(indices.flatten()[0].item<int64_t>(), 5);
  expect_close(nn::AdaptiveAvgPool2d(1)(x).flatten(), torch::tensor({7.5}));
  EXPECT_EQ(nn::AdaptiveAvgPool2d(nn::AdaptiveAvgPool2dOptions({std::nullopt, 2}))(x).sizes(),
            torch::IntArrayRef({1, 1, 4, 2}));
  expect_close(nn::LPPool2d(2.0, 2)(x).flatten()[0], torch::tensor(std::sqrt(0.0 + 1 + 16 + 25)), 1e-5);
  EXPECT_EQ(nn::MaxPool1d(3)(torch::randn({1, 2, 9})).size(2), 3);
  EXPECT_EQ(nn::AvgPool3d(2)(torch::randn({1, 2, 4, 4, 4})).size(4), 2);
}

// The sums are those of PyTorch from the same seed.
TEST(NNLayers, FractionalPoolings) {
  torch::manual_seed(0);
  const Tensor x = torch::randn({2, 2, 7, 7});
  const auto half = F::FractionalMaxPool2dFuncOptions(2).output_ratio(0.5);
  const Tensor y = F::fractional_max_pool2d(x, half);
  EXPECT_EQ(y.sizes(), torch::IntArrayRef({2, 2, 3, 3}));
  expect_close(y.flatten().slice(0, 0, 9),
               torch::tensor({0.3223, 0.3500, 1.2377, 1.5863, 1.8530, 0.1835, 0.4397, 2.3022, 0.7924}), 1e-4);
  torch::manual_seed(0);
  const Tensor volume = torch::randn({1, 5, 5, 5});
  expect_close(F::fractional_max_pool3d(volume, F::FractionalMaxPool3dFuncOptions(2).output_size(2)).flatten(),
               torch::tensor({0.9463, 1.5863, 2.3022, 1.8530, 0.6871, 0.8419, 1.6459, 0.5199}), 1e-4);

  nn::FractionalMaxPool2d drawn(half),
      fixed(nn::FractionalMaxPool2dOptions(half)._random_samples(torch::rand({2, 2, 2})));
  EXPECT_EQ(drawn(x).sizes(), y.sizes());
  EXPECT_TRUE(torch::equal(fixed(x), fixed(x)));
  const auto copy = std::dynamic_pointer_cast<nn::FractionalMaxPool2dImpl>(fixed->clone());
  EXPECT_TRUE(torch::equal(copy->forward(x), fixed(x)));
  const auto [values, indices] = fixed->forward_with_indices(x);
  expect_close(x.flatten(2).gather(2, indices.flatten(2)).view_as(values), values);
  const Tensor leaf = x.clone().requires_grad_();
  fixed(leaf).sum().backward();
  EXPECT_EQ(leaf.grad().sum().item<double>(), static_cast<double>(values.numel()));

  EXPECT_THROW(nn::FractionalMaxPool2d(3), c10::Error);
  EXPECT_THROW(nn::FractionalMaxPool2d(nn::FractionalMaxPool2dOptions(3).output_size(2).output_ratio(0.5)), c10::Error);
  EXPECT_THROW(nn::FractionalMaxPool3d(nn::FractionalMaxPool3dOptions(3).output_ratio(1.5)), c10::Error);
  EXPECT_THROW(F::fractional_max_pool2d(x, F::FractionalMaxPool2dFuncOptions(3)), c10::Error);
}

TEST(NNLayers, Normalisations) {
  const Tensor x = torch::randn({8, 3, 4, 4}) * 3 + 1;
  nn::BatchNorm2d norm(3);
  const Tensor y = norm(x);
  expect_close(y.mean({0, 2, 3}), torch::zeros({3}), 1e-5);
  EXPECT_NEAR(y.var().item<double>(), 1, 0.02);
  EXPECT_EQ(norm->num_batches_tracked.item<int64_t>(), 1);
  expect_close(norm->running_mean, x.mean({0, 2, 3}) * 0.1, 1e-5);
  norm->eval();
  EXPECT_FALSE(torch::allclose(norm(x), y));
  EXPECT_THROW(norm(torch::randn({2, 3})), c10::Error);
  nn::BatchNorm1d cumulative(nn::BatchNorm1dOptions(2).momentum(std::nullopt));
  const Tensor a = torch::randn({4, 2}), b = torch::randn({4, 2});
  cumulative(a);
  cumulative(b);
  expect_close(cumulative->running_mean, (a.mean(0) + b.mean(0)) / 2, 1e-5);

  expect_close(nn::LayerNorm(nn::LayerNormOptions({4, 4}))(x), nn::GroupNorm(3, 3)(x), 1e-4);
  expect_close(nn::InstanceNorm2d(3)(x), nn::GroupNorm(3, 3)(x), 1e-4);
  EXPECT_EQ(nn::InstanceNorm1d(2)(torch::randn({2, 5})).dim(), 2);
  expect_close(F::normalize(x).pow(2).sum(1), torch::ones({8, 4, 4}), 1e-4);
  // Windows of two channels: of channel c and the one before it.
  const Tensor one = torch::tensor({1.0, 2.0, 3.0}).view({1, 3, 1});
  const auto options = F::LocalResponseNormFuncOptions(2).alpha(1).beta(1).k(1);
  expect_close(F::local_response_norm(one, options).flatten(), torch::tensor({1 / 1.5, 2 / 3.5, 3 / 7.5}), 1e-5);
}

TEST(NNLayers, Distances) {
  const Tensor points = torch::tensor({{0.0, 0.0}, {3.0, 4.0}, {0.0, 1.0}}).set_requires_grad(true);
  expect_close(F::pdist(points), torch::tensor({5.0, 1.0, std::sqrt(18.0)}));
  expect_close(F::pdist(points, 1), torch::tensor({7.0, 1.0, 6.0}));
  F::pdist(points)[0].backward();
  expect_close(points.grad(), torch::tensor({{-0.6, -0.8}, {0.6, 0.8}, {0.0, 0.0}}));
  expect_close(nn::PairwiseDistance()(points.slice(0, 0, 1), points.slice(0, 1, 2)), torch::tensor({5.0}), 1e-5);
  expect_close(nn::CosineSimilarity()(points.slice(0, 1, 2), points.slice(0, 2, 3)), torch::tensor({0.8}), 1e-5);
}

TEST(NNLayers, ActivationsAndDropout) {
  const Tensor x = torch::tensor({-2.0, -0.5, 0.0, 1.5});
  expect_close(nn::ReLU()(x), torch::tensor({0.0, 0.0, 0.0, 1.5}));
  expect_close(nn::LeakyReLU(nn::LeakyReLUOptions().negative_slope(0.5))(x), torch::tensor({-1.0, -0.25, 0.0, 1.5}));
  expect_close(nn::Softsign()(x), x / (1 + x.abs()));
  expect_close(nn::Tanhshrink()(x), x - x.tanh());
  expect_close(nn::Softmin(0)(x), torch::softmax(-x, 0));
  expect_close(nn::LogSoftmax(0)(x).exp().sum(), torch::tensor(1.0));
  expect_close(nn::GELU()(x), torch::gelu(x));
  Tensor y = x.clone();
  nn::ReLU(nn::ReLUOptions(true))(y);
  expect_close(y, nn::ReLU()(x));
  const Tensor hard = F::gumbel_softmax(torch::randn({6, 4}), F::GumbelSoftmaxFuncOptions().hard(true));
  expect_close(hard.sum(-1), torch::ones({6}));
  EXPECT_EQ(hard.gt(0.5).sum().item<int64_t>(), 6);

  nn::Dropout dropout(0.75);
  const Tensor many = torch::ones({10000});
  const Tensor dropped = dropout(many);
  EXPECT_NEAR(dropped.mean().item<double>(), 1, 0.1);
  EXPECT_EQ(dropped.ne(0).sum().item<int64_t>(), dropped.eq(4).sum().item<int64_t>());
  dropout->eval();
  expect_close(dropout(many), many);
  EXPECT_EQ(nn::Dropout2d()(torch::ones({4, 3, 2, 2})).var({2, 3}).sum().item<double>(), 0);
  EXPECT_THROW(nn::Dropout(1.5)(x), c10::Error);
}

TEST(NNLayers, Losses) {
  const Tensor a = torch::tensor({0.5, 2.0}), b = torch::tensor({1.0, 0.0});
  expect_close(nn::MSELoss()(a, b), torch::tensor((0.25 + 4) / 2));
  expect_close(nn::L1Loss(torch::kSum)(a, b), torch::tensor(2.5));
  expect_close(nn::MSELoss(nn::MSELossOptions().reduction(torch::kNone))(a, b), torch::tensor({0.25, 4.0}));
  expect_close(nn::SmoothL1Loss()(a, b), torch::tensor((0.125 + 1.5) / 2));
  expect_close(nn::HuberLoss(nn::HuberLossOptions().delta(0.5))(a, b), torch::tensor((0.125 + 0.875) / 2));
  const Tensor logits = torch::randn({4, 3}, torch::requires_grad()), target = torch::tensor({0, 2, 1, 1});
  expect_close(nn::CrossEntropyLoss()(logits, target), nn::NLLLoss()(logits.log_softmax(1), target));
  expect_close(F::cross_entropy(logits, target, F::CrossEntropyFuncOptions().reduction(torch::kSum)),
               -logits.log_softmax(1).gather(1, target.unsqueeze(1)).sum());
  expect_close(nn::BCEWithLogitsLoss()(a, b), nn::BCELoss()(a.sigmoid(), b));
  nn::CrossEntropyLoss()(logits, target).backward();
  expect_close(logits.grad().sum(1), torch::zeros({4}), 1e-6);
}

TEST(NNLayers, AttentionIsThatOfOneHeadByHand) {
  torch::manual_seed(1);
  nn::MultiheadAttention attention(4, 1);
  const Tensor q = torch::randn({3, 2, 4}), k = torch::randn({5, 2, 4});
  const auto [output, weights] = attention(q, k, k);
  EXPECT_EQ(weights.sizes(), torch::IntArrayRef({2, 3, 5}));
  const std::vector<Tensor> w = attention->in_proj_weight.chunk(3);
  const Tensor qs = torch::matmul(q, w[0].t()).transpose(0, 1), ks = torch::matmul(k, w[1].t()).transpose(0, 1);
  const Tensor vs = torch::matmul(k, w[2].t()).transpose(0, 1);
  const Tensor expected = torch::matmul((torch::matmul(qs, ks.transpose(1, 2)) / 2).softmax(-1), vs).transpose(0, 1);
  expect_close(output, torch::matmul(expected, attention->out_proj->weight.t()), 1e-5);

  nn::MultiheadAttention wide(
      nn::MultiheadAttentionOptions(4, 2).kdim(3).vdim(5).add_zero_attn(true).add_bias_kv(true));
  const Tensor padding = torch::zeros({2, 6}, torch::kBool).index_put_({0, 5}, true);
  const auto masked = wide(q, torch::randn({6, 2, 3}), torch::randn({6, 2, 5}), padding);
  EXPECT_EQ(std::get<1>(masked).sizes(), torch::IntArrayRef({2, 3, 8}));
  expect_close(std::get<1>(masked).select(0, 0).select(1, 5), torch::zeros({3}));
}

TEST(NNLayers, InitAndGradientUtilities) {
  Tensor w = torch::empty({200, 100});
  nn::init::kaiming_normal_(w, 0, torch::kFanOut, torch::kReLU);
  EXPECT_NEAR(w.std().item<double>(), std::sqrt(2.0 / 200), 0.005);
  nn::init::xavier_uniform_(w);
  EXPECT_LE(w.abs().max().item<double>(), std::sqrt(6.0 / 300));
  nn::init::trunc_normal_(w, 0, 1, -0.5, 0.5);
  EXPECT_LE(w.abs().max().item<double>(), 0.5);
  EXPECT_NEAR(w.std().item<double>(), 0.2849, 0.01);
  expect_close(nn::init::eye_(torch::empty({2, 3})), torch::eye(2, 3));
  EXPECT_EQ(nn::init::sparse_(torch::empty({10, 3}), 0.3).eq(0).sum().item<int64_t>(), 9);
  EXPECT_EQ(nn::init::dirac_(torch::empty({2, 2, 3})).sum().item<double>(), 2);
  EXPECT_THROW(nn::init::orthogonal_(torch::empty({3})), c10::Error);
  EXPECT_THROW(nn::init::kaiming_uniform_(torch::empty({3})), c10::Error);

  Tensor p = torch::tensor({3.0, 4.0}).set_requires_grad(true);
  (p * p / 2).sum().backward();
  EXPECT_NEAR(nn::utils::clip_grad_norm_({p}, 1.0), 5, 1e-6);
  expect_close(p.grad(), torch::tensor({0.6, 0.8}), 1e-5);
  nn::utils::clip_grad_value_({p}, 0.7);
  expect_close(p.grad(), torch::tensor({0.6, 0.7}), 1e-5);
  nn::Linear linear(2, 1);
  Tensor flat = nn::utils::parameters_to_vector(linear->parameters());
  nn::utils::vector_to_parameters(flat * 2, linear->parameters());
  expect_close(nn::utils::parameters_to_vector(linear->parameters()), flat * 2);
}

TEST(NNLayers, OrthogonalInit) {
  if (!at::hasLAPACK()) GTEST_SKIP() << "there is no LAPACK here";
  torch::manual_seed(0);  // the numbers are PyTorch's
  expect_close(nn::init::orthogonal_(torch::empty({2, 3}), 2.0),
               torch::tensor({{1.1480, -0.2186, -1.6231}, {-0.6908, -1.8618, -0.2379}}), 1e-4);
  const Tensor tall = nn::init::orthogonal_(torch::empty({6, 2, 2}, torch::kFloat64)).view({6, 4});
  expect_close(torch::matmul(tall.t(), tall), torch::eye(4));
}

}  // namespace
