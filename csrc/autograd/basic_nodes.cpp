#include "autograd/basic_nodes.h"

namespace tiny_torch::autodiff {

variable_list ErrorNode::apply(variable_list&&) { throw Error(message_); }

variable_list NotImplementedNode::apply(variable_list&&) {
  throw NotImplementedError("derivative for " + op_ + " is not implemented");
}

}  // namespace tiny_torch::autodiff
