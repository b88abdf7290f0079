// make_data_loader: batches of a dataset, read ahead by worker threads.
//
// Example:
//   auto loader = torch::data::make_data_loader<torch::data::samplers::RandomSampler>(
//       std::move(dataset), torch::data::DataLoaderOptions().batch_size(64).workers(2));
//   for (auto& batch : *loader) train(batch.data, batch.target);
//
// Note [Data loader]
// Each worker owns a copy of the dataset (a stateful one is shared). The main thread draws from the sampler and hands out
// numbered requests, at most max_jobs ahead; with enforce_ordering results are kept back until their number is next.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <mutex>
#include <thread>

#include "api/arg.h"
#include "api/data/datasets/base.h"
#include "api/data/samplers/samplers.h"
#include "api/data/worker_exception.h"

namespace tiny_torch::frontend::data {

struct DataLoaderOptions {
  DataLoaderOptions() = default;
  DataLoaderOptions(size_t batch_size) : batch_size_(batch_size) {}  // NOLINT: implicit as in PyTorch
  TORCH_ARG(size_t, batch_size) = 1;
  /// Threads that read; without any the caller's thread does.
  TORCH_ARG(size_t, workers) = 0;
  /// How many batches are asked for ahead; 2 for each worker if it isn't said.
  TORCH_ARG(std::optional<size_t>, max_jobs);
  /// How long to wait for a batch before it is an error.
  TORCH_ARG(std::optional<std::chrono::milliseconds>, timeout);
  TORCH_ARG(bool, enforce_ordering) = true;
  /// Leaves out a last batch that is smaller.
  TORCH_ARG(bool, drop_last) = false;
};

/// The same with everything decided, as a loader's options() gives it.
struct FullDataLoaderOptions {
  explicit FullDataLoaderOptions(const DataLoaderOptions& given)
      : batch_size(given.batch_size()),
        workers(given.workers()),
        max_jobs(given.max_jobs().value_or(2 * workers)),
        timeout(given.timeout()),
        enforce_ordering(given.enforce_ordering()),
        drop_last(given.drop_last()) {}
  size_t batch_size;
  size_t workers;
  size_t max_jobs;
  std::optional<std::chrono::milliseconds> timeout;
  bool enforce_ordering;
  bool drop_last;
};

/// The batches of an epoch; past the end it equals a default-constructed one.
template <class Batch>
class Iterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using difference_type = std::ptrdiff_t;
  using value_type = Batch;
  using pointer = Batch*;
  using reference = Batch&;
  using Producer = std::function<std::optional<Batch>()>;

  Iterator() = default;
  explicit Iterator(Producer produce) : produce_(std::move(produce)), valid_(true) { ++*this; }
  Iterator& operator++() {
    TORCH_CHECK(valid_, "Attempted to increment iterator past the end");
    batch_ = produce_();
    valid_ = batch_.has_value();
    return *this;
  }
  Batch& operator*() {
    TORCH_CHECK(valid_, "Attempted to dereference iterator that was past the end");
    return *batch_;
  }
  Batch* operator->() { return &**this; }
  bool operator==(const Iterator& other) const { return this == &other || (!valid_ && !other.valid_); }
  bool operator!=(const Iterator& other) const { return !(*this == other); }

 private:
  Producer produce_;
  bool valid_ = false;
  std::optional<Batch> batch_;
};

template <class Dataset, class Sampler>
class DataLoader {
 public:
  using Request = typename Sampler::BatchRequestType;
  using DatasetBatch = typename Dataset::BatchType;
  template <class T>
  struct Plain {
    using type = T;
  };
  template <class T>
  struct Plain<std::optional<T>> {
    using type = T;
  };
  using BatchType = typename Plain<DatasetBatch>::type;

  DataLoader(Dataset dataset, Sampler sampler, const DataLoaderOptions& options)
      : options_(options), sampler_(std::move(sampler)) {
    TORCH_CHECK(options_.batch_size > 0, "DataLoader: expected batch_size > 0");
    TORCH_CHECK(options_.workers == 0 || options_.max_jobs > 0, "DataLoader: expected max_jobs > 0");
    if (options_.workers == 0) {
      datasets_.push_back(std::make_unique<Dataset>(std::move(dataset)));
      return;
    }
    const size_t copies = Dataset::is_stateful ? 1 : options_.workers;
    for (size_t i = 1; i < copies; ++i) datasets_.push_back(std::make_unique<Dataset>(dataset));
    datasets_.push_back(std::make_unique<Dataset>(std::move(dataset)));
    for (size_t i = 0; i < options_.workers; ++i) {
      workers_.emplace_back([this, i] { work(*datasets_[i % datasets_.size()]); });
    }
  }
  DataLoader(const DataLoader&) = delete;
  DataLoader& operator=(const DataLoader&) = delete;
  ~DataLoader() { join(); }

  using Iterator = data::Iterator<BatchType>;

  /// Starts an epoch. RuntimeError while another one has batches under way.
  Iterator begin() {
    TORCH_CHECK(!joined_, "DataLoader: the workers have ended");
    drain();
    sampler_.reset(std::nullopt);
    if constexpr (Dataset::is_stateful) datasets_[0]->reset();
    ended_ = false;
    next_number_ = expected_number_ = 0;
    return Iterator([this] { return next(); });
  }
  Iterator end() { return Iterator(); }

  /// Ends the worker threads.
  void join() {
    if (joined_) return;
    joined_ = true;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      stopping_ = true;
    }
    to_workers_.notify_all();
    for (std::thread& worker : workers_) worker.join();
  }
  const FullDataLoaderOptions& options() const noexcept { return options_; }

 private:
  struct Result {
    std::optional<BatchType> batch;
    std::exception_ptr error;
  };

  std::optional<Request> next_request() {
    if (ended_) return std::nullopt;
    std::optional<Request> request = sampler_.next(options_.batch_size);
    if (request.has_value() && options_.drop_last && request_size(*request) < options_.batch_size) request.reset();
    ended_ = !request.has_value();
    return request;
  }
  static size_t request_size(size_t size) { return size; }
  template <class T>
  static size_t request_size(const T& request) {
    return request.size();
  }
  static Result load(Dataset& dataset, const Request& request) {
    Result result;
    try {
      result.batch = dataset.get_batch(request);
    } catch (...) {
      result.error = std::current_exception();
    }
    return result;
  }

  void work(Dataset& dataset) {
    std::unique_lock<std::mutex> lock(mutex_);
    for (;;) {
      to_workers_.wait(lock, [this] { return stopping_ || !requests_.empty(); });
      if (stopping_) return;
      const auto job = std::move(requests_.front());
      requests_.pop_front();
      lock.unlock();
      Result result = load(dataset, job.second);
      lock.lock();
      results_.emplace(job.first, std::move(result));
      to_caller_.notify_one();
    }
  }

  /// Asks for batches until max_jobs are under way.
  void prefetch() {
    while (in_flight_ < options_.max_jobs) {
      std::optional<Request> request = next_request();
      if (!request.has_value()) return;
      const std::lock_guard<std::mutex> lock(mutex_);
      requests_.emplace_back(next_number_++, std::move(*request));
      ++in_flight_;
      to_workers_.notify_one();
    }
  }
  Result take() {
    std::unique_lock<std::mutex> lock(mutex_);
    const auto ready = [this] {
      return options_.enforce_ordering ? results_.count(expected_number_) != 0 : !results_.empty();
    };
    if (options_.timeout.has_value()) {
      TORCH_CHECK(to_caller_.wait_for(lock, *options_.timeout, ready),
                  "Timeout in DataLoader queue while waiting for next batch (timeout was ", options_.timeout->count(),
                  " ms)");
    } else {
      to_caller_.wait(lock, ready);
    }
    const auto found = options_.enforce_ordering ? results_.find(expected_number_) : results_.begin();
    Result result = std::move(found->second);
    results_.erase(found);
    --in_flight_;
    ++expected_number_;
    return result;
  }
  /// Waits for what an epoch that was left early has under way.
  void drain() {
    if (workers_.empty()) return;
    std::unique_lock<std::mutex> lock(mutex_);
    in_flight_ -= requests_.size();  // nobody works on these
    requests_.clear();
    to_caller_.wait(lock, [this] { return results_.size() == in_flight_; });
    results_.clear();
    in_flight_ = 0;
  }

  std::optional<BatchType> next() {
    for (;;) {
      Result result;
      if (workers_.empty()) {
        const std::optional<Request> request = next_request();
        if (!request.has_value()) return std::nullopt;
        result = load(*datasets_[0], *request);
        if (result.error != nullptr) std::rethrow_exception(result.error);
      } else {
        prefetch();
        if (in_flight_ == 0) return std::nullopt;
        result = take();
        if (result.error != nullptr) throw WorkerException(result.error);
      }
      if (result.batch.has_value()) return std::move(result.batch);
      ended_ = true;  // a stateful dataset has no more
    }
  }

  FullDataLoaderOptions options_;
  Sampler sampler_;
  std::vector<std::unique_ptr<Dataset>> datasets_;
  std::vector<std::thread> workers_;
  std::mutex mutex_;
  std::condition_variable to_workers_, to_caller_;
  std::deque<std::pair<size_t, Request>> requests_;
  std::map<size_t, Result> results_;
  size_t in_flight_ = 0, next_number_ = 0, expected_number_ = 0;
  bool ended_ = true, stopping_ = false, joined_ = false;
};

/// A sampler for stateful datasets, which need none: it asks for batches of the same size without end.
class UnlimitedSampler : public samplers::Sampler<size_t> {
 public:
  void reset(std::optional<size_t> = std::nullopt) override {}
  std::optional<size_t> next(size_t batch_size) override { return batch_size; }
  void save(serialize::OutputArchive&) const override {}
  void load(serialize::InputArchive&) override {}
};

/// The names of a loader's two kinds.
template <class Dataset, class Sampler>
using StatelessDataLoader = DataLoader<Dataset, Sampler>;
template <class Dataset>
using StatefulDataLoader = DataLoader<Dataset, UnlimitedSampler>;

template <class Dataset, class Sampler>
std::unique_ptr<DataLoader<Dataset, Sampler>> make_data_loader(Dataset dataset, Sampler sampler,
                                                               DataLoaderOptions options) {
  static_assert(!Dataset::is_stateful, "a stateful dataset takes no sampler");
  return std::make_unique<DataLoader<Dataset, Sampler>>(std::move(dataset), std::move(sampler), std::move(options));
}
/// With a sampler of the dataset's size. RuntimeError for a dataset whose size is not known.
template <class Sampler = samplers::RandomSampler, class Dataset, std::enable_if_t<!Dataset::is_stateful, int> = 0>
std::unique_ptr<DataLoader<Dataset, Sampler>> make_data_loader(Dataset dataset, DataLoaderOptions options = {}) {
  const std::optional<size_t> size = dataset.size();
  TORCH_CHECK(size.has_value(), "Expected the dataset to be sized in order to construct the Sampler");
  return make_data_loader(std::move(dataset), Sampler(*size), std::move(options));
}
template <class Dataset, std::enable_if_t<Dataset::is_stateful, int> = 0>
std::unique_ptr<DataLoader<Dataset, UnlimitedSampler>> make_data_loader(Dataset dataset,
                                                                        DataLoaderOptions options = {}) {
  return std::make_unique<DataLoader<Dataset, UnlimitedSampler>>(std::move(dataset), UnlimitedSampler(),
                                                                 std::move(options));
}

}  // namespace tiny_torch::frontend::data
