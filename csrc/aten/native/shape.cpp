// Composites over views.
#include "generated/kernels/shape.h"

#include "aten/core/promotion.h"
#include "aten/native/view_util.h"
#include "generated/ops/copy.h"
#include "generated/ops/reduce.h"
#include "generated/ops/shape.h"
#include "generated/ops/view.h"

namespace tiny_torch::native {

TensorBase reshape(const TensorBase& self, IntArrayRef shape) {
  const DimVector sizes = infer_size(shape, self.numel());
  if (self.is_contiguous()) return ops::view(self, sizes);
  const auto strides = compute_view_strides(self.sizes(), self.strides(), sizes, self.numel());
  if (strides.has_value()) return ops::_reshape_alias(self, sizes, *strides);
  return ops::_unsafe_view(ops::clone(self, MemoryFormat::Contiguous), sizes);
}

TensorBase sum_to_size(const TensorBase& self, IntArrayRef size) {
  TORCH_CHECK(is_expandable_to(size, self.sizes()), "size {", size, "} is not expandable to size {", self.sizes(),
              "}.");
  if (size.empty()) return ops::sum(self);
  if (self.sizes() == size) return self;
  DimVector dims;
  const int64_t added = self.dim() - static_cast<int64_t>(size.size());
  for (int64_t d = 0; d < self.dim(); ++d) {
    if (d < added || (size[static_cast<size_t>(d - added)] == 1 && self.size(d) != 1)) dims.push_back(d);
  }
  TensorBase reduced = ops::sum(self, OptionalIntArrayRef(IntArrayRef(dims)), true);
  return added > 0 ? ops::view(reduced, size) : reduced;
}

TensorBase adjoint(const TensorBase& self) {
  TORCH_CHECK(self.dim() != 1,
              "tensor.adjoint() is only supported on matrices or batches of matrices. Got 1-D tensor.");
  return ops::conj(self.dim() == 0 ? self : ops::transpose(self, -2, -1));
}

TensorBase flatten(const TensorBase& self, int64_t start_dim, int64_t end_dim) {
  const int64_t first = maybe_wrap_dim(start_dim, self.dim()), last = maybe_wrap_dim(end_dim, self.dim());
  TORCH_CHECK(first <= last, "flatten() has invalid args: start_dim cannot come after end_dim");
  if (self.dim() == 0) return ops::reshape(self, {1});
  if (first == last) return self;
  DimVector shape;
  int64_t merged = 1;
  for (int64_t d = first; d <= last; ++d) merged *= self.size(d);
  for (int64_t d = 0; d < first; ++d) shape.push_back(self.size(d));
  shape.push_back(merged);
  for (int64_t d = last + 1; d < self.dim(); ++d) shape.push_back(self.size(d));
  return ops::reshape(self, shape);
}

TensorBase unflatten(const TensorBase& self, int64_t dim, IntArrayRef sizes) {
  const int64_t d = maybe_wrap_dim(dim, self.dim(), false);
  TORCH_CHECK(!sizes.empty(), "unflatten: sizes must be non-empty");
  const DimVector inner = infer_size(sizes, self.size(d));
  DimVector shape;
  for (int64_t i = 0; i < self.dim(); ++i) {
    if (i != d) {
      shape.push_back(self.size(i));
      continue;
    }
    for (int64_t s : inner) shape.push_back(s);
  }
  return ops::view(self, shape);
}

TensorBase narrow(const TensorBase& self, int64_t dim, int64_t start, int64_t length) {
  TORCH_CHECK(self.dim() > 0, "narrow() cannot be applied to a 0-dim tensor.");
  TORCH_CHECK(length >= 0, "narrow(): length must be non-negative.");
  const int64_t size = self.size(maybe_wrap_dim(dim, self.dim()));
  TORCH_CHECK_INDEX(start >= -size && start <= size, "start out of range (expected to be in range of [", -size, ", ",
                    size, "], but got ", start, ")");
  const int64_t first = start < 0 ? start + size : start;
  TORCH_CHECK(first <= size - length, "start (", first, ") + length (", length, ") exceeds dimension size (", size,
              ").");
  return ops::slice(self, dim, first, first + length, 1);
}

std::vector<TensorBase> chunk(const TensorBase& self, int64_t chunks, int64_t dim) {
  TORCH_CHECK(self.dim() > 0, "chunk expects at least a 1-dimensional tensor");
  TORCH_CHECK(chunks > 0, "chunk expects `chunks` to be greater than 0, got: ", chunks);
  const int64_t size = self.size(maybe_wrap_dim(dim, self.dim()));
  const int64_t piece = size / chunks + (size % chunks != 0 ? 1 : 0);
  // Pieces of no size: the number asked for is kept.
  if (piece == 0) return ops::split_with_sizes(self, std::vector<int64_t>(static_cast<size_t>(chunks), 0), dim);
  return ops::split(self, piece, dim);
}

TensorBase movedim(const TensorBase& self, IntArrayRef source, IntArrayRef destination) {
  TORCH_CHECK(source.size() == destination.size(), "movedim: Invalid source or destination dims: source (", source,
              " dims) should contain the same number of dims as destination (", destination, " dims)");
  const auto rank = static_cast<size_t>(self.dim());
  DimVector order(rank, -1);
  SmallVector<bool, 8> moved(rank, false);
  for (size_t i = 0; i < source.size(); ++i) {
    const auto from = static_cast<size_t>(maybe_wrap_dim(source[i], self.dim())),
               to = static_cast<size_t>(maybe_wrap_dim(destination[i], self.dim()));
    if (rank == 0) return ops::view(self, self.sizes());
    TORCH_CHECK(!moved[from], "movedim: repeated dim in `source` (", source, ")");
    TORCH_CHECK(order[to] == -1, "movedim: repeated dim in `destination` (", destination, ")");
    moved[from] = true;
    order[to] = static_cast<int64_t>(from);
  }
  size_t next = 0;
  for (size_t i = 0; i < rank; ++i) {
    if (order[i] != -1) continue;
    while (moved[next]) ++next;
    order[i] = static_cast<int64_t>(next++);
  }
  return ops::permute(self, order);
}

}  // namespace tiny_torch::native
