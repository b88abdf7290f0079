// AnyModule: a module of any type whose forward() is called with values of any type; what Sequential is made of.
//
// Example: `AnyModule m(Linear(3, 4)); Tensor y = m.forward(x);`
#pragma once

#include "api/nn/module.h"

namespace tiny_torch::frontend::nn {

/// An AnyModule's content with the types erased.
struct AnyModulePlaceholder {
  virtual ~AnyModulePlaceholder() = default;
  virtual AnyValue forward(std::vector<AnyValue>&& arguments) = 0;
  virtual std::shared_ptr<Module> ptr() = 0;
  virtual std::unique_ptr<AnyModulePlaceholder> clone_module(const std::optional<Device>& device) const = 0;
  virtual const std::type_info& type_info() const = 0;
};

TORCH_API void check_argument_count(const Module& module, size_t given, size_t expected);

template <class M, class... Args>
struct AnyModuleHolder : AnyModulePlaceholder {
  explicit AnyModuleHolder(std::shared_ptr<M> m) : module(std::move(m)) {}

  AnyValue forward(std::vector<AnyValue>&& arguments) override {
    Module& base = *module;
    if (base._forward_has_default_args() && arguments.size() < sizeof...(Args)) {
      const unsigned int required = base._forward_num_required_args();
      if (arguments.size() >= required) arguments = base._forward_populate_default_args(std::move(arguments));
    }
    check_argument_count(base, arguments.size(), sizeof...(Args));
    return call(arguments, std::index_sequence_for<Args...>());
  }
  std::shared_ptr<Module> ptr() override { return module; }
  std::unique_ptr<AnyModulePlaceholder> clone_module(const std::optional<Device>& device) const override {
    return std::make_unique<AnyModuleHolder>(std::dynamic_pointer_cast<M>(module->clone(device)));
  }
  const std::type_info& type_info() const override { return typeid(M); }

  std::shared_ptr<M> module;

 private:
  template <size_t... I>
  AnyValue call(std::vector<AnyValue>& arguments, std::index_sequence<I...>) {
    return AnyValue(module->forward(argument<std::decay_t<Args>>(arguments[I], I)...));
  }
  template <class T>
  T argument(AnyValue& value, size_t i) {
    T* typed = value.try_get<T>();
    TORCH_CHECK(typed != nullptr, "Expected argument #", i, " to be of type ", detail::type_name(typeid(T)),
                ", but received value of type ", detail::type_name(value.type_info()));
    return std::move(*typed);
  }
};

class TORCH_API AnyModule {
 public:
  AnyModule() = default;
  template <class M>
  explicit AnyModule(std::shared_ptr<M> module) : content_(make_holder(std::move(module), &M::forward)) {}
  template <class M, class = std::enable_if_t<std::is_base_of_v<Module, std::decay_t<M>>>>
  explicit AnyModule(M&& module) : AnyModule(std::make_shared<std::decay_t<M>>(std::forward<M>(module))) {}
  template <class M>
  explicit AnyModule(const ModuleHolder<M>& holder) : AnyModule(holder.ptr()) {}
  AnyModule(AnyModule&&) = default;
  AnyModule& operator=(AnyModule&&) = default;
  /// Shares the module.
  AnyModule(const AnyModule& other) : content_(other.content_) {}
  AnyModule& operator=(const AnyModule& other) = default;
  template <class M>
  AnyModule& operator=(std::shared_ptr<M> module) {
    return *this = AnyModule(std::move(module));
  }

  AnyModule clone(std::optional<Device> device = std::nullopt) const {
    AnyModule copy;
    if (content_ != nullptr) copy.content_ = content_->clone_module(device);
    return copy;
  }

  /// The module's result. RuntimeError when the number or the exact types of the arguments are not forward()'s.
  template <class... Args>
  AnyValue any_forward(Args&&... args) {
    TORCH_CHECK(!is_empty(), "Cannot call forward() on an empty AnyModule");
    std::vector<AnyValue> values;
    values.reserve(sizeof...(Args));
    (values.push_back(AnyValue(std::forward<Args>(args))), ...);
    return content_->forward(std::move(values));
  }
  AnyValue any_forward(AnyValue value) {
    TORCH_CHECK(!is_empty(), "Cannot call forward() on an empty AnyModule");
    std::vector<AnyValue> values;
    values.push_back(std::move(value));
    return content_->forward(std::move(values));
  }
  template <class Result = Tensor, class... Args>
  Result forward(Args&&... args) {
    return any_forward(std::forward<Args>(args)...).template get<Result>();
  }

  /// The module as a T. RuntimeError when it is of another type.
  template <class T, class = std::enable_if_t<!detail::is_module_holder_v<T>>>
  T& get() const {
    TORCH_CHECK(!is_empty(), "Cannot call get() on an empty AnyModule");
    TORCH_CHECK(typeid(T) == type_info(), "Attempted to cast module of type ", detail::type_name(type_info()),
                " to type ", detail::type_name(typeid(T)));
    return static_cast<T&>(*content_->ptr());
  }
  template <class Holder, class = std::enable_if_t<detail::is_module_holder_v<Holder>>, class = void>
  Holder get() const {
    return Holder(ptr<typename Holder::ContainedType>());
  }
  std::shared_ptr<Module> ptr() const {
    TORCH_CHECK(!is_empty(), "Cannot call ptr() on an empty AnyModule");
    return content_->ptr();
  }
  template <class T>
  std::shared_ptr<T> ptr() const {
    get<T>();
    return std::static_pointer_cast<T>(ptr());
  }
  const std::type_info& type_info() const {
    TORCH_CHECK(!is_empty(), "Cannot call type_info() on an empty AnyModule");
    return content_->type_info();
  }
  bool is_empty() const noexcept { return content_ == nullptr; }

 private:
  template <class M, class Result, class Class, class... Args>
  static std::shared_ptr<AnyModulePlaceholder> make_holder(std::shared_ptr<M> module, Result (Class::*)(Args...)) {
    static_assert(!std::is_void_v<Result>, "AnyModule cannot store modules whose forward() returns nothing");
    return std::make_shared<AnyModuleHolder<M, Args...>>(std::move(module));
  }
  template <class M, class Result, class Class, class... Args>
  static std::shared_ptr<AnyModulePlaceholder> make_holder(std::shared_ptr<M> module,
                                                           Result (Class::*)(Args...) const) {
    return make_holder(std::move(module), static_cast<Result (Class::*)(Args...)>(nullptr));
  }

  std::shared_ptr<AnyModulePlaceholder> content_;
};

/// A module with the name it has in a Sequential.
class NamedAnyModule {
 public:
  template <class M>
  NamedAnyModule(std::string name, M&& module) : name_(std::move(name)), module_(AnyModule(std::forward<M>(module))) {}
  NamedAnyModule(std::string name, AnyModule module) : name_(std::move(name)), module_(std::move(module)) {}
  const std::string& name() const noexcept { return name_; }
  AnyModule& module() noexcept { return module_; }
  const AnyModule& module() const noexcept { return module_; }

 private:
  std::string name_;
  AnyModule module_;
};

}  // namespace tiny_torch::frontend::nn
