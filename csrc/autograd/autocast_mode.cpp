#include "autograd/autocast_mode.h"

#include <unordered_map>

#include "autograd/AutogradMeta.h"
#include "autograd/view.h"
#include "generated/ops/copy.h"

namespace tiny_torch {
namespace autocast {

namespace {
struct DeviceState {
  DeviceType device;
  ScalarType dtype;
  bool enabled = false;
};
struct CachedCast {
  TensorBase source;  // keeps the key's tensor alive
  TensorBase cast;
};
struct ThreadState {
  DeviceState devices[3] = {{DeviceType::CPU, kBFloat16}, {DeviceType::CUDA, kHalf}, {DeviceType::PrivateUse1, kHalf}};
  bool cache_enabled = true;
  int nesting = 0;
  std::unordered_map<const TensorImpl*, CachedCast> cache;
};
ThreadState& state() {
  thread_local ThreadState s;
  return s;
}

DeviceState* find(DeviceType device) {
  for (DeviceState& s : state().devices) {
    if (s.device == device) return &s;
  }
  return nullptr;
}
DeviceState& of(DeviceType device) {
  DeviceState* s = find(device);
  TORCH_CHECK(s != nullptr, "unknown device type for autocast: ", to_string(device));
  return *s;
}

/// The state that governs `t`; null for tensors that are left as they are.
const DeviceState* governing(const TensorBase& t) {
  if (!t.defined() || !is_floating_point(t.scalar_type()) || t.scalar_type() == kDouble) return nullptr;
  const DeviceState* s = find(t.device().type());
  return s != nullptr && s->enabled ? s : nullptr;
}

TensorBase cast(const TensorBase& t, ScalarType dtype) {
  if (t.scalar_type() == dtype) return t;
  ThreadState& s = state();
  // Weights are used by many calls; other tensors would only fill the cache.
  const bool keep = s.cache_enabled && dtype != kFloat && t.scalar_type() == kFloat && t.requires_grad() &&
                    autodiff::is_leaf(t) && !autodiff::is_view(t);
  if (!keep) return ops::to(t, dtype);
  const auto found = s.cache.find(t.impl());
  // A cast from a region without gradients would cut the graph of one with them.
  if (found != s.cache.end() && found->second.cast.scalar_type() == dtype &&
      (found->second.cast.requires_grad() || !GradMode::is_enabled()))
    return found->second.cast;
  TensorBase result = ops::to(t, dtype);
  s.cache[t.impl()] = {t, result};
  return result;
}

/// Calls `visit` with every tensor among the arguments; what it returns takes the tensor's place.
template <class Visit>
void replace_tensors(Stack& stack, Visit visit) {
  for (IValue& v : stack) {
    if (v.is_tensor()) {
      v = IValue(visit(v.to_tensor()));
    } else if (v.is_tensor_list()) {
      std::vector<TensorBase> list = v.to_tensor_list();
      for (TensorBase& t : list) t = visit(t);
      v = IValue(std::move(list));
    }
  }
}

void redispatch(const OperatorEntry& op, DispatchKeySet keys, Stack& stack) {
  op.redispatch_boxed(keys.remove(DispatchKey::Autocast), stack);
}
const DispatchKeySet kAutocastKey = DispatchKeySet(DispatchKey::Autocast);
}  // namespace

bool is_autocast_enabled(DeviceType device) { return of(device).enabled; }

void set_autocast_enabled(DeviceType device, bool enabled) {
  of(device).enabled = enabled;
  bool any = false;
  for (const DeviceState& s : state().devices) any = any || s.enabled;
  LocalDispatchKeySet& local = local_dispatch_keys();
  local.included = any ? local.included | kAutocastKey : local.included - kAutocastKey;
}

ScalarType get_autocast_dtype(DeviceType device) { return of(device).dtype; }
void set_autocast_dtype(DeviceType device, ScalarType dtype) { of(device).dtype = dtype; }
bool is_autocast_cache_enabled() { return state().cache_enabled; }
void set_autocast_cache_enabled(bool enabled) { state().cache_enabled = enabled; }
void clear_cache() { state().cache.clear(); }
int increment_nesting() { return ++state().nesting; }
int decrement_nesting() { return --state().nesting; }

void lower_kernel(KernelFunctor*, const OperatorEntry& op, DispatchKeySet keys, Stack& stack) {
  const ExcludeDispatchKeyGuard guard(kAutocastKey);
  replace_tensors(stack, [](const TensorBase& t) {
    const DeviceState* s = governing(t);
    return s != nullptr ? cast(t, s->dtype) : t;
  });
  redispatch(op, keys, stack);
}

void float_kernel(KernelFunctor*, const OperatorEntry& op, DispatchKeySet keys, Stack& stack) {
  const ExcludeDispatchKeyGuard guard(kAutocastKey);
  replace_tensors(stack, [](const TensorBase& t) { return governing(t) != nullptr ? cast(t, kFloat) : t; });
  redispatch(op, keys, stack);
}

// float32 as soon as one argument is float32, else the short dtype they all have.
void promote_kernel(KernelFunctor*, const OperatorEntry& op, DispatchKeySet keys, Stack& stack) {
  const ExcludeDispatchKeyGuard guard(kAutocastKey);
  std::optional<ScalarType> common;
  replace_tensors(stack, [&](const TensorBase& t) {
    const DeviceState* s = governing(t);
    if (s == nullptr) return t;
    if (!common.has_value()) common = s->dtype;
    if (t.scalar_type() == kFloat) common = kFloat;
    TORCH_CHECK(*common == kFloat || t.scalar_type() == s->dtype, op.full_name(),
                ": under autocast expected floating-point arguments of ", to_string(s->dtype), " or float32, got ",
                to_string(t.scalar_type()));
    return t;
  });
  if (common.has_value()) {
    replace_tensors(stack, [&](const TensorBase& t) { return governing(t) != nullptr ? cast(t, *common) : t; });
  }
  redispatch(op, keys, stack);
}

void lower_lstm_kernel(KernelFunctor* functor, const OperatorEntry& op, DispatchKeySet keys, Stack& stack) {
  const std::vector<TensorBase> states = stack[1].to_tensor_list();
  const bool projected =
      states.size() == 2 && states[0].dim() > 0 && states[1].dim() > 0 && states[0].size(-1) != states[1].size(-1);
  // As in PyTorch, whose oneDNN has no projections: cells then stay in float32.
  return projected ? redispatch(op, keys, stack) : lower_kernel(functor, op, keys, stack);
}

}  // namespace autocast
}  // namespace tiny_torch
