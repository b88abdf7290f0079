// Fits y = 3 x - 2 with autograd and SGD. Written against <torch/torch.h> as a libtorch program would be.
#include <torch/torch.h>

#include <cmath>
#include <iostream>

int main() {
  torch::manual_seed(0);
  const torch::Tensor x = torch::rand({256, 1}) * 2 - 1;
  const torch::Tensor y = 3 * x - 2 + 0.01 * torch::randn({256, 1});

  torch::Tensor weight = torch::zeros({1, 1}, torch::requires_grad());
  torch::Tensor bias = torch::zeros({1}, torch::requires_grad());
  torch::optim::SGD optimizer({weight, bias}, torch::optim::SGDOptions(0.3));

  for (int step = 0; step <= 100; ++step) {
    optimizer.zero_grad();
    torch::Tensor loss = (torch::mm(x, weight) + bias - y).square().mean();
    loss.backward();
    optimizer.step();
    if (step % 20 == 0) std::cout << "step " << step << "  loss " << loss.item<double>() << "\n";
  }

  const double slope = weight.item<double>();
  const double offset = bias.item<double>();
  std::cout << "y = " << slope << " x + " << offset << "\n";
  return std::abs(slope - 3) < 0.05 && std::abs(offset + 2) < 0.05 ? 0 : 1;
}
