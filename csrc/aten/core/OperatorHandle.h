// OperatorHandle: an operator found by name, for programs that call what a library registered.
//
// Contract: calls go through the schema, so that arguments of wrong types are errors and missing ones take their defaults.
// Example:
//   auto scale = c10::Dispatcher::singleton().findSchemaOrThrow("myops::scale", "")
//                    .typed<torch::Tensor(const torch::Tensor&, double)>();
//   torch::Tensor y = scale.call(x, 2.0);
#pragma once

#include "aten/core/Dispatcher.h"

namespace tiny_torch {

template <class Signature>
class TypedOperatorHandle;

class TORCH_API OperatorHandle {
 public:
  explicit OperatorHandle(OperatorEntry& entry) : entry_(&entry) {}
  const FunctionSchema& schema() const { return entry_->schema(); }
  bool hasSchema() const { return entry_->has_schema(); }
  OperatorEntry& entry() const { return *entry_; }
  void callBoxed(Stack& stack) const { entry_->call_boxed(stack); }
  void callBoxed(Stack* stack) const { entry_->call_boxed(*stack); }
  template <class Signature>
  TypedOperatorHandle<Signature> typed() const {
    return TypedOperatorHandle<Signature>(*entry_);
  }

 private:
  OperatorEntry* entry_;
};

namespace detail {
template <class T>
IValue box(const T& value) {
  if constexpr (is_tensor_class_v<T>) {
    return IValue(static_cast<const TensorBase&>(value));
  } else {
    return IValue(value);
  }
}
template <class T>
IValue box(const std::optional<T>& value) {
  return value.has_value() ? box(*value) : IValue();
}
template <class T, std::enable_if_t<is_tensor_class_v<T>, int> = 0>
IValue box(const std::vector<T>& list) {
  return IValue(std::vector<TensorBase>(list.begin(), list.end()));
}
template <class T, std::enable_if_t<is_tensor_class_v<T>, int> = 0>
IValue box(const ArrayRef<T>& list) {
  return IValue(std::vector<TensorBase>(list.begin(), list.end()));
}

// Reads results from the front of the stack: `read` says how many are gone.
template <class T>
struct BoxedResult {
  static T from(const Stack& stack, size_t& read) {
    using Canonical = canonical_t<T>;
    return to_declared<T>(Unboxed<Canonical>(stack.at(read++)).get());
  }
};
template <class T>
struct BoxedResult<std::vector<T>> {
  static std::vector<T> from(const Stack& stack, size_t& read) {
    const auto list = Unboxed<canonical_t<std::vector<T>>>(stack.at(read++)).get();
    return std::vector<T>(list.begin(), list.end());
  }
};
template <class... Ts>
struct BoxedResult<std::tuple<Ts...>> {
  static std::tuple<Ts...> from(const Stack& stack, size_t& read) {
    return std::tuple<Ts...>{BoxedResult<Ts>::from(stack, read)...};
  }
};
}  // namespace detail

template <class Ret, class... Args>
class TypedOperatorHandle<Ret(Args...)> : public OperatorHandle {
 public:
  using OperatorHandle::OperatorHandle;
  Ret call(Args... args) const {
    Stack stack;
    stack.reserve(sizeof...(Args));
    (stack.push_back(detail::box(args)), ...);
    callBoxed(stack);
    if constexpr (std::is_lvalue_reference_v<Ret>) {
      // In place: what comes back is the argument that was written to, by PyTorch's order the first one.
      return std::get<0>(std::forward_as_tuple(args...));
    } else if constexpr (!std::is_void_v<Ret>) {
      size_t read = 0;
      Ret result = detail::BoxedResult<Ret>::from(stack, read);
      TORCH_CHECK(read == stack.size(), entry().full_name(), ": the operator returns ", stack.size(), " values, not ",
                  read);
      return result;
    }
  }
};

}  // namespace tiny_torch
