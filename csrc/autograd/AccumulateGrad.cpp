#include "autograd/AccumulateGrad.h"

#include "autograd/engine_ops.h"

namespace tiny_torch::autodiff {

AccumulateGrad::AccumulateGrad(TensorBase variable) : Node(/*sequence_nr=*/UINT64_MAX), variable_(std::move(variable)) {
  add_input_metadata(variable_);
}

void AccumulateGrad::release_resources() {
  if (AutogradMeta* meta = meta_or_null(variable_)) {
    AutogradMeta::Lock lock(*meta);
    if (meta->accumulator_ == this) meta->accumulator_ = nullptr;
  }
  Node::release_resources();
}

bool owns_memory_alone(const TensorBase& t) {
  return t.use_count() == 1 && t.storage().use_count() == 1 &&
         t.impl()->pyobj().load(std::memory_order_relaxed) == nullptr;
}

namespace {

/// The strides .grad shall have: those of the leaf if it is dense, else contiguous.
bool has_layout_of(const TensorBase& grad, const TensorBase& variable) {
  if (!variable.is_non_overlapping_and_dense()) return grad.is_contiguous();
  for (size_t d = 0; d < grad.sizes().size(); ++d) {
    if (grad.sizes()[d] != 1 && grad.strides()[d] != variable.strides()[d]) return false;
  }
  return true;
}

TensorBase clone_with_layout_of(const TensorBase& grad, const TensorBase& variable) {
  const EngineOps& ops = engine_ops();
  if (has_layout_of(grad, variable)) return ops.clone(grad);
  TensorBase result = variable.is_non_overlapping_and_dense()
                          ? empty_strided_tensor(variable.sizes(), variable.strides(), grad.dtype(), grad.device())
                          : empty_tensor(variable.sizes(), grad.dtype(), grad.device());
  ops.copy_(result, grad);
  return result;
}

}  // namespace

void accumulate_grad(const TensorBase& variable, TensorBase&& grad) {
  TensorBase& total = mutable_grad(variable);
  const bool recorded = GradMode::is_enabled();
  if (!total.defined()) {
    if (!recorded && owns_memory_alone(grad) && has_layout_of(grad, variable) && !grad.is_conj()) {
      total = grad.impl()->autograd_meta() == nullptr ? std::move(grad) : detach(grad);
    } else {
      total = clone_with_layout_of(grad, variable);
    }
  } else if (!recorded) {
    engine_ops().add_(total, grad);
  } else {
    total = engine_ops().add(total, grad);
  }
}

variable_list AccumulateGrad::apply(variable_list&& grads) {
  TORCH_CHECK(grads.size() == 1, "AccumulateGrad: expected 1 gradient, got ", grads.size());
  if (!grads[0].defined()) return {};
  TORCH_CHECK(!meta_or_null(variable_)->grad_fn_.defined(), "leaf variable has been moved into the graph interior");
  if (variable_.requires_grad()) {
    // Not around the hook, which may run anything.
    ApplyLock lock(*this);
    accumulate_grad(variable_, std::move(grads[0]));
  }
  if (auto hook = post_accumulate_grad_hook(variable_)) (*hook)(variable_);
  return {};
}

}  // namespace tiny_torch::autodiff
