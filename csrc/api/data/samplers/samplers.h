// Samplers: which indices the batches of an epoch hold, in order.
//
// Contract: next(n) gives up to n indices, nothing at the end of the epoch; reset() begins a new one. The data loader
// calls them from one thread.
#pragma once

#include <optional>
#include <vector>

#include "api/serialize.h"
#include "aten/Tensor.h"

namespace tiny_torch::frontend::data::samplers {

template <class BatchRequest = std::vector<size_t>>
class Sampler {
 public:
  using BatchRequestType = BatchRequest;
  virtual ~Sampler() = default;
  virtual void reset(std::optional<size_t> new_size = std::nullopt) = 0;
  virtual std::optional<BatchRequest> next(size_t batch_size) = 0;
  virtual void save(serialize::OutputArchive& archive) const = 0;
  virtual void load(serialize::InputArchive& archive) = 0;
};

/// torch::save and torch::load of how far a sampler is.
template <class BatchRequest>
serialize::OutputArchive& operator<<(serialize::OutputArchive& archive, const Sampler<BatchRequest>& sampler) {
  sampler.save(archive);
  return archive;
}
template <class BatchRequest>
serialize::InputArchive& operator>>(serialize::InputArchive& archive, Sampler<BatchRequest>& sampler) {
  sampler.load(archive);
  return archive;
}

/// Base of requests that are no list of indices, for datasets that understand them.
struct TORCH_API CustomBatchRequest {
  CustomBatchRequest() = default;
  CustomBatchRequest(const CustomBatchRequest&) = default;
  CustomBatchRequest(CustomBatchRequest&&) noexcept = default;
  CustomBatchRequest& operator=(const CustomBatchRequest&) = default;
  CustomBatchRequest& operator=(CustomBatchRequest&&) noexcept = default;
  virtual ~CustomBatchRequest();
  /// The number of examples asked for.
  virtual size_t size() const = 0;
};
/// A request for so many examples, whichever come next.
struct TORCH_API BatchSize : public CustomBatchRequest {
  explicit BatchSize(size_t size) : size_(size) {}
  size_t size() const noexcept override { return size_; }
  operator size_t() const noexcept { return size_; }  // NOLINT: implicit as in PyTorch
  size_t size_;
};

/// Samplers that go through a list of indices once an epoch.
class TORCH_API IndexSampler : public Sampler<> {
 public:
  std::optional<std::vector<size_t>> next(size_t batch_size) override;
  /// Where the next batch begins.
  size_t index() const noexcept { return offset_ + position_; }

 protected:
  void save_index(serialize::OutputArchive& archive, const char* key) const;
  /// RuntimeError for an index outside of the list.
  void load_index(serialize::InputArchive& archive, const char* key);

  std::vector<size_t> indices_;
  size_t position_ = 0;
  /// What comes before this list in one that processes share.
  size_t offset_ = 0;
};

/// 0, 1, 2, ...
class TORCH_API SequentialSampler : public IndexSampler {
 public:
  explicit SequentialSampler(size_t size) { SequentialSampler::reset(size); }
  void reset(std::optional<size_t> new_size = std::nullopt) override;
  void save(serialize::OutputArchive& archive) const override { save_index(archive, "index"); }
  void load(serialize::InputArchive& archive) override { load_index(archive, "index"); }
};

/// All indices in an order drawn anew for each epoch from the default generator.
class TORCH_API RandomSampler : public IndexSampler {
 public:
  explicit RandomSampler(int64_t size, ScalarType index_dtype = kInt64);
  void reset(std::optional<size_t> new_size = std::nullopt) override;
  void save(serialize::OutputArchive& archive) const override;
  void load(serialize::InputArchive& archive) override;
};

/// Batch sizes instead of indices, for datasets that read from a stream; the epoch ends after `epoch_size` examples.
class TORCH_API StreamSampler : public Sampler<BatchSize> {
 public:
  explicit StreamSampler(size_t epoch_size) : epoch_size_(epoch_size) {}
  void reset(std::optional<size_t> new_size = std::nullopt) override;
  std::optional<BatchSize> next(size_t batch_size) override;
  void save(serialize::OutputArchive& archive) const override;
  void load(serialize::InputArchive& archive) override;

 private:
  size_t epoch_size_;
  size_t examples_ = 0;
};

/// The share of one of `num_replicas` processes. Shares have the same size: the last ones begin again from the front
/// with `allow_duplicates`, else the rest is left out.
class TORCH_API DistributedSampler : public IndexSampler {
 public:
  DistributedSampler(size_t size, size_t num_replicas = 1, size_t rank = 0, bool allow_duplicates = true);
  void reset(std::optional<size_t> new_size = std::nullopt) override;
  /// Decides the order of the next epoch; all processes have to say the same number.
  void set_epoch(size_t epoch) { epoch_ = epoch; }
  size_t epoch() const { return epoch_; }

 protected:
  /// The indices of all processes in the order of this epoch.
  virtual std::vector<size_t> ordered(std::vector<size_t> all) const = 0;
  size_t size_, num_replicas_, rank_, epoch_ = 0;
  bool allow_duplicates_;
};
/// All processes draw the same order from the epoch's number.
class TORCH_API DistributedRandomSampler : public DistributedSampler {
 public:
  DistributedRandomSampler(size_t size, size_t num_replicas = 1, size_t rank = 0, bool allow_duplicates = true);
  void save(serialize::OutputArchive& archive) const override;
  void load(serialize::InputArchive& archive) override;

 protected:
  std::vector<size_t> ordered(std::vector<size_t> all) const override;
};
class TORCH_API DistributedSequentialSampler : public DistributedSampler {
 public:
  DistributedSequentialSampler(size_t size, size_t num_replicas = 1, size_t rank = 0, bool allow_duplicates = true);
  void save(serialize::OutputArchive& archive) const override { save_index(archive, "sample_index_"); }
  void load(serialize::InputArchive& archive) override { load_index(archive, "sample_index_"); }

 protected:
  std::vector<size_t> ordered(std::vector<size_t> all) const override { return all; }
};

}  // namespace tiny_torch::frontend::data::samplers
