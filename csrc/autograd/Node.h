// Node: one recorded operation, whose apply() turns the gradients of its outputs into those of its inputs.
//
// Contract: edge i says where gradient i of apply()'s result goes; input metadata j describes output j of the forward
// call, and so gradient j that apply() receives. An undefined gradient is zero; formulas materialise it where needed.
// Example:
//   struct MulBackward0 final : Node {
//     variable_list apply(variable_list&& grads) override;
//     std::string name() const override { return "MulBackward0"; }
//     void release_variables() override { self_.reset(); other_.reset(); }
//     SavedVariable self_, other_;
//   };
//   auto node = make_intrusive<MulBackward0>();
//   node->set_next_edges(collect_next_edges(self, other));
//   set_history(result, node);
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "aten/core/IValue.h"
#include "autograd/Edge.h"
#include "autograd/hooks.h"
#include "autograd/spin_lock.h"

namespace tiny_torch::autodiff {

class Engine;
class GraphTask;

namespace detail {
extern TORCH_API thread_local uint64_t sequence_nr TORCH_TLS_INITIAL_EXEC;
extern TORCH_API std::atomic<bool> anomaly_mode;
}  // namespace detail

/// Shape, dtype and device that a gradient must have; `defined` is false for outputs without gradient.
struct InputMetadata {
  SmallVector<int64_t, 4> shape;
  ScalarType dtype = ScalarType::Undefined;
  Device device;
  bool defined = false;
};

/// Positions [first, second) in a node's edges that belong to one argument.
using IndexRange = std::pair<size_t, size_t>;

struct WeakNode;
class AutogradMeta;
class SavedVariable;
/// The saved tensors of one argument: one, or those of a list.
using SavedSpan = std::pair<SavedVariable*, size_t>;

/// What most nodes never have.
struct NodeExtras {
  struct TensorPreHook {
    uint32_t input_nr;
    std::shared_ptr<TensorHook> hook;
  };
  struct RetainedGrad {
    uint32_t input_nr;
    AutogradMeta* meta;
    TensorImpl* tensor;
  };
  template <class Hook>
  struct Registered {
    uint64_t id;
    std::shared_ptr<Hook> hook;
  };
  std::vector<TensorPreHook> tensor_pre_hooks;
  std::vector<RetainedGrad> retained;
  std::vector<Registered<FunctionPreHook>> pre_hooks;
  std::vector<Registered<FunctionPostHook>> post_hooks;
  std::unique_ptr<AnomalyMetadata> anomaly;
  intrusive_ptr<Node> anomaly_parent;
  intrusive_ptr<WeakNode> weak;
};

struct TORCH_API Node : intrusive_ptr_target, Pooled {
  explicit Node(uint64_t sequence_nr) : sequence_nr_(sequence_nr) {
    if (TORCH_UNLIKELY(detail::anomaly_mode.load(std::memory_order_relaxed))) remember_creation();
  }
  Node() : Node(detail::sequence_nr++) {}
  explicit Node(edge_list&& next_edges) : Node() { set_next_edges(std::move(next_edges)); }
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;
  ~Node() override;

  /// One gradient for each of next_edges(), from those for the inputs.
  virtual variable_list apply(variable_list&& grads) = 0;
  /// PyTorch's name: "AddBackward0". By default the name of the C++ type.
  virtual std::string name() const;
  /// Frees what was saved for backward.
  virtual void release_variables() {}
  /// False where apply() is safe from several threads or runs foreign code (a custom function in Python).
  virtual bool apply_needs_lock() const { return true; }
  /// What the node keeps, by the names of the formulas; `saved_value` raises once it has been freed.
  virtual ArrayRef<const char*> saved_names() const { return {}; }
  virtual IValue saved_value(size_t) { return IValue(); }
  virtual SavedSpan saved_variables(size_t) { return {nullptr, 0}; }
  enum class SavedKind : uint8_t { Value, Tensor, List };
  virtual SavedKind saved_kind(size_t) const { return SavedKind::Value; }
  variable_list operator()(variable_list&& grads) { return apply(std::move(grads)); }

  // Edges.
  const edge_list& next_edges() const { return next_edges_; }
  const Edge& next_edge(size_t i) const { return next_edges_.at(i); }
  size_t num_outputs() const { return next_edges_.size(); }
  void set_next_edges(edge_list&& edges) {
    next_edges_ = std::move(edges);
    for (const Edge& edge : next_edges_) update_topological_nr(edge);
  }
  void set_next_edge(size_t i, Edge edge) {
    update_topological_nr(edge);
    next_edges_.at(i) = std::move(edge);
  }
  void add_next_edge(Edge edge) {
    update_topological_nr(edge);
    next_edges_.push_back(std::move(edge));
  }
  /// Whether gradient `i` is wanted by anybody.
  bool should_compute_output(size_t i) const { return i < next_edges_.size() && next_edges_[i].is_valid(); }
  bool should_compute_output(IndexRange range) const;
  /// The same, for the backward pass that runs now (one with inputs= wants only what lies on their way).
  bool task_should_compute_output(size_t i) const;
  bool task_should_compute_output(IndexRange range) const;
  bool task_should_compute_output(std::initializer_list<IndexRange> ranges) const;

  // Inputs.
  uint32_t add_input_metadata(const TensorBase& tensor);
  uint32_t add_undefined_input() {
    inputs_.emplace_back();
    return static_cast<uint32_t>(inputs_.size() - 1);
  }
  size_t num_inputs() const { return inputs_.size(); }
  const InputMetadata& input_metadata(size_t i) const { return inputs_.at(i); }
  void clear_input_metadata() { inputs_.clear(); }
  /// Where apply() has to run: the accelerator of the first input that is on one, else the CPU.
  Device device() const;

  /// Creation order on its thread; later nodes run first.
  uint64_t sequence_nr() const { return sequence_nr_; }
  void set_sequence_nr(uint64_t nr) { sequence_nr_ = nr; }
  /// Length of the longest path to a leaf.
  uint64_t topological_nr() const { return topological_nr_; }

  // Hooks. Ids are unique in the process; removing one that is gone does nothing.
  NodeExtras& extras() {
    if (extras_ == nullptr) extras_ = std::make_unique<NodeExtras>();
    return *extras_;
  }
  NodeExtras* extras_or_null() const { return extras_.get(); }
  uint64_t add_pre_hook(std::shared_ptr<FunctionPreHook> hook);
  uint64_t add_post_hook(std::shared_ptr<FunctionPostHook> hook);
  void remove_hook(uint64_t id);
  void add_tensor_pre_hook(uint32_t input_nr, std::shared_ptr<TensorHook> hook);
  void remove_tensor_pre_hook(const TensorHook* hook);

  /// The Python object that stands for this node, or null.
  std::atomic<void*>& pyobj() { return pyobj_; }

  /// Guards the hook lists; held for a moment only, never while foreign code runs.
  struct Lock : SpinLock {
    explicit Lock(const Node& node) : SpinLock(node.busy_) {}
  };
  /// Held while apply() runs, because several backward passes may share a graph.
  struct ApplyLock : SpinLock {
    explicit ApplyLock(const Node& node) : SpinLock(node.applying_) {}
  };

 protected:
  void release_resources() override;

 private:
  friend class GraphTask;
  void remember_creation();
  void update_topological_nr(const Edge& edge) {
    if (edge.is_valid() && edge.function->topological_nr_ >= topological_nr_) {
      topological_nr_ = edge.function->topological_nr_ + 1;
    }
  }

  mutable std::atomic<bool> busy_{false};
  mutable std::atomic<bool> applying_{false};
  // Which slot of the task `slot_serial_` stands for this node; see Note [Slot hints] in GraphTask.h.
  uint32_t slot_index_ = 0;
  uint64_t slot_serial_ = 0;
  uint64_t sequence_nr_;
  uint64_t topological_nr_ = 0;
  std::unique_ptr<NodeExtras> extras_;
  std::atomic<void*> pyobj_{nullptr};
  edge_list next_edges_;
  InlineVector<InputMetadata, 1> inputs_;
};

inline Edge::Edge() = default;
inline Edge::Edge(intrusive_ptr<Node> function_, uint32_t input_nr_)
    : function(std::move(function_)), input_nr(input_nr_) {}
inline Edge::Edge(const Edge&) = default;
inline Edge::Edge(Edge&&) noexcept = default;
inline Edge& Edge::operator=(const Edge&) = default;
inline Edge& Edge::operator=(Edge&&) noexcept = default;
inline Edge::~Edge() = default;

/// A reference that does not keep its node alive.
struct TORCH_API WeakNode : intrusive_ptr_target, Pooled {
  intrusive_ptr<Node> lock() const;

  mutable std::atomic<bool> busy{false};
  Node* node = nullptr;
};
TORCH_API intrusive_ptr<WeakNode> weak_reference(const intrusive_ptr<Node>& node);

/// The node whose apply() runs on this thread, or null.
TORCH_API Node* current_node();

/// "torch::autograd::CopySlices" -> "CopySlices", as types and printed tensors show it.
TORCH_API std::string short_name(const Node& node);
/// "MulBackward0" -> "Mul", as messages print it.
TORCH_API std::string operation_name(const Node& node);

}  // namespace tiny_torch::autodiff
