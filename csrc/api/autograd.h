// Custom functions, backward() and grad() of the C++ frontend.
//
// Example:
//   struct Square : torch::autograd::Function<Square> {
//     static torch::Tensor forward(torch::autograd::AutogradContext* ctx, const torch::Tensor& x) {
//       ctx->save_for_backward({x});
//       return x * x;
//     }
//     static torch::autograd::variable_list backward(torch::autograd::AutogradContext* ctx,
//                                                    torch::autograd::variable_list grads) {
//       return {grads[0] * 2 * ctx->get_saved_variables()[0]};
//     }
//   };
//   torch::Tensor y = Square::apply(x);
#pragma once

#include <string>
#include <typeinfo>
#include <unordered_map>

#include "api/ivalue.h"
#include "aten/Tensor.h"
#include "autograd/autograd.h"
#include "autograd/custom_function.h"
#include "autograd/kernel_support.h"

namespace tiny_torch::api {

using Variable = Tensor;
using variable_list = std::vector<Tensor>;
using tensor_list = std::vector<Tensor>;

/// What forward leaves for backward.
class TORCH_API AutogradContext {
 public:
  AutogradContext() = default;
  AutogradContext(const AutogradContext&) = delete;
  AutogradContext& operator=(const AutogradContext&) = delete;

  /// Keeps inputs, outputs or other tensors for backward.
  void save_for_backward(variable_list to_save) { to_save_ = std::move(to_save); }
  /// Says which inputs forward changed in place; it has to return them.
  void mark_dirty(const variable_list& inputs) { mark(marks_.dirty, inputs); }
  /// Says which outputs have no gradient.
  void mark_non_differentiable(const variable_list& outputs) { mark(marks_.non_differentiable, outputs); }
  /// With false, backward gets undefined tensors instead of zeros for outputs without gradient.
  void set_materialize_grads(bool value) { materialize_grads_ = value; }
  /// RuntimeError after the graph was freed and where a tensor was changed since.
  variable_list get_saved_variables() const;
  /// Whether forward's argument `i`, counting tensors only, needs a gradient.
  bool needs_input_grad(size_t i) const;

  /// For values that are no tensors.
  std::unordered_map<std::string, IValue> saved_data;

 private:
  template <class T>
  friend class Function;
  friend struct CustomNode;

  static void mark(std::vector<TensorImpl*>& list, const variable_list& tensors) {
    for (const Tensor& t : tensors) list.push_back(t.impl());
  }
  void save(const intrusive_ptr<autodiff::Node>& node);

  variable_list to_save_;
  autodiff::CustomFunctionMarks marks_;
  std::vector<autodiff::SavedVariable> saved_;
  autodiff::Node* node_ = nullptr;
  bool materialize_grads_ = true;
  bool freed_ = false;
};

/// The node of a custom function.
struct TORCH_API CustomNode : autodiff::Node {
  using Backward = variable_list (*)(AutogradContext*, variable_list);
  CustomNode(Backward backward, std::string name) : backward_(backward), name_(std::move(name)) { ctx_.node_ = this; }
  autodiff::variable_list apply(autodiff::variable_list&& grads) override;
  void release_variables() override;
  bool apply_needs_lock() const override { return false; }
  std::string name() const override { return name_; }

  AutogradContext ctx_;
  Backward backward_;
  std::string name_;
  std::vector<bool> is_tensor_input_;
  std::vector<autodiff::OutputInfo> outputs_;
};

namespace detail {

struct CollectTensors {
  autodiff::variable_list tensors;
  std::vector<bool> is_tensor;
  void operator()(const TensorBase& t) {
    tensors.push_back(t);
    is_tensor.push_back(true);
  }
  void operator()(const std::optional<Tensor>& t) {
    (*this)(t.has_value() ? static_cast<const TensorBase&>(*t) : TensorBase());
  }
  template <class T,
            std::enable_if_t<!std::is_base_of_v<TensorBase, T> && !std::is_same_v<T, std::optional<Tensor>>, int> = 0>
  void operator()(const T&) {
    is_tensor.push_back(false);
  }
};

inline autodiff::variable_list to_list(const Tensor& t) { return {t}; }
inline autodiff::variable_list to_list(const variable_list& list) {
  autodiff::variable_list result;
  for (const Tensor& t : list) result.push_back(t);
  return result;
}
template <class Result>
Result from_list(autodiff::variable_list&& list) {
  if constexpr (std::is_same_v<Result, Tensor>) {
    return Tensor(std::move(list[0]));
  } else {
    return Result(list.begin(), list.end());
  }
}

TORCH_API intrusive_ptr<CustomNode> make_custom_node(CustomNode::Backward backward, const std::type_info& type,
                                                     const CollectTensors& inputs);

}  // namespace detail

/// Base of functions that define forward and backward themselves; T is the class derived from it.
template <class T>
class Function {
 public:
  /// forward's result, recorded if an argument requires grad.
  template <class... Args>
  static auto apply(Args&&... args) {
    using Result = std::decay_t<decltype(T::forward(std::declval<AutogradContext*>(), args...))>;
    static_assert(std::is_same_v<Result, Tensor> || std::is_same_v<Result, variable_list>,
                  "forward returns a Tensor or a variable_list");
    detail::CollectTensors inputs;
    (inputs(args), ...);
    // Without a record the node only lends its context to forward.
    intrusive_ptr<CustomNode> node = detail::make_custom_node(&T::backward, typeid(T), inputs);
    const bool recorded = GradMode::is_enabled() && any_requires_grad(inputs.tensors);
    autodiff::variable_list outputs;
    {
      const NoGradGuard no_grad;
      outputs = detail::to_list(T::forward(&node->ctx_, std::forward<Args>(args)...));
    }
    for (const TensorBase& t : outputs)
      node->outputs_.push_back(t.defined() ? autodiff::OutputInfo(t) : autodiff::OutputInfo());
    const intrusive_ptr<autodiff::Node> place = recorded ? intrusive_ptr<autodiff::Node>(node) : nullptr;
    autodiff::variable_list results = autodiff::wrap_custom_outputs(inputs.tensors, outputs, node->ctx_.marks_, place);
    node->ctx_.save(place);
    return detail::from_list<Result>(std::move(results));
  }

 private:
  static bool any_requires_grad(const autodiff::variable_list& tensors) {
    for (const TensorBase& t : tensors) {
      if (t.defined() && t.requires_grad()) return true;
    }
    return false;
  }
};

/// What a program hangs on a node: sees the gradients that it is about to receive and returns those it shall.
struct TORCH_API FunctionPreHook : autodiff::FunctionPreHook {
  virtual variable_list operator()(const variable_list& grads) = 0;

 private:
  autodiff::variable_list operator()(autodiff::variable_list grads) final;
};
/// Sees what a node computed from what, and returns what is passed on.
struct TORCH_API FunctionPostHook : autodiff::FunctionPostHook {
  virtual variable_list operator()(const variable_list& outputs, const variable_list& inputs) = 0;

 private:
  autodiff::variable_list operator()(autodiff::variable_list outputs, const autodiff::variable_list& inputs) final;
};

/// As torch.autograd.backward in Python.
inline void backward(const variable_list& tensors, const variable_list& grad_tensors = {},
                     std::optional<bool> retain_graph = std::nullopt, bool create_graph = false,
                     const variable_list& inputs = {}) {
  const auto wanted = inputs.empty() ? std::nullopt : std::optional<TensorList>(tiny_torch::detail::as_base(inputs));
  autodiff::backward(tiny_torch::detail::as_base(tensors), tiny_torch::detail::as_base(grad_tensors), retain_graph,
                     create_graph, wanted);
}
/// As torch.autograd.grad in Python.
inline variable_list grad(const variable_list& outputs, const variable_list& inputs,
                          const variable_list& grad_outputs = {}, std::optional<bool> retain_graph = std::nullopt,
                          bool create_graph = false, bool allow_unused = false) {
  const autodiff::variable_list result =
      autodiff::grad(tiny_torch::detail::as_base(outputs), tiny_torch::detail::as_base(inputs),
                     tiny_torch::detail::as_base(grad_outputs), retain_graph, create_graph, allow_unused);
  return variable_list(result.begin(), result.end());
}

}  // namespace tiny_torch::api
