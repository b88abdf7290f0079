// Dispatcher: the table of operators. An operator is a schema and one kernel per dispatch key.
//
// Contract: a call takes the union of its tensors' keys and the thread's, and runs the kernel of the highest one; kernels
// of composites fill the keys nothing else was registered for. Registration may happen at any time, calls never lock.
// Example: `static const TypedOperator<TensorBase(const TensorBase&)> neg("aten::neg"); neg.call(x);`
#pragma once

#include <array>
#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "aten/core/KernelFunction.h"

namespace tiny_torch {

class TORCH_API OperatorEntry {
 public:
  explicit OperatorEntry(std::string full_name);
  /// "aten::add.Tensor"
  const std::string& full_name() const { return full_name_; }
  /// "aten::add"
  std::string name() const { return full_name_.substr(0, full_name_.find('.')); }
  bool has_schema() const { return !schema_text_.empty(); }
  /// Parsed on first use.
  const FunctionSchema& schema() const;
  const std::string& schema_text() const { return schema_text_; }
  /// RuntimeError when the operator is defined already.
  void set_schema(std::string text, std::string ns);
  /// Takes the definition back; kernels stay.
  void remove_schema();

  /// The kernel that a set of keys leads to.
  const KernelFunction& lookup(DispatchKeySet keys) const {
    const DispatchKeySet relevant = keys & mask_;
    if (TORCH_UNLIKELY(relevant.empty())) return lookup_without_keys(keys);
    return table_[static_cast<size_t>(relevant.highest())];
  }
  void call_boxed(Stack& stack) const;
  void redispatch_boxed(DispatchKeySet keys, Stack& stack) const;

  /// nullptr removes the registration.
  void set_kernel(DispatchKey key, KernelFunction kernel);
  void remove_kernel(DispatchKey key);
  bool has_kernel(DispatchKey key) const;
  /// What was registered for the key or alias itself; an invalid kernel when nothing was.
  const KernelFunction& registered(DispatchKey key) const { return registered_[static_cast<size_t>(key)]; }
  /// Text of all registrations, for diagnosis.
  std::string dump() const;

 private:
  friend class Dispatcher;
  void refresh();
  /// Calls without tensors run on the CPU; anything else here is a missing kernel.
  const KernelFunction& lookup_without_keys(DispatchKeySet keys) const;

  std::array<KernelFunction, kNumDispatchKeys> table_;
  DispatchKeySet mask_;
  std::array<KernelFunction, static_cast<size_t>(DispatchKey::CatchAll) + 1> registered_;
  std::string full_name_;
  std::string schema_text_;
  std::string schema_ns_;
  mutable std::atomic<const FunctionSchema*> schema_{nullptr};
};

class OperatorHandle;

class TORCH_API Dispatcher {
 public:
  static Dispatcher& singleton();
  /// Finds or makes the entry "ns::name.overload".
  OperatorEntry& entry(const std::string& full_name);
  OperatorEntry* find(const std::string& full_name);
  /// All overloads of "ns::name" with a schema, in order of definition.
  std::vector<OperatorEntry*> overloads(const std::string& name);
  std::vector<OperatorEntry*> all();
  /// For programs: what runs the operator "ns::name" with this overload name; RuntimeError, or nothing, when there is none.
  OperatorHandle findSchemaOrThrow(const char* name, const char* overload_name);
  std::optional<OperatorHandle> findSchema(const char* name, const char* overload_name);
  /// A fallback for a key is used by operators that registered nothing for it.
  void set_fallback(DispatchKey key, KernelFunction kernel);
  const KernelFunction& fallback(DispatchKey key) const { return fallbacks_[static_cast<size_t>(key)]; }
  std::recursive_mutex& mutex() { return mutex_; }

 private:
  Dispatcher();
  std::recursive_mutex mutex_;
  std::deque<OperatorEntry> entries_;
  std::unordered_map<std::string, OperatorEntry*> by_name_;
  std::unordered_map<std::string, std::vector<OperatorEntry*>> by_base_;
  std::array<KernelFunction, kNumDispatchKeys> fallbacks_;
};

namespace detail {

inline DispatchKeySet keys_of(const TensorBase& t) { return t.defined() ? t.key_set() : DispatchKeySet(); }
inline DispatchKeySet keys_of(const std::optional<TensorBase>& t) {
  return t.has_value() ? keys_of(*t) : DispatchKeySet();
}
inline DispatchKeySet keys_of(TensorList list) {
  DispatchKeySet keys;
  for (const TensorBase& t : list) keys = keys | keys_of(t);
  return keys;
}
inline DispatchKeySet keys_of(const std::vector<TensorBase>& list) { return keys_of(TensorList(list)); }
inline DispatchKeySet keys_of(OptionalTensorList list) {
  DispatchKeySet keys;
  for (const auto& t : list) keys = keys | keys_of(t);
  return keys;
}
inline DispatchKeySet keys_of(const std::optional<Generator>& g) {
  return g.has_value() && g->defined() ? DispatchKeySet(backend_key(g->device().type())) : DispatchKeySet();
}
template <class T>
DispatchKeySet keys_of(const T&) {
  return DispatchKeySet();
}
inline DispatchKeySet effective_keys(DispatchKeySet keys) {
  const LocalDispatchKeySet& local = local_dispatch_keys();
  return (keys | local.included) - local.excluded;
}

template <class T>
inline constexpr bool is_written_v = std::is_same_v<T, TensorBase&>;

/// In-place and out= return what they write to: the argument that `result` is.
template <class... Args>
TensorBase& written_argument(const OperatorEntry& op, const IValue& result, Args&... args) {
  TensorBase* written = nullptr;
  auto visit = [&](auto& a) {
    if constexpr (is_written_v<decltype(a)>) {
      if (written == nullptr && result.is_tensor() && a.is_same(result.to_tensor())) written = &a;
    }
  };
  (visit(args), ...);
  TORCH_CHECK(written != nullptr, op.full_name(), ": the kernel did not return the argument it writes to");
  return *written;
}
template <class... Ts, size_t... I, class... Args>
std::tuple<Ts...> unbox_results(std::tuple<Ts...>*, std::index_sequence<I...>, const OperatorEntry& op, Stack& stack,
                                Args&... args) {
  TORCH_CHECK(stack.size() == sizeof...(Ts), op.full_name(), ": expected ", sizeof...(Ts), " results, got ",
              stack.size());
  if constexpr ((is_written_v<Ts> && ...)) {
    return std::tuple<Ts...>(written_argument(op, stack[I], args...)...);
  } else {
    return std::tuple<Ts...>{Unboxed<Ts>(stack[I]).get()...};
  }
}
template <class... Ts, class... Args>
std::tuple<Ts...> unbox_result(std::tuple<Ts...>* type, const OperatorEntry& op, Stack& stack, Args&... args) {
  return unbox_results(type, std::index_sequence_for<Ts...>(), op, stack, args...);
}
template <class T, class... Args>
T unbox_result(T*, const OperatorEntry& op, Stack& stack, Args&...) {
  TORCH_CHECK(stack.size() == 1, op.full_name(), ": expected one result, got ", stack.size());
  return Unboxed<T>(stack[0]).get();
}

/// Typed call of a kernel that has only a boxed form.
template <class Ret, class... Args>
Ret call_through_stack(const OperatorEntry& op, const KernelFunction& kernel, DispatchKeySet keys, Args... args) {
  Stack stack;
  stack.reserve(sizeof...(Args));
  (stack.emplace_back(IValue(args)), ...);
  kernel.boxed()(kernel.functor(), op, keys, stack);
  if constexpr (std::is_void_v<Ret>) {
    return;
  } else if constexpr (is_written_v<Ret>) {
    TORCH_CHECK(stack.size() == 1, op.full_name(), ": expected one result, got ", stack.size());
    return written_argument(op, stack[0], args...);
  } else if constexpr (std::is_same_v<Ret, std::vector<TensorBase>>) {
    return stack.at(0).to_tensor_list();
  } else {
    return unbox_result(static_cast<Ret*>(nullptr), op, stack, args...);
  }
}
}  // namespace detail

template <class Signature>
class TypedOperator;

template <class Ret, class... Args>
class TypedOperator<Ret(Args...)> {
 public:
  explicit TypedOperator(const char* full_name) : entry_(&Dispatcher::singleton().entry(full_name)) {}
  explicit TypedOperator(OperatorEntry& entry) : entry_(&entry) {}
  Ret call(Args... args) const {
    const DispatchKeySet keys = detail::effective_keys((DispatchKeySet() | ... | detail::keys_of(args)));
    return redispatch(keys, std::forward<Args>(args)...);
  }
  /// Calls the kernel of the highest key in `keys`, without looking at the arguments or the thread.
  Ret redispatch(DispatchKeySet keys, Args... args) const {
    const KernelFunction& kernel = entry_->lookup(keys);
    if (TORCH_LIKELY(kernel.unboxed() != nullptr)) {
      return reinterpret_cast<Ret (*)(KernelFunctor*, DispatchKeySet, Args...)>(kernel.unboxed())(
          kernel.functor(), keys, std::forward<Args>(args)...);
    }
    return detail::call_through_stack<Ret, Args...>(*entry_, kernel, keys, std::forward<Args>(args)...);
  }
  /// For operators without tensor arguments: the keys come from the device the result will live on.
  Ret call_for_device(Device device, Args... args) const {
    const DispatchKeySet keys = DispatchKeySet(backend_key(device.type()));
    return redispatch(detail::effective_keys(keys), std::forward<Args>(args)...);
  }
  OperatorEntry& entry() const { return *entry_; }

 private:
  OperatorEntry* entry_;
};

}  // namespace tiny_torch
