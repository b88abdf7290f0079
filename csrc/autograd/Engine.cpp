#include "autograd/Engine.h"

#include <algorithm>
#include <array>
#include <thread>

#include "autograd/AccumulateGrad.h"
#include "autograd/GraphTask.h"
#include "autograd/anomaly_mode.h"
#include "autograd/engine_ops.h"

#if !defined(_WIN32)
#include <pthread.h>
#endif

namespace tiny_torch::autodiff {

namespace {

// Nested runs beyond this depth get a thread of their own, because each takes a piece of the stack.
constexpr uint32_t kMaxNestedRuns = 60;

struct ThreadState {
  GraphTask* task = nullptr;
  Node* node = nullptr;
  uint32_t depth = 0;
  // Of a worker: the queue it serves and its device.
  ReadyQueue* queue = nullptr;
  DeviceType device_type = DeviceType::CPU;
  DeviceIndex device_index = -1;
};
thread_local ThreadState thread_state TORCH_TLS_INITIAL_EXEC;

template <class T>
class Restore {
 public:
  Restore(T& place, T value) : place_(place), saved_(place) { place_ = value; }
  Restore(const Restore&) = delete;
  Restore& operator=(const Restore&) = delete;
  ~Restore() { place_ = saved_; }

 private:
  T& place_;
  T saved_;
};

/// The queues of the accelerators, one thread each; never destroyed, because the threads outlive main().
class DeviceThreads {
 public:
  static DeviceThreads& get() {
    static auto* threads = new DeviceThreads();
    return *threads;
  }
  ReadyQueue& queue(Device device) {
    const auto type = static_cast<size_t>(device.type());
    const auto index = static_cast<size_t>(device.has_index() ? device.index() : 0);
    std::lock_guard<std::mutex> lock(mutex_);
    auto& row = queues_.at(type);
    if (row.size() <= index) row.resize(index + 1, nullptr);
    if (row[index] == nullptr) {
      row[index] = new ReadyQueue();
      std::thread(&DeviceThreads::serve, row[index], device).detach();
    }
    return *row[index];
  }
  void forget_after_fork() {
    new (&mutex_) std::mutex();
    for (auto& row : queues_) row.clear();
  }

 private:
  static void serve(ReadyQueue* queue, Device device);

  std::mutex mutex_;
  std::array<std::vector<ReadyQueue*>, kMaxDeviceTypes> queues_;
};

void reset_after_fork() {
  reset_exclusive_task_after_fork();
  DeviceThreads::get().forget_after_fork();
}

// ---- Gradients on their way -----------------------------------------------------------------------------------------

bool same_geometry(const TensorBase& a, const TensorBase& b) {
  return a.dtype() == b.dtype() && a.sizes() == b.sizes();
}

bool may_overwrite(const TensorBase& t, const TensorBase& other) {
  return owns_memory_alone(t) && same_geometry(t, other) && t.is_non_overlapping_and_dense() && !t.is_conj() &&
         t.impl()->autograd_meta() == nullptr;
}

/// Adds up what several edges bring to one input. A tensor is overwritten only if nobody else can see its memory: a node
/// may return one tensor as two gradients, or a hook may keep one.
void add_to_input(TensorBase& total, TensorBase&& grad) {
  if (!grad.defined()) return;
  if (!total.defined()) {
    total = std::move(grad);
    return;
  }
  const EngineOps& ops = engine_ops();
  if (GradMode::is_enabled()) {
    total = ops.add(total, grad);
  } else if (may_overwrite(total, grad)) {
    ops.add_(total, grad);
  } else if (may_overwrite(grad, total)) {
    ops.add_(grad, total);
    total = std::move(grad);
  } else {
    total = ops.add(total, grad);
  }
}

bool is_expandable_to(IntArrayRef shape, IntArrayRef target) {
  if (shape.size() > target.size()) return false;
  const size_t lead = target.size() - shape.size();
  for (size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] != target[lead + i] && shape[i] != 1) return false;
  }
  return true;
}

TORCH_NOINLINE void fit_gradient(TensorBase& grad, const InputMetadata& input, size_t i, const Node* source) {
  const EngineOps& ops = engine_ops();
  if (grad.sizes() != IntArrayRef(input.shape)) {
    TORCH_CHECK(is_expandable_to(input.shape, grad.sizes()), "Function ",
                source == nullptr ? "GraphRoot" : source->name(), " returned an invalid gradient at index ", i,
                " - got ", grad.sizes(), " but expected shape compatible with ", IntArrayRef(input.shape));
    grad = ops.sum_to_size(grad, input.shape);
  }
  if (grad.is_complex() && !is_complex_type(input.dtype)) grad = ops.real(grad);
  if (grad.dtype() != input.dtype) grad = ops.to_dtype(grad, input.dtype);
  TORCH_CHECK(grad.device() == input.device, "Function ", source == nullptr ? "GraphRoot" : source->name(),
              " returned an invalid gradient at index ", i, " - expected device ", input.device, " but got ",
              grad.device());
}

}  // namespace

void validate_outputs(const edge_list& edges, variable_list& grads, const Node* source) {
  if (TORCH_UNLIKELY(grads.size() != edges.size())) {
    TORCH_CHECK(false, "Function ", source == nullptr ? "GraphRoot" : source->name(),
                " returned an incorrect number of gradients (expected ", edges.size(), ", got ", grads.size(), ")");
  }
  for (size_t i = 0; i < grads.size(); ++i) {
    TensorBase& grad = grads[i];
    if (!grad.defined() || !edges[i].is_valid()) continue;
    const InputMetadata& input = edges[i].function->input_metadata(edges[i].input_nr);
    if (TORCH_UNLIKELY(!input.defined)) continue;
    if (TORCH_LIKELY(grad.dtype() == input.dtype && grad.sizes() == IntArrayRef(input.shape) &&
                     grad.device() == input.device)) {
      continue;
    }
    fit_gradient(grad, input, i, source);
  }
}

namespace {

// ---- One node -------------------------------------------------------------------------------------------------------

void call_tensor_hooks(Node& node, variable_list& inputs) {
  std::vector<NodeExtras::TensorPreHook> hooks;
  struct Retained {
    intrusive_ptr<TensorImpl> tensor;
    uint32_t input_nr;
  };
  std::vector<Retained> retained;
  {
    Node::Lock lock(node);
    hooks = node.extras().tensor_pre_hooks;
    for (const NodeExtras::RetainedGrad& one : node.extras().retained) {
      if (auto tensor = intrusive_ptr<TensorImpl>::try_retain(one.tensor))
        retained.push_back({std::move(tensor), one.input_nr});
    }
  }
  for (const NodeExtras::TensorPreHook& one : hooks) {
    if (one.input_nr >= inputs.size()) continue;
    TensorBase result = (*one.hook)(inputs[one.input_nr]);
    if (result.defined()) inputs[one.input_nr] = std::move(result);
  }
  for (Retained& one : retained) {
    const TensorBase& grad = inputs[one.input_nr];
    if (!grad.defined()) continue;
    TensorBase& total = mutable_grad(TensorBase(std::move(one.tensor)));
    // A copy: the gradient travels on, and another tensor may retain the same one.
    total = total.defined() ? engine_ops().add(total, grad) : engine_ops().clone(grad);
  }
}

variable_list call_pre_hooks(Node& node, variable_list&& inputs) {
  std::vector<NodeExtras::Registered<FunctionPreHook>> hooks;
  {
    Node::Lock lock(node);
    hooks = node.extras().pre_hooks;
  }
  for (const auto& one : hooks) inputs = (*one.hook)(std::move(inputs));
  return std::move(inputs);
}

variable_list call_post_hooks(Node& node, variable_list&& outputs, const variable_list& inputs) {
  std::vector<NodeExtras::Registered<FunctionPostHook>> hooks;
  {
    Node::Lock lock(node);
    hooks = node.extras().post_hooks;
  }
  for (const auto& one : hooks) outputs = (*one.hook)(std::move(outputs), inputs);
  return std::move(outputs);
}

variable_list apply_and_release(GraphTask& task, Node& node, variable_list&& inputs) {
  if (!node.apply_needs_lock()) {
    variable_list outputs = node(std::move(inputs));
    if (!task.keep_graph) node.release_variables();
    return outputs;
  }
  Node::ApplyLock lock(node);
  variable_list outputs = node(std::move(inputs));
  if (!task.keep_graph) node.release_variables();
  return outputs;
}

void print_creation_stacks(const Node& node) {
  const Node* current = &node;
  while (current != nullptr && current->extras_or_null() != nullptr) {
    if (const auto& anomaly = current->extras_or_null()->anomaly) anomaly->print_stack(current->name());
    current = current->extras_or_null()->anomaly_parent.get();
  }
}

variable_list call_node(GraphTask& task, Node& node, variable_list&& inputs) {
  const NodeExtras* extras = node.extras_or_null();
  if (TORCH_LIKELY(extras == nullptr)) return apply_and_release(task, node, std::move(inputs));
  if (!extras->pre_hooks.empty()) inputs = call_pre_hooks(node, std::move(inputs));
  if (extras->post_hooks.empty()) return apply_and_release(task, node, std::move(inputs));
  const variable_list kept = inputs;
  return call_post_hooks(node, apply_and_release(task, node, std::move(inputs)), kept);
}

variable_list call_node_watched(GraphTask& task, Node& node, variable_list&& inputs) {
  try {
    variable_list outputs = call_node(task, node, std::move(inputs));
    validate_outputs(node.next_edges(), outputs, &node);
    if (!AnomalyMode::should_check_nan()) return outputs;
    NoGradGuard no_grad;
    for (size_t i = 0; i < outputs.size(); ++i) {
      TORCH_CHECK(!outputs[i].defined() || !engine_ops().has_nan(outputs[i]), "Function '", node.name(),
                  "' returned nan values in its ", i, "th output.");
    }
    return outputs;
  } catch (...) {
    print_creation_stacks(node);
    throw;
  }
}

/// Runs the node of `slot` and hands its results to the next nodes; `ready(i)` is called for those that wait no longer.
template <class Guard, class Ready>
void evaluate(GraphTask& task, GraphTask::Slot& slot, const Guard& guard, const Ready& ready) {
  Node& node = *slot.node;
  variable_list inputs = std::move(slot.inputs);
  if (inputs.size() < node.num_inputs()) inputs.resize(node.num_inputs());
  const auto capture = [&] {
    if (!task.has_outputs || !slot.captured) return;
    [[maybe_unused]] const auto held = guard();
    task.capture(slot, inputs);
  };
  // As in PyTorch, a gradient that also travels on is captured as its hooks get it, else as they leave it.
  if (slot.needed) capture();
  if (TORCH_UNLIKELY(node.extras_or_null() != nullptr)) call_tensor_hooks(node, inputs);
  if (task.has_outputs && !slot.needed) return capture();
  variable_list outputs;
  {
    Restore<Node*> current(thread_state.node, &node);
    if (TORCH_UNLIKELY(AnomalyMode::is_enabled())) {
      outputs = call_node_watched(task, node, std::move(inputs));
    } else {
      outputs = call_node(task, node, std::move(inputs));
    }
  }
  validate_outputs(node.next_edges(), outputs, &node);

  [[maybe_unused]] const auto held = guard();
  for (size_t i = 0; i < outputs.size(); ++i) {
    const Edge& edge = node.next_edges()[i];
    if (!edge.is_valid()) continue;
    const uint32_t at = task.find(edge.function.get());
    if (at == GraphTask::kNoSlot) continue;
    GraphTask::Slot& next = task.slot(at);
    if (task.has_outputs && !next.needed && !next.captured) continue;
    if (next.inputs.size() <= edge.input_nr) {
      next.inputs.resize(std::max<size_t>(next.node->num_inputs(), edge.input_nr + 1));
    }
    add_to_input(next.inputs[edge.input_nr], std::move(outputs[i]));
    if (--next.dependencies == 0) ready(at);
  }
}

// ---- Runs on the calling thread alone -------------------------------------------------------------------------------

void run_alone(GraphTask& task) {
  auto& heap = task.workspace().ready;
  const auto no_guard = [] { return 0; };
  const auto push = [&heap, &task](uint32_t at) {
    heap.emplace_back(task.slot(at).node->sequence_nr(), at);
    if (heap.size() > 1) std::push_heap(heap.begin(), heap.end());
  };
  for (uint32_t at = 0; at < task.workspace().slots.size(); ++at) {
    const GraphTask::Slot& slot = task.slot(at);
    if (slot.dependencies != 0) continue;
    if (task.has_outputs && !slot.needed && !slot.captured) continue;
    push(at);
  }
  while (!heap.empty()) {
    if (heap.size() > 1) std::pop_heap(heap.begin(), heap.end());
    const uint32_t at = heap.back().second;
    heap.pop_back();
    evaluate(task, task.slot(at), no_guard, push);
  }
}

// ---- Runs that accelerators take part in ----------------------------------------------------------------------------

void push_ready(GraphTask& task, uint32_t at) {
  const Node& node = *task.slot(at).node;
  const Device device = node.device();
  task.outstanding.fetch_add(1);
  const ReadyNode ready{&task, at, task.depth, node.sequence_nr()};
  if (device.is_cpu() || device == Device(thread_state.device_type, thread_state.device_index)) {
    (device.is_cpu() ? *task.owner_queue : *thread_state.queue).push(ready);
  } else {
    DeviceThreads::get().queue(device).push(ready);
  }
}

void process(const ReadyNode& ready) {
  GraphTask& task = *ready.task;
  if (!task.failed.load()) {
    Restore<GraphTask*> current(thread_state.task, &task);
    Restore<uint32_t> depth(thread_state.depth, task.depth);
    AutoGradMode grad_mode(task.create_graph);
    Restore<LocalDispatchKeySet> keys(local_dispatch_keys(), task.caller_keys);
    try {
      evaluate(
          task, task.slot(ready.slot), [&task] { return std::unique_lock<std::mutex>(task.mutex); },
          [&task](uint32_t at) { push_ready(task, at); });
    } catch (...) {
      std::lock_guard<std::mutex> lock(task.mutex);
      if (!task.failed.exchange(true)) task.error = std::current_exception();
    }
  }
  // The task may be gone as soon as the count is zero, its queue only after this call.
  ReadyQueue* owner = task.owner_queue;
  std::unique_lock<std::mutex> lock(task.mutex);
  if (task.outstanding.fetch_sub(1) == 1) owner->push({nullptr, 0, UINT32_MAX, UINT64_MAX});
}

void DeviceThreads::serve(ReadyQueue* queue, Device device) {
  thread_state.queue = queue;
  thread_state.device_type = device.type();
  thread_state.device_index = device.index();
  if (DeviceGuardInterface* guard = try_device_guard(device.type())) guard->exchange(device);
  while (true) {
    const ReadyNode ready = queue->pop();
    if (ready.task != nullptr) process(ready);
  }
}

void run_with_devices(GraphTask& task) {
  // A worker serves its own queue while it waits, so that two accelerators can wait for each other.
  ReadyQueue own;
  task.owner_queue = thread_state.queue != nullptr ? thread_state.queue : &own;
  task.caller_keys = local_dispatch_keys();
  {
    std::unique_lock<std::mutex> lock(task.mutex);
    task.outstanding.store(1);  // until everything that is ready has been pushed
    for (uint32_t at = 0; at < task.workspace().slots.size(); ++at) {
      const GraphTask::Slot& slot = task.slot(at);
      if (slot.dependencies == 0 && (!task.has_outputs || slot.needed || slot.captured)) push_ready(task, at);
    }
    task.outstanding.fetch_sub(1);
  }
  while (true) {
    {
      std::lock_guard<std::mutex> lock(task.mutex);
      if (task.outstanding.load() == 0) break;
    }
    const ReadyNode ready = task.owner_queue->pop();
    if (ready.task != nullptr) process(ready);
  }
  if (task.error) std::rethrow_exception(task.error);
}

void run_callbacks(GraphTask& task) {
  // A callback may queue another one.
  for (size_t i = 0; i < task.final_callbacks.size(); ++i) {
    const std::function<void()> callback = std::move(task.final_callbacks[i]);
    callback();
  }
}

variable_list run_task(const edge_list& roots, variable_list&& grads, bool keep_graph, bool create_graph,
                       const edge_list& outputs, bool accumulate_grad) {
  GraphTask task(keep_graph, create_graph, thread_state.depth + 1);
  Restore<GraphTask*> current(thread_state.task, &task);
  Restore<Node*> no_node(thread_state.node, nullptr);
  Restore<uint32_t> depth(thread_state.depth, task.depth);
  AutoGradMode grad_mode(create_graph);
  task.discover(roots, outputs, accumulate_grad);
  for (size_t i = 0; i < roots.size(); ++i) {
    GraphTask::Slot& slot = task.slot(task.find(roots[i].function.get()));
    if (slot.inputs.size() <= roots[i].input_nr) {
      slot.inputs.resize(std::max<size_t>(slot.node->num_inputs(), roots[i].input_nr + 1));
    }
    add_to_input(slot.inputs[roots[i].input_nr], std::move(grads[i]));
    --slot.dependencies;
  }
  if (TORCH_UNLIKELY(task.uses_devices)) {
    run_with_devices(task);
  } else {
    run_alone(task);
  }
  run_callbacks(task);
  variable_list result;
  task.take_captured(result);
  return result;
}

}  // namespace

Node* current_node() { return thread_state.node; }

bool Node::task_should_compute_output(size_t i) const {
  if (!should_compute_output(i)) return false;
  const GraphTask* task = thread_state.task;
  return task == nullptr || task->should_execute(next_edges_[i].function.get());
}

Engine::Engine() {
#if !defined(_WIN32)
  pthread_atfork(nullptr, nullptr, &reset_after_fork);
#endif
}

Engine& Engine::get() {
  static auto* engine = new Engine();
  return *engine;
}

variable_list Engine::run_backward(const edge_list& roots, variable_list&& grads, bool keep_graph, bool create_graph,
                                   const edge_list& outputs, bool accumulate_grad) {
  for (const Edge& root : roots) TORCH_CHECK(root.is_valid(), "run_backward(): a root has no node");
  validate_outputs(roots, grads, nullptr);
  if (accumulate_grad && create_graph) {
    TORCH_WARN_ONCE(
        "Using backward() with create_graph=True will create a reference cycle between the parameter and its gradient "
        "which can "
        "cause a memory leak. We recommend using autograd.grad when creating the graph to avoid this. If you have to "
        "use this "
        "function, make sure to reset the .grad fields of your parameters to None after use to break the cycle and "
        "avoid the leak.");
  }
  if (TORCH_LIKELY(thread_state.depth < kMaxNestedRuns)) {
    return run_task(roots, std::move(grads), keep_graph, create_graph, outputs, accumulate_grad);
  }
  variable_list result;
  std::exception_ptr error;
  const LocalDispatchKeySet keys = local_dispatch_keys();
  std::thread([&] {
    local_dispatch_keys() = keys;
    try {
      result = run_task(roots, std::move(grads), keep_graph, create_graph, outputs, accumulate_grad);
    } catch (...) {
      error = std::current_exception();
    }
  }).join();
  if (error) std::rethrow_exception(error);
  return result;
}

void Engine::queue_callback(std::function<void()> callback) {
  GraphTask* task = thread_state.task;
  TORCH_CHECK(task != nullptr, "Final callbacks can only be installed during backward pass.");
  std::lock_guard<std::mutex> lock(task->mutex);
  task->final_callbacks.push_back(std::move(callback));
}

bool Engine::is_running() { return thread_state.task != nullptr; }
bool Engine::current_task_has_inputs() { return thread_state.task != nullptr && thread_state.task->has_outputs; }
bool Engine::current_task_keeps_graph() { return thread_state.task == nullptr || thread_state.task->keep_graph; }

}  // namespace tiny_torch::autodiff
