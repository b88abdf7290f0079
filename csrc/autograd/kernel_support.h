// What the generated autograd kernels call. A kernel's frame:
//
//   const bool any_requires_grad = compute_requires_grad(self, other);
//   check_inplace(self, any_requires_grad);                                   // in-place kernels
//   intrusive_ptr<MulBackward0> node;
//   if (any_requires_grad) {
//     node = make_intrusive<MulBackward0>();
//     node->set_next_edges(collect_next_edges(self, other));
//     node->self_ = SavedVariable(self, /*is_output=*/false);
//   }
//   TensorBase result = [&] { AutoDispatchBelowAutograd below; return redispatch...; }();
//   if (node) set_history(result, node);                                      // rebase_history for in-place kernels
//   if (node) node->result_ = SavedVariable(result, /*is_output=*/true);
#pragma once

#include "autograd/Node.h"
#include "autograd/SavedVariable.h"
#include "autograd/basic_nodes.h"
#include "autograd/view.h"

namespace tiny_torch::autodiff {

namespace detail {

inline bool wants_grad(const TensorBase& t) { return t.defined() && t.requires_grad(); }
inline bool wants_grad(const std::optional<TensorBase>& t) { return t.has_value() && wants_grad(*t); }
inline bool wants_grad(TensorList list) {
  for (const TensorBase& t : list) {
    if (wants_grad(t)) return true;
  }
  return false;
}
inline bool wants_grad(OptionalTensorList list) {
  for (const std::optional<TensorBase>& t : list) {
    if (wants_grad(t)) return true;
  }
  return false;
}
inline bool wants_grad(const std::vector<TensorBase>& list) { return wants_grad(TensorList(list)); }

inline void collect_edge(edge_list& edges, const TensorBase& t) {
  if (t.defined() && t.impl()->autograd_meta() != nullptr) {
    edges.push_back(gradient_edge(t));
  } else {
    edges.emplace_back();
  }
}
inline void collect_edge(edge_list& edges, const std::optional<TensorBase>& t) {
  if (t.has_value()) {
    collect_edge(edges, *t);
  } else {
    edges.emplace_back();
  }
}
inline void collect_edge(edge_list& edges, TensorList list) {
  edges.reserve(edges.size() + list.size());
  for (const TensorBase& t : list) collect_edge(edges, t);
}
inline void collect_edge(edge_list& edges, OptionalTensorList list) {
  edges.reserve(edges.size() + list.size());
  for (const std::optional<TensorBase>& t : list) collect_edge(edges, t);
}
inline void collect_edge(edge_list& edges, const std::vector<TensorBase>& list) {
  collect_edge(edges, TensorList(list));
}

TORCH_API void set_one_history(const TensorBase& t, const intrusive_ptr<Node>& node);

}  // namespace detail

/// Whether the operation has to be recorded: gradients are on and one of the tensors, options or lists requires grad.
template <class... Args>
bool compute_requires_grad(const Args&... args) {
  return (... || detail::wants_grad(args)) && GradMode::is_enabled();
}

/// One edge for each tensor, lists flattened; empty ones for tensors without gradient.
template <class... Args>
edge_list collect_next_edges(const Args&... args) {
  edge_list edges;
  (detail::collect_edge(edges, args), ...);
  return edges;
}

/// Makes the results outputs 0, 1, ... of `node`; results of integer or bool dtype count but get no node.
inline void set_history(const TensorBase& result, const intrusive_ptr<Node>& node) {
  detail::set_one_history(result, node);
}
inline void set_history(TensorList results, const intrusive_ptr<Node>& node) {
  for (const TensorBase& result : results) detail::set_one_history(result, node);
}
inline void set_history(const std::vector<TensorBase>& results, const intrusive_ptr<Node>& node) {
  set_history(TensorList(results), node);
}
template <class... Tensors>
void set_history(const std::tuple<Tensors...>& results, const intrusive_ptr<Node>& node) {
  std::apply([&node](const auto&... result) { (set_history(result, node), ...); }, results);
}

/// Results of operations that are not differentiable through: marks them as needing no gradient.
inline void check_no_requires_grad(const TensorBase& t, const char* name, const char* op) {
  TORCH_CHECK(!(t.defined() && t.requires_grad() && GradMode::is_enabled()), "the derivative for '", name, "' of ", op,
              " is not implemented");
}
inline void check_no_requires_grad(const std::optional<TensorBase>& t, const char* name, const char* op) {
  if (t.has_value()) check_no_requires_grad(*t, name, op);
}

/// out= variants are never recorded. RuntimeError if one of the arguments requires grad, as in PyTorch.
template <class... Args>
void check_out_requires_grad(const char* op, const Args&... args) {
  TORCH_CHECK(!compute_requires_grad(args...), op,
              "(): functions with out=... arguments don't support automatic differentiation, but one of the arguments "
              "requires grad.");
}

}  // namespace tiny_torch::autodiff
