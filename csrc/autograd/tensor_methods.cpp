// The methods of Tensor (aten/Tensor.h) that belong to autograd.
#include "aten/Tensor.h"
#include "autograd/AutogradMeta.h"
#include "autograd/autograd.h"
#include "autograd/view.h"
#include "generated/ops/binary.h"

namespace tiny_torch {

void Tensor::backward(const Tensor& gradient, std::optional<bool> retain_graph, bool create_graph) const {
  autodiff::backward(*this, gradient.defined() ? TensorList(gradient) : TensorList(), retain_graph, create_graph);
}
Tensor Tensor::grad() const { return autodiff::grad(*this); }
Tensor& Tensor::mutable_grad() const {
  static_assert(sizeof(Tensor) == sizeof(TensorBase), "a TensorBase is read as a Tensor");
  return static_cast<Tensor&>(autodiff::mutable_grad(*this));
}
Tensor& Tensor::requires_grad_(bool requires_grad) const {
  autodiff::set_requires_grad(*this, requires_grad);
  return const_cast<Tensor&>(*this);
}
bool Tensor::is_leaf() const { return autodiff::is_leaf(*this); }
Tensor Tensor::data() const { return autodiff::variable_data(*this); }
void Tensor::set_data(const Tensor& data) const { autodiff::set_data(*this, data); }
void Tensor::retain_grad() const { autodiff::retain_grad(*this); }
bool Tensor::retains_grad() const { return autodiff::retains_grad(*this); }
int64_t Tensor::output_nr() const { return autodiff::output_nr(*this); }
bool Tensor::is_view() const { return autodiff::is_view(*this); }
const Tensor Tensor::_base() const {
  TORCH_CHECK(is_view(), "Can't get base of non-view Tensor");
  return autodiff::view_base(*this);
}
Tensor& Tensor::detach_() const {
  autodiff::detach_(*this);
  return const_cast<Tensor&>(*this);
}
bool Tensor::is_nonzero() const {
  TORCH_CHECK(numel() == 1, "Boolean value of Tensor with ", numel() == 0 ? "no values" : "more than one value",
              " is ambiguous");
  return item().to_bool();
}
Tensor Tensor::where(const Tensor& condition, const Tensor& other) const { return ops::where(condition, *this, other); }
Tensor Tensor::numpy_T() const {
  DimVector dims;
  for (int64_t d = dim() - 1; d >= 0; --d) dims.push_back(d);
  return permute(dims);
}
Tensor Tensor::mT() const {
  TORCH_CHECK(dim() >= 2, "tensor.mT is only supported on matrices or batches of matrices. Got ", dim(), "-D tensor.");
  return transpose(-2, -1);
}
Tensor Tensor::mH() const { return is_complex() ? mT().conj() : mT(); }
intrusive_ptr<autodiff::Node> Tensor::grad_fn() const { return autodiff::grad_fn(*this); }
unsigned Tensor::add_hook(std::function<Tensor(const Tensor&)> hook) const {
  return autodiff::register_hook(*this, [hook](const TensorBase& grad) -> TensorBase { return hook(grad); });
}
void Tensor::remove_hook(unsigned position) const { autodiff::remove_hook(*this, position); }

namespace detail {
Tensor with_requires_grad(Tensor t, const TensorOptions& options) {
  if (options.requires_grad()) autodiff::set_requires_grad(t, true);
  return t;
}
std::optional<MemoryFormat> memory_format_of(const TensorOptions& options, std::optional<MemoryFormat> given) {
  TORCH_CHECK(!given.has_value() || !options.has_memory_format(),
              "Cannot set memory_format both in TensorOptions and explicit argument: got ",
              options.memory_format_opt().value_or(MemoryFormat::Contiguous), " and ",
              given.value_or(MemoryFormat::Contiguous));
  return given.has_value() ? given : options.memory_format_opt();
}
}  // namespace detail

}  // namespace tiny_torch
