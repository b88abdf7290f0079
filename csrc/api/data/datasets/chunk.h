// ChunkDataset: data that is read in chunks (files, or parts of them) by threads of its own, in an order from one sampler,
// and handed out in batches whose examples another sampler orders within each chunk.
//
// Note [Chunk dataset]
// Preloaders take chunk numbers from the chunk sampler, read them without the lock and append their examples to a queue of
// batches, which they fill up before they begin a new one. They wait while the queue holds cache_size examples or more. An
// error in a reader takes its place in the queue and is thrown where that batch would have been taken.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

#include "api/arg.h"
#include "api/data/datasets/base.h"
#include "api/data/samplers/samplers.h"
#include "api/data/worker_exception.h"

namespace tiny_torch::frontend::data::datasets {

/// Reads chunks by number; read_chunk() is called from several threads.
template <class Example, class Chunk = std::vector<Example>>
class ChunkDataReader {
 public:
  using ChunkType = Chunk;
  using ExampleType = Example;
  using BatchType = Chunk;
  virtual ~ChunkDataReader() = default;
  virtual ChunkType read_chunk(size_t chunk_index) = 0;
  virtual size_t chunk_count() = 0;
  /// Called before each epoch.
  virtual void reset() = 0;
};

/// RuntimeError for a count of 0 and for a cache that holds no batch.
struct TORCH_API ChunkDatasetOptions {
  ChunkDatasetOptions(size_t preloader_count, size_t batch_size, size_t cache_size = 2048,
                      size_t cross_chunk_shuffle_count = 1)
      : preloader_count_(preloader_count),
        batch_size_(batch_size),
        cache_size_(cache_size),
        cross_chunk_shuffle_count_(cross_chunk_shuffle_count) {
    check();
  }
  void check() const {
    TORCH_CHECK(preloader_count_ > 0, "Preloader count is 0. At least one preloader needs to be specified.");
    TORCH_CHECK(batch_size_ > 0, "Batch size is 0. A positive batch size needs to be specified.");
    TORCH_CHECK(cache_size_ > 0, "Cache size is 0. A positive cache size needs to be specified.");
    TORCH_CHECK(cache_size_ >= batch_size_, "Cache size is less than batch size: ", cache_size_, " < ", batch_size_);
    TORCH_CHECK(cross_chunk_shuffle_count_ > 0, "cross_chunk_shuffle_count needs to be greater than 0.");
  }
  /// Threads that read.
  TORCH_ARG(size_t, preloader_count);
  TORCH_ARG(size_t, batch_size);
  /// Readers wait while this many examples are ready.
  TORCH_ARG(size_t, cache_size);
  /// So many chunks are read at once and their examples mixed.
  TORCH_ARG(size_t, cross_chunk_shuffle_count);
};

namespace detail {

/// The batches that are ready, and those who wait for them or for room; see Note [Chunk dataset].
template <class Batch, class ExampleSampler>
class ChunkQueue {
 public:
  ChunkQueue(size_t batch_size, size_t capacity, size_t writers, ExampleSampler& sampler)
      : batch_size_(batch_size), capacity_(capacity), writers_(writers), sampler_(sampler) {}

  /// The next batch, or nothing at the end of the epoch; an error of a reader is thrown as WorkerException.
  std::optional<Batch> take() {
    std::unique_lock<std::mutex> lock(mutex_);
    readable_.wait(lock, [this] {
      return writers_ == 0 || stopped_ || examples_ >= batch_size_ || (!entries_.empty() && entries_.front().error);
    });
    if (stopped_ || entries_.empty()) return std::nullopt;
    Entry entry = std::move(entries_.front());
    entries_.pop_front();
    examples_ -= entry.batch.size();
    lock.unlock();
    writable_.notify_all();
    if (entry.error) throw WorkerException(entry.error);
    return std::move(entry.batch);
  }
  /// Appends a chunk's examples in the sampler's order; false when nobody wants them any more.
  bool put(Batch chunk) {
    std::unique_lock<std::mutex> lock(mutex_);
    if (!wait_for_room(lock)) return false;
    sampler_.reset(chunk.size());
    for (size_t left = chunk.size(); left > 0;) {
      const bool full = entries_.empty() || entries_.back().error || entries_.back().batch.size() >= batch_size_;
      if (full) entries_.emplace_back();
      Batch& batch = entries_.back().batch;
      const auto indices = sampler_.next(std::min(left, batch_size_ - batch.size()));
      TORCH_CHECK(indices.has_value() && indices->size() > 0, "ChunkDataset: the example sampler ended ", left,
                  " examples early");
      for (const size_t i : *indices) {
        TORCH_CHECK_INDEX(i < chunk.size(), "ChunkDataset: example ", i, " of a chunk of ", chunk.size());
        batch.push_back(std::move(chunk[i]));
        ++examples_;
      }
      left -= std::min(left, indices->size());
    }
    lock.unlock();
    readable_.notify_all();
    return true;
  }
  bool put(std::exception_ptr error) {
    std::unique_lock<std::mutex> lock(mutex_);
    if (!wait_for_room(lock)) return false;
    entries_.emplace_back();
    entries_.back().error = std::move(error);
    lock.unlock();
    readable_.notify_all();
    return true;
  }
  void writer_ends() {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      --writers_;
    }
    readable_.notify_all();
  }
  /// Ends all waiting.
  void stop() {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      stopped_ = true;
    }
    readable_.notify_all();
    writable_.notify_all();
  }

 private:
  struct Entry {
    Batch batch;
    std::exception_ptr error;
  };
  bool wait_for_room(std::unique_lock<std::mutex>& lock) {
    writable_.wait(lock, [this] { return stopped_ || examples_ < capacity_; });
    return !stopped_;
  }

  const size_t batch_size_, capacity_;
  size_t writers_, examples_ = 0;
  bool stopped_ = false;
  ExampleSampler& sampler_;
  std::deque<Entry> entries_;
  std::mutex mutex_;
  std::condition_variable readable_, writable_;
};

}  // namespace detail

/// A stateful dataset over a ChunkDataReader; `preprocess` changes the examples of each chunk before they are ordered.
/// saving and loading keeps which chunks come next. Cannot be copied: see make_shared_dataset().
template <class ChunkReader, class ChunkSampler = samplers::RandomSampler,
          class ExampleSampler = samplers::RandomSampler>
class ChunkDataset final : public StatefulDataset<ChunkDataset<ChunkReader, ChunkSampler, ExampleSampler>,
                                                  typename ChunkReader::BatchType, size_t> {
 public:
  using UnwrappedBatchType = typename ChunkReader::BatchType;
  using BatchType = std::optional<UnwrappedBatchType>;
  using BatchRequestType = size_t;
  using ChunkSamplerType = ChunkSampler;
  using ExampleSamplerType = ExampleSampler;
  using Preprocess = std::function<void(UnwrappedBatchType&)>;

  ChunkDataset(ChunkReader chunk_reader, ChunkSampler chunk_sampler, ExampleSampler example_sampler,
               ChunkDatasetOptions options, Preprocess preprocess = {})
      : reader_(std::move(chunk_reader)),
        chunk_sampler_(std::move(chunk_sampler)),
        example_sampler_(std::move(example_sampler)),
        options_(std::move(options)),
        preprocess_(std::move(preprocess)) {
    options_.check();
  }
  ChunkDataset(const ChunkDataset&) = delete;
  ChunkDataset& operator=(const ChunkDataset&) = delete;
  ~ChunkDataset() override { end_epoch(); }

  /// RuntimeError before the first reset() and for another size than that of the options.
  BatchType get_batch(size_t batch_size) override {
    TORCH_CHECK(queue_ != nullptr, "Dataset needs to call reset() before calling get_batch().");
    TORCH_CHECK(batch_size == options_.batch_size(),
                "The requested batch size does not match with the initialized batch size: got ", batch_size,
                ", expected ", options_.batch_size());
    return queue_->take();
  }
  BatchType get_batch() { return get_batch(options_.batch_size()); }

  /// Begins an epoch; after load() it goes on with the chunks that were left.
  void reset() override {
    end_epoch();
    reader_.reset();
    if (!loaded_) chunk_sampler_.reset(reader_.chunk_count());
    loaded_ = false;
    queue_ = std::make_unique<Queue>(options_.batch_size(), options_.cache_size(), options_.preloader_count(),
                                     example_sampler_);
    for (size_t i = 0; i < options_.preloader_count(); ++i) preloaders_.emplace_back([this] { preload(); });
  }
  std::optional<size_t> size() const override { return std::nullopt; }
  /// To be changed between epochs only, as by set_epoch() of a distributed sampler.
  ChunkSamplerType& chunk_sampler() { return chunk_sampler_; }

  void save(serialize::OutputArchive& archive) const override {
    const std::lock_guard<std::mutex> lock(chunk_mutex_);
    chunk_sampler_.save(archive);
  }
  void load(serialize::InputArchive& archive) override {
    const std::lock_guard<std::mutex> lock(chunk_mutex_);
    chunk_sampler_.load(archive);
    loaded_ = true;
  }

 private:
  using Queue = detail::ChunkQueue<UnwrappedBatchType, ExampleSampler>;

  std::optional<std::vector<size_t>> next_chunks() {
    const std::lock_guard<std::mutex> lock(chunk_mutex_);
    return chunk_sampler_.next(options_.cross_chunk_shuffle_count());
  }
  /// Reads the next chunks into the queue; false at the end.
  bool preload_once() {
    bool taken = false;
    try {
      const std::optional<std::vector<size_t>> numbers = next_chunks();
      if (!numbers.has_value()) return false;
      taken = true;
      UnwrappedBatchType examples;
      for (const size_t number : *numbers) {
        UnwrappedBatchType chunk = reader_.read_chunk(number);
        std::move(chunk.begin(), chunk.end(), std::back_inserter(examples));
      }
      if (preprocess_) preprocess_(examples);
      return examples.empty() || queue_->put(std::move(examples));
    } catch (...) {
      // A sampler that fails would fail for ever; a chunk that does is skipped.
      return queue_->put(std::current_exception()) && taken;
    }
  }
  void preload() {
    while (preload_once()) {
    }
    queue_->writer_ends();
  }
  void end_epoch() {
    if (queue_ != nullptr) queue_->stop();
    for (std::thread& preloader : preloaders_) preloader.join();
    preloaders_.clear();
  }

  ChunkReader reader_;
  ChunkSampler chunk_sampler_;
  ExampleSampler example_sampler_;
  ChunkDatasetOptions options_;
  Preprocess preprocess_;
  std::unique_ptr<Queue> queue_;
  std::vector<std::thread> preloaders_;
  mutable std::mutex chunk_mutex_;
  bool loaded_ = false;
};

}  // namespace tiny_torch::frontend::data::datasets
