#include "autograd/GraphTask.h"

#include <algorithm>

namespace tiny_torch::autodiff {

namespace {

std::atomic<bool> exclusive_taken{false};
// Written by the exclusive run only.
uint64_t last_serial = 0;

// Workspaces larger than this are given back to the system.
constexpr size_t kMaxKeptSlots = 1u << 16;
thread_local GraphTask::Workspace kept_workspace;

constexpr uint32_t kEmpty = UINT32_MAX;

}  // namespace

void reset_exclusive_task_after_fork() { exclusive_taken.store(false); }

void ReadyQueue::push(ReadyNode ready) {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    heap_.push_back(ready);
    std::push_heap(heap_.begin(), heap_.end());
  }
  arrived_.notify_one();
}

ReadyNode ReadyQueue::pop() {
  std::unique_lock<std::mutex> lock(mutex_);
  arrived_.wait(lock, [this] { return !heap_.empty(); });
  std::pop_heap(heap_.begin(), heap_.end());
  const ReadyNode ready = heap_.back();
  heap_.pop_back();
  return ready;
}

GraphTask::GraphTask(bool keep_graph_, bool create_graph_, uint32_t depth_)
    : keep_graph(keep_graph_), create_graph(create_graph_), depth(depth_), workspace_(std::move(kept_workspace)) {
  exclusive_ = !exclusive_taken.exchange(true, std::memory_order_acquire);
  if (exclusive_) serial_ = ++last_serial;
}

GraphTask::~GraphTask() {
  if (exclusive_) exclusive_taken.store(false, std::memory_order_release);
  workspace_.slots.clear();
  workspace_.ready.clear();
  workspace_.index.clear();
  if (workspace_.slots.capacity() <= kMaxKeptSlots && workspace_.slots.capacity() > kept_workspace.slots.capacity()) {
    kept_workspace = std::move(workspace_);
  }
}

uint32_t GraphTask::hash_position(const Node* node) const {
  const auto& index = workspace_.index;
  const size_t mask = index.size() - 1;
  size_t at = (reinterpret_cast<uintptr_t>(node) >> 5) * 0x9E3779B97F4A7C15ull >> 20 & mask;
  while (index[at] != kEmpty && workspace_.slots[index[at]].node != node) at = (at + 1) & mask;
  return static_cast<uint32_t>(at);
}

void GraphTask::grow_index() {
  auto& index = workspace_.index;
  index.assign(std::max<size_t>(64, index.size() * 2), kEmpty);
  for (uint32_t i = 0; i < workspace_.slots.size(); ++i) index[hash_position(workspace_.slots[i].node)] = i;
}

uint32_t GraphTask::find_or_add(Node* node) {
  auto& slots = workspace_.slots;
  const auto fresh = static_cast<uint32_t>(slots.size());
  if (TORCH_LIKELY(exclusive_)) {
    if (node->slot_serial_ == serial_) return node->slot_index_;
    node->slot_serial_ = serial_;
    node->slot_index_ = fresh;
  } else {
    if (2 * (slots.size() + 1) > workspace_.index.size()) grow_index();
    uint32_t& entry = workspace_.index[hash_position(node)];
    if (entry != kEmpty) return entry;
    entry = fresh;
  }
  slots.emplace_back(node);
  return fresh;
}

uint32_t GraphTask::find(const Node* node) const {
  if (TORCH_LIKELY(exclusive_)) return node->slot_serial_ == serial_ ? node->slot_index_ : kNoSlot;
  if (workspace_.index.empty()) return kNoSlot;
  return workspace_.index[hash_position(node)];
}

bool GraphTask::should_execute(const Node* node) const {
  if (!has_outputs) return true;
  const uint32_t at = find(node);
  return at != kNoSlot && (workspace_.slots[at].needed || workspace_.slots[at].captured);
}

void GraphTask::discover(const edge_list& roots, const edge_list& outputs, bool accumulate_grad) {
  has_outputs = !outputs.empty();
  // What is nearer to the leaves than every output cannot lead to one.
  uint64_t lowest = 0;
  if (has_outputs) {
    lowest = UINT64_MAX;
    for (const Edge& output : outputs) {
      if (output.is_valid()) lowest = std::min(lowest, output.function->topological_nr());
    }
  }
  auto& slots = workspace_.slots;
  for (const Edge& root : roots) {
    const uint32_t at = find_or_add(root.function.get());
    ++slots[at].dependencies;
  }
  for (size_t i = 0; i < slots.size(); ++i) {
    Node* node = slots[i].node;
    if (!uses_devices) uses_devices = !node->device().is_cpu();
    if (node->topological_nr() < lowest) continue;
    for (const Edge& edge : node->next_edges()) {
      if (!edge.is_valid()) continue;
      const uint32_t at = find_or_add(edge.function.get());
      ++slots[at].dependencies;
    }
  }
  if (has_outputs) {
    mark_needed(outputs, accumulate_grad);
    propagate_needed(roots);
  }
}

void GraphTask::mark_needed(const edge_list& outputs, bool accumulate_grad) {
  if (!accumulate_grad) captured_.resize(outputs.size());
  for (size_t i = 0; i < outputs.size(); ++i) {
    if (!outputs[i].is_valid()) continue;
    const uint32_t at = find(outputs[i].function.get());
    if (at == kNoSlot) continue;
    Slot& wanted = workspace_.slots[at];
    if (accumulate_grad) {
      wanted.needed = true;
    } else {
      wanted.captured = true;
      captures_.push_back({at, outputs[i].input_nr, static_cast<uint32_t>(i)});
    }
  }
}

void GraphTask::propagate_needed(const edge_list& roots) {
  struct Frame {
    uint32_t slot;
    uint32_t next_edge;
  };
  std::vector<Frame> stack;
  std::vector<bool> seen(workspace_.slots.size(), false);
  const auto visit = [&](uint32_t at) {
    if (seen[at]) return;
    seen[at] = true;
    stack.push_back({at, 0});
  };
  for (const Edge& root : roots) {
    visit(find(root.function.get()));
    while (!stack.empty()) {
      Frame& frame = stack.back();
      const edge_list& edges = workspace_.slots[frame.slot].node->next_edges();
      if (frame.next_edge < edges.size()) {
        const Edge& edge = edges[frame.next_edge++];
        if (!edge.is_valid()) continue;
        const uint32_t next = find(edge.function.get());
        if (next != kNoSlot) visit(next);
        continue;
      }
      Slot& done = workspace_.slots[frame.slot];
      for (const Edge& edge : edges) {
        if (done.needed) break;
        done.needed = edge.is_valid() && should_execute(edge.function.get());
      }
      stack.pop_back();
    }
  }
}

void GraphTask::capture(const Slot& from, const variable_list& inputs) {
  const auto at = static_cast<uint32_t>(&from - workspace_.slots.data());
  for (const Capture& one : captures_) {
    if (one.slot == at && one.input_nr < inputs.size()) captured_[one.output] = inputs[one.input_nr];
  }
}

}  // namespace tiny_torch::autodiff
