// SavedVariable: a tensor kept for the backward pass.
//
// Contract: inputs and leaves are kept as they are; an output is kept without its node, which owns the SavedVariable,
// so that no cycle arises, and gets it back in unpack(). unpack() raises when the tensor was changed in place since it
// was saved, and after reset() (the buffers were freed by an earlier backward pass).
#pragma once

#include "autograd/AutogradMeta.h"

namespace tiny_torch::autodiff {

class TORCH_API SavedVariable {
 public:
  SavedVariable() = default;
  SavedVariable(const TensorBase& tensor, bool is_output, bool is_inplace_on_view = false);
  SavedVariable(const std::optional<TensorBase>& tensor, bool is_output, bool is_inplace_on_view = false)
      : SavedVariable(tensor.has_value() ? *tensor : TensorBase(), is_output, is_inplace_on_view) {}
  SavedVariable(SavedVariable&&) noexcept;
  SavedVariable& operator=(SavedVariable&&) noexcept;
  ~SavedVariable();

  /// The tensor; undefined if an undefined one was saved. Saved outputs are outputs of `saved_for` again, which formulas
  /// can do without while nothing is recorded.
  TensorBase unpack(const intrusive_ptr<Node>& saved_for = nullptr, bool with_history = GradMode::is_enabled()) const;
  /// For apply(): `saved_for` is the node itself.
  TensorBase unpack(Node& saved_for) const;
  /// Frees the tensor; unpack() raises from now on.
  void reset();
  void reset_data() { reset(); }
  /// Packs the tensor with `hooks` now. RuntimeError when it has hooks already or was freed.
  void register_hooks(std::unique_ptr<SavedVariableHooks> hooks);
  bool was_saved() const { return saved_; }

 private:
  struct Extra {
    std::unique_ptr<SavedVariableHooks> hooks;
    intrusive_ptr<Node> grad_fn;
    intrusive_ptr<Node> accumulator;
    intrusive_ptr<WeakNode> weak_grad_fn;
    // A tensor without memory that shares the version counter; stands in for a packed one.
    TensorBase version_holder;
  };
  TensorBase unpack_impl(Node* saved_for, bool with_history) const;
  void pack(std::unique_ptr<SavedVariableHooks> hooks, const TensorBase& tensor);
  void check_version(const Node* saved_for) const;

  TensorBase data_;
  std::unique_ptr<Extra> extra_;
  uint32_t saved_version_ = 0;
  uint32_t output_nr_ = 0;
  bool saved_ = false;
  bool original_ = false;
  bool is_output_ = false;
  bool is_leaf_ = false;
  bool requires_grad_ = false;
};

/// Hooks that every tensor saved on this thread is packed with (graph.saved_tensors_hooks); the innermost pair counts.
struct TORCH_API SavedTensorDefaultHooks {
  using Factory = std::function<std::unique_ptr<SavedVariableHooks>()>;
  static void push(Factory factory);
  static void pop();
  static bool is_empty();
  /// While disabled, push() raises `message`.
  static void disable(std::string message);
  static void enable();
};

using SavedVariableList = std::vector<SavedVariable>;
TORCH_API SavedVariableList save_list(TensorList tensors, bool is_output);
TORCH_API SavedVariableList save_list(OptionalTensorList tensors, bool is_output);
TORCH_API variable_list unpack_list(const SavedVariableList& saved, Node& saved_for);

}  // namespace tiny_torch::autodiff
