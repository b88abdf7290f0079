#include "aten/TensorIndexing.h"

#include <limits>

#include "generated/ops/copy.h"
#include "generated/ops/creation.h"
#include "generated/ops/index.h"
#include "generated/ops/view.h"

namespace tiny_torch {
namespace indexing {
namespace {

bool is_mask(const Tensor& t) { return t.scalar_type() == kBool || t.scalar_type() == kByte; }

/// Walks the items from left to right: each changes the geometry of the view or leaves an index tensor for its dimension.
class Walk {
 public:
  Walk(const Tensor& self, ArrayRef<TensorIndex> items) : view_(self), self_(self) {
    int64_t specified = 0;
    for (const TensorIndex& item : items) specified += item.dims();
    TORCH_CHECK_INDEX(specified <= self.dim(), "too many indices for tensor of dimension ", self.dim());
    hidden_dims_ = self.dim() - specified;
    for (const TensorIndex& item : items) std::visit(*this, item.value());
  }

  void operator()(std::nullopt_t) { view_ = ops::unsqueeze(view_, dim_++); }
  void operator()(EllipsisIndexType) { dim_ += std::exchange(hidden_dims_, 0); }
  void operator()(int64_t index) { view_ = ops::select(view_, dim_, index); }
  void operator()(const Slice& s) {
    TORCH_CHECK_VALUE(s.step() > 0, "step must be greater than zero");
    view_ = ops::slice(view_, dim_++, s.start(), s.stop(), s.step());
  }
  void operator()(bool mask) {
    view_ = ops::unsqueeze(view_, dim_);
    add_index(ops::full({1}, mask, kBool, std::nullopt, view_.device()), 1);
  }
  void operator()(const Tensor& index) {
    TORCH_CHECK_INDEX(index.defined(), "an undefined tensor is no index");
    if (index.dim() == 0 && is_integral(index.scalar_type(), false) && !is_mask(index) && !index.is_meta()) {
      return (*this)(index.item<int64_t>());
    }
    if (index.dim() == 0 && is_mask(index)) return (*this)(index.item<bool>());
    add_index(index, is_mask(index) ? index.dim() : 1);
  }

  Tensor& view() { return view_; }
  const std::vector<std::optional<TensorBase>>& indices() const { return indices_; }

 private:
  void add_index(const TensorBase& index, int64_t dims) {
    indices_.resize(static_cast<size_t>(dim_));
    indices_.emplace_back(index);
    dim_ += dims;
  }

  Tensor view_;
  const Tensor& self_;
  int64_t dim_ = 0;
  int64_t hidden_dims_ = 0;
  std::vector<std::optional<TensorBase>> indices_;
};

Tensor get(const Tensor& self, ArrayRef<TensorIndex> items) {
  Walk walk(self, items);
  if (!walk.indices().empty()) return ops::index(walk.view(), walk.indices());
  // Always another tensor than self, as in Python.
  return walk.view().is_same(self) ? Tensor(ops::as_strided(self, self.sizes(), self.strides())) : walk.view();
}

void put(const Tensor& self, ArrayRef<TensorIndex> items, const Tensor& values) {
  Walk walk(self, items);
  if (!walk.indices().empty()) {
    ops::index_put_(walk.view(), walk.indices(), ops::to(values, self.device(), self.scalar_type()));
    return;
  }
  // Leading dimensions of size 1 that the target does not have are dropped.
  Tensor source = values;
  while (source.dim() > walk.view().dim() && source.size(0) == 1) source = source.squeeze(0);
  ops::copy_(walk.view(), source);
}

}  // namespace

int64_t TensorIndex::dims() const {
  if (const auto* t = std::get_if<Tensor>(&value_)) return is_mask(*t) ? t->dim() : 1;
  return std::holds_alternative<int64_t>(value_) || std::holds_alternative<Slice>(value_) ? 1 : 0;
}

std::ostream& operator<<(std::ostream& out, const Slice& slice) {
  constexpr int64_t kEnd = std::numeric_limits<int64_t>::max() / 2;
  return out << slice.start().value_or(0) << ':' << slice.stop().value_or(kEnd) << ':' << slice.step();
}
std::ostream& operator<<(std::ostream& out, const TensorIndex& item) {
  struct Print {
    std::ostream& out;
    void operator()(std::nullopt_t) const { out << "None"; }
    void operator()(EllipsisIndexType) const { out << "..."; }
    void operator()(int64_t index) const { out << index; }
    void operator()(bool mask) const { out << (mask ? "true" : "false"); }
    void operator()(const Slice& slice) const { out << slice; }
    void operator()(const Tensor& index) const { out << index; }
  };
  std::visit(Print{out}, item.value());
  return out;
}

}  // namespace indexing

Tensor Tensor::index(ArrayRef<indexing::TensorIndex> indices) const { return indexing::get(*this, indices); }
Tensor Tensor::index(std::initializer_list<indexing::TensorIndex> indices) const {
  return index(ArrayRef<indexing::TensorIndex>(indices.begin(), indices.size()));
}
Tensor& Tensor::index_put_(ArrayRef<indexing::TensorIndex> indices, const Tensor& values) const {
  indexing::put(*this, indices, values);
  return const_cast<Tensor&>(*this);
}
Tensor& Tensor::index_put_(ArrayRef<indexing::TensorIndex> indices, const Scalar& value) const {
  return index_put_(indices, Tensor(scalar_tensor_of(value, scalar_type(), device())));
}
Tensor& Tensor::index_put_(std::initializer_list<indexing::TensorIndex> indices, const Tensor& values) const {
  return index_put_(ArrayRef<indexing::TensorIndex>(indices.begin(), indices.size()), values);
}
Tensor& Tensor::index_put_(std::initializer_list<indexing::TensorIndex> indices, const Scalar& value) const {
  return index_put_(ArrayRef<indexing::TensorIndex>(indices.begin(), indices.size()), value);
}
Tensor Tensor::operator[](const Tensor& index) const { return this->index({index}); }
Tensor Tensor::cpu() const { return ops::to(*this, Device(kCPU), scalar_type()); }
Tensor Tensor::cuda() const { return ops::to(*this, Device(kCUDA), scalar_type()); }
Tensor Tensor::toType(ScalarType dtype) const { return ops::to(*this, dtype); }

}  // namespace tiny_torch
