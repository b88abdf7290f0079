// The data loader with and without workers, samplers, transforms, MNIST's files.
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <atomic>
#include <cstdio>
#include <fstream>
#include <numeric>

namespace {

namespace data = torch::data;

struct Numbers : data::datasets::Dataset<Numbers> {
  explicit Numbers(size_t n) : n(n) {}
  data::Example<> get(size_t i) override {
    if (i == fail_at) throw std::runtime_error("example " + std::to_string(i));
    const auto value = static_cast<int64_t>(i);
    return {torch::full({1}, value, torch::kFloat32), torch::tensor(value)};
  }
  std::optional<size_t> size() const override { return n; }
  size_t n, fail_at = SIZE_MAX;
};

template <class Loader>
std::vector<int64_t> targets(Loader& loader) {
  std::vector<int64_t> result;
  for (auto& batch : *loader) {
    for (int64_t i = 0; i < batch.target.numel(); ++i) result.push_back(batch.target[i].template item<int64_t>());
  }
  return result;
}
std::vector<int64_t> counted(int64_t n) {
  std::vector<int64_t> result(static_cast<size_t>(n));
  std::iota(result.begin(), result.end(), 0);
  return result;
}

TEST(DataLoader, OrderIsThatOfTheSamplerWithAnyNumberOfWorkers) {
  for (const size_t workers : {0, 1, 3}) {
    auto loader = data::make_data_loader<data::samplers::SequentialSampler>(
        Numbers(23).map(data::transforms::Stack<>()), data::DataLoaderOptions().batch_size(4).workers(workers));
    for (int epoch = 0; epoch < 3; ++epoch) EXPECT_EQ(targets(loader), counted(23)) << workers << " workers";
    auto first = loader->begin();
    EXPECT_EQ(first->data.sizes(), torch::IntArrayRef({4, 1}));
    EXPECT_EQ(targets(loader), counted(23)) << "after an epoch that was left early";
  }
}

TEST(DataLoader, RandomOrderHoldsEveryExampleOnce) {
  torch::manual_seed(3);
  auto loader = data::make_data_loader(Numbers(50).map(data::transforms::Stack<>()),
                                       data::DataLoaderOptions(8).workers(2).enforce_ordering(false));
  std::vector<int64_t> first = targets(loader), second = targets(loader);
  EXPECT_NE(first, counted(50));
  EXPECT_NE(first, second);
  std::sort(first.begin(), first.end());
  EXPECT_EQ(first, counted(50));
}

TEST(DataLoader, DropsTheLastBatchAndPassesErrorsOn) {
  auto loader = data::make_data_loader<data::samplers::SequentialSampler>(
      Numbers(10).map(data::transforms::Stack<>()), data::DataLoaderOptions().batch_size(4).drop_last(true));
  EXPECT_EQ(targets(loader), counted(8));
  for (const size_t workers : {0, 2}) {
    Numbers bad(10);
    bad.fail_at = 5;
    auto failing = data::make_data_loader<data::samplers::SequentialSampler>(
        bad.map(data::transforms::Stack<>()), data::DataLoaderOptions().batch_size(2).workers(workers));
    EXPECT_THROW(targets(failing), std::exception);
    EXPECT_THROW(targets(failing), std::exception) << "the loader stays usable";
  }
  EXPECT_THROW(data::make_data_loader(Numbers(3), data::DataLoaderOptions().batch_size(0)), c10::Error);
}

struct Countdown : data::datasets::StatefulDataset<Countdown, int> {
  std::optional<int> get_batch(size_t) override {
    const int value = --left;
    return value < 0 ? std::nullopt : std::optional<int>(value);
  }
  std::optional<size_t> size() const override { return std::nullopt; }
  void reset() override { left = 20; }
  std::atomic<int> left{0};
};

TEST(DataLoader, StatefulDatasetsEndThemselves) {
  auto loader =
      data::make_data_loader(data::datasets::make_shared_dataset<Countdown>(), data::DataLoaderOptions().workers(3));
  for (int epoch = 0; epoch < 2; ++epoch) {
    int count = 0, sum = 0;
    for (const int value : *loader) {
      ++count;
      sum += value;
    }
    EXPECT_EQ(count, 20);
    EXPECT_EQ(sum, 190);
  }
}

TEST(DataTransforms, NormalizeLambdaCollate) {
  auto dataset = Numbers(4)
                     .map(data::transforms::Normalize<>(1.0, 2.0))
                     .map(data::transforms::TensorLambda<>([](torch::Tensor x) { return x * 10; }))
                     .map(data::transforms::Lambda<data::Example<>>([](data::Example<> e) {
                       e.target += 1;
                       return e;
                     }));
  const std::vector<size_t> indices{3, 0};
  const auto batch = dataset.get_batch(indices);
  EXPECT_EQ(batch[0].data.item<float>(), 10);
  EXPECT_EQ(batch[1].data.item<float>(), -5);
  EXPECT_EQ(batch[1].target.item<int64_t>(), 1);
  auto summed = std::move(dataset).map(data::transforms::Collate<torch::Tensor, std::vector<data::Example<>>>(
      [](std::vector<data::Example<>> all) { return all[0].data + all[1].data; }));
  EXPECT_EQ(summed.get_batch(indices).item<float>(), 5);
  data::datasets::TensorDataset rows(torch::arange(6).view({3, 2}));
  EXPECT_TRUE(torch::equal(rows.map(data::transforms::Stack<data::TensorExample>()).get_batch(indices[1]).data,
                           torch::tensor({{0, 1}})));
}

TEST(DataSamplers, SharesOfProcessesAreDisjointAndRepeatable) {
  for (const bool duplicates : {true, false}) {
    std::vector<size_t> all;
    for (size_t rank = 0; rank < 3; ++rank) {
      data::samplers::DistributedRandomSampler sampler(10, 3, rank, duplicates), again(10, 3, rank, duplicates);
      EXPECT_EQ(sampler.next(100), again.next(100));
      again.set_epoch(1);
      again.reset();
      sampler.reset();
      const std::vector<size_t> share = *sampler.next(100);
      EXPECT_NE(share, *again.next(100));
      EXPECT_EQ(share.size(), duplicates ? 4U : 3U);
      all.insert(all.end(), share.begin(), share.end());
    }
    std::sort(all.begin(), all.end());
    all.erase(std::unique(all.begin(), all.end()), all.end());
    EXPECT_EQ(all.size(), duplicates ? 10U : 9U);
  }
  EXPECT_EQ(*data::samplers::DistributedSequentialSampler(6, 2, 1).next(3), (std::vector<size_t>{3, 4, 5}));
  EXPECT_THROW(data::samplers::DistributedRandomSampler(6, 2, 2), c10::Error);
}

TEST(DataSamplers, StateIsSavedAndLoaded) {
  data::samplers::RandomSampler a(10), b(3);
  a.next(4);
  torch::serialize::OutputArchive out;
  a.save(out);
  std::stringstream file;
  out.save_to(file);
  torch::serialize::InputArchive in;
  in.load_from(file);
  b.load(in);
  EXPECT_EQ(a.next(100), b.next(100));
  data::samplers::StreamSampler stream(10);
  EXPECT_EQ(stream.next(7), std::optional<size_t>(7));
  EXPECT_EQ(stream.next(7), std::optional<size_t>(3));
  EXPECT_EQ(stream.next(7), std::nullopt);
}

void write_idx(const std::string& path, const std::vector<uint32_t>& head, size_t values) {
  std::ofstream file(path, std::ios::binary);
  for (const uint32_t number : head) {
    for (int i = 3; i >= 0; --i) file.put(static_cast<char>(number >> (8 * i)));
  }
  for (size_t i = 0; i < values; ++i) file.put(static_cast<char>(i % 255));
}

TEST(DataMNIST, ReadsTheFilesAndRefusesOthers) {
  const std::string root = testing::TempDir();
  write_idx(root + "t10k-images-idx3-ubyte", {0x803, 3, 28, 28}, 3 * 784);
  write_idx(root + "t10k-labels-idx1-ubyte", {0x801, 3}, 3);
  data::datasets::MNIST mnist(root, data::datasets::MNIST::Mode::kTest);
  EXPECT_EQ(*mnist.size(), 3U);
  EXPECT_FALSE(mnist.is_train());
  const data::Example<> second = mnist.get(1);
  EXPECT_EQ(second.data.sizes(), torch::IntArrayRef({1, 28, 28}));
  EXPECT_FLOAT_EQ(second.data[0][0][0].item<float>(), (784 % 255) / 255.0F);
  EXPECT_EQ(second.target.item<int64_t>(), 1);
  write_idx(root + "t10k-images-idx3-ubyte", {0x803, 3, 28, 28}, 100);
  EXPECT_THROW(data::datasets::MNIST(root, data::datasets::MNIST::Mode::kTest), c10::Error);
  write_idx(root + "t10k-images-idx3-ubyte", {0x803, 0xffffffff, 0xffffffff, 0xffffffff}, 4);
  EXPECT_THROW(data::datasets::MNIST(root, data::datasets::MNIST::Mode::kTest), c10::Error);
  EXPECT_THROW(data::datasets::MNIST(root + "nothing"), c10::Error);
}

}  // namespace
