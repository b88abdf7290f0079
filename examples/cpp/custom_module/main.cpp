// Modules of one's own, nested and cloneable, with a buffer, a list and a dictionary of submodules: a small residual
// network that learns to tell two spirals apart.
#include <torch/torch.h>

#include <cmath>
#include <iostream>

struct BlockImpl : torch::nn::Cloneable<BlockImpl> {
  BlockImpl(int64_t width, double dropout) : width(width), dropout(dropout) { reset(); }

  void reset() override {
    norm = register_module("norm", torch::nn::LayerNorm(torch::nn::LayerNormOptions({width})));
    layers = register_module("layers",
                             torch::nn::Sequential(torch::nn::Linear(width, 2 * width), torch::nn::GELU(),
                                                   torch::nn::Linear(2 * width, width), torch::nn::Dropout(dropout)));
  }
  torch::Tensor forward(torch::Tensor x) { return x + layers->forward(norm(x)); }
  void pretty_print(std::ostream& stream) const override { stream << "Block(width=" << width << ")"; }

  int64_t width;
  double dropout;
  torch::nn::LayerNorm norm = nullptr;
  torch::nn::Sequential layers = nullptr;
};
TORCH_MODULE(Block);

struct SpiralNetImpl : torch::nn::Module {
  SpiralNetImpl(int64_t depth, int64_t width) {
    frequencies = register_buffer("frequencies", torch::arange(1, 5).to(torch::kFloat32));
    scale = register_parameter("scale", torch::ones({1}));
    input = register_module("input", torch::nn::Linear(16, width));
    blocks = register_module("blocks", torch::nn::ModuleList());
    for (int64_t i = 0; i < depth; ++i) blocks->push_back(Block(width, 0.05));
    heads = register_module("heads", torch::nn::ModuleDict());
    heads->update(std::vector<std::pair<std::string, std::shared_ptr<torch::nn::Module>>>{
        {"class", torch::nn::Linear(width, 2).ptr()}});
  }

  // (N, 2) -> (N, 2)
  torch::Tensor forward(torch::Tensor points) {
    auto angles = points.unsqueeze(-1) * frequencies;
    auto x = input(torch::cat({angles.sin(), angles.cos()}, -1).flatten(1));
    for (const auto& block : *blocks) x = block->as<Block>()->forward(x);
    return heads["class"]->as<torch::nn::Linear>()->forward(x) * scale;
  }

  torch::Tensor frequencies, scale;
  torch::nn::Linear input = nullptr;
  torch::nn::ModuleList blocks = nullptr;
  torch::nn::ModuleDict heads = nullptr;
};
TORCH_MODULE(SpiralNet);

int main() {
  torch::manual_seed(0);
  auto labels = torch::randint(0, 2, {512});
  auto radius = torch::rand({512}) * 2 + 0.2;
  auto angle = radius * 3 + labels * M_PI;
  auto points = torch::stack({radius * angle.cos(), radius * angle.sin()}, 1) + 0.02 * torch::randn({512, 2});

  SpiralNet net(2, 32);
  std::cout << net << "\n";
  for (const auto& item : net->named_parameters()) std::cout << item.key() << " " << item.value().sizes() << "\n";

  torch::optim::AdamW optimizer(net->parameters(), torch::optim::AdamWOptions(5e-3));
  torch::optim::StepLR scheduler(optimizer, /*step_size=*/50, /*gamma=*/0.5);
  torch::nn::CrossEntropyLoss criterion;
  for (int epoch = 1; epoch <= 150; ++epoch) {
    net->train();
    optimizer.zero_grad();
    auto loss = criterion(net(points), labels);
    loss.backward();
    torch::nn::utils::clip_grad_norm_(net->parameters(), 1.0);
    optimizer.step();
    scheduler.step();
    if (epoch % 50 == 0) std::cout << "epoch " << epoch << "  loss " << loss.item<float>() << "\n";
  }

  net->eval();
  torch::NoGradGuard no_grad;
  auto accuracy = net(points).argmax(1).eq(labels).to(torch::kFloat32).mean().item<double>();
  auto copy = std::dynamic_pointer_cast<BlockImpl>(net->blocks[0]->clone());
  auto x = torch::randn({3, 32});
  const bool same = torch::equal(copy->forward(x), net->blocks[0]->as<Block>()->forward(x));
  std::cout << "accuracy " << accuracy << ", the copy of a block computes the same: " << std::boolalpha << same << "\n";
  return accuracy > 0.95 && same ? 0 : 1;
}
