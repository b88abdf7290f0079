// What generated autograd kernels and nodes use beyond kernel_support.h.
#pragma once

#include <array>
#include <string>

#include "autograd/kernel_support.h"

namespace tiny_torch::autodiff {

/// The node of in-place changes that forget the old values (comparisons, argmax written in place): a zero gradient.
struct TORCH_API ZeroGradNode final : Node {
  variable_list apply(variable_list&& grads) override;
  std::string name() const override { return "NotDifferentiable"; }
};

inline bool any_defined(const variable_list& grads) {
  for (const TensorBase& grad : grads) {
    if (grad.defined()) return true;
  }
  return false;
}

inline void as_view(const TensorBase& base, const std::vector<TensorBase>& views, bool) {
  for (const TensorBase& view : views) as_view(base, view, CreationMeta::MultiOutputNode);
}

/// The shapes of a list, for formulas that need no more of it.
TORCH_API std::vector<DimVector> sizes_of(TensorList tensors);

inline std::optional<TensorBase> unpack_optional(const SavedVariable& saved) {
  TensorBase t = saved.unpack();
  return t.defined() ? std::optional<TensorBase>(std::move(t)) : std::nullopt;
}
TORCH_API std::vector<TensorBase> unpack_tensors(const SavedVariableList& saved, Node& saved_for);
TORCH_API std::vector<std::optional<TensorBase>> unpack_optional_tensors(const SavedVariableList& saved);

inline std::optional<std::vector<int64_t>> to_optional_vector(OptionalIntArrayRef list) {
  return list.has_value() ? std::optional<std::vector<int64_t>>(list->vec()) : std::nullopt;
}
inline std::optional<std::vector<double>> to_optional_vector(std::optional<ArrayRef<double>> list) {
  return list.has_value() ? std::optional<std::vector<double>>(list->vec()) : std::nullopt;
}
inline std::optional<std::string> to_optional_string(std::optional<std::string_view> text) {
  return text.has_value() ? std::optional<std::string>(*text) : std::nullopt;
}

[[noreturn]] TORCH_API void throw_released();

/// A saved tensor or list for Python; `owner` is the node of saved outputs.
TORCH_API IValue shown(const SavedVariable& saved, Node* owner, bool released);
TORCH_API IValue shown(const SavedVariableList& saved, Node* owner, bool released);

}  // namespace tiny_torch::autodiff
