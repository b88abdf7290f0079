// AnyValue: a value of any type, asked for by its exact type; what AnyModule::forward takes and returns.
#pragma once

#include <any>

#include "api/demangle.h"
#include "c10/errors.h"

namespace tiny_torch::frontend::nn {

class AnyValue {
 public:
  template <class T, std::enable_if_t<!std::is_same_v<std::decay_t<T>, AnyValue>, int> = 0>
  explicit AnyValue(T&& value) : content_(std::forward<T>(value)) {}

  /// The value if it is a T, else nullptr.
  template <class T>
  T* try_get() {
    return std::any_cast<T>(&content_);
  }
  /// RuntimeError unless the value is a T.
  template <class T>
  T get() {
    T* value = try_get<T>();
    TORCH_CHECK(value != nullptr, "Attempted to cast AnyValue to ", detail::type_name(typeid(T)),
                ", but its actual type is ", detail::type_name(type_info()));
    return *value;
  }
  const std::type_info& type_info() const noexcept { return content_.type(); }

 private:
  std::any content_;
};

}  // namespace tiny_torch::frontend::nn
