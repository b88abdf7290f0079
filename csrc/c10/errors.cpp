#include "c10/errors.h"

#include <atomic>
#include <iostream>

namespace tiny_torch {

// Key functions: each class has one exported typeinfo, so that catch works across libraries.
Error::~Error() = default;
IndexError::~IndexError() = default;
ValueError::~ValueError() = default;
TypeError::~TypeError() = default;
NotImplementedError::~NotImplementedError() = default;
LinAlgError::~LinAlgError() = default;
OutOfMemoryError::~OutOfMemoryError() = default;

namespace {
void print_warning(const std::string& msg) { std::cerr << "[W] " << msg << '\n'; }
std::atomic<WarningHandler> warning_handler{&print_warning};
}  // namespace

WarningHandler set_warning_handler(WarningHandler handler) {
  return warning_handler.exchange(handler != nullptr ? handler : &print_warning);
}

namespace detail {
void throw_error(std::string msg) { throw Error(std::move(msg)); }
void throw_index_error(std::string msg) { throw IndexError(std::move(msg)); }
void throw_value_error(std::string msg) { throw ValueError(std::move(msg)); }
void throw_type_error(std::string msg) { throw TypeError(std::move(msg)); }
void throw_not_implemented(std::string msg) { throw NotImplementedError(std::move(msg)); }
void throw_linalg_error(std::string msg) { throw LinAlgError(std::move(msg)); }
void throw_assert(const char* cond, const char* file, int line, std::string msg) {
  throw Error(
      str(cond, " INTERNAL ASSERT FAILED at \"", file, "\":", line, ", please report a bug to tiny-torch. ", msg));
}
void warn(const std::string& msg) { warning_handler.load()(msg); }
}  // namespace detail
}  // namespace tiny_torch
