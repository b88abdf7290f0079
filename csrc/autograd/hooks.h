// Hooks: what users hang on tensors and nodes. The Python binding derives from these; C++ functions are wrapped.
#pragma once

#include <functional>

#include "aten/core/TensorBase.h"
#include "autograd/inline_vector.h"

namespace tiny_torch::autodiff {

using variable_list = InlineVector<TensorBase, 4>;

/// Sees the gradient of one tensor; an undefined result leaves it as it is.
struct TORCH_API TensorHook {
  virtual ~TensorHook();
  virtual TensorBase operator()(const TensorBase& grad) = 0;
};

/// Sees all gradients a node is about to receive and returns those it shall receive.
struct TORCH_API FunctionPreHook {
  virtual ~FunctionPreHook();
  virtual variable_list operator()(variable_list grads) = 0;
};

/// Sees what a node computed (`outputs`) from what (`inputs`), returns what is passed on.
struct TORCH_API FunctionPostHook {
  virtual ~FunctionPostHook();
  virtual variable_list operator()(variable_list outputs, const variable_list& inputs) = 0;
};

/// Runs after a leaf's .grad was updated.
struct TORCH_API PostAccumulateGradHook {
  virtual ~PostAccumulateGradHook();
  virtual void operator()(const TensorBase& variable) = 0;
};

/// Packs a tensor that is saved for backward and gives it back (saved_tensors_hooks).
struct TORCH_API SavedVariableHooks {
  virtual ~SavedVariableHooks();
  virtual void pack(const TensorBase& tensor) = 0;
  virtual TensorBase unpack() = 0;
};

/// What anomaly mode remembers about a node; the Python binding stores the stack trace of the forward call.
struct TORCH_API AnomalyMetadata {
  virtual ~AnomalyMetadata();
  /// Shows where the node `name` was created, as a warning.
  virtual void print_stack(const std::string& name) = 0;
};

}  // namespace tiny_torch::autodiff
