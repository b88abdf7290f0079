#include "api/data/samplers/samplers.h"

#include <numeric>
#include <random>

#include "generated/functions/creation.h"
#include "generated/functions/index.h"
#include "generated/functions/random.h"
#include "generated/functions/reduce.h"

namespace tiny_torch::frontend::data::samplers {
namespace {

std::vector<size_t> counted(size_t size) {
  std::vector<size_t> result(size);
  std::iota(result.begin(), result.end(), size_t{0});
  return result;
}
std::vector<size_t> as_indices(const Tensor& permutation) {
  const Tensor values = permutation.to(kInt64).contiguous();
  const int64_t* first = values.const_data_ptr<int64_t>();
  return {first, first + values.numel()};
}

void write_count(serialize::OutputArchive& archive, const char* key, size_t count) {
  archive.write(key, full({}, static_cast<int64_t>(count), kInt64), /*is_buffer=*/true);
}
size_t read_count(serialize::InputArchive& archive, const char* key) {
  Tensor count;
  archive.read(key, count, /*is_buffer=*/true);
  const auto value = count.item<int64_t>();
  TORCH_CHECK(value >= 0, "load(): the sampler's ", key, " is ", value);
  return static_cast<size_t>(value);
}

}  // namespace

CustomBatchRequest::~CustomBatchRequest() = default;

std::optional<std::vector<size_t>> IndexSampler::next(size_t batch_size) {
  if (position_ >= indices_.size()) return std::nullopt;
  const size_t end = std::min(indices_.size(), position_ + batch_size);
  std::vector<size_t> batch(indices_.begin() + static_cast<std::ptrdiff_t>(position_),
                            indices_.begin() + static_cast<std::ptrdiff_t>(end));
  position_ = end;
  return batch;
}
void IndexSampler::save_index(serialize::OutputArchive& archive, const char* key) const {
  write_count(archive, key, index());
}
void IndexSampler::load_index(serialize::InputArchive& archive, const char* key) {
  const size_t index = read_count(archive, key);
  TORCH_CHECK(index >= offset_ && index <= offset_ + indices_.size(), "load(): the sampler's position ", index,
              " is not within [", offset_, ", ", offset_ + indices_.size(), "]");
  position_ = index - offset_;
}

void SequentialSampler::reset(std::optional<size_t> new_size) {
  if (new_size.has_value()) indices_ = counted(*new_size);
  position_ = 0;
}

RandomSampler::RandomSampler(int64_t size, ScalarType) { RandomSampler::reset(static_cast<size_t>(size)); }
void RandomSampler::reset(std::optional<size_t> new_size) {
  indices_ = as_indices(randperm(static_cast<int64_t>(new_size.value_or(indices_.size()))));
  position_ = 0;
}
void RandomSampler::save(serialize::OutputArchive& archive) const {
  save_index(archive, "index");
  const std::vector<int64_t> values(indices_.begin(), indices_.end());
  Tensor indices = empty({static_cast<int64_t>(values.size())}, kInt64);
  std::copy(values.begin(), values.end(), indices.mutable_data_ptr<int64_t>());
  archive.write("indices", indices, /*is_buffer=*/true);
}
void RandomSampler::load(serialize::InputArchive& archive) {
  Tensor indices;
  archive.read("indices", indices, /*is_buffer=*/true);
  indices_ = as_indices(indices);
  load_index(archive, "index");
}

void StreamSampler::reset(std::optional<size_t> new_size) {
  epoch_size_ = new_size.value_or(epoch_size_);
  examples_ = 0;
}
std::optional<BatchSize> StreamSampler::next(size_t batch_size) {
  if (examples_ >= epoch_size_) return std::nullopt;
  const BatchSize size(std::min(batch_size, epoch_size_ - examples_));
  examples_ += size;
  return size;
}
void StreamSampler::save(serialize::OutputArchive& archive) const {
  write_count(archive, "examples_retrieved_so_far", examples_);
}
void StreamSampler::load(serialize::InputArchive& archive) {
  examples_ = read_count(archive, "examples_retrieved_so_far");
}

DistributedSampler::DistributedSampler(size_t size, size_t num_replicas, size_t rank, bool allow_duplicates)
    : size_(size), num_replicas_(num_replicas), rank_(rank), allow_duplicates_(allow_duplicates) {
  TORCH_CHECK(num_replicas > 0 && rank < num_replicas, "DistributedSampler: expected rank < num_replicas, got rank ",
              rank, " of ", num_replicas);
}
void DistributedSampler::reset(std::optional<size_t> new_size) {
  size_ = new_size.value_or(size_);
  const size_t share = (allow_duplicates_ ? size_ + num_replicas_ - 1 : size_) / num_replicas_;
  std::vector<size_t> all(share * num_replicas_);
  for (size_t i = 0; i < all.size(); ++i) all[i] = i % size_;
  all = ordered(std::move(all));
  offset_ = rank_ * share;
  position_ = 0;
  const auto first = all.begin() + static_cast<std::ptrdiff_t>(offset_);
  indices_.assign(first, first + static_cast<std::ptrdiff_t>(share));
}

DistributedRandomSampler::DistributedRandomSampler(size_t size, size_t num_replicas, size_t rank, bool allow_duplicates)
    : DistributedSampler(size, num_replicas, rank, allow_duplicates) {
  DistributedRandomSampler::reset();
}
std::vector<size_t> DistributedRandomSampler::ordered(std::vector<size_t> all) const {
  std::mt19937 engine(static_cast<std::mt19937::result_type>(epoch_));
  std::shuffle(all.begin(), all.end(), engine);
  return all;
}
void DistributedRandomSampler::save(serialize::OutputArchive& archive) const {
  save_index(archive, "sample_index_");
  write_count(archive, "epoch_", epoch_);
}
void DistributedRandomSampler::load(serialize::InputArchive& archive) {
  epoch_ = read_count(archive, "epoch_");
  reset();
  load_index(archive, "sample_index_");
}

DistributedSequentialSampler::DistributedSequentialSampler(size_t size, size_t num_replicas, size_t rank,
                                                           bool allow_duplicates)
    : DistributedSampler(size, num_replicas, rank, allow_duplicates) {
  DistributedSequentialSampler::reset();
}

}  // namespace tiny_torch::frontend::data::samplers
