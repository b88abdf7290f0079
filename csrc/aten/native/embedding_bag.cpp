// Fronts of embedding_bag.
#include "aten/native/embedding_bag.h"

#include "generated/kernels/embedding_bag.h"
#include "generated/ops/copy.h"
#include "generated/ops/creation.h"
#include "generated/ops/embedding_bag.h"
#include "generated/ops/join.h"
#include "generated/ops/view.h"

namespace tiny_torch::native {

DEFINE_STUB(embedding_bag_stub);

namespace {

void check_index_dtype(const char* name, const TensorBase& t) {
  TORCH_CHECK(t.scalar_type() == kLong || t.scalar_type() == kInt, "Expected tensor for argument '", name,
              "' to have one of the following scalar types: Long, Int; but got ", to_string(t.scalar_type()),
              " instead (while checking arguments for embedding_bag)");
  TORCH_CHECK(t.dim() == 1, "embedding_bag: expected ", name, " to be 1-D, got ", t.dim(), "-D");
}

void check_bag_arguments(const TensorBase& weight, const TensorBase& indices, const TensorBase& offsets, int64_t mode,
                         const std::optional<TensorBase>& per_sample_weights, bool include_last_offset) {
  check_index_dtype("indices", indices);
  check_index_dtype("offsets", offsets);
  TORCH_CHECK(is_floating_point(weight.scalar_type()) && !is_float8(weight.scalar_type()),
              "Expected tensor for argument 'weight' to have one of the following scalar types: Half, BFloat16, Float, "
              "Double; but got ",
              to_string(weight.scalar_type()), " instead (while checking arguments for embedding_bag)");
  TORCH_CHECK(weight.dim() == 2, "embedding_bag: expected a 2-D weight, got ", weight.dim(), "-D");
  TORCH_CHECK(mode >= 0 && mode <= 2, "embedding_bag: expected mode 0 (sum), 1 (mean) or 2 (max), got ", mode);
  TORCH_CHECK(!include_last_offset || offsets.size(0) >= 1,
              "include_last_offset: number of offset should be at least 1");
  if (!per_sample_weights.has_value()) return;
  TORCH_CHECK(mode == 0, "embedding_bag: per_sample_weights only supported with mode='sum'");
  TORCH_CHECK(per_sample_weights->dim() == 1 && per_sample_weights->numel() == indices.numel(),
              "embedding_bag: expected per_sample_weights with one number for each of ", indices.numel(),
              " indices, got ", per_sample_weights->sizes());
  TORCH_CHECK(per_sample_weights->scalar_type() == weight.scalar_type(),
              "expected weight and per_sample_weights to have same dtype, but got ", to_string(weight.scalar_type()),
              " and ", to_string(per_sample_weights->scalar_type()));
}

}  // namespace

std::tuple<TensorBase, TensorBase, TensorBase, TensorBase> embedding_bag(
    const TensorBase& weight, const TensorBase& indices, const TensorBase& offsets, bool scale_grad_by_freq,
    int64_t mode, bool sparse, const std::optional<TensorBase>& per_sample_weights, bool include_last_offset,
    std::optional<int64_t> padding_idx) {
  int64_t row = -1;
  if (padding_idx.has_value()) {
    const int64_t rows = weight.dim() > 0 ? weight.size(0) : 0;
    TORCH_CHECK(*padding_idx >= -rows && *padding_idx < rows, "padding_idx must be within the number of embeddings, -",
                rows, " through ", rows - 1, ", but got ", *padding_idx);
    row = *padding_idx < 0 ? *padding_idx + rows : *padding_idx;
  }
  return ops::_embedding_bag(weight, indices, offsets, scale_grad_by_freq, mode, sparse, per_sample_weights,
                             include_last_offset, row);
}

std::tuple<TensorBase, TensorBase, TensorBase, TensorBase> _embedding_bag(
    const TensorBase& weight, const TensorBase& indices, const TensorBase& offsets, bool, int64_t mode, bool,
    const std::optional<TensorBase>& per_sample_weights, bool include_last_offset, int64_t padding_idx) {
  check_bag_arguments(weight, indices, offsets, mode, per_sample_weights, include_last_offset);
  const int64_t n = indices.numel(), bags = offsets.size(0) - (include_last_offset ? 1 : 0), width = weight.size(1);
  TensorBase ends = ops::to(offsets, kLong);
  if (!include_last_offset)
    ends = ops::cat({ends, ops::full({1}, Scalar(n), kLong, std::nullopt, offsets.device())}, 0);
  const int64_t wide[] = {bags, width}, per_bag[] = {bags}, per_index[] = {n};
  EmbeddingBagCall call;
  call.out = empty_tensor(wide, weight.scalar_type(), weight.device());
  call.offset2bag = empty_tensor(per_index, kLong, weight.device());
  call.bag_size = empty_tensor(per_bag, kLong, weight.device());
  call.mode = static_cast<BagMode>(mode);
  if (call.mode == BagMode::Max) call.max_indices = empty_tensor(wide, kLong, weight.device());
  call.weight = ops::contiguous(weight);
  call.indices = ops::contiguous(ops::to(indices, kLong));
  call.offsets = ops::contiguous(ends);
  if (per_sample_weights.has_value()) call.sample_weights = ops::contiguous(*per_sample_weights);
  call.padding_idx = padding_idx;
  embedding_bag_stub(weight.device().type(), call);
  return {call.out, call.offset2bag, call.bag_size,
          call.mode == BagMode::Max ? call.max_indices : ops::clone(call.bag_size)};
}

}  // namespace tiny_torch::native
