#include "autograd/Node.h"

#include <cxxabi.h>

#include <algorithm>
#include <cstdlib>
#include <typeinfo>

#include "autograd/AutogradMeta.h"
#include "autograd/anomaly_mode.h"

namespace tiny_torch::autodiff {

namespace detail {
thread_local uint64_t sequence_nr TORCH_TLS_INITIAL_EXEC = 0;
}  // namespace detail

namespace {
std::atomic<uint64_t> next_hook_id{1};

// Nodes whose reference is given up once the node that is being destroyed is done: a chain of any length is freed
// without recursion.
using DyingNodes = SmallVector<Node*, 32>;
thread_local DyingNodes* dying TORCH_TLS_INITIAL_EXEC = nullptr;
}  // namespace

Node::~Node() = default;

void Node::release_resources() {
  NodeExtras* extra = extras_.get();
  if (TORCH_UNLIKELY(extra != nullptr)) {
    if (extra->weak.defined()) {
      WeakNode& weak = *extra->weak;
      SpinLock lock(weak.busy);
      weak.node = nullptr;
    }
    std::vector<NodeExtras::RetainedGrad> retained;
    {
      Lock lock(*this);
      retained.swap(extra->retained);
    }
  }
  DyingNodes local;
  const bool outermost = dying == nullptr;
  if (outermost) dying = &local;
  for (Edge& edge : next_edges_) {
    if (edge.function.defined()) dying->push_back(edge.function.release());
  }
  // While the edges are still held, so that a saved tensor is never the last owner of an earlier node.
  release_variables();
  if (!outermost) return;
  while (!local.empty()) {
    Node* node = local.back();
    local.pop_back();
    intrusive_ptr<Node>::reclaim(node).reset();
  }
  dying = nullptr;
}

std::string Node::name() const {
  const char* mangled = typeid(*this).name();
  int status = 0;
  char* readable = abi::__cxa_demangle(mangled, nullptr, nullptr, &status);
  std::string result = status == 0 ? readable : mangled;
  std::free(readable);
  return result;
}

bool Node::should_compute_output(IndexRange range) const {
  for (size_t i = range.first; i < range.second; ++i) {
    if (should_compute_output(i)) return true;
  }
  return false;
}

bool Node::task_should_compute_output(IndexRange range) const {
  for (size_t i = range.first; i < range.second; ++i) {
    if (task_should_compute_output(i)) return true;
  }
  return false;
}

bool Node::task_should_compute_output(std::initializer_list<IndexRange> ranges) const {
  for (const IndexRange& range : ranges) {
    if (task_should_compute_output(range)) return true;
  }
  return false;
}

uint32_t Node::add_input_metadata(const TensorBase& tensor) {
  InputMetadata& input = inputs_.emplace_back();
  input.shape.assign(tensor.sizes());
  input.dtype = tensor.dtype();
  input.device = tensor.device();
  input.defined = true;
  return static_cast<uint32_t>(inputs_.size() - 1);
}

Device Node::device() const {
  for (const InputMetadata& input : inputs_) {
    if (input.defined && !input.device.is_cpu() && !input.device.is_meta()) return input.device;
  }
  return Device(DeviceType::CPU);
}

uint64_t Node::add_pre_hook(std::shared_ptr<FunctionPreHook> hook) {
  const uint64_t id = next_hook_id.fetch_add(1, std::memory_order_relaxed);
  Lock lock(*this);
  extras().pre_hooks.push_back({id, std::move(hook)});
  return id;
}

uint64_t Node::add_post_hook(std::shared_ptr<FunctionPostHook> hook) {
  const uint64_t id = next_hook_id.fetch_add(1, std::memory_order_relaxed);
  Lock lock(*this);
  extras().post_hooks.push_back({id, std::move(hook)});
  return id;
}

namespace {
template <class Hook>
void erase_hook(std::vector<NodeExtras::Registered<Hook>>& hooks, uint64_t id, std::shared_ptr<Hook>& removed) {
  auto found = std::find_if(hooks.begin(), hooks.end(), [id](const auto& entry) { return entry.id == id; });
  if (found == hooks.end()) return;
  removed = std::move(found->hook);
  hooks.erase(found);
}
}  // namespace

void Node::remove_hook(uint64_t id) {
  // Destroyed after the lock is gone: a hook may own anything.
  std::shared_ptr<FunctionPreHook> pre;
  std::shared_ptr<FunctionPostHook> post;
  Lock lock(*this);
  if (extras_ == nullptr) return;
  erase_hook(extras_->pre_hooks, id, pre);
  erase_hook(extras_->post_hooks, id, post);
}

void Node::add_tensor_pre_hook(uint32_t input_nr, std::shared_ptr<TensorHook> hook) {
  Lock lock(*this);
  extras().tensor_pre_hooks.push_back({input_nr, std::move(hook)});
}

void Node::remove_tensor_pre_hook(const TensorHook* hook) {
  std::shared_ptr<TensorHook> removed;
  Lock lock(*this);
  if (extras_ == nullptr) return;
  auto& hooks = extras_->tensor_pre_hooks;
  auto found = std::find_if(hooks.begin(), hooks.end(), [hook](const auto& entry) { return entry.hook.get() == hook; });
  if (found == hooks.end()) return;
  removed = std::move(found->hook);
  hooks.erase(found);
}

void Node::remember_creation() {
  extras().anomaly = make_anomaly_metadata();
  if (Node* parent = current_node()) extras().anomaly_parent = intrusive_ptr<Node>::reclaim_copy(parent);
}

intrusive_ptr<Node> WeakNode::lock() const {
  SpinLock lock(busy);
  return node == nullptr ? nullptr : intrusive_ptr<Node>::try_retain(node);
}

intrusive_ptr<WeakNode> weak_reference(const intrusive_ptr<Node>& node) {
  if (!node.defined()) return nullptr;
  node.allow_weak();
  Node::Lock lock(*node);
  intrusive_ptr<WeakNode>& weak = node->extras().weak;
  if (!weak.defined()) {
    weak = make_intrusive<WeakNode>();
    weak->node = node.get();
  }
  return weak;
}

std::string short_name(const Node& node) {
  std::string name = node.name();
  const size_t colon = name.rfind("::");
  // Of templates, such as CppNode<ns::Square>, the whole name.
  return colon == std::string::npos || name.back() == '>' ? name : name.substr(colon + 2);
}

std::string operation_name(const Node& node) {
  std::string name = node.name();
  size_t end = name.size();
  while (end > 0 && name[end - 1] >= '0' && name[end - 1] <= '9') --end;
  static constexpr char kSuffix[] = "Backward";
  constexpr size_t kLength = sizeof(kSuffix) - 1;
  if (end > kLength && name.compare(end - kLength, kLength, kSuffix) == 0) name.resize(end - kLength);
  return name;
}

}  // namespace tiny_torch::autodiff
