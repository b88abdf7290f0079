// index and index_put: positions given by tensors for some dimensions, as in NumPy.
#include <algorithm>

#include "aten/core/operators.h"
#include "aten/core/promotion.h"
#include "aten/native/index_stub.h"
#include "generated/kernels/index.h"
#include "generated/ops/copy.h"
#include "generated/ops/index.h"
#include "generated/ops/shape.h"
#include "generated/ops/view.h"

namespace tiny_torch::native {

DEFINE_STUB(index_stub);
DEFINE_STUB(index_put_stub);

namespace {

// The indices as int64 tensors of one shape over adjacent dimensions of a permuted self.
struct Plan {
  std::vector<int64_t> order;       // permutation of self's dims
  std::vector<TensorBase> indices;  // for dims first, first + 1, ... of the permuted tensor
  DimVector index_shape;
  size_t first = 0;
};

std::vector<std::optional<TensorBase>> expand_masks(const TensorBase& self, OptionalTensorList indices) {
  std::vector<std::optional<TensorBase>> expanded;
  for (const auto& index : indices) {
    if (!index.has_value() || !index->defined()) {
      expanded.emplace_back();
      continue;
    }
    const ScalarType t = index->scalar_type();
    TORCH_CHECK_INDEX(t == kLong || t == kInt || t == kBool || t == kByte,
                      "tensors used as indices must be long, int, byte or bool tensors");
    if (t != kBool && t != kByte) {
      expanded.emplace_back(ops::to(*index, kLong));
      continue;
    }
    for (int64_t d = 0; d < index->dim(); ++d) {
      const auto source = static_cast<int64_t>(expanded.size()) + d;
      TORCH_CHECK_INDEX(source < self.dim() && index->size(d) == self.size(source), "The shape of the mask ",
                        index->sizes(), " at index ", d, " does not match the shape of the indexed tensor ",
                        self.sizes(), " at index ", source);
    }
    const TensorBase positions = ops::nonzero(*index);
    for (int64_t d = 0; d < index->dim(); ++d) expanded.emplace_back(ops::select(positions, 1, d));
  }
  return expanded;
}

Plan make_plan(const TensorBase& self, OptionalTensorList given) {
  const auto indices = expand_masks(self, given);
  TORCH_CHECK_INDEX(static_cast<int64_t>(indices.size()) <= self.dim(), "too many indices for tensor of dimension ",
                    self.dim(), " (got ", indices.size(), ")");
  Plan plan;
  bool any = false, adjacent = true;
  size_t last = 0;
  for (size_t i = 0; i < indices.size(); ++i) {
    if (!indices[i].has_value()) continue;
    if (any && i != last + 1) adjacent = false;
    if (!any) {
      plan.first = i;
      plan.index_shape = DimVector(indices[i]->sizes());
    } else if (indices[i]->sizes() != IntArrayRef(plan.index_shape)) {
      const bool fits = is_expandable_to(indices[i]->sizes(), plan.index_shape) ||
                        is_expandable_to(plan.index_shape, indices[i]->sizes());
      try {
        plan.index_shape = infer_broadcast_size(plan.index_shape, indices[i]->sizes());
      } catch (const Error&) {
        TORCH_CHECK_INDEX(fits, "shape mismatch: indexing tensors could not be broadcast together with shapes ",
                          IntArrayRef(plan.index_shape), ", ", indices[i]->sizes());
      }
    }
    any = true;
    last = i;
  }
  TORCH_CHECK_INDEX(any, "index(): at least one index tensor is expected");
  // Indexed dims that stand apart come to the front.
  if (!adjacent) plan.first = 0;
  for (size_t d = 0; d < plan.first; ++d) plan.order.push_back(static_cast<int64_t>(d));
  for (size_t d = 0; d < indices.size(); ++d) {
    if (!indices[d].has_value()) continue;
    plan.order.push_back(static_cast<int64_t>(d));
    plan.indices.push_back(ops::contiguous(
        ops::expand(ops::to(*indices[d], std::nullopt, std::nullopt, self.device()), plan.index_shape)));
  }
  for (int64_t d = 0; d < self.dim(); ++d) {
    if (std::find(plan.order.begin(), plan.order.end(), d) == plan.order.end()) plan.order.push_back(d);
  }
  return plan;
}

DimVector result_shape(const Plan& plan, IntArrayRef permuted) {
  DimVector shape;
  for (size_t d = 0; d < plan.first; ++d) shape.push_back(permuted[d]);
  for (int64_t s : plan.index_shape) shape.push_back(s);
  for (size_t d = plan.first + plan.indices.size(); d < permuted.size(); ++d) shape.push_back(permuted[d]);
  return shape;
}

// Positions in elements; all indices are checked here.
std::vector<int64_t> compute_offsets(const Plan& plan, const TensorBase& self) {
  const int64_t count = checked_numel(plan.index_shape);
  std::vector<int64_t> offsets(static_cast<size_t>(count), 0);
  for (size_t k = 0; k < plan.indices.size(); ++k) {
    const size_t d = plan.first + k;
    const int64_t size = self.sizes()[d], stride = self.strides()[d];
    const int64_t* index = plan.indices[k].const_data_ptr<int64_t>();
    for (int64_t i = 0; i < count; ++i) {
      TORCH_CHECK_INDEX(index[i] >= -size && index[i] < size, "index ", index[i], " is out of bounds for dimension ",
                        plan.order[d], " with size ", size);
      offsets[static_cast<size_t>(i)] += (index[i] < 0 ? index[i] + size : index[i]) * stride;
    }
  }
  return offsets;
}

struct Extent {
  int64_t before = 1, before_stride = 0, after = 1;
};
Extent extent_of(const Plan& plan, const TensorBase& self) {
  Extent e;
  for (size_t d = 0; d < plan.first; ++d) e.before *= self.sizes()[d];
  for (size_t d = plan.first + plan.indices.size(); d < self.sizes().size(); ++d) e.after *= self.sizes()[d];
  e.before_stride = e.after;
  for (size_t k = 0; k < plan.indices.size(); ++k) e.before_stride *= self.sizes()[plan.first + k];
  return e;
}

bool is_identity(const std::vector<int64_t>& order) {
  for (size_t i = 0; i < order.size(); ++i) {
    if (order[i] != static_cast<int64_t>(i)) return false;
  }
  return true;
}

}  // namespace

TensorBase index(const TensorBase& self, OptionalTensorList indices) {
  const Plan plan = make_plan(self, indices);
  const TensorBase permuted = is_identity(plan.order) ? self : ops::permute(self, plan.order);
  TensorBase out = empty_tensor(result_shape(plan, permuted.sizes()), self.scalar_type(), self.device());
  if (self.is_meta()) return out;
  const TensorBase source = ops::contiguous(permuted);
  const std::vector<int64_t> offsets = compute_offsets(plan, source);
  if (out.numel() == 0) return out;
  const Extent e = extent_of(plan, source);
  index_stub(self.device().type(), IndexCall{source, out, offsets, e.before, e.before_stride, e.after});
  return out;
}

TensorBase& index_put_(TensorBase& self, OptionalTensorList indices, const TensorBase& values, bool accumulate) {
  TORCH_CHECK_INDEX(self.scalar_type() == values.scalar_type(),
                    "Index put requires the source and destination dtypes match, got ", to_string(self.scalar_type()),
                    " for the destination and ", to_string(values.scalar_type()), " for the source.");
  check_no_internal_overlap(self);
  const Plan plan = make_plan(self, indices);
  TensorBase permuted = is_identity(plan.order) ? self : ops::permute(self, plan.order);
  const DimVector shape = result_shape(plan, permuted.sizes());
  TORCH_CHECK(is_expandable_to(values.sizes(), shape), "shape mismatch: value tensor of shape ", values.sizes(),
              " cannot be broadcast to indexing result of shape ", IntArrayRef(shape));
  if (self.is_meta()) return self;
  TensorBase target = permuted.is_contiguous() ? permuted : ops::clone(permuted, MemoryFormat::Contiguous);
  const std::vector<int64_t> offsets = compute_offsets(plan, target);
  TensorBase dense = ops::contiguous(ops::expand(ops::to(values, std::nullopt, std::nullopt, self.device()), shape));
  if (dense.numel() == 0) return self;
  if (may_share_memory(dense, target)) dense = ops::clone(dense);
  const Extent e = extent_of(plan, target);
  index_put_stub(self.device().type(),
                 IndexCall{target, dense, offsets, e.before, e.before_stride, e.after, accumulate});
  if (!target.is_same(permuted)) ops::copy_(permuted, target);
  return self;
}

TensorBase index_put(const TensorBase& self, OptionalTensorList indices, const TensorBase& values, bool accumulate) {
  TensorBase result = ops::clone(self);
  return native::index_put_(result, indices, values, accumulate);
}

}  // namespace tiny_torch::native
