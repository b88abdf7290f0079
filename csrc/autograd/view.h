// Views and in-place changes.
//
// Note [Views and history]
// A view keeps its base (never itself a view) and shares its version counter. Changing either one in place moves the
// counter. When the changed tensor is a view, the recorded node is wrapped in CopySlices, which becomes the node of the
// base: it replaces the gradient of the viewed part by what the wrapped node makes of it. Views whose attr_version_
// lags behind read themselves anew from the base, through AsStridedBackward0, when they are next asked for their node.
#pragma once

#include "autograd/AutogradMeta.h"

namespace tiny_torch::autodiff {

/// Records that `view` shares memory with `base`; for results of view operations, called below autograd.
/// `creation` other than Default is for results of custom functions and of operations with several views.
TORCH_API void as_view(const TensorBase& base, const TensorBase& view, CreationMeta creation);
inline void as_view(const TensorBase& base, const TensorBase& view, bool is_multi_output = false) {
  as_view(base, view, is_multi_output ? CreationMeta::MultiOutputNode : CreationMeta::Default);
}
inline bool is_view(const TensorBase& t) {
  AutogradMeta* meta = meta_or_null(t);
  return meta != nullptr && meta->is_view_;
}
/// The tensor `t` views; RuntimeError if it is none.
TORCH_API TensorBase view_base(const TensorBase& t);
TORCH_API CreationMeta creation_meta(const TensorBase& t);
TORCH_API void set_creation_meta(const TensorBase& t, CreationMeta creation);

/// RuntimeError where `self` may not be changed in place: leaves that require grad and their views, views of several
/// outputs, views made without gradients. `requires_grad` says whether the operation would be recorded.
TORCH_API void check_inplace(const TensorBase& self, bool requires_grad);
/// Every in-place operation calls this once, also when nothing is recorded. RuntimeError for inference tensors outside
/// inference mode.
TORCH_API void increment_version(const TensorBase& self);
/// Makes `node` the node of `self` after an in-place change; goes through the base for views.
TORCH_API void rebase_history(const TensorBase& self, intrusive_ptr<Node> node);
TORCH_API void rebase_history(TensorList selves, const intrusive_ptr<Node>& node);

intrusive_ptr<Node> view_grad_fn(const TensorBase& t, ViewMeta& meta);

/// Sizes, strides and offset of a tensor, kept without its memory.
struct TensorGeometry {
  TensorGeometry() = default;
  explicit TensorGeometry(const TensorBase& t)
      : sizes(t.sizes()), strides(t.strides()), storage_offset(t.storage_offset()) {}
  SmallVector<int64_t, 4> sizes;
  SmallVector<int64_t, 4> strides;
  int64_t storage_offset = 0;
};

/// The gradient of a base of which one view was changed in place by the operation `fn`.
struct TORCH_API CopySlices final : Node {
  CopySlices(const TensorBase& base, const TensorBase& view, intrusive_ptr<Node> fn);
  variable_list apply(variable_list&& grads) override;
  void release_variables() override;
  std::string name() const override { return "torch::autograd::CopySlices"; }

  TensorGeometry base_;
  TensorGeometry view_;
  intrusive_ptr<Node> fn_;
  bool released_ = false;
};

}  // namespace tiny_torch::autodiff
