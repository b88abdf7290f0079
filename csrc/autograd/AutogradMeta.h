// AutogradMeta: what a tensor knows about gradients, and the functions that ask and change it.
//
// Contract: a tensor without meta needs no gradient and is no view. The meta stays with its tensor for life.
// The functions below are the only way to it; all of them accept tensors without meta and, where they only ask,
// undefined tensors.
#pragma once

#include <functional>

#include "autograd/Node.h"

namespace tiny_torch::autodiff {

/// How a view came to be: only views made in the ordinary way can be changed in place while gradients are recorded.
enum class CreationMeta : uint8_t { Default, InCustomFunction, MultiOutputNode, NoGradMode, InferenceMode };

struct MetaExtras {
  std::string name;
  std::vector<std::shared_ptr<TensorHook>> hooks;
  std::shared_ptr<TensorHook> cpp_hooks;
  std::shared_ptr<PostAccumulateGradHook> post_accumulate_grad_hook;
  // Of a tensor unpacked by saved-tensor hooks: the accumulator of the tensor it stands for.
  intrusive_ptr<Node> shared_accumulator;
};

class TORCH_API AutogradMeta : public AutogradMetaInterface, public Pooled {
 public:
  AutogradMeta() = default;
  AutogradMeta(const AutogradMeta&) = delete;
  AutogradMeta& operator=(const AutogradMeta&) = delete;
  ~AutogradMeta() override;
  void set_requires_grad(bool requires_grad, TensorImpl* self) override;
  bool requires_grad() const override {
    return requires_grad_ || grad_fn_.defined() || (is_view_ && view_base_requires_grad());
  }
  MetaExtras& extras() {
    if (extras_ == nullptr) extras_ = std::make_unique<MetaExtras>();
    return *extras_;
  }

  struct Lock : SpinLock {
    explicit Lock(AutogradMeta& meta) : SpinLock(meta.busy_) {}
  };

  TensorBase grad_;
  intrusive_ptr<Node> grad_fn_;
  // Not owned: the accumulator owns the tensor. Guarded by the lock; see grad_accumulator().
  Node* accumulator_ = nullptr;
  std::unique_ptr<MetaExtras> extras_;
  uint32_t output_nr_ = 0;
  std::atomic<bool> busy_{false};
  bool requires_grad_ = false;
  bool retains_grad_ = false;
  bool is_view_ = false;

 private:
  bool view_base_requires_grad() const;
};

/// The meta of a view: its base (never a view itself) and for which version of the base grad_fn_ is right.
class TORCH_API ViewMeta final : public AutogradMeta {
 public:
  ViewMeta(TensorBase base, CreationMeta creation) : base_(std::move(base)), creation_(creation) { is_view_ = true; }
  ~ViewMeta() override;

  TensorBase base_;
  uint32_t attr_version_ = 0;
  CreationMeta creation_;
};

inline AutogradMeta* meta_or_null(const TensorBase& t) { return static_cast<AutogradMeta*>(t.impl()->autograd_meta()); }
inline ViewMeta* view_meta_or_null(const TensorBase& t) {
  AutogradMeta* meta = meta_or_null(t);
  return meta != nullptr && meta->is_view_ ? static_cast<ViewMeta*>(meta) : nullptr;
}
TORCH_API AutogradMeta& materialize_meta(const TensorBase& t);

// Graph.
/// The node that made `t`, or null; of a view whose base was changed, the node that reads it from the base now.
TORCH_API intrusive_ptr<Node> grad_fn(const TensorBase& t);
inline bool is_leaf(const TensorBase& t) {
  AutogradMeta* meta = meta_or_null(t);
  return meta == nullptr || (meta->is_view_ ? !grad_fn(t).defined() : !meta->grad_fn_.defined());
}
inline uint32_t output_nr(const TensorBase& t) {
  AutogradMeta* meta = meta_or_null(t);
  return meta == nullptr ? 0 : meta->output_nr_;
}
/// Makes `t` output `edge.input_nr` of `edge.function`.
TORCH_API void set_gradient_edge(const TensorBase& t, Edge edge);
inline void set_grad_fn(const TensorBase& t, intrusive_ptr<Node> fn, uint32_t output_nr) {
  set_gradient_edge(t, Edge(std::move(fn), output_nr));
}
/// Where the gradient of `t` goes: its node, for a leaf that requires grad its accumulator, else nowhere.
TORCH_API Edge gradient_edge(const TensorBase& t);
/// The AccumulateGrad node of a leaf (the same one as long as somebody holds it); null unless it requires grad.
TORCH_API intrusive_ptr<Node> grad_accumulator(const TensorBase& t);

// Gradients.
/// RuntimeError for integer dtypes, for results of operations, for inference tensors.
TORCH_API void set_requires_grad(const TensorBase& t, bool requires_grad);
/// .grad; undefined when there is none.
inline TensorBase grad(const TensorBase& t) {
  AutogradMeta* meta = meta_or_null(t);
  return meta == nullptr ? TensorBase() : meta->grad_;
}
TORCH_API TensorBase& mutable_grad(const TensorBase& t);
/// Assignment to .grad with PyTorch's checks of shape, dtype and device; an undefined `grad` clears it.
TORCH_API void set_grad(const TensorBase& t, const TensorBase& grad);
TORCH_API void retain_grad(const TensorBase& t);
inline bool retains_grad(const TensorBase& t) {
  AutogradMeta* meta = meta_or_null(t);
  return meta != nullptr && meta->retains_grad_;
}

// Hooks.
using CppTensorHook = std::function<TensorBase(const TensorBase&)>;
/// Calls `hook` with each gradient computed for `t`. RuntimeError unless `t` requires grad.
TORCH_API uint32_t register_hook(const TensorBase& t, CppTensorHook hook);
TORCH_API void remove_hook(const TensorBase& t, uint32_t position);
/// The same for one hook object, for bindings.
TORCH_API void add_tensor_hook(const TensorBase& t, std::shared_ptr<TensorHook> hook);
TORCH_API void remove_tensor_hook(const TensorBase& t, const TensorHook* hook);
TORCH_API void set_post_accumulate_grad_hook(const TensorBase& t, std::shared_ptr<PostAccumulateGradHook> hook);
TORCH_API std::shared_ptr<PostAccumulateGradHook> post_accumulate_grad_hook(const TensorBase& t);

// Data.
/// The same memory outside the graph; shares the version counter.
TORCH_API TensorBase detach(const TensorBase& t);
/// Makes `t` itself a leaf. RuntimeError for views.
TORCH_API void detach_(const TensorBase& t);
/// The same memory outside the graph with a version counter of its own (`.data`).
TORCH_API TensorBase variable_data(const TensorBase& t);
/// Assignment to `.data`.
TORCH_API void set_data(const TensorBase& t, const TensorBase& data);
/// RuntimeError for inference tensors, which have none.
TORCH_API int64_t version(const TensorBase& t);
/// `from` and `to` count versions together from now on.
inline void share_version(const TensorBase& from, const TensorBase& to) {
  to.impl()->version_counter().share(from.impl()->version_counter());
}
TORCH_API const std::string& tensor_name(const TensorBase& t);
TORCH_API void set_tensor_name(const TensorBase& t, std::string name);

}  // namespace tiny_torch::autodiff
