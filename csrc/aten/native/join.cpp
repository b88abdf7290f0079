// Fronts of cat and stack.
#include "generated/kernels/join.h"

#include "aten/core/op_support.h"
#include "aten/core/promotion.h"
#include "generated/ops/copy.h"
#include "generated/ops/join.h"
#include "generated/ops/view.h"

namespace tiny_torch::native {

namespace {

// A tensor of shape (0,) goes with anything, as it always has.
bool is_skipped(const TensorBase& t) { return t.dim() == 1 && t.size(0) == 0; }

struct CatPlan {
  DimVector shape;
  ScalarType dtype;
  size_t dim;
  MemoryFormat format;
};

CatPlan plan_cat(TensorList tensors, int64_t dim) {
  TORCH_CHECK_VALUE(!tensors.empty(), "torch.cat(): expected a non-empty list of Tensors");
  const TensorBase* first = nullptr;
  for (size_t i = 0; i < tensors.size(); ++i) {
    TORCH_CHECK(tensors[i].dim() > 0, "zero-dimensional tensor (at position ", i, ") cannot be concatenated");
    if (first == nullptr && !is_skipped(tensors[i])) first = &tensors[i];
  }
  CatPlan plan{{}, result_type(tensors), 0, MemoryFormat::Contiguous};
  // Of nothing but such tensors, any dim is taken.
  if (first == nullptr) {
    plan.shape.push_back(0);
    return plan;
  }
  const int64_t rank = first->dim();
  plan.dim = static_cast<size_t>(maybe_wrap_dim(dim, rank));
  plan.shape = DimVector(first->sizes());
  plan.format = first->suggest_memory_format();
  int64_t total = 0;
  for (size_t i = 0; i < tensors.size(); ++i) {
    const TensorBase& t = tensors[i];
    if (is_skipped(t)) continue;
    TORCH_CHECK(t.dim() == rank, "Tensors must have same number of dimensions: got ", rank, " and ", t.dim());
    TORCH_CHECK(t.device() == first->device(),
                "torch.cat(): Expected all tensors to be on the same device, but found at least two devices, ",
                first->device(), " and ", t.device(), "!");
    if (t.suggest_memory_format() != plan.format) plan.format = MemoryFormat::Contiguous;
    for (size_t d = 0; d < plan.shape.size(); ++d) {
      TORCH_CHECK(d == plan.dim || t.sizes()[d] == plan.shape[d], "Sizes of tensors must match except in dimension ",
                  plan.dim, ". Expected size ", plan.shape[d], " but got size ", t.sizes()[d], " for tensor number ", i,
                  " in the list.");
    }
    total += t.sizes()[plan.dim];
  }
  plan.shape[plan.dim] = total;
  return plan;
}

void copy_pieces(const TensorBase& out, TensorList tensors, size_t dim) {
  int64_t at = 0;
  for (const TensorBase& t : tensors) {
    if (is_skipped(t)) continue;
    const int64_t size = t.sizes()[dim];
    if (t.numel() != 0) {
      TensorBase piece = alias_with(out, t.sizes(), out.strides(), out.storage_offset() + at * out.strides()[dim]);
      ops::copy_(piece, t);
    }
    at += size;
  }
}

}  // namespace

TensorBase cat(TensorList tensors, int64_t dim) {
  const CatPlan plan = plan_cat(tensors, dim);
  TensorBase out = empty_tensor(plan.shape, plan.dtype, tensors[0].device(), plan.format);
  copy_pieces(out, tensors, plan.dim);
  return out;
}

TensorBase& cat_out(TensorBase& out, TensorList tensors, int64_t dim) {
  const CatPlan plan = plan_cat(tensors, dim);
  TORCH_CHECK_TYPE(can_cast(plan.dtype, out.scalar_type()),
                   "torch.cat(): input types can't be cast to the desired output type ", to_string(out.scalar_type()));
  check_no_internal_overlap(out);
  for (const TensorBase& t : tensors) {
    TORCH_CHECK(
        !may_share_memory(out, t) && !out.is_same(t),
        "unsupported operation: the input tensors cannot refer to any of the output memory locations. Found overlap.");
  }
  resize_output(out, plan.shape);
  copy_pieces(out, tensors, plan.dim);
  return out;
}

TensorBase& concat_out(TensorBase& out, TensorList tensors, int64_t dim) { return ops::cat_out(out, tensors, dim); }

TensorBase& concatenate_out(TensorBase& out, TensorList tensors, int64_t dim) {
  return ops::cat_out(out, tensors, dim);
}

namespace {

// The tensors with a new dimension at `dim`, which is wrapped.
std::vector<TensorBase> unsqueezed(TensorList tensors, int64_t& dim) {
  TORCH_CHECK(!tensors.empty(), "stack expects a non-empty TensorList");
  dim = maybe_wrap_dim(dim, tensors[0].dim() + 1);
  std::vector<TensorBase> slices;
  slices.reserve(tensors.size());
  for (size_t i = 0; i < tensors.size(); ++i) {
    TORCH_CHECK(tensors[i].sizes() == tensors[0].sizes(), "stack expects each tensor to be equal size, but got ",
                tensors[0].sizes(), " at entry 0 and ", tensors[i].sizes(), " at entry ", i);
    slices.push_back(ops::unsqueeze(tensors[i], dim));
  }
  return slices;
}

}  // namespace

TensorBase stack(TensorList tensors, int64_t dim) {
  const std::vector<TensorBase> slices = unsqueezed(tensors, dim);
  return ops::cat(slices, dim);
}

TensorBase& stack_out(TensorBase& out, TensorList tensors, int64_t dim) {
  const std::vector<TensorBase> slices = unsqueezed(tensors, dim);
  return ops::cat_out(out, slices, dim);
}

}  // namespace tiny_torch::native
