// The methods of Tensor (aten/Tensor.h) that belong to autograd.
#include "aten/Tensor.h"
#include "autograd/AutogradMeta.h"
#include "autograd/autograd.h"

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
