// ChunkDataset: every example once, batches across chunks, both samplers, errors of readers, saved progress.
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <algorithm>
#include <numeric>
#include <sstream>

namespace {

namespace data = torch::data;
namespace samplers = torch::data::samplers;

/// Chunk i holds the numbers that come after those of the chunks before it.
struct Reader : data::datasets::ChunkDataReader<int> {
  explicit Reader(std::vector<size_t> sizes) : sizes(std::move(sizes)) {}
  ChunkType read_chunk(size_t chunk) override {
    if (chunk == fail_at) throw std::runtime_error("chunk " + std::to_string(chunk));
    ChunkType numbers(sizes[chunk]);
    std::iota(numbers.begin(), numbers.end(), std::accumulate(sizes.begin(), sizes.begin() + chunk, 0));
    return numbers;
  }
  size_t chunk_count() override { return sizes.size(); }
  void reset() override {}
  std::vector<size_t> sizes;
  size_t fail_at = SIZE_MAX;
};

template <class ChunkSampler = samplers::SequentialSampler, class ExampleSampler = samplers::SequentialSampler>
auto make(const Reader& reader, const data::datasets::ChunkDatasetOptions& options,
          const std::function<void(std::vector<int>&)>& preprocess = {}) {
  return data::datasets::make_shared_dataset<data::datasets::ChunkDataset<Reader, ChunkSampler, ExampleSampler>>(
      reader, ChunkSampler(0), ExampleSampler(0), options, preprocess);
}
template <class Dataset>
std::vector<std::vector<int>> batches(Dataset& dataset, size_t batch_size, size_t workers = 0) {
  auto loader = data::make_data_loader(dataset, data::DataLoaderOptions(batch_size).workers(workers));
  std::vector<std::vector<int>> result;
  for (auto iterator = loader->begin(); iterator != loader->end(); ++iterator) result.push_back(*iterator);
  return result;
}
std::vector<int> sorted(const std::vector<std::vector<int>>& all) {
  std::vector<int> result;
  for (const auto& batch : all) result.insert(result.end(), batch.begin(), batch.end());
  std::sort(result.begin(), result.end());
  return result;
}
std::vector<int> counted(int n) {
  std::vector<int> result(static_cast<size_t>(n));
  std::iota(result.begin(), result.end(), 0);
  return result;
}

TEST(ChunkDataset, BatchesGoOnAcrossChunks) {
  auto dataset = make(Reader({3, 0, 1, 4}), {1, 3});
  for (int epoch = 0; epoch < 2; ++epoch) {
    EXPECT_EQ(batches(dataset, 3), (std::vector<std::vector<int>>{{0, 1, 2}, {3, 4, 5}, {6, 7}}));
  }
  EXPECT_EQ(dataset.size(), std::nullopt);
  auto none = make(Reader(std::vector<size_t>{}), {2, 3});
  EXPECT_EQ(batches(none, 3).size(), 0U);
}

TEST(ChunkDataset, EveryExampleOnceWithAnyNumberOfThreads) {
  for (const size_t preloaders : {1, 4}) {
    for (const size_t workers : {0, 3}) {
      for (const size_t chunks_at_once : {1, 3}) {
        auto dataset = make<samplers::RandomSampler, samplers::RandomSampler>(Reader(std::vector<size_t>(10, 7)),
                                                                              {preloaders, 4, 8, chunks_at_once});
        const auto all = batches(dataset, 4, workers);
        EXPECT_EQ(sorted(all), counted(70));
        EXPECT_EQ(all.size(), 18U);
      }
    }
  }
}

TEST(ChunkDataset, SamplersOrderChunksAndTheirExamples) {
  auto examples = make<samplers::SequentialSampler, samplers::RandomSampler>(Reader({50, 50}), {1, 50});
  const auto within = batches(examples, 50);
  EXPECT_NE(within[0], counted(50));
  EXPECT_EQ(sorted({within[0]}), counted(50));
  auto chunks = make<samplers::RandomSampler, samplers::SequentialSampler>(Reader(std::vector<size_t>(50, 1)), {1, 50});
  EXPECT_NE(batches(chunks, 50)[0], counted(50));
  auto changed = make(Reader({2, 2}), {1, 2}, [](std::vector<int>& chunk) {
    for (int& number : chunk) number *= -1;
  });
  EXPECT_EQ(batches(changed, 2), (std::vector<std::vector<int>>{{0, -1}, {-2, -3}}));
}

TEST(ChunkDataset, AnErrorIsThrownInItsPlaceAndTheRestIsRead) {
  Reader reader({2, 2, 2});
  reader.fail_at = 1;
  auto dataset = make(reader, {1, 2});
  dataset.reset();
  EXPECT_EQ(*dataset->get_batch(), (std::vector<int>{0, 1}));
  EXPECT_THROW(dataset->get_batch(), data::WorkerException);
  EXPECT_EQ(*dataset->get_batch(), (std::vector<int>{4, 5}));
  EXPECT_EQ(dataset->get_batch(), std::nullopt);
}

TEST(ChunkDataset, LeavingAnEpochEarlyBeginsAnewOne) {
  auto dataset = make(Reader(std::vector<size_t>(100, 5)), {3, 5, 5});
  for (int i = 0; i < 3; ++i) {
    dataset.reset();
    EXPECT_TRUE(dataset->get_batch().has_value());
  }
  EXPECT_EQ(sorted(batches(dataset, 5)), counted(500));
}

TEST(ChunkDataset, SavedProgressSkipsTheChunksThatWereRead) {
  const Reader reader(std::vector<size_t>(8, 2));
  auto first = make<samplers::RandomSampler>(reader, {1, 2, 2}),
       second = make<samplers::RandomSampler>(reader, {1, 2, 2});
  first.reset();
  std::vector<std::vector<int>> seen{*first->get_batch()};
  std::stringstream file;
  torch::save(*first, file);
  torch::load(*second, file);
  second.reset();
  size_t rest = 0;
  while (const auto batch = second->get_batch()) {
    EXPECT_NE(*batch, seen[0]);
    ++rest;
  }
  EXPECT_GE(rest, 4U);
  EXPECT_LT(rest, 8U);
  EXPECT_EQ(sorted(batches(second, 2)), counted(16)) << "the next epoch is whole";
}

TEST(ChunkDataset, WrongCalls) {
  using Options = data::datasets::ChunkDatasetOptions;
  EXPECT_THROW(Options(0, 1), c10::Error);
  EXPECT_THROW(Options(1, 0), c10::Error);
  EXPECT_THROW(Options(1, 5, 4), c10::Error);
  EXPECT_THROW(Options(1, 1, 1, 0), c10::Error);
  EXPECT_THROW(make(Reader({1}), Options(1, 1).batch_size(9999)), c10::Error);
  auto dataset = make(Reader({4}), {1, 2});
  EXPECT_THROW(dataset->get_batch(2), c10::Error) << "before reset()";
  dataset.reset();
  EXPECT_THROW(dataset->get_batch(3), c10::Error);
}

}  // namespace
