#include "api/autograd.h"

#include "api/demangle.h"
#include "autograd/generated_support.h"

namespace tiny_torch::api {

variable_list AutogradContext::get_saved_variables() const {
  if (freed_) autodiff::throw_released();
  variable_list result;
  result.reserve(saved_.size());
  const intrusive_ptr<autodiff::Node> node =
      node_ == nullptr ? nullptr : intrusive_ptr<autodiff::Node>::reclaim_copy(node_);
  for (const autodiff::SavedVariable& one : saved_) result.emplace_back(one.unpack(node, /*with_history=*/true));
  return result;
}

bool AutogradContext::needs_input_grad(size_t i) const {
  return node_ != nullptr && node_->task_should_compute_output(i);
}

void AutogradContext::save(const intrusive_ptr<autodiff::Node>& node) {
  const variable_list tensors = std::move(to_save_);
  to_save_.clear();
  marks_ = {};
  if (!node.defined()) return;
  for (const Tensor& tensor : tensors) {
    saved_.emplace_back(tensor, /*is_output=*/tensor.defined() && autodiff::grad_fn(tensor) == node);
  }
}

autodiff::variable_list CustomNode::apply(autodiff::variable_list&& grads) {
  variable_list incoming;
  for (size_t i = 0; i < grads.size(); ++i) {
    const bool fill = !grads[i].defined() && ctx_.materialize_grads_ && i < outputs_.size();
    incoming.emplace_back(fill ? outputs_[i].zeros() : std::move(grads[i]));
  }
  variable_list given = backward_(&ctx_, std::move(incoming));
  const size_t expected = is_tensor_input_.size();
  while (given.size() > expected && !given.back().defined()) given.pop_back();
  TORCH_CHECK(given.size() == expected, "function ", name_, " returned an incorrect number of gradients (expected ",
              expected, ", got ", given.size(), ")");
  autodiff::variable_list result;
  for (size_t i = 0; i < expected; ++i) {
    if (is_tensor_input_[i]) {
      result.push_back(std::move(given[i]));
      continue;
    }
    TORCH_CHECK(!given[i].defined(), "function ", name_, " returned a gradient different that is defined at position ",
                i + 1, ", but the corresponding forward input was not a Variable");
  }
  return result;
}

void CustomNode::release_variables() {
  ctx_.saved_.clear();
  ctx_.freed_ = true;
}

namespace detail {

intrusive_ptr<CustomNode> make_custom_node(CustomNode::Backward backward, const std::type_info& type,
                                           const CollectTensors& inputs) {
  auto node = make_intrusive<CustomNode>(backward, str("CppNode<", tiny_torch::detail::type_name(type), ">"));
  node->is_tensor_input_ = inputs.is_tensor;
  autodiff::edge_list edges;
  for (const TensorBase& t : inputs.tensors) autodiff::detail::collect_edge(edges, t);
  node->set_next_edges(std::move(edges));
  return node;
}

}  // namespace detail

autodiff::variable_list FunctionPreHook::operator()(autodiff::variable_list grads) {
  return detail::to_list((*this)(variable_list(grads.begin(), grads.end())));
}
autodiff::variable_list FunctionPostHook::operator()(autodiff::variable_list outputs,
                                                     const autodiff::variable_list& inputs) {
  return detail::to_list(
      (*this)(variable_list(outputs.begin(), outputs.end()), variable_list(inputs.begin(), inputs.end())));
}

}  // namespace tiny_torch::api
