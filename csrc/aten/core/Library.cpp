#include "aten/core/Library.h"

namespace tiny_torch {

Library::Library(Kind kind, std::string ns, std::optional<DispatchKey> key, const char*, uint32_t)
    : kind_(kind), ns_(std::move(ns)), key_(key) {
  // TORCH_LIBRARY_IMPL(_, key, m) registers fallbacks for all namespaces.
  if (ns_ == "_") ns_.clear();
}

Library::~Library() {
  const std::lock_guard<std::recursive_mutex> lock(Dispatcher::singleton().mutex());
  for (auto& [op, key] : registrations_) op->remove_kernel(key);
}

std::string Library::qualify(const std::string& name) const {
  const size_t colons = name.find("::");
  if (colons == std::string::npos) return ns_ + "::" + name;
  TORCH_CHECK(ns_.empty() || name.compare(0, colons, ns_) == 0, "operator ", name,
              " does not belong to the namespace of its library, ", ns_);
  return name;
}

Library& Library::def(const std::string& schema) {
  TORCH_CHECK(kind_ != Kind::Impl, "def(\"", schema, "\"): a TORCH_LIBRARY_IMPL block can only implement operators");
  const std::string full_name = qualify(schema.substr(0, schema.find('(')));
  OperatorEntry& op = Dispatcher::singleton().entry(full_name);
  // Parsing now makes mistakes appear where they were made, save for the op lists, which the generator has checked.
  if (ns_ != "aten") parse_schema(schema, ns_);
  op.set_schema(schema, ns_);
  return *this;
}

Library& Library::impl_function(const std::string& name, CppFunction fn, DispatchKey fallback_key) {
  OperatorEntry& op = Dispatcher::singleton().entry(qualify(name));
  const std::lock_guard<std::recursive_mutex> lock(Dispatcher::singleton().mutex());
  const DispatchKey key = fn.key.value_or(fallback_key);
  op.set_kernel(key, std::move(fn.kernel()));
  registrations_.emplace_back(&op, key);
  return *this;
}

Library& Library::fallback(CppFunction fn) {
  TORCH_CHECK(key_.has_value(), "fallback(): the library needs a dispatch key");
  Dispatcher::singleton().set_fallback(*key_, std::move(fn.kernel()));
  return *this;
}

}  // namespace tiny_torch
