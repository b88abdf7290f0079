// An autograd function of one's own with constants and non-tensor arguments: a linear layer and a straight-through
// quantiser, checked against autograd and used for training.
#include <torch/torch.h>

#include <iostream>

using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::tensor_list;
using torch::autograd::Variable;
using torch::autograd::variable_list;

class LinearFunction : public Function<LinearFunction> {
 public:
  // Note that forward is a static function. Note that arguments may be tensors that are not defined.
  static torch::Tensor forward(AutogradContext* ctx, torch::Tensor input, torch::Tensor weight,
                               torch::Tensor bias = torch::Tensor()) {
    ctx->save_for_backward({input, weight, bias});
    auto output = input.mm(weight.t());
    if (bias.defined()) {
      output += bias.unsqueeze(0).expand_as(output);
    }
    return output;
  }

  static tensor_list backward(AutogradContext* ctx, tensor_list grad_outputs) {
    auto saved = ctx->get_saved_variables();
    auto input = saved[0];
    auto weight = saved[1];
    auto bias = saved[2];
    auto grad_output = grad_outputs[0];
    auto grad_input = grad_output.mm(weight);
    auto grad_weight = grad_output.t().mm(input);
    auto grad_bias = torch::Tensor();
    if (bias.defined()) {
      grad_bias = grad_output.sum(0);
    }
    return {grad_input, grad_weight, grad_bias};
  }
};

// Rounds to multiples of `step`; the gradient passes as if nothing had been rounded.
class Quantize : public Function<Quantize> {
 public:
  static torch::Tensor forward(AutogradContext* ctx, torch::Tensor x, double step) {
    ctx->saved_data["step"] = step;
    return (x / step).round() * step;
  }
  static tensor_list backward(AutogradContext* ctx, tensor_list grad_outputs) {
    if (ctx->saved_data["step"].toDouble() <= 0) throw std::runtime_error("step was lost");
    return {grad_outputs[0], torch::Tensor()};
  }
};

int main() {
  torch::manual_seed(0);
  auto options = torch::dtype(torch::kFloat64).requires_grad(true);
  auto x = torch::randn({4, 3}, options);
  auto weight = torch::randn({2, 3}, options);
  auto bias = torch::randn({2}, options);

  auto ours = LinearFunction::apply(x, weight, bias);
  auto theirs = torch::nn::functional::linear(x, weight, bias);
  auto direction = torch::randn({4, 2}, torch::kFloat64);
  auto got = torch::autograd::grad({ours}, {x, weight, bias}, {direction});
  auto expected = torch::autograd::grad({theirs}, {x, weight, bias}, {direction});
  bool equal = torch::allclose(ours, theirs);
  for (size_t i = 0; i < got.size(); ++i) equal = equal && torch::allclose(got[i], expected[i]);
  std::cout << "gradients of LinearFunction equal those of linear: " << std::boolalpha << equal << "\n";
  std::cout << "its node: " << ours.grad_fn()->name() << "\n";

  // Weights in steps of a quarter that fit a line.
  auto w = torch::zeros({1, 1}, torch::requires_grad());
  torch::optim::SGD optimizer({w}, torch::optim::SGDOptions(0.1));
  auto inputs = torch::randn({64, 1});
  for (int step = 0; step < 100; ++step) {
    optimizer.zero_grad();
    auto loss = (LinearFunction::apply(inputs, Quantize::apply(w, 0.25)) - 1.5 * inputs).pow(2).mean();
    loss.backward();
    optimizer.step();
  }
  auto quantized = Quantize::apply(w, 0.25).item<float>();
  std::cout << "quantised weight: " << quantized << "\n";
  return equal && quantized == 1.5f ? 0 : 1;
}
