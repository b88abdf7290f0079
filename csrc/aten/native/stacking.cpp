// Fronts of stacking and splitting: made of cat, split and views.
#include "aten/core/operators.h"
#include "aten/core/promotion.h"
#include "generated/kernels/rearrange.h"
#include "generated/ops/copy.h"
#include "generated/ops/creation.h"
#include "generated/ops/join.h"
#include "generated/ops/rearrange.h"
#include "generated/ops/shape.h"
#include "generated/ops/view.h"

namespace tiny_torch::native {

TensorBase atleast_1d(const TensorBase& self) { return self.dim() == 0 ? ops::reshape(self, {1}) : self; }
TensorBase atleast_2d(const TensorBase& self) {
  if (self.dim() == 0) return ops::reshape(self, {1, 1});
  return self.dim() == 1 ? ops::unsqueeze(self, 0) : self;
}
TensorBase atleast_3d(const TensorBase& self) {
  if (self.dim() == 0) return ops::reshape(self, {1, 1, 1});
  if (self.dim() == 1) return ops::unsqueeze(ops::unsqueeze(self, 0), -1);
  return self.dim() == 2 ? ops::unsqueeze(self, -1) : self;
}

namespace {
template <class F>
std::vector<TensorBase> each(TensorList tensors, const F& f) {
  std::vector<TensorBase> results;
  results.reserve(tensors.size());
  for (const TensorBase& t : tensors) results.push_back(f(t));
  return results;
}
}  // namespace

std::vector<TensorBase> atleast_1d(TensorList tensors) {
  return each(tensors, [](const TensorBase& t) { return native::atleast_1d(t); });
}
std::vector<TensorBase> atleast_2d(TensorList tensors) {
  return each(tensors, [](const TensorBase& t) { return native::atleast_2d(t); });
}
std::vector<TensorBase> atleast_3d(TensorList tensors) {
  return each(tensors, [](const TensorBase& t) { return native::atleast_3d(t); });
}

namespace {
int64_t hstack_dim(const std::vector<TensorBase>& parts) { return parts[0].dim() == 1 ? 0 : 1; }
std::vector<TensorBase> as_columns(TensorList tensors) {
  TORCH_CHECK(!tensors.empty(), "column_stack expects a non-empty TensorList");
  return each(tensors, [](const TensorBase& t) { return t.dim() <= 1 ? ops::reshape(t, {t.numel(), 1}) : t; });
}
void check_stacked(const char* op, TensorList tensors) {
  TORCH_CHECK(!tensors.empty(), op, " expects a non-empty TensorList");
}
}  // namespace

TensorBase hstack(TensorList tensors) {
  check_stacked("hstack", tensors);
  const std::vector<TensorBase> parts = native::atleast_1d(tensors);
  return ops::cat(parts, hstack_dim(parts));
}
TensorBase& hstack_out(TensorBase& out, TensorList tensors) {
  check_stacked("hstack", tensors);
  const std::vector<TensorBase> parts = native::atleast_1d(tensors);
  return ops::cat_out(out, parts, hstack_dim(parts));
}
TensorBase vstack(TensorList tensors) {
  check_stacked("vstack", tensors);
  return ops::cat(native::atleast_2d(tensors), 0);
}
TensorBase& vstack_out(TensorBase& out, TensorList tensors) {
  check_stacked("vstack", tensors);
  return ops::cat_out(out, native::atleast_2d(tensors), 0);
}
TensorBase row_stack(TensorList tensors) { return native::vstack(tensors); }
TensorBase& row_stack_out(TensorBase& out, TensorList tensors) { return native::vstack_out(out, tensors); }
TensorBase dstack(TensorList tensors) {
  check_stacked("dstack", tensors);
  return ops::cat(native::atleast_3d(tensors), 2);
}
TensorBase& dstack_out(TensorBase& out, TensorList tensors) {
  check_stacked("dstack", tensors);
  return ops::cat_out(out, native::atleast_3d(tensors), 2);
}
TensorBase column_stack(TensorList tensors) { return ops::cat(as_columns(tensors), 1); }
TensorBase& column_stack_out(TensorBase& out, TensorList tensors) { return ops::cat_out(out, as_columns(tensors), 1); }

// ---- splitting ----

std::vector<TensorBase> tensor_split(const TensorBase& self, int64_t sections, int64_t dim) {
  TORCH_CHECK(self.dim() > 0, "tensor_split expected at least a 1-dimensional tensor, but got a tensor with ",
              self.dim(), " dims");
  const int64_t d = maybe_wrap_dim(dim, self.dim());
  TORCH_CHECK(sections > 0, "number of sections must be larger than 0, got ", sections);
  const int64_t size = self.size(d) / sections, larger = self.size(d) % sections;
  std::vector<TensorBase> pieces;
  TORCH_CHECK(static_cast<uint64_t>(sections) <= pieces.max_size(), "tensor_split(): ", sections,
              " sections are more than a list can hold");
  pieces.reserve(static_cast<size_t>(sections));
  int64_t start = 0;
  for (int64_t i = 0; i < sections; ++i) {
    const int64_t length = size + (i < larger ? 1 : 0);
    pieces.push_back(ops::slice(self, d, start, start + length, 1));
    start += length;
  }
  return pieces;
}
std::vector<TensorBase> tensor_split(const TensorBase& self, IntArrayRef indices, int64_t dim) {
  TORCH_CHECK(self.dim() > 0, "tensor_split expected at least a 1-dimensional tensor, but got a tensor with ",
              self.dim(), " dims");
  const int64_t d = maybe_wrap_dim(dim, self.dim());
  std::vector<TensorBase> pieces;
  int64_t start = 0;
  for (int64_t end : indices) {
    pieces.push_back(ops::slice(self, d, start, end, 1));
    start = end;
  }
  pieces.push_back(ops::slice(self, d, start, self.size(d), 1));
  return pieces;
}
std::vector<TensorBase> tensor_split(const TensorBase& self, const TensorBase& where, int64_t dim) {
  TORCH_CHECK(where.is_cpu(), "tensor_split expected tensor_indices_or_sections to be on cpu, but it's on ",
              where.device());
  TORCH_CHECK(where.scalar_type() == kLong,
              "tensor_split expected tensor_indices_or_sections to have dtype of long, but got ",
              to_string(where.scalar_type()));
  TORCH_CHECK(where.dim() <= 1,
              "tensor_split expected tensor_indices_or_sections to be a zero-dimensional or one-dimensional tensor, "
              "but got a tensor with ",
              where.dim(), " dims");
  if (where.dim() == 0) return native::tensor_split(self, read_scalar(where).to_int(), dim);
  const TensorBase indices = ops::contiguous(where);
  return native::tensor_split(self, IntArrayRef(indices.const_data_ptr<int64_t>(), static_cast<size_t>(where.numel())),
                              dim);
}

namespace {
// The dimension that hsplit, vsplit or dsplit goes along.
int64_t split_dim(const char* op, const TensorBase& self, int64_t min_dims, int64_t dim) {
  TORCH_CHECK(self.dim() >= min_dims, "torch.", op, " requires a tensor with at least ", min_dims,
              " dimension, but got a tensor with ", self.dim(), " dimensions!");
  return self.dim() == 1 ? 0 : dim;
}
std::vector<TensorBase> equal_pieces(const char* op, const TensorBase& self, int64_t sections, int64_t dim) {
  TORCH_CHECK(sections > 0 && self.size(dim) % sections == 0, "torch.", op, " attempted to split along dimension ", dim,
              ", but the size of the dimension ", self.size(dim), " is not divisible by the split_size ", sections,
              "!");
  return ops::tensor_split(self, sections, dim);
}
}  // namespace

std::vector<TensorBase> hsplit(const TensorBase& self, int64_t sections) {
  return equal_pieces("hsplit", self, sections, split_dim("hsplit", self, 1, 1));
}
std::vector<TensorBase> hsplit(const TensorBase& self, IntArrayRef indices) {
  return ops::tensor_split(self, indices, split_dim("hsplit", self, 1, 1));
}
std::vector<TensorBase> vsplit(const TensorBase& self, int64_t sections) {
  return equal_pieces("vsplit", self, sections, split_dim("vsplit", self, 2, 0));
}
std::vector<TensorBase> vsplit(const TensorBase& self, IntArrayRef indices) {
  return ops::tensor_split(self, indices, split_dim("vsplit", self, 2, 0));
}
std::vector<TensorBase> dsplit(const TensorBase& self, int64_t sections) {
  return equal_pieces("dsplit", self, sections, split_dim("dsplit", self, 3, 2));
}
std::vector<TensorBase> dsplit(const TensorBase& self, IntArrayRef indices) {
  return ops::tensor_split(self, indices, split_dim("dsplit", self, 3, 2));
}

// ---- grids and blocks ----

std::vector<TensorBase> broadcast_tensors(TensorList tensors) {
  DimVector shape;
  for (const TensorBase& t : tensors) shape = infer_broadcast_size(shape, t.sizes());
  return each(tensors, [&](const TensorBase& t) { return ops::expand(t, shape); });
}

std::vector<TensorBase> meshgrid(TensorList tensors) {
  TORCH_CHECK(!tensors.empty(), "meshgrid expects a non-empty TensorList");
  DimVector shape;
  for (const TensorBase& t : tensors) {
    TORCH_CHECK(t.dim() <= 1, "torch.meshgrid: Expected 0D or 1D tensor in the tensor list but got: ", t.dim(), "D");
    TORCH_CHECK(t.scalar_type() == tensors[0].scalar_type(),
                "torch.meshgrid expects all tensors to have the same dtype");
    TORCH_CHECK(t.device() == tensors[0].device(), "torch.meshgrid expects all tensors to have the same device");
    shape.push_back(t.numel());
  }
  std::vector<TensorBase> grids;
  for (size_t i = 0; i < tensors.size(); ++i) {
    DimVector own(shape.size(), 1);
    own[i] = shape[i];
    grids.push_back(ops::expand(ops::view(tensors[i], own), shape));
  }
  return grids;
}
std::vector<TensorBase> meshgrid(TensorList tensors, std::string_view indexing) {
  TORCH_CHECK(indexing == "ij" || indexing == "xy",
              "torch.meshgrid: indexing must be one of \"xy\" or \"ij\", but received: ", indexing);
  if (indexing == "ij" || tensors.size() < 2) return native::meshgrid(tensors);
  std::vector<TensorBase> grids = native::meshgrid(tensors);
  for (TensorBase& grid : grids) grid = ops::transpose(grid, 0, 1);
  return grids;
}

}  // namespace tiny_torch::native
