#include "api/data/samplers/samplers.h"

#include <numeric>

#include "aten/core/CPUGeneratorImpl.h"
#include "generated/ops/random.h"

namespace tiny_torch::data::samplers {
namespace {

std::vector<size_t> counted(size_t size) {
  std::vector<size_t> result(size);
  std::iota(result.begin(), result.end(), size_t{0});
  return result;
}
std::vector<size_t> as_indices(const TensorBase& permutation) {
  const int64_t* values = permutation.const_data_ptr<int64_t>();
  return {values, values + permutation.numel()};
}

}  // namespace

std::optional<std::vector<size_t>> IndexSampler::next(size_t batch_size) {
  if (position_ >= indices_.size()) return std::nullopt;
  const size_t end = std::min(indices_.size(), position_ + batch_size);
  std::vector<size_t> batch(indices_.begin() + static_cast<std::ptrdiff_t>(position_),
                            indices_.begin() + static_cast<std::ptrdiff_t>(end));
  position_ = end;
  return batch;
}
void IndexSampler::save(serialize::OutputArchive& archive) const {
  archive.write("position", IValue(static_cast<int64_t>(position_)));
  archive.write("indices", IValue(std::vector<int64_t>(indices_.begin(), indices_.end())));
}
void IndexSampler::load(serialize::InputArchive& archive) {
  IValue position, indices;
  archive.read("position", position);
  archive.read("indices", indices);
  std::vector<size_t> loaded;
  for (const IValue& one : indices.to_list()) loaded.push_back(static_cast<size_t>(one.to_int()));
  TORCH_CHECK(position.to_int() >= 0 && static_cast<size_t>(position.to_int()) <= loaded.size(),
              "load(): the sampler's position ", position.to_int(), " is not within its ", loaded.size(), " indices");
  indices_ = std::move(loaded);
  position_ = static_cast<size_t>(position.to_int());
}

void SequentialSampler::reset(std::optional<size_t> new_size) {
  if (new_size.has_value()) indices_ = counted(*new_size);
  position_ = 0;
}

RandomSampler::RandomSampler(int64_t size, ScalarType) { RandomSampler::reset(static_cast<size_t>(size)); }
void RandomSampler::reset(std::optional<size_t> new_size) {
  indices_ = as_indices(ops::randperm(static_cast<int64_t>(new_size.value_or(indices_.size())), kLong));
  position_ = 0;
}

void StreamSampler::reset(std::optional<size_t> new_size) {
  epoch_size_ = new_size.value_or(epoch_size_);
  examples_ = 0;
}
std::optional<size_t> StreamSampler::next(size_t batch_size) {
  if (examples_ >= epoch_size_) return std::nullopt;
  const size_t size = std::min(batch_size, epoch_size_ - examples_);
  examples_ += size;
  return size;
}
void StreamSampler::save(serialize::OutputArchive& archive) const {
  archive.write("examples", IValue(static_cast<int64_t>(examples_)));
}
void StreamSampler::load(serialize::InputArchive& archive) {
  IValue examples;
  archive.read("examples", examples);
  examples_ = static_cast<size_t>(examples.to_int());
}

DistributedSampler::DistributedSampler(size_t size, size_t num_replicas, size_t rank, bool allow_duplicates)
    : size_(size), num_replicas_(num_replicas), rank_(rank), allow_duplicates_(allow_duplicates) {
  TORCH_CHECK(num_replicas > 0 && rank < num_replicas, "DistributedSampler: expected rank < num_replicas, got rank ",
              rank, " of ", num_replicas);
}
size_t DistributedSampler::local_size() const {
  return allow_duplicates_ ? (size_ + num_replicas_ - 1) / num_replicas_ : size_ / num_replicas_;
}
void DistributedSampler::take_share(const std::vector<size_t>& all) {
  indices_.clear();
  position_ = 0;
  const size_t count = local_size();
  for (size_t i = 0; i < count && !all.empty(); ++i) indices_.push_back(all[(rank_ * count + i) % all.size()]);
}

DistributedRandomSampler::DistributedRandomSampler(size_t size, size_t num_replicas, size_t rank, bool allow_duplicates)
    : DistributedSampler(size, num_replicas, rank, allow_duplicates) {
  DistributedRandomSampler::reset();
}
void DistributedRandomSampler::reset(std::optional<size_t> new_size) {
  size_ = new_size.value_or(size_);
  // A generator of our own, so that all processes draw the same order and no other numbers change.
  const Generator generator = make_cpu_generator(epoch_);
  take_share(as_indices(ops::randperm(static_cast<int64_t>(size_), generator, kLong)));
}

DistributedSequentialSampler::DistributedSequentialSampler(size_t size, size_t num_replicas, size_t rank,
                                                           bool allow_duplicates)
    : DistributedSampler(size, num_replicas, rank, allow_duplicates) {
  DistributedSequentialSampler::reset();
}
void DistributedSequentialSampler::reset(std::optional<size_t> new_size) {
  size_ = new_size.value_or(size_);
  take_share(counted(size_));
}

}  // namespace tiny_torch::data::samplers
