// A training run that is interrupted and goes on from files: model, optimizer and tensors saved and loaded.
#include <torch/torch.h>

#include <iostream>
#include <sstream>

torch::nn::Sequential make_model() {
  return torch::nn::Sequential({{"hidden", torch::nn::Linear(2, 16)},
                                {"norm", torch::nn::BatchNorm1d(16)},
                                {"relu", torch::nn::ReLU()},
                                {"output", torch::nn::Linear(16, 1)}});
}

// Learns to multiply; one step on the same numbers each time.
double train_step(torch::nn::Sequential& model, torch::optim::Optimizer& optimizer, const torch::Tensor& x) {
  optimizer.zero_grad();
  auto prediction = model->forward(x).squeeze(1);
  auto loss = torch::mse_loss(prediction, x.select(1, 0) * x.select(1, 1));
  loss.backward();
  optimizer.step();
  return loss.item<double>();
}

int main() {
  torch::manual_seed(0);
  auto x = torch::randn({128, 2});
  auto model = make_model();
  torch::optim::Adam optimizer(model->parameters(), torch::optim::AdamOptions(1e-2).weight_decay(1e-4));
  for (int step = 0; step < 50; ++step) train_step(model, optimizer, x);

  torch::save(model, "model.pt");
  torch::save(optimizer, "optimizer.pt");
  torch::save(x, "x.pt");
  std::stringstream stream;
  torch::save(std::vector<torch::Tensor>{x, torch::arange(3)}, stream);

  auto resumed = make_model();
  torch::optim::Adam resumed_optimizer(resumed->parameters(), torch::optim::AdamOptions(1.0));
  torch::Tensor loaded;
  std::vector<torch::Tensor> list;
  torch::load(resumed, "model.pt");
  torch::load(resumed_optimizer, "optimizer.pt");
  torch::load(loaded, "x.pt");
  torch::load(list, stream);

  double first = 0, second = 0;
  for (int step = 0; step < 20; ++step) {
    first = train_step(model, optimizer, x);
    second = train_step(resumed, resumed_optimizer, loaded);
  }
  std::cout << "loss without interruption " << first << ", resumed " << second << "\n";

  // An archive of one's own.
  torch::serialize::OutputArchive out;
  out.write("steps", torch::IValue(int64_t{70}));
  out.write("x", x);
  out.save_to("archive.pt");
  torch::serialize::InputArchive in;
  in.load_from("archive.pt");
  torch::IValue steps;
  torch::Tensor again;
  in.read("steps", steps);
  in.read("x", again);
  const bool fine = first == second && torch::equal(x, again) && steps.toInt() == 70 && list.size() == 2 &&
                    torch::equal(list[1], torch::arange(3));
  std::cout << (fine ? "everything came back as it was\n" : "something was lost\n");
  return fine ? 0 : 1;
}
