// Padded and packed sequences, all made of views and joins.
#include <algorithm>

#include "aten/core/operators.h"
#include "aten/native/batch_sizes.h"
#include "generated/kernels/rnn.h"
#include "generated/ops/copy.h"
#include "generated/ops/creation.h"
#include "generated/ops/join.h"
#include "generated/ops/rnn.h"
#include "generated/ops/shape.h"
#include "generated/ops/view.h"

namespace tiny_torch::native {

namespace {

std::vector<int64_t> read_numbers(const char* name, const TensorBase& t) {
  TORCH_CHECK(t.dim() == 1 && t.is_cpu() && t.scalar_type() == kLong, "'", name,
              "' argument should be a 1D CPU int64 tensor, but got ", t.dim(), "D ", t.device(), " ",
              to_string(t.scalar_type()), " tensor");
  const TensorBase dense = ops::contiguous(t);
  const int64_t* data = dense.const_data_ptr<int64_t>();
  return {data, data + dense.numel()};
}

TensorBase tensor_of(const std::vector<int64_t>& values) {
  const int64_t shape[] = {static_cast<int64_t>(values.size())};
  TensorBase t = empty_tensor(shape, kLong);
  std::copy(values.begin(), values.end(), t.mutable_data_ptr<int64_t>());
  return t;
}

// `tail` without its first two dims, behind `head`.
DimVector with_features(std::initializer_list<int64_t> head, IntArrayRef tail) {
  DimVector shape(head);
  for (int64_t size : tail) shape.push_back(size);
  return shape;
}

}  // namespace

std::tuple<TensorBase, TensorBase> _pack_padded_sequence(const TensorBase& input, const TensorBase& lengths,
                                                         bool batch_first) {
  const TensorBase steps = batch_first ? ops::transpose(input, 0, 1) : input;
  TORCH_CHECK(input.dim() >= 2, "_pack_padded_sequence(): expected at least 2 dims, got ", input.sizes());
  const std::vector<int64_t> length = read_numbers("lengths", lengths);
  const int64_t batch = steps.size(1);
  TORCH_CHECK(input.numel() > 0, "Cannot pack empty tensors.");
  TORCH_CHECK(static_cast<int64_t>(length.size()) == batch,
              "Expected `len(lengths)` to be equal to batch_size, but got ", length.size(), " (batch_size=", batch,
              ")");
  for (size_t i = 0; i < length.size(); ++i) {
    TORCH_CHECK(length[i] > 0,
                "Length of all samples has to be greater than 0, but found an element in 'lengths' that "
                "is <= 0");
    TORCH_CHECK(i == 0 || length[i] <= length[i - 1],
                "`lengths` array must be sorted in decreasing order when "
                "`enforce_sorted` is True. You can pass `enforce_sorted=False` to pack_padded_sequence and/or "
                "pack_sequence to sidestep this requirement if you do not need ONNX exportability.");
  }
  TORCH_CHECK(length[0] <= steps.size(0), "_pack_padded_sequence(): expected lengths of at most ", steps.size(0),
              ", the size of the padded input, got ", length[0]);
  // Between two different lengths all steps have the same rows.
  std::vector<TensorBase> parts;
  std::vector<int64_t> sizes;
  int64_t step = 0;
  for (int64_t rows = batch; rows > 0; --rows) {
    const int64_t end = length[static_cast<size_t>(rows - 1)];
    if (end == step) continue;
    const TensorBase block = ops::slice(ops::slice(steps, 0, step, end), 1, 0, rows);
    parts.push_back(ops::reshape(block, with_features({(end - step) * rows}, steps.sizes().slice(2))));
    sizes.insert(sizes.end(), static_cast<size_t>(end - step), rows);
    step = end;
  }
  return {ops::cat(parts, 0), tensor_of(sizes)};
}

std::tuple<TensorBase, TensorBase> _pad_packed_sequence(const TensorBase& data, const TensorBase& batch_sizes,
                                                        bool batch_first, const Scalar& padding_value,
                                                        int64_t total_length) {
  const std::vector<int64_t> sizes = read_numbers("batch_sizes", batch_sizes);
  TORCH_CHECK(!sizes.empty() && data.dim() >= 1, "_pad_packed_sequence(): expected at least one step, got none");
  const int64_t longest = static_cast<int64_t>(sizes.size()), batch = sizes[0];
  TORCH_CHECK(total_length <= 0 || total_length >= longest,
              "Expected total_length to be at least the length of the longest sequence in input, but got total_length=",
              total_length, " and max sequence length being ", longest);
  const int64_t total = packed_rows("_pad_packed_sequence", sizes);
  TORCH_CHECK(total <= data.size(0), "_pad_packed_sequence(): expected data with ", total, " rows, got ", data.size(0));
  const DimVector shape = with_features({std::max(longest, total_length), batch}, data.sizes().slice(1));
  TensorBase out = ops::full(shape, padding_value, data.scalar_type(), std::nullopt, data.device());
  std::vector<int64_t> lengths(static_cast<size_t>(batch), 0);
  int64_t offset = 0;
  for (int64_t step = 0; step < longest;) {
    const int64_t rows = sizes[static_cast<size_t>(step)];
    int64_t end = step;
    while (end < longest && sizes[static_cast<size_t>(end)] == rows) ++end;
    const int64_t count = (end - step) * rows;
    TensorBase target = ops::slice(ops::slice(out, 0, step, end), 1, 0, rows);
    ops::copy_(target, ops::reshape(ops::narrow(data, 0, offset, count),
                                    with_features({end - step, rows}, data.sizes().slice(1))));
    std::fill(lengths.begin(), lengths.begin() + rows, end);
    offset += count;
    step = end;
  }
  return {batch_first ? ops::transpose(out, 0, 1) : out, tensor_of(lengths)};
}

TensorBase pad_sequence(TensorList sequences, bool batch_first, double padding_value, std::string_view padding_side) {
  TORCH_CHECK(!sequences.empty(), "received an empty list of sequences");
  TORCH_CHECK(padding_side == "left" || padding_side == "right",
              "Expected padding_side to be one of left or right, but got ", padding_side, ".");
  int64_t longest = 0;
  for (const TensorBase& s : sequences) {
    TORCH_CHECK(s.dim() >= 1, "pad_sequence(): expected sequences with at least one dim, got a 0-D tensor");
    longest = std::max(longest, s.size(0));
  }
  const auto batch = static_cast<int64_t>(sequences.size());
  const IntArrayRef features = sequences[0].sizes().slice(1);
  const DimVector shape =
      batch_first ? with_features({batch, longest}, features) : with_features({longest, batch}, features);
  TensorBase out =
      ops::full(shape, Scalar(padding_value), sequences[0].scalar_type(), std::nullopt, sequences[0].device());
  for (int64_t i = 0; i < batch; ++i) {
    const TensorBase& s = sequences[static_cast<size_t>(i)];
    TensorBase row = ops::narrow(ops::select(out, batch_first ? 0 : 1, i), 0,
                                 padding_side == "left" ? longest - s.size(0) : 0, s.size(0));
    ops::copy_(row, s);
  }
  return out;
}

}  // namespace tiny_torch::native
