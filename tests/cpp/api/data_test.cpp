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

/// A request of one's own: examples from a place on.
struct From : data::samplers::CustomBatchRequest {
  From(size_t first, size_t count) : first(first), count(count) {}
  size_t size() const override { return count; }
  size_t first, count;
};
struct FromSampler : data::samplers::Sampler<From> {
  void reset(std::optional<size_t>) override { first = 0; }
  std::optional<From> next(size_t batch_size) override {
    if (first >= 10) return std::nullopt;
    const From request(first, std::min<size_t>(batch_size, 10 - first));
    first += request.count;
    return request;
  }
  void save(torch::serialize::OutputArchive&) const override {}
  void load(torch::serialize::InputArchive&) override {}
  size_t first = 0;
};
struct Ranges : data::datasets::BatchDataset<Ranges, std::vector<size_t>, From> {
  std::vector<size_t> get_batch(From request) override {
    std::vector<size_t> result(request.count);
    std::iota(result.begin(), result.end(), request.first);
    return result;
  }
  std::optional<size_t> size() const override { return 10; }
};

TEST(DataLoader, RequestsOfOnesOwnAndTheNamesOfItsParts) {
  auto options = data::DataLoaderOptions().batch_size(4).workers(2).drop_last(true);
  std::unique_ptr<data::StatelessDataLoader<Ranges, FromSampler>> loader =
      data::make_data_loader(Ranges(), FromSampler(), options);
  std::vector<std::vector<size_t>> seen;
  for (data::Iterator<std::vector<size_t>> at = loader->begin(); at != loader->end(); ++at) seen.push_back(*at);
  EXPECT_EQ(seen, (std::vector<std::vector<size_t>>{{0, 1, 2, 3}, {4, 5, 6, 7}}));
  EXPECT_EQ(loader->options().batch_size, 4U);
  EXPECT_EQ(loader->options().max_jobs, 4U);
  auto end = loader->end();
  EXPECT_THROW(*end, c10::Error);
  EXPECT_THROW(++end, c10::Error);
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

// Orders that processes share are libtorch's, so that old and new ones may work together.
TEST(DataSamplers, SharedOrdersAreThoseOfLibtorch) {
  const std::vector<std::vector<size_t>> with{{3, 0, 8, 5}, {1, 6, 9, 7}, {0, 4, 1, 2}},
      without{{3, 6, 0}, {2, 5, 1}, {8, 4, 7}};
  for (size_t rank = 0; rank < 3; ++rank) {
    for (const bool duplicates : {true, false}) {
      data::samplers::DistributedRandomSampler sampler(10, 3, rank, duplicates);
      sampler.set_epoch(3);
      sampler.reset();
      EXPECT_EQ(*sampler.next(100), (duplicates ? with : without)[rank]);
    }
    data::samplers::DistributedSequentialSampler sequential(10, 3, rank);
    EXPECT_EQ(sequential.index(), 4 * rank);
    EXPECT_EQ(sequential.next(100)->size(), 4U);
    EXPECT_EQ(sequential.index(), 4 * rank + 4);
  }
}

/// `other` goes on where `sampler` was saved.
template <class Sampler>
void expect_goes_on(Sampler sampler, Sampler other, const std::vector<const char*>& keys) {
  sampler.next(2);
  std::stringstream file;
  torch::save(sampler, file);
  torch::load(other, file);
  EXPECT_EQ(sampler.next(100), other.next(100));
  torch::serialize::InputArchive archive;
  file.seekg(0);
  archive.load_from(file);
  torch::Tensor value;
  for (const char* key : keys) EXPECT_TRUE(archive.try_read(key, value, /*is_buffer=*/true)) << key;
}

TEST(DataSamplers, StateIsSavedAndLoadedUnderLibtorchsNames) {
  namespace samplers = data::samplers;
  expect_goes_on(samplers::RandomSampler(10), samplers::RandomSampler(3), {"index", "indices"});
  expect_goes_on(samplers::SequentialSampler(10), samplers::SequentialSampler(10), {"index"});
  expect_goes_on(samplers::StreamSampler(10), samplers::StreamSampler(10), {"examples_retrieved_so_far"});
  expect_goes_on(samplers::DistributedSequentialSampler(10, 2, 1), samplers::DistributedSequentialSampler(10, 2, 1),
                 {"sample_index_"});
  samplers::DistributedRandomSampler later(10, 2, 1);
  later.set_epoch(4);
  later.reset();
  expect_goes_on(later, samplers::DistributedRandomSampler(10, 2, 1), {"sample_index_", "epoch_"});
  std::stringstream file;
  samplers::SequentialSampler far(10), near(3);
  far.next(7);
  torch::save(far, file);
  EXPECT_THROW(torch::load(near, file), c10::Error);
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
