#include "autograd/generated_support.h"

#include "generated/ops/creation.h"

namespace tiny_torch::autodiff {

variable_list ZeroGradNode::apply(variable_list&& grads) {
  variable_list zeros(num_outputs());
  for (size_t i = 0; i < zeros.size(); ++i) {
    if (grads[0].defined()) zeros[i] = ops::zeros_like(grads[0]);
  }
  return zeros;
}

std::vector<DimVector> sizes_of(TensorList tensors) {
  std::vector<DimVector> sizes;
  sizes.reserve(tensors.size());
  for (const TensorBase& t : tensors) sizes.emplace_back(t.sizes());
  return sizes;
}

std::vector<TensorBase> unpack_tensors(const SavedVariableList& saved, Node& saved_for) {
  const variable_list list = unpack_list(saved, saved_for);
  return std::vector<TensorBase>(list.begin(), list.end());
}

std::vector<std::optional<TensorBase>> unpack_optional_tensors(const SavedVariableList& saved) {
  std::vector<std::optional<TensorBase>> list;
  list.reserve(saved.size());
  for (const SavedVariable& s : saved) list.push_back(unpack_optional(s));
  return list;
}

void throw_released() {
  throw Error(
      "Trying to backward through the graph a second time (or directly access saved tensors after they have already "
      "been freed). Saved "
      "intermediate values of the graph are freed when you call .backward() or autograd.grad(). Specify "
      "retain_graph=True if you need to "
      "backward through the graph a second time or if you need to access saved tensors after calling backward.");
}

IValue shown(const SavedVariable& saved, Node* owner, bool released) {
  if (released) throw_released();
  TensorBase t = saved.unpack(intrusive_ptr<Node>::reclaim_copy(owner), /*with_history=*/true);
  return t.defined() ? IValue(std::move(t)) : IValue();
}

IValue shown(const SavedVariableList& saved, Node* owner, bool released) {
  if (released) throw_released();
  std::vector<IValue> list;
  list.reserve(saved.size());
  for (const SavedVariable& one : saved) list.push_back(shown(one, owner, released));
  return IValue(std::move(list));
}

}  // namespace tiny_torch::autodiff
