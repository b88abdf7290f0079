// Samplers: which indices the batches of an epoch hold, in order.
//
// Contract: next(n) gives up to n indices, nothing at the end of the epoch; reset() begins a new one. The data loader
// calls them from one thread.
#pragma once

#include <optional>
#include <vector>

#include "api/serialize/archive.h"
#include "aten/Tensor.h"

namespace tiny_torch::data::samplers {

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

/// Samplers that go through a list of indices once an epoch.
class TORCH_API IndexSampler : public Sampler<> {
 public:
  std::optional<std::vector<size_t>> next(size_t batch_size) override;
  void save(serialize::OutputArchive& archive) const override;
  void load(serialize::InputArchive& archive) override;
  size_t index() const noexcept { return position_; }

 protected:
  std::vector<size_t> indices_;
  size_t position_ = 0;
};

/// 0, 1, 2, ...
class TORCH_API SequentialSampler : public IndexSampler {
 public:
  explicit SequentialSampler(size_t size) { SequentialSampler::reset(size); }
  void reset(std::optional<size_t> new_size = std::nullopt) override;
};

/// All indices in an order drawn anew for each epoch from the default generator.
class TORCH_API RandomSampler : public IndexSampler {
 public:
  explicit RandomSampler(int64_t size, ScalarType index_dtype = kInt64);
  void reset(std::optional<size_t> new_size = std::nullopt) override;
};

/// Batch sizes instead of indices, for datasets that read from a stream; the epoch ends after `epoch_size` examples.
class TORCH_API StreamSampler : public Sampler<size_t> {
 public:
  explicit StreamSampler(size_t epoch_size) : epoch_size_(epoch_size) {}
  void reset(std::optional<size_t> new_size = std::nullopt) override;
  std::optional<size_t> next(size_t batch_size) override;
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
  /// Decides the order of the next epoch; all processes have to say the same number.
  void set_epoch(size_t epoch) { epoch_ = epoch; }
  size_t epoch() const { return epoch_; }

 protected:
  void take_share(const std::vector<size_t>& all);
  size_t local_size() const;
  size_t size_, num_replicas_, rank_, epoch_ = 0;
  bool allow_duplicates_;
};
class TORCH_API DistributedRandomSampler : public DistributedSampler {
 public:
  DistributedRandomSampler(size_t size, size_t num_replicas = 1, size_t rank = 0, bool allow_duplicates = true);
  void reset(std::optional<size_t> new_size = std::nullopt) override;
};
class TORCH_API DistributedSequentialSampler : public DistributedSampler {
 public:
  DistributedSequentialSampler(size_t size, size_t num_replicas = 1, size_t rank = 0, bool allow_duplicates = true);
  void reset(std::optional<size_t> new_size = std::nullopt) override;
};

}  // namespace tiny_torch::data::samplers
