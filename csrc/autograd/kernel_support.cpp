#include "autograd/kernel_support.h"

namespace tiny_torch::autodiff::detail {

void set_one_history(const TensorBase& t, const intrusive_ptr<Node>& node) {
  if (!t.defined() || !is_differentiable_type(t.dtype())) {
    node->add_undefined_input();
    return;
  }
  const uint32_t input_nr = node->add_input_metadata(t);
  set_gradient_edge(t, Edge(node, input_nr));
}

}  // namespace tiny_torch::autodiff::detail
