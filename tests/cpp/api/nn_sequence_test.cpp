// Recurrent layers, packed sequences, the transformer; padding, resampling, rectifiers and margin losses.
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>

namespace {

namespace nn = torch::nn;
namespace F = torch::nn::functional;
namespace rnn = torch::nn::utils::rnn;
using torch::Tensor;

void expect_close(const Tensor& a, const Tensor& b, double tolerance = 1e-5) {
  ASSERT_EQ(a.sizes(), b.sizes());
  EXPECT_TRUE(torch::allclose(a, b.to(a.dtype()), tolerance, tolerance)) << a << "\n" << b;
}

template <class Cell, class Layer>
void copy_weights(Cell& cell, Layer& layer) {
  const torch::NoGradGuard guard;
  cell->weight_ih.copy_(layer->all_weights()[0]);
  cell->weight_hh.copy_(layer->all_weights()[1]);
  cell->bias_ih.copy_(layer->all_weights()[2]);
  cell->bias_hh.copy_(layer->all_weights()[3]);
}

TEST(NNRecurrent, LayersAreTheirCellsStepByStep) {
  const Tensor x = torch::randn({5, 2, 3});
  nn::LSTM lstm(3, 4);
  nn::LSTMCell lstm_cell(3, 4);
  copy_weights(lstm_cell, lstm);
  std::tuple<Tensor, Tensor> state = lstm_cell(x[0]);
  for (int64_t t = 1; t < 5; ++t) state = lstm_cell(x[t], state);
  const auto [output, last] = lstm(x);
  expect_close(output[4], std::get<0>(state));
  expect_close(std::get<1>(last)[0], std::get<1>(state));
  expect_close(std::get<0>(lstm(x.select(1, 1))), output.select(1, 1));

  nn::GRU gru(nn::GRUOptions(3, 4).batch_first(true));
  nn::GRUCell gru_cell(3, 4);
  copy_weights(gru_cell, gru);
  Tensor h = gru_cell(x[0]);
  for (int64_t t = 1; t < 5; ++t) h = gru_cell(x[t], h);
  expect_close(std::get<0>(gru(x.transpose(0, 1))).select(1, 4), h);

  for (const bool relu : {false, true}) {
    nn::RNNOptions options(3, 4);
    nn::RNNCellOptions cell_options(3, 4);
    if (relu) options.nonlinearity(torch::kReLU), cell_options.nonlinearity(torch::kReLU);
    nn::RNN layer(options);
    nn::RNNCell cell(cell_options);
    copy_weights(cell, layer);
    expect_close(std::get<0>(layer(x))[1], cell(x[1], cell(x[0])));
  }
  EXPECT_THROW(lstm(torch::randn({5, 2, 2})), c10::Error);
  EXPECT_THROW(lstm_cell(torch::randn({2, 2})), c10::Error);
  EXPECT_THROW(nn::LSTM(nn::LSTMOptions(3, 4).proj_size(4)), c10::Error);
}

TEST(NNRecurrent, NamesShapesAndCopies) {
  nn::LSTM lstm(nn::LSTMOptions(3, 4).num_layers(2).bidirectional(true).dropout(0.5));
  EXPECT_EQ(lstm->named_parameters().keys()[4], "weight_ih_l0_reverse");
  EXPECT_EQ(lstm->parameters().size(), 16U);
  lstm->eval();
  const Tensor x = torch::randn({5, 2, 3});
  const auto [output, state] = lstm(x);
  EXPECT_EQ(output.sizes(), torch::IntArrayRef({5, 2, 8}));
  EXPECT_EQ(std::get<0>(state).sizes(), torch::IntArrayRef({4, 2, 4}));
  const auto copy = std::dynamic_pointer_cast<nn::LSTMImpl>(lstm->clone());
  copy->eval();
  expect_close(std::get<0>(copy->forward(x)), output);
  copy->to(torch::kFloat64);
  EXPECT_EQ(std::get<0>(copy->forward(x.to(torch::kFloat64))).dtype(), torch::kFloat64);
  output.sum().backward();
  EXPECT_TRUE(lstm->parameters()[0].grad().defined());
  EXPECT_EQ(std::get<0>(nn::LSTM(nn::LSTMOptions(3, 4).proj_size(2))(x)).size(2), 2);
}

TEST(NNRecurrent, PackedSequencesAreSequencesApart) {
  nn::GRU gru(3, 4);
  const Tensor a = torch::randn({2, 3}), b = torch::randn({4, 3}), c = torch::randn({1, 3});
  const auto packed = rnn::pack_sequence({a, b, c}, /*enforce_sorted=*/false);
  const auto [result, state] = gru->forward_with_packed_input(packed);
  const auto [padded, lengths] = rnn::pad_packed_sequence(result, /*batch_first=*/true);
  EXPECT_TRUE(torch::equal(lengths, torch::tensor({2, 4, 1})));
  expect_close(padded[0].slice(0, 0, 2), std::get<0>(gru(a)));
  expect_close(padded[1], std::get<0>(gru(b)));
  expect_close(state[0][2], std::get<1>(gru(c))[0]);
  expect_close(padded[0].slice(0, 2), torch::zeros({2, 4}));
  EXPECT_THROW(rnn::pack_sequence({a, b}), c10::Error);
  EXPECT_EQ(rnn::pad_sequence({a, b}).sizes(), torch::IntArrayRef({4, 2, 3}));
}

TEST(NNTransformer, MasksHideWhatTheySay) {
  torch::manual_seed(2);
  nn::Transformer transformer(nn::TransformerOptions(8, 2, 1, 1).dim_feedforward(16).dropout(0));
  transformer->eval();
  const Tensor src = torch::randn({5, 2, 8}), tgt = torch::randn({4, 2, 8});
  const Tensor mask = nn::TransformerImpl::generate_square_subsequent_mask(4);
  const Tensor full = transformer(src, tgt, Tensor(), mask);
  EXPECT_EQ(full.sizes(), torch::IntArrayRef({4, 2, 8}));
  Tensor changed = tgt.clone();
  changed[3].fill_(9);
  const Tensor other = transformer(src, changed, Tensor(), mask);
  expect_close(other.slice(0, 0, 3), full.slice(0, 0, 3));
  EXPECT_FALSE(torch::allclose(other[3], full[3]));

  nn::TransformerEncoder encoder(
      nn::TransformerEncoderOptions(nn::TransformerEncoderLayerOptions(8, 2).activation(torch::kGELU), 2));
  encoder->eval();
  const Tensor padding = torch::zeros({2, 5}, torch::kBool).index_put_({torch::indexing::Slice(), 4}, true);
  Tensor tail = src.clone();
  tail[4].fill_(7);
  expect_close(encoder(src, Tensor(), padding).slice(0, 0, 4), encoder(tail, Tensor(), padding).slice(0, 0, 4));
  EXPECT_EQ(encoder->parameters().size(), 24U);
  EXPECT_EQ(nn::Sequential(encoder)->forward(src).sizes(), src.sizes());
  EXPECT_THROW(transformer(src, torch::randn({4, 3, 8})), c10::Error);
}

TEST(NNVision, PaddingAndResampling) {
  const Tensor x = torch::arange(4, torch::kFloat32).view({1, 1, 2, 2});
  EXPECT_EQ(nn::ZeroPad2d(1)(x).sum().item<float>(), 6);
  expect_close(nn::ConstantPad1d(torch::ExpandingArray<2>({1, 0}), 5.0)(x[0]).flatten(),
               torch::tensor({5.0, 0.0, 1.0, 5.0, 2.0, 3.0}));
  expect_close(nn::ReflectionPad2d(1)(x)[0][0][0], torch::tensor({3.0, 2.0, 3.0, 2.0}));
  expect_close(nn::ReplicationPad2d(nn::ReplicationPad2dOptions({0, 1, 0, 0}))(x)[0][0][1],
               torch::tensor({2.0, 3.0, 3.0}));
  expect_close(F::pad(x, F::PadFuncOptions({1, 0, 0, 0}).mode(torch::kCircular))[0][0][0],
               torch::tensor({1.0, 0.0, 1.0}));
  nn::Conv2d circular(nn::Conv2dOptions(1, 1, 3).padding(1).padding_mode(torch::kCircular));
  EXPECT_EQ(circular(torch::randn({1, 1, 4, 4})).size(3), 4);

  nn::Upsample nearest(nn::UpsampleOptions().scale_factor(std::vector<double>({2, 2})).mode(torch::kNearest));
  expect_close(nearest(x)[0][0][0], torch::tensor({0.0, 0.0, 1.0, 1.0}));
  const auto bilinear = F::InterpolateFuncOptions().size(std::vector<int64_t>({3, 3})).mode(torch::kBilinear);
  expect_close(F::interpolate(x, F::InterpolateFuncOptions(bilinear).align_corners(true))[0][0][1],
               torch::tensor({1.0, 1.5, 2.0}));
  EXPECT_THROW(F::interpolate(x), c10::Error);
  EXPECT_THROW(F::interpolate(x, F::InterpolateFuncOptions().size(std::vector<int64_t>({3})).mode(torch::kLinear)),
               c10::Error);
  expect_close(nn::PixelUnshuffle(2)(nn::PixelShuffle(2)(torch::arange(16).view({1, 4, 2, 2}).to(torch::kFloat32))),
               torch::arange(16).view({1, 4, 2, 2}));
  const Tensor image = torch::randn({1, 2, 4, 4});
  expect_close(nn::Fold(nn::FoldOptions(4, 2).stride(2))(nn::Unfold(nn::UnfoldOptions(2).stride(2))(image)), image);
  const Tensor identity = torch::tensor({{{1.0, 0.0, 0.0}, {0.0, 1.0, 0.0}}});
  expect_close(F::grid_sample(image, F::affine_grid(identity, {1, 2, 4, 4})), image);
  const auto [values, indices] = nn::MaxPool2d(2)->forward_with_indices(image);
  EXPECT_NEAR(nn::MaxUnpool2d(2)(values, indices).sum().item<float>(), values.sum().item<float>(), 1e-4);
  EXPECT_NEAR(nn::AdaptiveMaxPool2d(1)(image).sum().item<float>(), image.amax({2, 3}).sum().item<float>(), 1e-4);
}

TEST(NNRectifiers, ByFormula) {
  const Tensor x = torch::tensor({-3.0, -0.5, 0.25, 2.0, 7.0});
  const Tensor zero = torch::zeros_like(x);
  expect_close(nn::ELU()(x), torch::where(x > 0, x, x.exp() - 1));
  expect_close(nn::CELU(nn::CELUOptions().alpha(2))(x), torch::where(x > 0, x, 2 * ((x / 2).exp() - 1)));
  expect_close(nn::SELU()(x), 1.0507009873554805 * torch::where(x > 0, x, 1.6732632423543772 * (x.exp() - 1)));
  expect_close(nn::Hardtanh()(x), x.clamp(-1, 1));
  expect_close(nn::ReLU6()(x), x.clamp(0, 6));
  expect_close(nn::Softplus()(x), (1 + x.exp()).log());
  expect_close(nn::LogSigmoid()(x), x.sigmoid().log());
  expect_close(nn::Mish()(x), x * (1 + x.exp()).log().tanh());
  expect_close(nn::Hardshrink(0.5)(x), torch::where(x.abs() > 0.5, x, zero));
  expect_close(nn::Softshrink(0.5)(x), x.sign() * (x.abs() - 0.5).clamp_min(0));
  expect_close(nn::Threshold(1, -2)(x), torch::where(x > 1, x, torch::full_like(x, -2)));
  expect_close(nn::PReLU()(x), torch::where(x > 0, x, x / 4));
  expect_close(nn::GLU()(torch::cat({x, x})), x * x.sigmoid());
  nn::RReLU random;
  random->eval();
  expect_close(random(x), torch::where(x > 0, x, x * (1.0 / 8 + 1.0 / 3) / 2));
  Tensor y = x.clone();
  F::elu(y, F::ELUFuncOptions().inplace(true));
  expect_close(y, nn::ELU()(x));
}

TEST(NNMarginLosses, ByFormula) {
  const Tensor a = torch::tensor({{0.5, 2.0}, {1.0, -1.0}}), b = torch::tensor({{1.0, 0.0}, {0.5, 0.25}});
  const Tensor sign = torch::tensor({1, -1});
  const Tensor p = a.softmax(1), q = b.softmax(1);
  expect_close(nn::KLDivLoss(torch::kBatchMean)(p.log(), q), (q * (q / p).log()).sum() / 2);
  expect_close(nn::MarginRankingLoss(nn::MarginRankingLossOptions().margin(0.5))(a[0], b[0], sign),
               (-(a[0] - b[0]) * sign + 0.5).clamp_min(0).mean());
  expect_close(nn::SoftMarginLoss()(a, torch::ones({2, 2})), (1 + (-a).exp()).log().mean());
  expect_close(nn::PoissonNLLLoss()(a, b), (a.exp() - b * a).mean());
  expect_close(nn::CosineSimilarity()(a, b), (a * b).sum(1) / (a.norm(2, {1}) * b.norm(2, {1})));
  expect_close(nn::PairwiseDistance()(a, b), (a - b).norm(2, {1}), 1e-4);
  expect_close(nn::MultiLabelSoftMarginLoss()(a, torch::ones({2, 2})), -a.sigmoid().log().mean());
  const auto l1 = [](const Tensor& x, const Tensor& y) { return (x - y).abs().sum(1); };
  nn::TripletMarginWithDistanceLoss triplet(nn::TripletMarginWithDistanceLossOptions().distance_function(l1).margin(2));
  expect_close(triplet(a, b, a), (l1(a, b) + 2).mean());
  EXPECT_GT(nn::TripletMarginLoss()(a, b, a).item<float>(), 1);
  nn::Bilinear bilinear(2, 2, 3);
  expect_close(bilinear(a, b)[0][1], torch::matmul(torch::matmul(a[0], bilinear->weight[1]), b[0]) + bilinear->bias[1]);
  // One label of one step: minus its log probability.
  const Tensor steps = torch::randn({1, 1, 3}).log_softmax(2);
  expect_close(nn::CTCLoss()(steps, torch::tensor({{2}}), torch::tensor({1}), torch::tensor({1})), -steps[0][0][2]);
}

}  // namespace
