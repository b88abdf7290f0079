// AccumulateGrad: the end of every path, adds what arrives to the .grad of a leaf.
#pragma once

#include "autograd/AutogradMeta.h"

namespace tiny_torch::autodiff {

/// Owned by the graphs that end here, never by the leaf; see AutogradMeta::accumulator_.
struct TORCH_API AccumulateGrad final : Node {
  explicit AccumulateGrad(TensorBase variable);
  variable_list apply(variable_list&& grads) override;
  std::string name() const override { return "torch::autograd::AccumulateGrad"; }
  bool apply_needs_lock() const override { return false; }

  TensorBase variable_;

 protected:
  void release_resources() override;
};

/// Adds `grad` to the .grad of `variable`; takes the tensor over where nobody else can see its memory.
TORCH_API void accumulate_grad(const TensorBase& variable, TensorBase&& grad);

/// Whether `t` is the only owner of its memory, so that writing to it cannot be noticed.
TORCH_API bool owns_memory_alone(const TensorBase& t);

}  // namespace tiny_torch::autodiff
