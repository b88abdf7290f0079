#include "autograd/AutogradMeta.h"

#include <algorithm>
#include <mutex>
#include <unordered_map>

#include "autograd/AccumulateGrad.h"
#include "autograd/view.h"

namespace tiny_torch::autodiff {

namespace {

void drop_retained(Node& node, const AutogradMeta* meta) {
  Node::Lock lock(node);
  if (node.extras_or_null() == nullptr) return;
  auto& retained = node.extras().retained;
  retained.erase(
      std::remove_if(retained.begin(), retained.end(), [meta](const auto& entry) { return entry.meta == meta; }),
      retained.end());
}

void add_retained(Node& node, const TensorBase& t, AutogradMeta* meta) {
  t.impl_ptr().allow_weak();
  Node::Lock lock(node);
  node.extras().retained.push_back({meta->output_nr_, meta, t.impl()});
}

/// The nodes at which tensors that were detached in place still retain their gradient, as in PyTorch.
struct DetachedRetainers {
  std::mutex mutex;
  std::unordered_multimap<const AutogradMeta*, intrusive_ptr<WeakNode>> nodes;
};
DetachedRetainers& detached_retainers() {
  static DetachedRetainers& all = *new DetachedRetainers;
  return all;
}

void drop_detached(const AutogradMeta* meta) {
  std::vector<intrusive_ptr<WeakNode>> found;
  {
    DetachedRetainers& all = detached_retainers();
    const std::lock_guard<std::mutex> lock(all.mutex);
    const auto range = all.nodes.equal_range(meta);
    for (auto it = range.first; it != range.second; ++it) found.push_back(std::move(it->second));
    all.nodes.erase(range.first, range.second);
  }
  // Without the lock: the last reference to a node may go here, and with it other tensors.
  for (const intrusive_ptr<WeakNode>& weak : found) {
    if (const intrusive_ptr<Node> node = weak->lock()) drop_retained(*node, meta);
  }
}

}  // namespace

AutogradMeta::~AutogradMeta() {
  if (TORCH_LIKELY(!retains_grad_)) return;
  if (grad_fn_.defined()) drop_retained(*grad_fn_, this);
  drop_detached(this);
}
ViewMeta::~ViewMeta() = default;

bool AutogradMeta::view_base_requires_grad() const { return static_cast<const ViewMeta*>(this)->base_.requires_grad(); }

void AutogradMeta::set_requires_grad(bool requires_grad, TensorImpl* self) {
  TORCH_CHECK(!requires_grad || is_differentiable_type(self->dtype()),
              "only Tensors of floating point and complex dtype can require gradients");
  requires_grad_ = requires_grad;
}

AutogradMeta& materialize_meta(const TensorBase& t) {
  TORCH_CHECK(t.defined(), "expected a defined tensor");
  if (t.impl()->autograd_meta() == nullptr) t.impl()->set_autograd_meta(std::make_unique<AutogradMeta>());
  return *meta_or_null(t);
}

intrusive_ptr<Node> grad_fn(const TensorBase& t) {
  AutogradMeta* meta = meta_or_null(t);
  if (meta == nullptr) return nullptr;
  return meta->is_view_ ? view_grad_fn(t, *static_cast<ViewMeta*>(meta)) : meta->grad_fn_;
}

void set_gradient_edge(const TensorBase& t, Edge edge) {
  AutogradMeta& meta = materialize_meta(t);
  const intrusive_ptr<Node> old = std::exchange(meta.grad_fn_, std::move(edge.function));
  meta.output_nr_ = edge.input_nr;
  if (meta.is_view_) static_cast<ViewMeta&>(meta).attr_version_ = t.impl()->version_counter().current();
  if (TORCH_LIKELY(old == nullptr)) return;
  // Hooks stay with the value they were registered for; retain_grad follows the tensor.
  if (meta.extras_ != nullptr) {
    meta.extras_->hooks.clear();
    meta.extras_->cpp_hooks.reset();
  }
  if (meta.retains_grad_ && old != meta.grad_fn_) {
    drop_retained(*old, &meta);
    if (meta.grad_fn_.defined()) add_retained(*meta.grad_fn_, t, &meta);
  }
}

Edge gradient_edge(const TensorBase& t) {
  AutogradMeta* meta = meta_or_null(t);
  if (meta == nullptr) return Edge();
  if (TORCH_UNLIKELY(meta->is_view_)) {
    if (intrusive_ptr<Node> fn = grad_fn(t)) return Edge(std::move(fn), meta->output_nr_);
  } else if (meta->grad_fn_.defined()) {
    return Edge(meta->grad_fn_, meta->output_nr_);
  }
  return Edge(grad_accumulator(t), 0);
}

intrusive_ptr<Node> grad_accumulator(const TensorBase& t) {
  AutogradMeta* meta = meta_or_null(t);
  if (meta == nullptr || !meta->requires_grad_) return nullptr;
  TORCH_CHECK(!meta->grad_fn_.defined(), "grad_accumulator() should be only called on leaf Variables");
  if (TORCH_UNLIKELY(meta->extras_ != nullptr && meta->extras_->shared_accumulator.defined())) {
    return meta->extras_->shared_accumulator;
  }
  AutogradMeta::Lock lock(*meta);
  if (meta->accumulator_ != nullptr) {
    if (auto alive = intrusive_ptr<Node>::try_retain(meta->accumulator_)) return alive;
  }
  intrusive_ptr<Node> fresh = make_intrusive<AccumulateGrad>(t);
  fresh.allow_weak();
  if (TORCH_UNLIKELY(meta->extras_ != nullptr)) {
    for (const auto& hook : meta->extras_->hooks) fresh->add_tensor_pre_hook(0, hook);
  }
  meta->accumulator_ = fresh.get();
  return fresh;
}

void set_requires_grad(const TensorBase& t, bool requires_grad) {
  if (requires_grad && t.is_inference() && !inference_mode_enabled()) {
    TORCH_CHECK(false, "Setting requires_grad=True on inference tensor outside InferenceMode is not allowed.");
  }
  if (!is_leaf(t)) {
    TORCH_CHECK(
        requires_grad,
        "you can only change requires_grad flags of leaf variables. If you want to use a computed variable in a "
        "subgraph that doesn't require differentiation use var_no_grad = var.detach().");
    return;
  }
  if (!requires_grad && t.impl()->autograd_meta() == nullptr) return;
  TORCH_CHECK(!requires_grad || is_differentiable_type(t.dtype()),
              "only Tensors of floating point and complex dtype can require gradients");
  materialize_meta(t).set_requires_grad(requires_grad, t.impl());
}

TensorBase& mutable_grad(const TensorBase& t) { return materialize_meta(t).grad_; }

void set_grad(const TensorBase& t, const TensorBase& grad) {
  if (!grad.defined()) {
    if (AutogradMeta* meta = meta_or_null(t)) meta->grad_.reset();
    return;
  }
  TORCH_CHECK(!grad.is_same(t), "can't assign Variable as its own grad");
  TORCH_CHECK(grad.dtype() == t.dtype(), "attempting to assign a gradient with dtype '", to_string(grad.dtype()),
              "' to a tensor with grad_dtype '", to_string(t.dtype()),
              "'. The gradient must match the tensor's dtype.");
  TORCH_CHECK(grad.device() == t.device(), "attempting to assign a gradient located on device '", grad.device(),
              "' to a tensor located on device '", t.device(),
              "'. Please ensure that the gradient and the tensor are on the same device");
  TORCH_CHECK(grad.sizes() == t.sizes(), "attempting to assign a gradient of size '", grad.sizes(),
              "' to a tensor of size '", t.sizes(),
              "'. Please ensure that the gradient and the tensor are the same size");
  mutable_grad(t) = grad;
}

void retain_grad(const TensorBase& t) {
  TORCH_CHECK(t.defined() && t.requires_grad(), "can't retain_grad on Tensor that has requires_grad=False");
  if (is_leaf(t)) return;
  AutogradMeta* meta = meta_or_null(t);
  if (meta->retains_grad_) return;
  meta->retains_grad_ = true;
  add_retained(*grad_fn(t), t, meta);
}

namespace {

/// Functions registered from C++; removing one leaves the positions of the others as they are.
class CppTensorHooks final : public TensorHook {
 public:
  uint32_t add(CppTensorHook hook) {
    hooks_.push_back(std::move(hook));
    return static_cast<uint32_t>(hooks_.size() - 1);
  }
  void remove(uint32_t position) {
    TORCH_CHECK_INDEX(position < hooks_.size(), "remove_hook(): there is no hook at position ", position);
    hooks_[position] = nullptr;
  }
  TensorBase operator()(const TensorBase& grad) override {
    TensorBase current = grad;
    bool changed = false;
    for (size_t i = 0; i < hooks_.size(); ++i) {
      const CppTensorHook hook = hooks_[i];
      if (!hook) continue;
      TensorBase result = hook(current);
      if (!result.defined()) continue;
      TORCH_CHECK(!current.defined() || result.sizes() == current.sizes(), "hook at position ", i,
                  " has changed the size of value");
      current = std::move(result);
      changed = true;
    }
    return changed ? current : TensorBase();
  }

 private:
  std::vector<CppTensorHook> hooks_;
};

}  // namespace

void add_tensor_hook(const TensorBase& t, std::shared_ptr<TensorHook> hook) {
  TORCH_CHECK(t.defined() && t.requires_grad(), "cannot register a hook on a tensor that doesn't require gradient");
  const intrusive_ptr<Node> fn = grad_fn(t);
  AutogradMeta* meta = meta_or_null(t);
  meta->extras().hooks.push_back(hook);
  if (fn.defined()) {
    fn->add_tensor_pre_hook(meta->output_nr_, std::move(hook));
    return;
  }
  // Outlives the lock, because the end of an accumulator takes it.
  intrusive_ptr<Node> alive;
  AutogradMeta::Lock lock(*meta);
  if (meta->accumulator_ != nullptr) alive = intrusive_ptr<Node>::try_retain(meta->accumulator_);
  if (alive.defined()) alive->add_tensor_pre_hook(0, std::move(hook));
}

void remove_tensor_hook(const TensorBase& t, const TensorHook* hook) {
  AutogradMeta* meta = meta_or_null(t);
  if (meta == nullptr || meta->extras_ == nullptr) return;
  auto& hooks = meta->extras_->hooks;
  hooks.erase(std::remove_if(hooks.begin(), hooks.end(), [hook](const auto& entry) { return entry.get() == hook; }),
              hooks.end());
  if (intrusive_ptr<Node> fn = grad_fn(t)) {
    fn->remove_tensor_pre_hook(hook);
    return;
  }
  intrusive_ptr<Node> alive;
  AutogradMeta::Lock lock(*meta);
  if (meta->accumulator_ != nullptr) alive = intrusive_ptr<Node>::try_retain(meta->accumulator_);
  if (alive.defined()) alive->remove_tensor_pre_hook(hook);
}

uint32_t register_hook(const TensorBase& t, CppTensorHook hook) {
  TORCH_CHECK(t.defined() && t.requires_grad(), "cannot register a hook on a tensor that doesn't require gradient");
  MetaExtras& extras = materialize_meta(t).extras();
  if (extras.cpp_hooks == nullptr) {
    extras.cpp_hooks = std::make_shared<CppTensorHooks>();
    add_tensor_hook(t, extras.cpp_hooks);
  }
  return static_cast<CppTensorHooks&>(*extras.cpp_hooks).add(std::move(hook));
}

void remove_hook(const TensorBase& t, uint32_t position) {
  AutogradMeta* meta = meta_or_null(t);
  TORCH_CHECK(meta != nullptr && meta->extras_ != nullptr && meta->extras_->cpp_hooks != nullptr,
              "remove_hook(): the tensor has no hooks");
  static_cast<CppTensorHooks&>(*meta->extras_->cpp_hooks).remove(position);
}

void set_post_accumulate_grad_hook(const TensorBase& t, std::shared_ptr<PostAccumulateGradHook> hook) {
  TORCH_CHECK(t.requires_grad(), "cannot register a hook on a tensor that doesn't require gradient");
  TORCH_CHECK(is_leaf(t), "post accumulate grad hooks cannot be registered on non-leaf tensors");
  materialize_meta(t).extras().post_accumulate_grad_hook = std::move(hook);
}

std::shared_ptr<PostAccumulateGradHook> post_accumulate_grad_hook(const TensorBase& t) {
  AutogradMeta* meta = meta_or_null(t);
  return meta == nullptr || meta->extras_ == nullptr ? nullptr : meta->extras_->post_accumulate_grad_hook;
}

TensorBase detach(const TensorBase& t) {
  TensorBase result(t.impl()->shallow_copy());
  if (!t.is_inference()) share_version(t, result);
  return result;
}

void detach_(const TensorBase& t) {
  AutogradMeta* meta = meta_or_null(t);
  if (meta == nullptr) return;
  TORCH_CHECK(
      !meta->is_view_,
      "Can't detach views in-place. Use detach() instead. If you are using DistributedDataParallel (DDP) for training, "
      "and gradient_as_bucket_view is set as True, gradients are views of DDP buckets, and hence detach_() cannot be "
      "called on these gradients. To fix this error, please refer to the Optimizer.zero_grad() function in "
      "torch/optim/optimizer.py as the solution.");
  const bool retains = std::exchange(meta->retains_grad_, false);
  if (retains && meta->grad_fn_.defined()) {
    DetachedRetainers& all = detached_retainers();
    const std::lock_guard<std::mutex> lock(all.mutex);
    all.nodes.emplace(meta, weak_reference(meta->grad_fn_));
  }
  set_gradient_edge(t, Edge());
  meta->requires_grad_ = false;
  meta->retains_grad_ = retains;
}

TensorBase variable_data(const TensorBase& t) { return TensorBase(t.impl()->shallow_copy()); }

void set_data(const TensorBase& t, const TensorBase& data) {
  TORCH_CHECK(data.defined(), "set_data(): expected a defined tensor");
  TORCH_CHECK(!t.requires_grad() || is_differentiable_type(data.dtype()),
              "data set to a tensor that requires gradients must be floating point or complex dtype");
  AutogradMeta* meta = meta_or_null(t);
  if (meta != nullptr && (t.dtype() != data.dtype() || t.device() != data.device())) {
    // The accumulator describes the old kind of gradient; the next use of the leaf makes a new one.
    AutogradMeta::Lock lock(*meta);
    meta->accumulator_ = nullptr;
  }
  t.impl()->shallow_copy_from(*data.impl());
}

int64_t version(const TensorBase& t) {
  TORCH_CHECK(!t.is_inference(), "Inference tensors do not track version counter.");
  return t.impl()->version_counter().current();
}

const std::string& tensor_name(const TensorBase& t) {
  static const std::string unnamed;
  AutogradMeta* meta = meta_or_null(t);
  return meta == nullptr || meta->extras_ == nullptr ? unnamed : meta->extras_->name;
}
void set_tensor_name(const TensorBase& t, std::string name) { materialize_meta(t).extras().name = std::move(name); }

}  // namespace tiny_torch::autodiff
