// GraphTask: one run of the engine over one graph.
//
// Note [Slot hints]
// Each node of the run has a slot. To find a node's slot without a hash table, the node stores the slot's index and the
// serial number of the run. Only one run at a time, the exclusive one, may write these fields; runs that overlap with it
// (from other threads, or nested in a node of it) use a flat hash table instead.
#pragma once

#include <condition_variable>
#include <exception>
#include <functional>
#include <mutex>

#include "autograd/Node.h"

namespace tiny_torch::autodiff {

class GraphTask;

/// A node that is ready to run. Higher priority: more deeply nested runs, then later nodes.
struct ReadyNode {
  GraphTask* task;
  uint32_t slot;
  uint32_t depth;
  uint64_t sequence_nr;
  bool operator<(const ReadyNode& o) const { return depth != o.depth ? depth < o.depth : sequence_nr < o.sequence_nr; }
};

/// What one thread takes its work from when several take part in a run.
class ReadyQueue {
 public:
  void push(ReadyNode ready);
  /// Waits; a `task` of null is a call to look whether the own run is over.
  ReadyNode pop();

 private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<ReadyNode> heap_;
};

class GraphTask {
 public:
  static constexpr uint32_t kNoSlot = UINT32_MAX;

  struct Slot {
    explicit Slot(Node* node_) : node(node_) {}
    Node* node;
    variable_list inputs;
    uint32_t dependencies = 0;
    // Meaningful only in a run with outputs: whether apply() is called, whether inputs are handed out.
    bool needed = false;
    bool captured = false;
  };
  struct Capture {
    uint32_t slot;
    uint32_t input_nr;
    uint32_t output;
  };
  /// Memory that is kept from one run to the next.
  struct Workspace {
    std::vector<Slot> slots;
    std::vector<std::pair<uint64_t, uint32_t>> ready;
    std::vector<uint32_t> index;
  };

  GraphTask(bool keep_graph, bool create_graph, uint32_t depth);
  GraphTask(const GraphTask&) = delete;
  GraphTask& operator=(const GraphTask&) = delete;
  ~GraphTask();

  /// Finds every node that can be reached from `roots` and counts how many gradients each waits for.
  void discover(const edge_list& roots, const edge_list& outputs, bool accumulate_grad);
  uint32_t find(const Node* node) const;
  bool should_execute(const Node* node) const;
  Slot& slot(uint32_t i) { return workspace_.slots[i]; }
  Workspace& workspace() { return workspace_; }
  void capture(const Slot& slot, const variable_list& inputs);
  void take_captured(variable_list& result) { result = std::move(captured_); }

  const bool keep_graph;
  const bool create_graph;
  const uint32_t depth;
  bool has_outputs = false;
  // Whether a node of the run belongs to an accelerator, so that threads other than the caller take part.
  bool uses_devices = false;

  // Guarded by `mutex` while several threads take part.
  std::mutex mutex;
  std::vector<std::function<void()>> final_callbacks;
  std::exception_ptr error;
  std::atomic<bool> failed{false};
  std::atomic<uint64_t> outstanding{0};
  ReadyQueue* owner_queue = nullptr;
  LocalDispatchKeySet caller_keys;

 private:
  uint32_t find_or_add(Node* node);
  uint32_t hash_position(const Node* node) const;
  void grow_index();
  void mark_needed(const edge_list& outputs, bool accumulate_grad);
  void propagate_needed(const edge_list& roots);

  Workspace workspace_;
  std::vector<Capture> captures_;
  variable_list captured_;
  uint64_t serial_ = 0;
  bool exclusive_ = false;
};

/// In the child of a fork no run is under way.
void reset_exclusive_task_after_fork();

}  // namespace tiny_torch::autodiff
