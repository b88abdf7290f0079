#include "autograd/view.h"

#include "autograd/SavedVariable.h"
#include "autograd/as_strided.h"
#include "autograd/engine_ops.h"
#include "autograd/generated_support.h"

namespace tiny_torch::autodiff {

void as_view(const TensorBase& base, const TensorBase& view, CreationMeta creation) {
  if (base.is_inference() || base.is_same(view)) return;
  if (inference_mode_enabled()) {
    creation = CreationMeta::InferenceMode;
  } else if (!GradMode::is_enabled()) {
    creation = CreationMeta::NoGradMode;
  }
  TensorBase root = base;
  if (const ViewMeta* parent = view_meta_or_null(base)) {
    root = parent->base_;
    if (creation == CreationMeta::Default) creation = parent->creation_;
  }
  share_version(root, view);
  auto meta = std::make_unique<ViewMeta>(std::move(root), creation);
  meta->attr_version_ = view.impl()->version_counter().current();
  view.impl()->set_autograd_meta(std::move(meta));
}

TensorBase view_base(const TensorBase& t) {
  const ViewMeta* meta = view_meta_or_null(t);
  TORCH_CHECK(meta != nullptr, "Can't get base of non-view Variable");
  return meta->base_;
}

CreationMeta creation_meta(const TensorBase& t) {
  const ViewMeta* meta = view_meta_or_null(t);
  return meta == nullptr ? CreationMeta::Default : meta->creation_;
}

void set_creation_meta(const TensorBase& t, CreationMeta creation) {
  if (ViewMeta* meta = view_meta_or_null(t)) meta->creation_ = creation;
}

namespace {

std::string clarify(const char* mode) {
  return str(
      " Given that this use case is ambiguous and error-prone, it is forbidden. You can clarify your code by moving "
      "both the view and the inplace either both inside the ",
      mode,
      " block (if you don't want the inplace to be tracked) or both outside (if you want the inplace to be tracked).");
}

/// RuntimeError for views that cannot follow a change; `indirect` says that not the view itself was changed.
void check_view_inplace(const ViewMeta& meta, bool indirect = false) {
  if (TORCH_LIKELY(meta.creation_ == CreationMeta::Default)) return;
  const char* changed = indirect ? "its base or another view of its base has been" : "is being";
  std::string message;
  if (meta.grad_fn_.defined()) {
    message = str("Output ", meta.output_nr_, " of ", operation_name(*meta.grad_fn_), " is a view");
    if (meta.creation_ == CreationMeta::InferenceMode) {
      message +=
          str(" of a view which was created in inference mode and ", changed, " modified inplace in normal mode.");
    } else if (meta.creation_ == CreationMeta::NoGradMode) {
      message += str(" of a view which was created in no_grad mode and ", changed,
                     " modified inplace with grad mode enabled.");
    } else {
      message += str(" and ", changed, " modified inplace.");
    }
  } else if (meta.creation_ == CreationMeta::InferenceMode) {
    message = str("A view was created in inference mode and ", changed, " modified inplace in normal mode.");
  } else {
    message = str("A view was created in no_grad mode and ", changed, " modified inplace with grad mode enabled.");
  }
  switch (meta.creation_) {
    case CreationMeta::MultiOutputNode:
      message +=
          " This view is the output of a function that returns multiple views. Such functions do not allow the output "
          "views to be modified inplace. You should replace the inplace operation by an out-of-place one.";
      break;
    case CreationMeta::NoGradMode:
      message += clarify("no_grad");
      break;
    case CreationMeta::InferenceMode:
      message += clarify("inference_mode");
      break;
    default:
      message +=
          " This view was created inside a custom Function (or because an input was returned as-is) and the autograd "
          "logic to handle view+inplace would override the custom backward associated with the custom Function, "
          "leading to incorrect gradients. This behavior is forbidden. You can fix this by cloning the output of the "
          "custom Function.";
  }
  TORCH_CHECK(false, message);
}

}  // namespace

void check_inplace(const TensorBase& self, bool requires_grad) {
  if (!requires_grad || !GradMode::is_enabled()) return;
  const ViewMeta* view = view_meta_or_null(self);
  if (view != nullptr) {
    check_view_inplace(*view);
    TORCH_CHECK(!(self.requires_grad() && is_leaf(view->base_)),
                "a view of a leaf Variable that requires grad is being used in an in-place operation.");
  }
  TORCH_CHECK(!(self.requires_grad() && is_leaf(self)),
              "a leaf Variable that requires grad is being used in an in-place operation.");
}

void increment_version(const TensorBase& self) {
  if (TORCH_UNLIKELY(self.is_inference())) {
    TORCH_CHECK(inference_mode_enabled(),
                "Inplace update to inference tensor outside InferenceMode is not allowed."
                "You can make a clone to get a normal tensor before doing inplace update.");
    return;
  }
  self.impl()->version_counter().bump();
}

void rebase_history(const TensorBase& self, intrusive_ptr<Node> node) {
  const uint32_t input_nr = node->add_input_metadata(self);
  ViewMeta* view = view_meta_or_null(self);
  if (view == nullptr) {
    set_gradient_edge(self, Edge(std::move(node), input_nr));
    return;
  }
  check_view_inplace(*view);
  TORCH_CHECK(input_nr == 0,
              "an in-place operation that changes several tensors cannot be recorded for a view of another");
  const TensorBase& base = view->base_;
  intrusive_ptr<Node> slices = make_intrusive<CopySlices>(base, self, std::move(node));
  set_gradient_edge(base, Edge(std::move(slices), 0));
  grad_fn(self);
}

void rebase_history(TensorList selves, const intrusive_ptr<Node>& node) {
  for (const TensorBase& self : selves) {
    if (self.defined() && is_differentiable_type(self.dtype())) {
      rebase_history(self, node);
    } else {
      node->add_undefined_input();
    }
  }
}

intrusive_ptr<Node> view_grad_fn(const TensorBase& t, ViewMeta& meta) {
  if (!meta.grad_fn_.defined() && !meta.base_.requires_grad()) return nullptr;
  const uint32_t current = t.impl()->version_counter().current();
  if (TORCH_LIKELY(meta.attr_version_ == current)) return meta.grad_fn_;
  check_view_inplace(meta, /*indirect=*/true);
  auto fresh = make_intrusive<AsStridedBackward>(TensorGeometry(meta.base_), TensorGeometry(t));
  edge_list edges;
  edges.push_back(gradient_edge(meta.base_));
  fresh->set_next_edges(std::move(edges));
  fresh->add_input_metadata(t);
  set_gradient_edge(t, Edge(std::move(fresh), 0));
  return meta.grad_fn_;
}

CopySlices::CopySlices(const TensorBase& base, const TensorBase& view, intrusive_ptr<Node> fn)
    : base_(base), view_(view), fn_(std::move(fn)) {
  // The wrapped node's first input is the part of the base; its gradient travels on through the base.
  add_next_edge(gradient_edge(base));
  if (fn_->num_outputs() > 0) fn_->set_next_edge(0, next_edge(0));
  for (size_t i = 1; i < fn_->num_outputs(); ++i) add_next_edge(fn_->next_edge(i));
  add_input_metadata(base);
}

void CopySlices::release_variables() {
  // The only owner is this node, so the wrapped one is not asked again.
  if (fn_.defined()) fn_->release_variables();
  released_ = true;
}

variable_list CopySlices::apply(variable_list&& grads) {
  TORCH_CHECK(grads.size() == 1, "CopySlices: expected 1 gradient, got ", grads.size());
  if (released_) throw_released();
  TensorBase grad = std::move(grads[0]);
  variable_list results(num_outputs());
  if (!grad.defined()) return results;

  const EngineOps& ops = engine_ops();
  TensorBase result = empty_strided_tensor(base_.sizes, base_.strides, grad.dtype(), grad.device());
  ops.copy_(result, grad);
  grad.reset();
  TensorBase slice = ops.as_strided(result, view_.sizes, view_.strides, view_.storage_offset - base_.storage_offset);
  variable_list slice_grads;
  slice_grads.push_back(ops.clone(slice));
  variable_list inner = (*fn_)(std::move(slice_grads));
  for (size_t i = 0; i < inner.size() && i < results.size(); ++i) {
    if (!should_compute_output(i)) continue;
    if (i > 0) {
      results[i] = std::move(inner[i]);
      continue;
    }
    if (inner[0].defined()) {
      ops.copy_(slice, inner[0]);
    } else {
      ops.zero_(slice);
    }
    results[0] = std::move(result);
  }
  return results;
}

}  // namespace tiny_torch::autodiff
