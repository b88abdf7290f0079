#include "aten/core/Library.h"

#include <dlfcn.h>

#include <exception>
#include <utility>

namespace tiny_torch {

Library::Library(Kind kind, std::string ns, std::optional<DispatchKey> key, const char*, uint32_t)
    : kind_(kind), ns_(std::move(ns)), key_(key) {
  // TORCH_LIBRARY_IMPL(_, key, m) registers fallbacks for all namespaces.
  if (ns_ == "_") ns_.clear();
}

Library::~Library() {
  const std::lock_guard<std::recursive_mutex> lock(Dispatcher::singleton().mutex());
  for (auto r = registrations_.rbegin(); r != registrations_.rend(); ++r)
    r->op->set_kernel(r->key, std::move(r->before));
  for (OperatorEntry* op : definitions_) op->remove_schema();
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
  const std::lock_guard<std::recursive_mutex> lock(Dispatcher::singleton().mutex());
  op.set_schema(schema, ns_);
  definitions_.push_back(&op);
  return *this;
}

Library& Library::impl_function(const std::string& name, CppFunction fn, DispatchKey fallback_key) {
  OperatorEntry& op = Dispatcher::singleton().entry(qualify(name));
  const std::lock_guard<std::recursive_mutex> lock(Dispatcher::singleton().mutex());
  const DispatchKey key = fn.key.value_or(fallback_key);
  registrations_.push_back({&op, key, op.registered(key)});
  op.set_kernel(key, std::move(fn.kernel()));
  return *this;
}

Library& Library::fallback(CppFunction fn) {
  TORCH_CHECK(key_.has_value(), "fallback(): the library needs a dispatch key");
  Dispatcher::singleton().set_fallback(*key_, std::move(fn.kernel()));
  return *this;
}

namespace {
// An exception must not pass through the system's loader, so load_library() asks for it to be kept.
thread_local bool keep_errors = false;
thread_local std::exception_ptr kept_error;
}  // namespace

detail::LibraryInit::LibraryInit(Library::Kind kind, void (*fn)(Library&), const char* ns,
                                 std::optional<DispatchKey> key, const char* file, uint32_t line)
    : library_(kind, ns, key, file, line) {
  try {
    fn(library_);
  } catch (...) {
    if (!keep_errors) throw;
    if (kept_error == nullptr) kept_error = std::current_exception();
  }
}

void load_library(const std::string& path) {
  keep_errors = true;
  void* handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  keep_errors = false;
  const std::exception_ptr error = std::exchange(kept_error, nullptr);
  if (error != nullptr) {
    if (handle != nullptr) dlclose(handle);
    std::rethrow_exception(error);
  }
  TORCH_CHECK(handle != nullptr, dlerror());
}

}  // namespace tiny_torch
