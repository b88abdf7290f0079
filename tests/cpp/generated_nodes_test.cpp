// Gradients of the generated nodes, of first and second order, against central differences.
#include <gtest/gtest.h>

#include "tests/cpp/gradcheck.h"

#include "generated/ops/binary.h"
#include "generated/ops/copy.h"
#include "generated/ops/creation.h"
#include "generated/ops/dropout.h"
#include "generated/ops/index.h"
#include "generated/ops/join.h"
#include "generated/ops/matmul.h"
#include "generated/ops/reduce.h"
#include "generated/ops/shape.h"
#include "generated/ops/transcendental.h"
#include "generated/ops/unary.h"
#include "generated/ops/view.h"

namespace {

using namespace tiny_torch;
using gradcheck::Function;
using gradcheck::input;
using gradcheck::Tensors;

void expect_correct(const Function& f, const Tensors& inputs) {
  EXPECT_EQ(gradcheck::check(f, inputs), "");
  EXPECT_EQ(gradcheck::check_twice(f, inputs), "");
}

TEST(GeneratedNodes, Arithmetic) {
  const TensorBase a = input({2, 3}), b = input({3}, 0.8), c = input({2, 1}, 1.3), s = input({}, 1.6);
  expect_correct([](const Tensors& t) { return Tensors{ops::add(t[0], t[1], Scalar(2.5))}; }, {a, b});
  expect_correct([](const Tensors& t) { return Tensors{ops::sub(t[0], t[1], Scalar(-1.5))}; }, {c, b});
  expect_correct([](const Tensors& t) { return Tensors{ops::mul(t[0], t[1])}; }, {a, c});
  expect_correct([](const Tensors& t) { return Tensors{ops::mul(ops::mul(t[0], t[0]), t[1])}; }, {a, s});
  expect_correct([](const Tensors& t) { return Tensors{ops::div(t[0], ops::exp(t[1]))}; }, {a, b});
  expect_correct([](const Tensors& t) { return Tensors{ops::exp(ops::neg(t[0]))}; }, {a});
}

TEST(GeneratedNodes, Views) {
  const TensorBase a = input({2, 3, 2});
  const auto square = [](const TensorBase& t) { return Tensors{ops::mul(t, t)}; };
  expect_correct([&](const Tensors& t) { return square(ops::view(t[0], IntArrayRef{3, 4})); }, {a});
  expect_correct([&](const Tensors& t) { return square(ops::permute(t[0], {2, 0, 1})); }, {a});
  expect_correct([&](const Tensors& t) { return square(ops::transpose(t[0], 0, 2)); }, {a});
  expect_correct([&](const Tensors& t) { return square(ops::select(t[0], 1, -1)); }, {a});
  expect_correct([&](const Tensors& t) { return square(ops::slice(t[0], 1, 0, 3, 2)); }, {a});
  expect_correct([&](const Tensors& t) { return square(ops::unsqueeze(t[0], 1)); }, {a});
  expect_correct([&](const Tensors& t) { return square(ops::squeeze(ops::slice(t[0], 1, 0, 1))); }, {a});
  expect_correct([&](const Tensors& t) { return square(ops::expand(ops::select(t[0], 0, 1), {4, 3, 2})); }, {a});
  expect_correct([&](const Tensors& t) { return square(ops::as_strided(t[0], {3, 4}, {2, 1}, 1)); }, {a});
  expect_correct([&](const Tensors& t) { return square(ops::as_strided(t[0], {2, 2, 3}, {0, 1, 1}, 0)); }, {a});
  expect_correct([&](const Tensors& t) { return ops::unbind(ops::mul(t[0], t[0]), 1); }, {a});
  expect_correct([&](const Tensors& t) { return ops::split(ops::mul(t[0], t[0]), 2, 1); }, {a});
}

TEST(GeneratedNodes, ShapesAndCopies) {
  const TensorBase a = input({2, 3}), b = input({1, 3}, 1.1);
  expect_correct([](const Tensors& t) { return Tensors{ops::cat(TensorList({ops::mul(t[0], t[0]), t[1]}), 0)}; },
                 {a, b});
  expect_correct([](const Tensors& t) { return Tensors{ops::stack(TensorList({t[0], ops::mul(t[0], t[0])}), 1)}; },
                 {a});
  expect_correct([](const Tensors& t) { return Tensors{ops::clone(ops::mul(t[0], t[0]))}; }, {a});
  expect_correct(
      [](const Tensors& t) {
        return Tensors{ops::reshape(ops::transpose(ops::mul(t[0], t[0]), 0, 1), IntArrayRef{3, 2})};
      },
      {a});
  expect_correct(
      [](const Tensors& t) {
        TensorBase y = ops::mul(t[0], t[0]);
        TensorBase part = ops::select(y, 0, 1);
        ops::copy_(part, ops::select(ops::mul(t[1], t[1]), 0, 0));
        return Tensors{ops::mul(y, y)};
      },
      {a, b});
}

TEST(GeneratedNodes, InPlace) {
  const TensorBase a = input({2, 3}), b = input({3}, 1.1);
  expect_correct(
      [](const Tensors& t) {
        TensorBase y = ops::mul(t[0], t[0]);
        ops::mul_(y, t[1]);
        ops::add_(y, t[1], Scalar(3.0));
        TensorBase column = ops::select(y, 1, 0);
        ops::mul_(column, ops::select(ops::mul(t[0], t[1]), 1, 2));
        return Tensors{y};
      },
      {a, b});
}

TEST(GeneratedNodes, Sums) {
  const TensorBase a = input({2, 3, 2});
  expect_correct([](const Tensors& t) { return Tensors{ops::sum(ops::mul(t[0], t[0]))}; }, {a});
  expect_correct([](const Tensors& t) { return Tensors{ops::sum(ops::mul(t[0], t[0]), IntArrayRef{0, -1})}; }, {a});
  expect_correct([](const Tensors& t) { return Tensors{ops::sum(ops::mul(t[0], t[0]), IntArrayRef{1}, true)}; }, {a});
}

TEST(GeneratedNodes, MatrixProducts) {
  const TensorBase a = input({2, 3}), b = input({3, 4}, 1.1), c = input({4}, 0.5), v = input({3}, 0.2),
                   batch = input({2, 3, 2}, 0.9);
  expect_correct([](const Tensors& t) { return Tensors{ops::mm(t[0], t[1])}; }, {a, b});
  expect_correct([](const Tensors& t) { return Tensors{ops::addmm(t[2], t[0], t[1], Scalar(0.5), Scalar(2.0))}; },
                 {a, b, c});
  expect_correct([](const Tensors& t) { return Tensors{ops::bmm(t[0], ops::transpose(t[0], 1, 2))}; }, {batch});
  expect_correct([](const Tensors& t) { return Tensors{ops::mv(t[0], t[1])}; }, {a, v});
  expect_correct([](const Tensors& t) { return Tensors{ops::matmul(t[0], t[1])}; }, {batch, a});
  expect_correct([](const Tensors& t) { return Tensors{ops::linear(t[0], ops::transpose(t[1], 0, 1), t[2])}; },
                 {a, b, c});
}

TensorBase indices(const std::vector<int64_t>& values) {
  TensorBase t = empty_tensor({static_cast<int64_t>(values.size())}, kLong);
  std::copy(values.begin(), values.end(), t.data_ptr<int64_t>());
  return t;
}

TEST(GeneratedNodes, Indexing) {
  const TensorBase a = input({4, 3}), v = input({3, 3}, 1.1), w = input({1}, 0.4);
  const TensorBase rows = indices({3, 0, 3}), columns = indices({0, 2, -1});
  using Optional = std::optional<TensorBase>;
  const std::vector<Optional> by_row{rows}, by_both{rows, columns}, by_column{std::nullopt, columns};
  expect_correct([&](const Tensors& t) { return Tensors{ops::index(ops::mul(t[0], t[0]), by_row)}; }, {a});
  expect_correct([&](const Tensors& t) { return Tensors{ops::index(ops::mul(t[0], t[0]), by_both)}; }, {a});
  expect_correct([&](const Tensors& t) { return Tensors{ops::index(ops::mul(t[0], t[0]), by_column)}; }, {a});
  expect_correct(
      [&](const Tensors& t) {
        TensorBase y = ops::mul(t[0], t[0]);
        ops::index_put_(y, by_row, ops::mul(t[1], t[1]), /*accumulate=*/true);
        return Tensors{ops::mul(y, y)};
      },
      {a, v});
  expect_correct(
      [&](const Tensors& t) {
        TensorBase y = ops::mul(t[0], t[0]);
        ops::index_put_(y, std::vector<Optional>{indices({1, 2}), indices({0, 2})}, ops::exp(t[1]));
        return Tensors{ops::mul(y, y)};
      },
      {a, w});
}

TEST(GeneratedNodes, Dropout) {
  const TensorBase a = input({4, 3});
  // The mask of one call serves them all, so that differences see one function.
  const TensorBase mask = std::get<1>(ops::native_dropout(autodiff::detach(a), 0.5, true));
  expect_correct(
      [&](const Tensors& t) { return Tensors{ops::native_dropout_backward(ops::mul(t[0], t[0]), mask, 2.0)}; }, {a});

  const TensorBase squares = ops::mul(a, a);
  const TensorBase out = ops::dropout(squares, 0.5, true);
  const TensorBase grad = autodiff::grad(out, a, ops::ones_like(out))[0];
  for (int64_t i = 0; i < a.numel(); ++i) {
    const double kept = out.const_data_ptr<double>()[i] != 0 ? 2.0 : 0.0;
    EXPECT_DOUBLE_EQ(grad.const_data_ptr<double>()[i], kept * 2 * a.const_data_ptr<double>()[i]);
  }
}

}  // namespace
