// Errors: one exception class per Python exception class.
//
// Contract: user mistakes raise these and nothing else; the binding maps each to Python's class of that name.
//   TORCH_CHECK(dim < ndim, "softmax(): expected dim in [-2, 1], got ", dim);       // RuntimeError
//   TORCH_CHECK_INDEX(...)  IndexError    TORCH_CHECK_VALUE(...)  ValueError    TORCH_CHECK_TYPE(...)  TypeError
#pragma once

#include <cstdint>
#include <exception>
#include <sstream>
#include <string>
#include <vector>

#include "c10/macros.h"

namespace tiny_torch {

class TORCH_API Error : public std::exception {
 public:
  explicit Error(std::string msg) : msg_(std::move(msg)) {}
  ~Error() override;
  const char* what() const noexcept override { return msg_.c_str(); }
  const std::string& msg() const { return msg_; }
  const char* what_without_backtrace() const noexcept { return msg_.c_str(); }
  /// Where it was thrown: not recorded, so empty.
  std::string backtrace() const { return {}; }
  void add_context(const std::string& context) { msg_ += "\n" + context; }

 private:
  std::string msg_;
};

class TORCH_API IndexError : public Error {
 public:
  using Error::Error;
  ~IndexError() override;
};
class TORCH_API ValueError : public Error {
 public:
  using Error::Error;
  ~ValueError() override;
};
class TORCH_API TypeError : public Error {
 public:
  using Error::Error;
  ~TypeError() override;
};
class TORCH_API NotImplementedError : public Error {
 public:
  using Error::Error;
  ~NotImplementedError() override;
};
class TORCH_API LinAlgError : public Error {
 public:
  using Error::Error;
  ~LinAlgError() override;
};
class TORCH_API OutOfMemoryError : public Error {
 public:
  using Error::Error;
  ~OutOfMemoryError() override;
};

namespace detail {
template <class... Args>
std::string str(const Args&... args) {
  std::ostringstream out;
  ((out << args), ...);
  return out.str();
}
// A failed check says what its author wrote, else the condition, which costs no memory where there are words.
struct NoMessage {};
inline NoMessage check_message() { return {}; }
template <class First, class... Rest>
std::string check_message(const First& first, const Rest&... rest) {
  return str(first, rest...);
}
inline std::string&& or_condition(std::string&& message, const char*) { return std::move(message); }
inline std::string or_condition(NoMessage, const char* cond) {
  return str("Expected ", cond, " to be true, but got false.");
}
[[noreturn]] TORCH_API void throw_error(std::string msg);
[[noreturn]] TORCH_API void throw_index_error(std::string msg);
[[noreturn]] TORCH_API void throw_value_error(std::string msg);
[[noreturn]] TORCH_API void throw_type_error(std::string msg);
[[noreturn]] TORCH_API void throw_not_implemented(std::string msg);
[[noreturn]] TORCH_API void throw_linalg_error(std::string msg);
[[noreturn]] TORCH_API void throw_assert(const char* cond, const char* file, int line, std::string msg);
TORCH_API void warn(const std::string& msg);
}  // namespace detail

using detail::str;

/// Receives warnings; the Python binding installs one that calls `warnings.warn`.
using WarningHandler = void (*)(const std::string& msg);
TORCH_API WarningHandler set_warning_handler(WarningHandler handler);

}  // namespace tiny_torch

#define TORCH_CHECK_MESSAGE(cond, ...) \
  ::tiny_torch::detail::or_condition(::tiny_torch::detail::check_message(__VA_ARGS__), cond)
#define TORCH_CHECK_IMPL(cond, thrower, ...)                                  \
  do {                                                                        \
    if (TORCH_UNLIKELY(!(cond))) {                                            \
      ::tiny_torch::detail::thrower(TORCH_CHECK_MESSAGE(#cond, __VA_ARGS__)); \
    }                                                                         \
  } while (false)

#define TORCH_CHECK(cond, ...) TORCH_CHECK_IMPL(cond, throw_error, __VA_ARGS__)
#define TORCH_CHECK_INDEX(cond, ...) TORCH_CHECK_IMPL(cond, throw_index_error, __VA_ARGS__)
#define TORCH_CHECK_VALUE(cond, ...) TORCH_CHECK_IMPL(cond, throw_value_error, __VA_ARGS__)
#define TORCH_CHECK_TYPE(cond, ...) TORCH_CHECK_IMPL(cond, throw_type_error, __VA_ARGS__)
#define TORCH_CHECK_NOT_IMPLEMENTED(cond, ...) TORCH_CHECK_IMPL(cond, throw_not_implemented, __VA_ARGS__)
#define TORCH_CHECK_LINALG(cond, ...) TORCH_CHECK_IMPL(cond, throw_linalg_error, __VA_ARGS__)
/// For broken invariants of our own, never for bad input.
#define TORCH_INTERNAL_ASSERT(cond, ...)                                                             \
  do {                                                                                               \
    if (TORCH_UNLIKELY(!(cond))) {                                                                   \
      ::tiny_torch::detail::throw_assert(#cond, __FILE__, __LINE__, ::tiny_torch::str(__VA_ARGS__)); \
    }                                                                                                \
  } while (false)
#define TORCH_WARN(...) ::tiny_torch::detail::warn(::tiny_torch::str(__VA_ARGS__))
#define TORCH_WARN_ONCE(...)              \
  do {                                    \
    static const bool warned_once = [&] { \
      TORCH_WARN(__VA_ARGS__);            \
      return true;                        \
    }();                                  \
    (void)warned_once;                    \
  } while (false)
