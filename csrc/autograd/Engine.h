// Engine: runs the recorded nodes backwards.
//
// Contract: nodes on the CPU run on the calling thread; each accelerator has one thread with a queue of its own, started
// on first use. Within a thread, later nodes run first. A run may be started inside a node of another run. The first
// exception stops the run and reaches the caller. Several threads may run at once, also over shared graphs.
#pragma once

#include <functional>

#include "autograd/Node.h"

namespace tiny_torch::autodiff {

class TORCH_API Engine {
 public:
  static Engine& get();

  /// Sends `grads[i]` to `roots[i]`. With `outputs`, only nodes on the way to them run; their gradients are returned in
  /// that order (undefined for those not reached), or accumulated into the leaves if `accumulate_grad`.
  /// Operations inside nodes are recorded if `create_graph`; saved tensors are freed unless `keep_graph`.
  variable_list run_backward(const edge_list& roots, variable_list&& grads, bool keep_graph, bool create_graph,
                             const edge_list& outputs = {}, bool accumulate_grad = true);

  /// Calls `callback` on the calling thread at the end of the run under way. RuntimeError outside of one.
  void queue_callback(std::function<void()> callback);
  /// The run under way on this thread has been asked to keep its graph (retain_graph).
  static bool current_task_keeps_graph();
  /// Whether a run is under way on this thread.
  static bool is_running();
  /// Whether that run was given inputs, so that it reaches some leaves only.
  static bool current_task_has_inputs();

 private:
  Engine();
};

/// Fits each gradient to its edge: sums broadcast dimensions away, casts, and raises what cannot be fitted.
/// `source` names the node they come from in messages.
void validate_outputs(const edge_list& edges, variable_list& grads, const Node* source);

}  // namespace tiny_torch::autodiff
