// torch::nn::utils::rnn: sequences of different lengths in one batch, padded or packed.
#pragma once

#include <vector>

#include "aten/Tensor.h"

namespace tiny_torch::frontend::nn::utils::rnn {

/// The steps of all sequences in one tensor, longest sequence first: data (sum of lengths, ...), and how many sequences
/// each step has.
class TORCH_API PackedSequence {
 public:
  PackedSequence() = default;
  explicit PackedSequence(Tensor data, Tensor batch_sizes, Tensor sorted_indices = {}, Tensor unsorted_indices = {});
  const Tensor& data() const { return data_; }
  const Tensor& batch_sizes() const { return batch_sizes_; }
  const Tensor& sorted_indices() const { return sorted_indices_; }
  const Tensor& unsorted_indices() const { return unsorted_indices_; }
  PackedSequence to(const TensorOptions& options) const;
  PackedSequence cpu() const { return to(TensorOptions().device(kCPU)); }
  PackedSequence cuda() const { return to(TensorOptions().device(kCUDA)); }
  Device device() const { return data_.device(); }
  bool is_cuda() const { return data_.is_cuda(); }

 private:
  Tensor data_, batch_sizes_, sorted_indices_, unsorted_indices_;
};

/// The permutation that undoes `permutation`; undefined for an undefined one.
TORCH_API Tensor invert_permutation(const Tensor& permutation);
/// Packs (T, N, ...), or (N, T, ...) with batch_first, by the lengths (N). RuntimeError with enforce_sorted when they
/// do not fall.
TORCH_API PackedSequence pack_padded_sequence(Tensor input, Tensor lengths, bool batch_first = false,
                                              bool enforce_sorted = true);
/// The padded batch and the lengths.
TORCH_API std::tuple<Tensor, Tensor> pad_packed_sequence(const PackedSequence& sequence, bool batch_first = false,
                                                         double padding_value = 0.0,
                                                         std::optional<int64_t> total_length = std::nullopt);
TORCH_API Tensor pad_sequence(ArrayRef<Tensor> sequences, bool batch_first = false, double padding_value = 0,
                              std::string_view padding_side = "right");
TORCH_API PackedSequence pack_sequence(ArrayRef<Tensor> sequences, bool enforce_sorted = true);

}  // namespace tiny_torch::frontend::nn::utils::rnn
