#include "tests/cpp/autograd_test_ops.h"

namespace toy {

namespace {

struct AddBackward0 final : Node {
  variable_list apply(variable_list&& grads) override { return {grads[0], grads[0]}; }
  std::string name() const override { return "AddBackward0"; }
};
struct MulBackward0 final : Node {
  variable_list apply(variable_list&& grads) override {
    const TensorBase a = a_.unpack(*this), b = b_.unpack(*this);
    variable_list r(2);
    if (!grads[0].defined()) return r;
    if (task_should_compute_output(0)) r[0] = mul(grads[0], b);
    if (task_should_compute_output(1)) r[1] = mul(grads[0], a);
    return r;
  }
  void release_variables() override {
    a_.reset();
    b_.reset();
  }
  std::string name() const override { return "MulBackward0"; }
  SavedVariable a_, b_;
};
struct ExpBackward0 final : Node {
  variable_list apply(variable_list&& grads) override { return {mul(grads[0], result_.unpack(*this))}; }
  void release_variables() override { result_.reset(); }
  std::string name() const override { return "ExpBackward0"; }
  SavedVariable result_;
};
struct SumBackward0 final : Node {
  variable_list apply(variable_list&& grads) override { return {expand(grads[0], sizes_)}; }
  std::string name() const override { return "SumBackward0"; }
  DimVector sizes_;
};
struct ExpandBackward0 final : Node {
  variable_list apply(variable_list&& grads) override { return std::move(grads); }
  std::string name() const override { return "ExpandBackward0"; }
};
struct ViewBackward final : Node {
  ViewBackward(TensorGeometry base, TensorGeometry view) : base_(std::move(base)), view_(std::move(view)) {}
  variable_list apply(variable_list&& grads) override {
    TensorBase r = engine_ops().zeros(base_.sizes, kDouble, Device());
    TensorBase part = as_strided(r, view_.sizes, view_.strides, view_.storage_offset);
    copy_(part, grads[0]);
    return {r};
  }
  std::string name() const override { return "AsStridedBackward0"; }
  TensorGeometry base_, view_;
};
struct CopyBackward final : Node {
  variable_list apply(variable_list&& grads) override { return {TensorBase(), grads[0]}; }
  std::string name() const override { return "CopyBackward"; }
};

}  // namespace

TensorBase add(const TensorBase& a, const TensorBase& b) {
  TensorBase r = raw_zip(a, b, [](double x, double y) { return x + y; });
  if (compute_requires_grad(a, b)) {
    auto node = make_intrusive<AddBackward0>();
    node->set_next_edges(collect_next_edges(a, b));
    set_history(r, node);
  }
  return r;
}

TensorBase mul(const TensorBase& a, const TensorBase& b) {
  TensorBase r = raw_zip(a, b, [](double x, double y) { return x * y; });
  if (compute_requires_grad(a, b)) {
    auto node = make_intrusive<MulBackward0>();
    node->set_next_edges(collect_next_edges(a, b));
    node->a_ = SavedVariable(a, false);
    node->b_ = SavedVariable(b, false);
    set_history(r, node);
  }
  return r;
}

TensorBase exp(const TensorBase& a) {
  TensorBase r = raw_map(a, [](double x) { return std::exp(x); });
  if (compute_requires_grad(a)) {
    auto node = make_intrusive<ExpBackward0>();
    node->set_next_edges(collect_next_edges(a));
    set_history(r, node);
    node->result_ = SavedVariable(r, true);
  }
  return r;
}

TensorBase sum(const TensorBase& a) {
  double total = 0;
  for (int64_t i = 0; i < a.numel(); ++i) total += at(a, i);
  TensorBase r = tensor({}, {total});
  if (compute_requires_grad(a)) {
    auto node = make_intrusive<SumBackward0>();
    node->set_next_edges(collect_next_edges(a));
    node->sizes_ = DimVector(a.sizes());
    set_history(r, node);
  }
  return r;
}

TensorBase expand(const TensorBase& a, IntArrayRef sizes) {
  const DimVector strides(sizes.size(), 0);
  TensorBase r = alias_with(a, sizes, a.sizes() == sizes ? a.strides() : IntArrayRef(strides), a.storage_offset());
  as_view(a, r);
  if (compute_requires_grad(a)) {
    auto node = make_intrusive<ExpandBackward0>();
    node->set_next_edges(collect_next_edges(a));
    set_history(r, node);
  }
  return r;
}

TensorBase as_strided(const TensorBase& a, IntArrayRef sizes, IntArrayRef strides, int64_t offset) {
  TensorBase r = alias_with(a, sizes, strides, offset);
  as_view(a, r);
  if (compute_requires_grad(a)) {
    auto node = make_intrusive<ViewBackward>(TensorGeometry(a), TensorGeometry(r));
    node->set_next_edges(collect_next_edges(a));
    set_history(r, node);
  }
  return r;
}

TensorBase row(const TensorBase& a, int64_t i) {
  return as_strided(a, a.sizes().slice(1), a.strides().slice(1), a.storage_offset() + i * a.strides()[0]);
}

TensorBase& mul_(TensorBase& a, const TensorBase& b) {
  const bool recorded = compute_requires_grad(a, b);
  check_inplace(a, recorded);
  intrusive_ptr<MulBackward0> node;
  if (recorded) {
    node = make_intrusive<MulBackward0>();
    node->set_next_edges(collect_next_edges(a, b));
    node->a_ = SavedVariable(clone(a), false);
    node->b_ = SavedVariable(b, false);
  }
  for (int64_t i = 0; i < a.numel(); ++i) at(a, i) *= at(b, b.numel() == 1 ? 0 : i);
  increment_version(a);
  if (recorded) rebase_history(a, node);
  return a;
}

TensorBase& add_(TensorBase& a, const TensorBase& b) {
  const bool recorded = compute_requires_grad(a, b);
  check_inplace(a, recorded);
  intrusive_ptr<Node> node;
  if (recorded) {
    node = make_intrusive<AddBackward0>();
    node->set_next_edges(collect_next_edges(a, b));
  }
  for (int64_t i = 0; i < a.numel(); ++i) at(a, i) += at(b, b.numel() == 1 ? 0 : i);
  increment_version(a);
  if (recorded) rebase_history(a, node);
  return a;
}

TensorBase& copy_(TensorBase& a, const TensorBase& b) {
  const bool recorded = compute_requires_grad(a, b);
  check_inplace(a, recorded);
  intrusive_ptr<Node> node;
  if (recorded) {
    node = make_intrusive<CopyBackward>();
    node->set_next_edges(collect_next_edges(a, b));
  }
  for (int64_t i = 0; i < a.numel(); ++i) at(a, i) = at(b, b.numel() == 1 ? 0 : i);
  increment_version(a);
  if (recorded) rebase_history(a, node);
  return a;
}

TensorBase clone(const TensorBase& a) {
  TensorBase r = a.is_non_overlapping_and_dense() ? empty_strided_tensor(a.sizes(), a.strides(), kDouble)
                                                  : empty_tensor(a.sizes(), kDouble);
  for (int64_t i = 0; i < a.numel(); ++i) at(r, i) = at(a, i);
  if (compute_requires_grad(a)) {
    auto node = make_intrusive<Identity>();
    node->set_next_edges(collect_next_edges(a));
    set_history(r, node);
  }
  return r;
}

Install::~Install() { engine_ops() = saved_; }
Install::Install() : saved_(engine_ops()) {
  EngineOps& ops = engine_ops();
  ops.add = &add;
  ops.add_ = [](TensorBase& a, const TensorBase& b) { add_(a, b); };
  ops.sum_to_size = [](const TensorBase& a, IntArrayRef sizes) {
    TORCH_CHECK(sizes.empty() || a.sizes() == sizes, "the toy reduces to 0-d only");
    return a.sizes() == sizes ? a : sum(a);
  };
  ops.clone = &clone;
  ops.copy_ = [](TensorBase& a, const TensorBase& b) { copy_(a, b); };
  ops.zero_ = [](TensorBase& a) { copy_(a, tensor({}, {0.0})); };
  ops.zeros = [](IntArrayRef sizes, ScalarType, Device) { return tensor(sizes, {0.0}); };
  ops.ones = [](IntArrayRef sizes, ScalarType, Device) { return tensor(sizes, {1.0}); };
  ops.as_strided = &as_strided;
  ops.sum_dims = [](const TensorBase& a, IntArrayRef dims, bool) {
    TORCH_CHECK(static_cast<int64_t>(dims.size()) == a.dim(), "the toy reduces all dims");
    const DimVector ones(dims.size(), 1);
    return expand(sum(a), ones);
  };
  ops.has_nan = [](const TensorBase& a) {
    for (int64_t i = 0; i < a.numel(); ++i) {
      if (std::isnan(at(a, i))) return true;
    }
    return false;
  };
}

}  // namespace toy
