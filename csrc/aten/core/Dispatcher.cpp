#include "aten/core/Dispatcher.h"

#include <deque>
#include <sstream>

#include "aten/core/OperatorHandle.h"

namespace tiny_torch {

KernelFunctor::~KernelFunctor() = default;

namespace {
void fallthrough_kernel(KernelFunctor*, const OperatorEntry& op, DispatchKeySet, Stack&) {
  TORCH_INTERNAL_ASSERT(false, "fallthrough kernel of ", op.full_name(), " was called");
}
constexpr size_t index_of(DispatchKey key) { return static_cast<size_t>(key); }
}  // namespace

KernelFunction KernelFunction::fallthrough() { return KernelFunction(nullptr, &fallthrough_kernel, nullptr); }
bool KernelFunction::is_fallthrough() const { return boxed_ == &fallthrough_kernel; }

OperatorEntry::OperatorEntry(std::string full_name) : full_name_(std::move(full_name)) { refresh(); }

void OperatorEntry::set_schema(std::string text, std::string ns) {
  TORCH_CHECK(schema_text_.empty(), "Tried to register an operator (", text,
              ") with the same name and overload name multiple times. Each overload's schema should only be registered "
              "with a single call to def(). It was defined as '",
              schema_text_, "'.");
  schema_text_ = std::move(text);
  schema_ns_ = std::move(ns);
}
void OperatorEntry::remove_schema() {
  schema_text_.clear();
  schema_.store(nullptr, std::memory_order_release);
}

namespace {
// Schemas given out stay valid after the operator's definition is taken back. Guarded by the dispatcher's mutex.
std::deque<FunctionSchema>& parsed_schemas() {
  static auto* all = new std::deque<FunctionSchema>;
  return *all;
}
}  // namespace

const FunctionSchema& OperatorEntry::schema() const {
  const FunctionSchema* parsed = schema_.load(std::memory_order_acquire);
  if (parsed != nullptr) return *parsed;
  TORCH_CHECK(has_schema(), "operator ", full_name_, " has implementations but was never defined by a schema");
  const std::lock_guard<std::recursive_mutex> lock(Dispatcher::singleton().mutex());
  parsed = schema_.load(std::memory_order_acquire);
  if (parsed == nullptr) {
    parsed = &parsed_schemas().emplace_back(parse_schema(schema_text_, schema_ns_));
    schema_.store(parsed, std::memory_order_release);
  }
  return *parsed;
}

void OperatorEntry::set_kernel(DispatchKey key, KernelFunction kernel) {
  registered_[index_of(key)] = std::move(kernel);
  refresh();
}
void OperatorEntry::remove_kernel(DispatchKey key) { set_kernel(key, KernelFunction()); }
bool OperatorEntry::has_kernel(DispatchKey key) const {
  return key < DispatchKey::NumKeys ? mask_.has(key) : registered_[index_of(key)].is_valid();
}

// Which registration serves key k: its own, an alias that covers it, a composite, the dispatcher's fallback.
void OperatorEntry::refresh() {
  const KernelFunction& autograd = registered_[index_of(DispatchKey::Autograd)];
  const KernelFunction& implicit = registered_[index_of(DispatchKey::CompositeImplicitAutograd)];
  const KernelFunction& explicit_ = registered_[index_of(DispatchKey::CompositeExplicitAutograd)];
  const KernelFunction& catch_all = registered_[index_of(DispatchKey::CatchAll)];
  DispatchKeySet mask;
  for (int k = 0; k < kNumDispatchKeys; ++k) {
    const DispatchKey key = static_cast<DispatchKey>(k);
    KernelFunction chosen = registered_[index_of(key)];
    if (!chosen.is_valid() && kBackendKeys.has(key)) {
      chosen = explicit_.is_valid() ? explicit_ : implicit.is_valid() ? implicit : catch_all;
    } else if (!chosen.is_valid() && kAutogradKeys.has(key)) {
      // An operator with kernels of its own per backend and no derivative passes through autograd.
      chosen = autograd.is_valid() ? autograd : explicit_.is_valid() ? KernelFunction() : implicit;
    }
    if (!chosen.is_valid()) chosen = Dispatcher::singleton().fallback(key);
    if (chosen.is_valid() && !chosen.is_fallthrough()) mask = mask.add(key);
    table_[static_cast<size_t>(k)] = std::move(chosen);
  }
  mask_ = mask;
}

const KernelFunction& OperatorEntry::lookup_without_keys(DispatchKeySet keys) const {
  const KernelFunction& cpu = table_[index_of(DispatchKey::CPU)];
  if (!keys.has_any(kBackendKeys) && cpu.is_valid()) return cpu;
  const DispatchKeySet backends = keys & kBackendKeys;
  const char* wanted = backends.empty() ? "CPU" : to_string(static_cast<DispatchKey>(backends.highest()));
  std::ostringstream available;
  for (int k = 0; k < kNumDispatchKeys; ++k) {
    if (mask_.has(static_cast<DispatchKey>(k)))
      available << (available.tellp() > 0 ? ", " : "") << to_string(static_cast<DispatchKey>(k));
  }
  detail::throw_not_implemented(str("Could not run '", full_name_, "' with arguments from the '", wanted,
                                    "' backend. It has kernels for: [", available.str(), "]."));
}

void OperatorEntry::call_boxed(Stack& stack) const {
  schema().check_and_normalize(stack);
  DispatchKeySet keys;
  for (const IValue& v : stack) {
    if (v.is_tensor()) {
      keys = keys | detail::keys_of(v.to_tensor());
    } else if (v.is_tensor_list()) {
      keys = keys | detail::keys_of(TensorList(v.to_tensor_list()));
    } else if (v.tag() == IValue::Tag::OptionalTensorList) {
      keys = keys | detail::keys_of(OptionalTensorList(v.to_optional_tensor_list()));
    } else if (v.tag() == IValue::Tag::Device) {
      keys = keys.add(backend_key(v.to_device().type()));
    }
  }
  redispatch_boxed(detail::effective_keys(keys), stack);
}

void OperatorEntry::redispatch_boxed(DispatchKeySet keys, Stack& stack) const {
  const KernelFunction& kernel = lookup(keys);
  kernel.boxed()(kernel.functor(), *this, keys, stack);
}

std::string OperatorEntry::dump() const {
  std::ostringstream out;
  out << full_name_ << "  " << schema_text_ << '\n';
  for (size_t k = 0; k < registered_.size(); ++k) {
    if (registered_[k].is_valid())
      out << "  " << to_string(static_cast<DispatchKey>(k)) << (registered_[k].is_fallthrough() ? " (fallthrough)" : "")
          << '\n';
  }
  return out.str();
}

Dispatcher::Dispatcher() = default;
Dispatcher& Dispatcher::singleton() {
  // Never destroyed: libraries unregister after static destructors have begun.
  static Dispatcher* dispatcher = new Dispatcher();
  return *dispatcher;
}

OperatorEntry& Dispatcher::entry(const std::string& full_name) {
  const std::lock_guard<std::recursive_mutex> lock(mutex_);
  auto found = by_name_.find(full_name);
  if (found != by_name_.end()) return *found->second;
  OperatorEntry& made = entries_.emplace_back(full_name);
  by_name_.emplace(full_name, &made);
  by_base_[made.name()].push_back(&made);
  return made;
}

OperatorEntry* Dispatcher::find(const std::string& full_name) {
  const std::lock_guard<std::recursive_mutex> lock(mutex_);
  auto found = by_name_.find(full_name);
  return found == by_name_.end() ? nullptr : found->second;
}

std::vector<OperatorEntry*> Dispatcher::overloads(const std::string& name) {
  const std::lock_guard<std::recursive_mutex> lock(mutex_);
  std::vector<OperatorEntry*> result;
  auto found = by_base_.find(name);
  if (found == by_base_.end()) return result;
  for (OperatorEntry* op : found->second) {
    if (op->has_schema()) result.push_back(op);
  }
  return result;
}

std::vector<OperatorEntry*> Dispatcher::all() {
  const std::lock_guard<std::recursive_mutex> lock(mutex_);
  std::vector<OperatorEntry*> result;
  for (OperatorEntry& op : entries_) result.push_back(&op);
  return result;
}

void Dispatcher::set_fallback(DispatchKey key, KernelFunction kernel) {
  const std::lock_guard<std::recursive_mutex> lock(mutex_);
  fallbacks_[index_of(key)] = std::move(kernel);
  for (OperatorEntry& op : entries_) op.refresh();
}

std::optional<OperatorHandle> Dispatcher::findSchema(const char* name, const char* overload_name) {
  const std::string overload(overload_name);
  OperatorEntry* entry = find(overload.empty() ? std::string(name) : name + ("." + overload));
  return entry != nullptr && entry->has_schema() ? std::optional<OperatorHandle>(OperatorHandle(*entry)) : std::nullopt;
}
OperatorHandle Dispatcher::findSchemaOrThrow(const char* name, const char* overload_name) {
  const std::optional<OperatorHandle> found = findSchema(name, overload_name);
  TORCH_CHECK(found.has_value(), "Could not find schema for ", name, *overload_name == '\0' ? "" : ".", overload_name);
  return *found;
}

}  // namespace tiny_torch
