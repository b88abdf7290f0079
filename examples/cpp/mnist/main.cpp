// Trains a small convolutional network on MNIST or Fashion-MNIST: the C++ twin of examples/mnist/main.py, with the same
// network, the same order of examples from the same seed, and so the same accuracy.
//
//   mnist DATA_FOLDER [EPOCHS] [LIMIT] [WORKERS]      (the folder holds the four idx files, unpacked)
#include <torch/torch.h>

#include <chrono>
#include <cstdlib>
#include <iomanip>
#include <iostream>
#include <string>

struct NetImpl : torch::nn::Module {
  NetImpl()
      : conv1(torch::nn::Conv2dOptions(1, 32, /*kernel_size=*/3).padding(1)),
        conv2(torch::nn::Conv2dOptions(32, 64, /*kernel_size=*/3).padding(1)),
        fc1(64 * 7 * 7, 128),
        fc2(128, 10) {
    register_module("conv1", conv1);
    register_module("conv2", conv2);
    register_module("fc1", fc1);
    register_module("fc2", fc2);
  }

  // (N, 1, 28, 28) -> (N, 10)
  torch::Tensor forward(torch::Tensor x) {
    x = torch::max_pool2d(torch::relu(conv1(x)), 2);
    x = torch::max_pool2d(torch::relu(conv2(x)), 2);
    x = torch::relu(fc1(torch::flatten(x, 1)));
    return fc2(x);
  }

  torch::nn::Conv2d conv1, conv2;
  torch::nn::Linear fc1, fc2;
};
TORCH_MODULE(Net);

template <typename DataLoader>
double train(Net& model, DataLoader& loader, torch::optim::Optimizer& optimizer) {
  model->train();
  double total = 0;
  int64_t done = 0;
  for (auto& batch : loader) {
    optimizer.zero_grad();
    torch::Tensor loss = torch::nn::functional::cross_entropy(model(batch.data), batch.target);
    loss.backward();
    optimizer.step();
    total += loss.template item<double>() * static_cast<double>(batch.data.size(0));
    done += batch.data.size(0);
  }
  return total / static_cast<double>(done);
}

template <typename DataLoader>
double test(Net& model, DataLoader& loader, size_t size) {
  torch::NoGradGuard no_grad;
  model->eval();
  int64_t correct = 0;
  for (const auto& batch : loader) {
    auto predictions = model(batch.data).argmax(1);
    correct += predictions.eq(batch.target).sum().template item<int64_t>();
  }
  return 100.0 * static_cast<double>(correct) / static_cast<double>(size);
}

int main(int argc, char** argv) {
  if (argc < 2) {
    std::cerr << "usage: mnist DATA_FOLDER [EPOCHS] [LIMIT] [WORKERS]\n";
    return 2;
  }
  const int epochs = argc > 2 ? std::atoi(argv[2]) : 5;
  const size_t limit = argc > 3 ? static_cast<size_t>(std::atoll(argv[3])) : 0;
  const size_t workers = argc > 4 ? static_cast<size_t>(std::atoll(argv[4])) : 0;

  auto train_set = torch::data::datasets::MNIST(argv[1]);
  auto test_set = torch::data::datasets::MNIST(argv[1], torch::data::datasets::MNIST::Mode::kTest);
  const size_t train_size = limit != 0 ? std::min(limit, *train_set.size()) : *train_set.size();
  const size_t test_size = *test_set.size();
  auto train_loader = torch::data::make_data_loader(std::move(train_set).map(torch::data::transforms::Stack<>()),
                                                    torch::data::samplers::RandomSampler(train_size),
                                                    torch::data::DataLoaderOptions().batch_size(64).workers(workers));
  auto test_loader = torch::data::make_data_loader<torch::data::samplers::SequentialSampler>(
      std::move(test_set).map(torch::data::transforms::Stack<>()), 1000);

  // Seeded here, so that the weights and the order of the images are those of the Python example.
  torch::manual_seed(1);
  Net model;
  torch::optim::Adam optimizer(model->parameters(), torch::optim::AdamOptions(1e-3));
  std::cout << model << "\n" << train_size << " training images\n" << std::fixed;

  double accuracy = 0;
  for (int epoch = 1; epoch <= epochs; ++epoch) {
    const auto start = std::chrono::steady_clock::now();
    const double loss = train(model, *train_loader, optimizer);
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    accuracy = test(model, *test_loader, test_size);
    std::cout << "epoch " << epoch << ": " << std::setprecision(1) << seconds.count() << " s, loss "
              << std::setprecision(4) << loss << ", test accuracy " << std::setprecision(2) << accuracy << " %"
              << std::endl;
  }

  torch::save(model, "mnist_model.pt");
  Net restored;
  torch::load(restored, "mnist_model.pt");
  const double again = test(restored, *test_loader, test_size);
  std::cout << "mnist_model.pt saved and loaded back: " << again << " %\n";
  return again == accuracy ? 0 : 1;
}
