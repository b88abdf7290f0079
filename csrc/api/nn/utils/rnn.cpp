#include "api/nn/utils/rnn.h"

#include "generated/functions/creation.h"
#include "generated/functions/rnn.h"

namespace tiny_torch::frontend::nn::utils::rnn {

PackedSequence::PackedSequence(Tensor data, Tensor batch_sizes, Tensor sorted_indices, Tensor unsorted_indices)
    : data_(std::move(data)),
      batch_sizes_(std::move(batch_sizes)),
      sorted_indices_(std::move(sorted_indices)),
      unsorted_indices_(std::move(unsorted_indices)) {
  TORCH_CHECK(batch_sizes_.is_cpu(), "batch_sizes should always be on CPU. Got one on ", batch_sizes_.device());
  if (!unsorted_indices_.defined()) unsorted_indices_ = invert_permutation(sorted_indices_);
}
PackedSequence PackedSequence::to(const TensorOptions& options) const {
  const auto moved = [&](const Tensor& t) { return t.defined() ? t.to(options.device(), t.scalar_type()) : t; };
  return PackedSequence(data_.to(options), batch_sizes_, moved(sorted_indices_), moved(unsorted_indices_));
}

Tensor invert_permutation(const Tensor& permutation) {
  if (!permutation.defined()) return {};
  return empty_like(permutation).scatter(0, permutation, arange(permutation.numel(), permutation.options()));
}

PackedSequence pack_padded_sequence(Tensor input, Tensor lengths, bool batch_first, bool enforce_sorted) {
  lengths = lengths.to(Device(kCPU), kInt64);
  Tensor order;
  if (!enforce_sorted) {
    std::tie(lengths, order) = lengths.sort(-1, /*descending=*/true);
    order = order.to(input.device(), kInt64);
    input = input.index_select(batch_first ? 0 : 1, order);
  }
  const auto [data, batch_sizes] = _pack_padded_sequence(input, lengths, batch_first);
  return PackedSequence(data, batch_sizes, order);
}

std::tuple<Tensor, Tensor> pad_packed_sequence(const PackedSequence& sequence, bool batch_first, double padding_value,
                                               std::optional<int64_t> total_length) {
  const int64_t longest = sequence.batch_sizes().size(0);
  TORCH_CHECK(total_length.value_or(longest) >= longest,
              "Expected total_length to be at least the length of the longest sequence in input, but got total_length=",
              total_length.value_or(longest), " and max sequence length being ", longest);
  auto [padded, lengths] = _pad_packed_sequence(sequence.data(), sequence.batch_sizes(), batch_first, padding_value,
                                                total_length.value_or(longest));
  const Tensor& order = sequence.unsorted_indices();
  if (!order.defined()) return {padded, lengths};
  return {padded.index_select(batch_first ? 0 : 1, order), lengths.index_select(0, order.cpu())};
}

Tensor pad_sequence(ArrayRef<Tensor> sequences, bool batch_first, double padding_value, std::string_view padding_side) {
  return tiny_torch::pad_sequence(sequences, batch_first, padding_value, padding_side);
}

PackedSequence pack_sequence(ArrayRef<Tensor> sequences, bool enforce_sorted) {
  std::vector<int64_t> lengths;
  for (const Tensor& s : sequences) lengths.push_back(s.size(0));
  Tensor sizes = empty({static_cast<int64_t>(lengths.size())}, kInt64);
  std::copy(lengths.begin(), lengths.end(), sizes.mutable_data_ptr<int64_t>());
  return pack_padded_sequence(rnn::pad_sequence(sequences), sizes, /*batch_first=*/false, enforce_sorted);
}

}  // namespace tiny_torch::frontend::nn::utils::rnn
