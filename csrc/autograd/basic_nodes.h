// Nodes that belong to no operator.
#pragma once

#include "autograd/Node.h"

namespace tiny_torch::autodiff {

/// Raises `message` when a gradient arrives.
struct TORCH_API ErrorNode : Node {
  explicit ErrorNode(std::string message) : message_(std::move(message)) {}
  variable_list apply(variable_list&& grads) override;
  std::string name() const override { return "torch::autograd::Error"; }

  std::string message_;
};

/// Stands for an operator without a derivative: raises when a gradient arrives.
struct TORCH_API NotImplementedNode final : Node {
  explicit NotImplementedNode(std::string op) : op_(std::move(op)) {}
  variable_list apply(variable_list&& grads) override;
  std::string name() const override { return "NotImplemented"; }

  std::string op_;
};

/// Passes gradients on as they are.
struct TORCH_API Identity final : Node {
  variable_list apply(variable_list&& grads) override { return std::move(grads); }
  std::string name() const override { return "torch::autograd::Identity"; }
};

/// Several roots in one.
struct TORCH_API GraphRoot final : Node {
  GraphRoot(edge_list&& roots, variable_list&& outputs) : Node(std::move(roots)), outputs_(std::move(outputs)) {}
  variable_list apply(variable_list&&) override { return outputs_; }
  std::string name() const override { return "torch::autograd::GraphRoot"; }

  variable_list outputs_;
};

/// Stops gradients: every incoming one becomes undefined.
struct TORCH_API UndefinedGrad final : Node {
  variable_list apply(variable_list&& grads) override { return variable_list(grads.size()); }
  std::string name() const override { return "UndefinedGradBackward"; }
};

}  // namespace tiny_torch::autodiff
