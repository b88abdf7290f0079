#include "autograd/SavedVariable.h"

#include "autograd/anomaly_mode.h"
#include "autograd/view.h"

namespace tiny_torch::autodiff {

namespace {

struct DefaultHooks {
  std::vector<SavedTensorDefaultHooks::Factory> stack;
  std::optional<std::string> disabled;
};
DefaultHooks& default_hooks() {
  static thread_local DefaultHooks hooks;
  return hooks;
}
// Whether the stack has an entry, readable without the guard of a thread_local with a destructor.
thread_local bool have_default_hooks TORCH_TLS_INITIAL_EXEC = false;

/// Whether the tensor has a place in the graph, without asking a view whose base was changed for its new one.
bool has_node(const TensorBase& t) {
  const AutogradMeta* meta = meta_or_null(t);
  if (meta == nullptr || meta->grad_fn_.defined()) return meta != nullptr;
  return meta->is_view_ && static_cast<const ViewMeta*>(meta)->base_.requires_grad();
}

constexpr const char* kFreed =
    "Trying to backward through the graph a second time (or directly access saved tensors after they have already been "
    "freed). Saved intermediate values of the graph are freed when you call .backward() or autograd.grad(). Specify "
    "retain_graph=True if you need to backward through the graph a second time or if you need to access saved tensors "
    "after calling backward.";

}  // namespace

void SavedTensorDefaultHooks::push(Factory factory) {
  DefaultHooks& hooks = default_hooks();
  TORCH_CHECK(!hooks.disabled.has_value(), *hooks.disabled);
  hooks.stack.push_back(std::move(factory));
  have_default_hooks = true;
}
void SavedTensorDefaultHooks::pop() {
  DefaultHooks& hooks = default_hooks();
  TORCH_CHECK(!hooks.stack.empty(), "saved_tensors_hooks: there are no hooks to remove");
  hooks.stack.pop_back();
  have_default_hooks = !hooks.stack.empty();
}
bool SavedTensorDefaultHooks::is_empty() { return !have_default_hooks; }
void SavedTensorDefaultHooks::disable(std::string message) {
  TORCH_CHECK(default_hooks().stack.empty(), message);
  default_hooks().disabled = std::move(message);
}
void SavedTensorDefaultHooks::enable() { default_hooks().disabled.reset(); }

SavedVariable::SavedVariable(SavedVariable&&) noexcept = default;
SavedVariable& SavedVariable::operator=(SavedVariable&&) noexcept = default;
SavedVariable::~SavedVariable() = default;

SavedVariable::SavedVariable(const TensorBase& tensor, bool is_output, bool is_inplace_on_view) {
  if (!tensor.defined()) return;
  TORCH_CHECK(
      !tensor.is_inference(),
      "Inference tensors cannot be saved for backward. Please do not use Tensors created in inference mode in "
      "computation tracked by autograd. To work around this, you can make a clone to get a normal tensor and use it in "
      "autograd, or use `torch.no_grad()` instead of `torch.inference_mode()`.");
  saved_ = true;
  is_output_ = is_output;
  saved_version_ = tensor.impl()->version_counter().current();
  const bool with_hooks = TORCH_UNLIKELY(have_default_hooks) && !tensor.impl()->is_wrapped_number();
  if (!is_output && !with_hooks) {
    original_ = true;
    is_leaf_ = !has_node(tensor);
    data_ = tensor;
    return;
  }
  is_leaf_ = is_leaf(tensor);
  if (is_inplace_on_view) {
    extra_ = std::make_unique<Extra>();
    extra_->weak_grad_fn = weak_reference(grad_fn(tensor));
  }
  if (with_hooks) {
    pack(default_hooks().stack.back()(), tensor);
  } else if (is_leaf_) {
    original_ = true;
    data_ = tensor;
  } else {
    output_nr_ = output_nr(tensor);
    data_ = detach(tensor);
  }
}

void SavedVariable::pack(std::unique_ptr<SavedVariableHooks> hooks, const TensorBase& tensor) {
  if (extra_ == nullptr) extra_ = std::make_unique<Extra>();
  output_nr_ = output_nr(tensor);
  requires_grad_ = tensor.requires_grad();
  if (is_leaf_) {
    extra_->accumulator = grad_accumulator(tensor);
  } else if (!is_output_) {
    extra_->grad_fn = grad_fn(tensor);
  }
  auto holder = make_intrusive<TensorImpl>(Storage(), tensor.dtype(), tensor.device());
  extra_->version_holder = TensorBase(std::move(holder));
  share_version(tensor, extra_->version_holder);
  {
    // Hooks are not to save tensors of their own through themselves.
    NoGradGuard no_grad;
    hooks->pack(is_output_ && !is_leaf_ ? detach(tensor) : tensor);
  }
  extra_->hooks = std::move(hooks);
  data_.reset();
  original_ = false;
}

void SavedVariable::register_hooks(std::unique_ptr<SavedVariableHooks> hooks) {
  TORCH_CHECK(saved_, "Calling register_hooks on a saved tensor with value None is forbidden");
  TORCH_CHECK(
      extra_ == nullptr || extra_->hooks == nullptr,
      "Calling register_hooks on a saved tensor whose hooks have already been set. Hint: only one pair of hooks is "
      "allowed at a time.");
  TORCH_CHECK(data_.defined(), kFreed);
  if (original_) is_leaf_ = is_leaf(data_);
  const TensorBase tensor = data_;
  const uint32_t nr = output_nr_;
  pack(std::move(hooks), tensor);
  if (is_output_ && !is_leaf_) {
    // What was kept had lost its place in the graph.
    output_nr_ = nr;
    requires_grad_ = true;
  }
}

void SavedVariable::reset() {
  data_.reset();
  extra_.reset();
}

TensorBase SavedVariable::unpack(const intrusive_ptr<Node>& saved_for, bool with_history) const {
  return unpack_impl(saved_for.get(), with_history);
}
TensorBase SavedVariable::unpack(Node& saved_for) const { return unpack_impl(&saved_for, GradMode::is_enabled()); }

void SavedVariable::check_version(const Node* saved_for) const {
  const uint32_t current = data_.impl()->version_counter().current();
  if (TORCH_LIKELY(current == saved_version_)) return;
  std::ostringstream message;
  message << "one of the variables needed for gradient computation has been modified by an inplace operation: [torch."
          << (data_.is_cuda() ? "cuda." : "") << to_string(data_.dtype()) << "Tensor " << data_.sizes() << "]";
  intrusive_ptr<Node> fn = original_ ? grad_fn(data_) : nullptr;
  const Node* source = fn.defined() ? fn.get() : original_ ? nullptr : saved_for;
  if (source != nullptr)
    message << ", which is output " << (original_ ? output_nr(data_) : output_nr_) << " of " << operation_name(*source)
            << ",";
  message << " is at version " << current << "; expected version " << saved_version_ << " instead.";
  if (AnomalyMode::is_enabled()) {
    message << " Hint: the backtrace further above shows the operation that failed to compute its gradient. The "
               "variable in "
               "question was changed in there or anywhere later. Good luck!";
  } else {
    message << " Hint: enable anomaly detection to find the operation that failed to compute its gradient, with "
               "torch.autograd.set_detect_anomaly(True, check_nan=False).";
  }
  TORCH_CHECK(false, message.str());
}

TensorBase SavedVariable::unpack_impl(Node* saved_for, bool with_history) const {
  if (!saved_) return TensorBase();
  const bool hooked = TORCH_UNLIKELY(extra_ != nullptr) && extra_->hooks != nullptr;
  if (!hooked) {
    TORCH_CHECK(data_.defined(), kFreed);
    TORCH_CHECK(!original_ || is_leaf_ || has_node(data_),
                "Trying to use a saved tensor that has been detached in-place, i.e. with .detach_()."
                "This is not supported, please use out-of-place `.detach()` instead");
    check_version(saved_for);
    if (original_ || (is_output_ && !with_history && extra_ == nullptr)) return data_;
  }
  intrusive_ptr<Node> fn;
  if (extra_ != nullptr) fn = extra_->weak_grad_fn.defined() ? extra_->weak_grad_fn->lock() : extra_->grad_fn;
  if (!is_leaf_ && !fn.defined()) {
    TORCH_CHECK(saved_for != nullptr, "No grad_fn for non-leaf saved tensor");
    fn = intrusive_ptr<Node>::reclaim_copy(saved_for);
  }
  TensorBase result = hooked ? extra_->hooks->unpack() : data_;
  if (!result.defined()) return result;
  result = detach(result);
  share_version(hooked ? extra_->version_holder : data_, result);
  if (fn.defined()) {
    set_gradient_edge(result, Edge(std::move(fn), output_nr_));
  } else if (requires_grad_) {
    set_requires_grad(result, true);
    if (hooked) materialize_meta(result).extras().shared_accumulator = extra_->accumulator;
  }
  return result;
}

SavedVariableList save_list(TensorList tensors, bool is_output) {
  SavedVariableList saved;
  saved.reserve(tensors.size());
  for (const TensorBase& tensor : tensors) saved.emplace_back(tensor, is_output);
  return saved;
}

SavedVariableList save_list(OptionalTensorList tensors, bool is_output) {
  SavedVariableList saved;
  saved.reserve(tensors.size());
  for (const std::optional<TensorBase>& tensor : tensors) saved.emplace_back(tensor, is_output);
  return saved;
}

variable_list unpack_list(const SavedVariableList& saved, Node& saved_for) {
  variable_list result;
  result.reserve(saved.size());
  for (const SavedVariable& one : saved) result.push_back(one.unpack(saved_for));
  return result;
}

}  // namespace tiny_torch::autodiff
