// index and index_put: positions given by tensors for some dimensions, as in NumPy.
#include "aten/native/advanced_index.h"

#include <algorithm>

#include "aten/core/op_support.h"
#include "aten/core/promotion.h"
#include "aten/core/result_layout.h"
#include "generated/kernels/index.h"
#include "generated/ops/copy.h"
#include "generated/ops/index.h"
#include "generated/ops/view.h"

namespace tiny_torch::native {

DEFINE_STUB(index_stub);
DEFINE_STUB(index_put_stub);

namespace {

bool is_mask(const TensorBase& t) { return t.scalar_type() == kBool || t.scalar_type() == kByte; }

/// One int64 tensor for each dimension of `self`, undefined where the whole dimension is meant.
std::vector<TensorBase> expand_masks(const TensorBase& self, OptionalTensorList indices) {
  std::vector<TensorBase> result;
  for (const std::optional<TensorBase>& index : indices) {
    if (!index.has_value() || !index->defined()) {
      result.emplace_back();
      continue;
    }
    TORCH_CHECK_INDEX(index->scalar_type() == kLong || index->scalar_type() == kInt || is_mask(*index),
                      "tensors used as indices must be long, int, byte or bool tensors");
    TORCH_CHECK(index->is_cpu() || index->device() == self.device(),
                "indices should be either on cpu or on the same device as the indexed tensor (", self.device(), ")");
    if (!is_mask(*index)) {
      result.push_back(ops::to(*index, kLong));
      continue;
    }
    if (index->scalar_type() == kByte)
      TORCH_WARN_ONCE("indexing with dtype torch.uint8 is now deprecated, please use a dtype torch.bool instead.");
    const auto first = static_cast<int64_t>(result.size());
    TORCH_CHECK_INDEX(first + index->dim() <= self.dim(), "too many indices for tensor of dimension ", self.dim());
    for (int64_t d = 0; d < index->dim(); ++d) {
      TORCH_CHECK_INDEX(index->size(d) == self.size(first + d), "The shape of the mask ", index->sizes(), " at index ",
                        d, " does not match the shape of the indexed tensor ", self.sizes(), " at index ", first + d);
    }
    const TensorBase positions = ops::nonzero(*index);
    for (int64_t d = 0; d < index->dim(); ++d) result.push_back(ops::select(positions, 1, d));
  }
  TORCH_CHECK_INDEX(static_cast<int64_t>(result.size()) <= self.dim(), "too many indices for tensor of dimension ",
                    self.dim(), " (got ", result.size(), ")");
  result.resize(static_cast<size_t>(self.dim()));
  return result;
}

DimVector broadcast_shape(const std::vector<TensorBase>& indices) {
  DimVector shape;
  bool is_first = true;
  for (const TensorBase& index : indices) {
    if (!index.defined()) continue;
    try {
      shape = is_first ? DimVector(index.sizes()) : infer_broadcast_size(shape, index.sizes());
    } catch (const Error&) {
      std::string shapes;
      for (const TensorBase& t : indices) {
        if (t.defined()) shapes += (shapes.empty() ? "" : ", ") + str(t.sizes());
      }
      TORCH_CHECK_INDEX(false, "shape mismatch: indexing tensors could not be broadcast together with shapes ", shapes);
    }
    is_first = false;
  }
  return shape;
}

/// positions[k] += index[k] * stride for one dimension; all values are checked.
void add_positions(std::vector<int64_t>& positions, const TensorBase& index, IntArrayRef shape, int64_t dim,
                   int64_t size, int64_t stride) {
  TORCH_CHECK(index.is_cpu(), "index tensors on ", index.device(), " cannot be read for a tensor on another device");
  const DimVector steps = broadcast_strides(index, shape);
  const auto* data = index.const_data_ptr<int64_t>();
  DimVector counter(shape.size(), 0);
  int64_t at = 0;
  for (int64_t& position : positions) {
    int64_t value = data[at];
    TORCH_CHECK_INDEX(value >= -size && value < size, "index ", value, " is out of bounds for dimension ", dim,
                      " with size ", size);
    if (value < 0) value += size;
    position += value * stride;
    for (size_t d = shape.size(); d-- > 0;) {
      at += steps[d];
      if (++counter[d] < shape[d]) break;
      at -= steps[d] * shape[d];
      counter[d] = 0;
    }
  }
}

/// Neighbouring dimensions that are one in memory become one.
void coalesce(DimVector& sizes, DimVector& strides) {
  size_t last = 0;
  for (size_t d = 0; d < sizes.size(); ++d) {
    if (sizes[d] == 1) continue;
    if (last > 0 && strides[last - 1] == sizes[d] * strides[d]) {
      sizes[last - 1] *= sizes[d];
      strides[last - 1] = strides[d];
      continue;
    }
    sizes[last] = sizes[d];
    strides[last++] = strides[d];
  }
  sizes.resize(last);
  strides.resize(last);
}

bool has_internal_overlap(const TensorBase& t) {
  for (size_t d = 0; d < t.sizes().size(); ++d) {
    if (t.sizes()[d] > 1 && t.strides()[d] == 0) return true;
  }
  return false;
}

// Empty where the result is contiguous anyway.
DimVector strides_in_order(const IndexPlan& plan, const TensorBase& self, const std::vector<TensorBase>& indices,
                           IntArrayRef index_shape) {
  bool plain = self.is_contiguous();
  for (const TensorBase& index : indices) plain = plain && (!index.defined() || index.is_contiguous());
  if (plain) return {};
  const auto place = [&](IntArrayRef before, IntArrayRef middle, IntArrayRef after) {
    DimVector strides(before);
    for (int64_t s : middle) strides.push_back(s);
    for (int64_t s : after) strides.push_back(s);
    return strides;
  };
  const DimVector no_before(plan.before_strides.size(), 0), no_after(plan.after_strides.size(), 0);
  std::vector<DimVector> operands = {place(plan.before_strides, DimVector(index_shape.size(), 0), plan.after_strides)};
  for (const TensorBase& index : indices) {
    if (index.defined()) operands.push_back(place(no_before, broadcast_strides(index, index_shape), no_after));
  }
  return dense_strides(plan.shape, operands);
}

/// `values`, where given, must fit the positions; like PyTorch, that is asked before the positions are looked at.
IndexPlan make_plan(const TensorBase& self, OptionalTensorList indices, const TensorBase* values = nullptr) {
  const std::vector<TensorBase> expanded = expand_masks(self, indices);
  const DimVector index_shape = broadcast_shape(expanded);
  IndexPlan plan;
  int64_t first = -1, last = -1;
  size_t count = 0;
  for (size_t d = 0; d < expanded.size(); ++d) {
    if (!expanded[d].defined()) continue;
    if (first < 0) first = static_cast<int64_t>(d);
    last = static_cast<int64_t>(d);
    ++count;
  }
  TORCH_CHECK(count > 0 || values == nullptr, "index_put_(): expected at least one index tensor");
  TORCH_CHECK_INDEX(count > 0, "index(): expected at least one index tensor");
  // Index tensors that do not stand side by side move their dimensions to the front.
  const bool is_adjacent = last - first + 1 == static_cast<int64_t>(count);
  for (size_t d = 0; d < expanded.size(); ++d) {
    if (expanded[d].defined()) continue;
    const bool is_before = is_adjacent && static_cast<int64_t>(d) < first;
    (is_before ? plan.before_sizes : plan.after_sizes).push_back(self.sizes()[d]);
    (is_before ? plan.before_strides : plan.after_strides).push_back(self.strides()[d]);
  }
  plan.shape = plan.before_sizes;
  for (int64_t size : index_shape) plan.shape.push_back(size);
  for (int64_t size : plan.after_sizes) plan.shape.push_back(size);
  plan.result_strides = strides_in_order(plan, self, expanded, index_shape);
  for (size_t d = 0; d < expanded.size(); ++d) {
    TORCH_CHECK_INDEX(!expanded[d].defined() || self.sizes()[d] != 0 || checked_numel(index_shape) == 0,
                      "index is out of bounds for dimension with size 0");
  }
  TORCH_CHECK(values == nullptr || is_expandable_to(values->sizes(), plan.shape),
              "shape mismatch: value tensor of shape ", values == nullptr ? IntArrayRef() : values->sizes(),
              " cannot be broadcast to indexing result of shape ", IntArrayRef(plan.shape));
  // Like PyTorch, an index that selects from nothing is not looked at.
  if (!self.is_meta() && plan.before() * plan.after() != 0) {
    plan.positions.assign(static_cast<size_t>(checked_numel(index_shape)), 0);
    for (size_t d = 0; d < expanded.size(); ++d) {
      if (expanded[d].defined())
        add_positions(plan.positions, expanded[d], index_shape, static_cast<int64_t>(d), self.sizes()[d],
                      self.strides()[d]);
    }
  }
  coalesce(plan.before_sizes, plan.before_strides);
  coalesce(plan.after_sizes, plan.after_strides);
  return plan;
}

}  // namespace

namespace {
TensorBase index_by_plan(const TensorBase& self, const IndexPlan& plan) {
  TensorBase result = empty_tensor(plan.shape, self.scalar_type(), self.device());
  if (result.numel() != 0) index_stub(self.device().type(), result, self, plan);
  return result;
}
}  // namespace

TensorBase index_contiguous(const TensorBase& self, OptionalTensorList indices) {
  return index_by_plan(self, make_plan(self, indices));
}

TensorBase index(const TensorBase& self, OptionalTensorList indices) {
  const IndexPlan plan = make_plan(self, indices);
  const TensorBase dense = index_by_plan(self, plan);
  if (plan.result_strides.empty() || dense.strides() == IntArrayRef(plan.result_strides)) return dense;
  TensorBase result = empty_strided_tensor(plan.shape, plan.result_strides, self.scalar_type(), self.device());
  return ops::copy_(result, dense);
}

namespace {
bool has_masks_only(OptionalTensorList indices) {
  for (const std::optional<TensorBase>& index : indices) {
    if (index.has_value() && index->defined() && !is_mask(*index)) return false;
  }
  return true;
}
}  // namespace

TensorBase& index_put_(TensorBase& self, OptionalTensorList indices, const TensorBase& values, bool accumulate) {
  TORCH_CHECK_INDEX(static_cast<int64_t>(indices.size()) <= self.dim(), "too many indices for tensor of dimension ",
                    self.dim(), " (got ", indices.size(), ")");
  // One number behind a mask is converted, as by masked_fill_.
  const bool is_fill = !accumulate && values.numel() == 1 && values.is_cpu() && has_masks_only(indices);
  const bool same_dtype = is_fill || self.scalar_type() == values.scalar_type();
  if (!same_dtype) broadcast_shape(expand_masks(self, indices));  // what does not fit is named before the dtype
  TORCH_CHECK(same_dtype, "Index put requires the source and destination dtypes match, got ", self.scalar_type(),
              " for the destination and ", values.scalar_type(), " for the source.");
  TORCH_CHECK(values.device() == self.device() || values.dim() == 0, "expected values to be on ", self.device(),
              ", got ", values.device());
  if (has_internal_overlap(self)) {
    TORCH_WARN_ONCE(
        "index_put_ on an expanded tensor writes locations several times, which is deprecated; clone() the tensor "
        "first");
  }
  check_no_overlap(self, values);
  for (const std::optional<TensorBase>& index : indices) {
    if (index.has_value() && index->defined()) check_no_overlap(self, *index);
  }
  const IndexPlan plan = make_plan(self, indices, &values);
  if (checked_numel(plan.shape) == 0 || self.is_meta()) return self;
  TensorBase source = values;
  if (values.device() != self.device() || values.scalar_type() != self.scalar_type())
    source = ops::to(values, self.device(), self.scalar_type());
  if (source.numel() != 1) source = ops::contiguous(ops::expand(source, plan.shape));
  if (may_share_memory(self, source)) source = ops::clone(source);
  index_put_stub(self.device().type(), self, source, plan, accumulate);
  return self;
}

TensorBase index_put(const TensorBase& self, OptionalTensorList indices, const TensorBase& values, bool accumulate) {
  TensorBase result = ops::clone(self, MemoryFormat::Preserve);
  return native::index_put_(result, indices, values, accumulate);
}

}  // namespace tiny_torch::native
