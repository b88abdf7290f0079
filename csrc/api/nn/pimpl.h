// ModuleHolder: the value users handle, a shared pointer to a module's implementation; TORCH_MODULE(Net) makes one
// called Net for NetImpl.
#pragma once

#include <memory>
#include <ostream>
#include <type_traits>

#include "c10/errors.h"

namespace tiny_torch {
namespace detail {

struct ModuleHolderIndicator {};

template <class T>
inline constexpr bool is_module_holder_v = std::is_base_of_v<ModuleHolderIndicator, std::decay_t<T>>;

}  // namespace detail

namespace frontend {
namespace serialize {
class OutputArchive;
class InputArchive;
}  // namespace serialize

namespace nn {

template <class Contained>
class ModuleHolder : detail::ModuleHolderIndicator {
 public:
  using ContainedType = Contained;

  /// A default-constructed module, not an empty holder; that is `ModuleHolder(nullptr)`.
  ModuleHolder() : impl_(std::make_shared<Contained>()) {}
  ModuleHolder(std::nullptr_t) {}                                                // NOLINT: implicit as in PyTorch
  ModuleHolder(std::shared_ptr<Contained> module) : impl_(std::move(module)) {}  // NOLINT
  /// A module constructed from these arguments.
  template <class Head, class... Tail,
            std::enable_if_t<sizeof...(Tail) != 0 || !std::is_base_of_v<ModuleHolder, std::decay_t<Head>>, int> = 0>
  explicit ModuleHolder(Head&& head, Tail&&... tail)
      : impl_(std::make_shared<Contained>(std::forward<Head>(head), std::forward<Tail>(tail)...)) {}

  bool is_empty() const noexcept { return impl_ == nullptr; }
  explicit operator bool() const noexcept { return !is_empty(); }
  /// The module; RuntimeError when the holder is empty.
  const std::shared_ptr<Contained>& ptr() const {
    TORCH_CHECK(!is_empty(), "Accessing empty ModuleHolder");
    return impl_;
  }
  Contained* get() { return ptr().get(); }
  const Contained* get() const { return ptr().get(); }
  Contained* operator->() { return get(); }
  const Contained* operator->() const { return get(); }
  Contained& operator*() { return *get(); }
  const Contained& operator*() const { return *get(); }

  /// The module's forward().
  template <class... Args, class C = Contained>
  auto operator()(Args&&... args) -> decltype(std::declval<C&>().forward(std::forward<Args>(args)...)) {
    return get()->forward(std::forward<Args>(args)...);
  }
  template <class Arg>
  decltype(auto) operator[](Arg&& arg) {
    return (*get())[std::forward<Arg>(arg)];
  }

 protected:
  std::shared_ptr<Contained> impl_;
};

template <class M>
std::ostream& operator<<(std::ostream& out, const ModuleHolder<M>& module) {
  return out << *module;
}
template <class M>
serialize::OutputArchive& operator<<(serialize::OutputArchive& archive, const ModuleHolder<M>& module) {
  return archive << module.ptr();
}
template <class M>
serialize::InputArchive& operator>>(serialize::InputArchive& archive, ModuleHolder<M>& module) {
  return archive >> module.ptr();
}

}  // namespace nn
}  // namespace frontend
}  // namespace tiny_torch

#define TORCH_MODULE_IMPL(Name, ImplType)                                   \
  class Name : public ::tiny_torch::frontend::nn::ModuleHolder<ImplType> {  \
   public:                                                                  \
    using ::tiny_torch::frontend::nn::ModuleHolder<ImplType>::ModuleHolder; \
    using Impl [[maybe_unused]] = ImplType;                                 \
  }
#define TORCH_MODULE(Name) TORCH_MODULE_IMPL(Name, Name##Impl)
