// Sequential: modules called one after the other, each with what the one before returned.
//
// Example: `Sequential net(Linear(784, 64), ReLU(), Linear(64, 10)); Tensor logits = net->forward(x);`
#pragma once

#include "api/nn/modules/container/any.h"

namespace tiny_torch::frontend::nn {

class TORCH_API SequentialImpl : public Cloneable<SequentialImpl> {
 public:
  using Iterator = std::vector<AnyModule>::iterator;
  using ConstIterator = std::vector<AnyModule>::const_iterator;

  SequentialImpl() = default;
  /// Modules, implementations or holders, in order; they are named "0", "1", ...
  template <class First, class... Rest, class = std::enable_if_t<!std::is_same_v<std::decay_t<First>, SequentialImpl>>>
  explicit SequentialImpl(First&& first, Rest&&... rest) {
    push_back(std::forward<First>(first));
    (push_back(std::forward<Rest>(rest)), ...);
  }
  explicit SequentialImpl(OrderedDict<std::string, AnyModule>&& named) {
    for (auto& item : named) push_back(item.key(), std::move(item.value()));
  }
  explicit SequentialImpl(std::initializer_list<NamedAnyModule> named) {
    for (const NamedAnyModule& one : named) push_back(one.name(), one.module());
  }

  std::shared_ptr<Module> clone(const std::optional<Device>& device = std::nullopt) const override;
  void reset() override {}
  void pretty_print(std::ostream& stream) const override { stream << "torch::nn::Sequential"; }

  template <class Result = Tensor, class... Inputs>
  Result forward(Inputs&&... inputs) {
    TORCH_CHECK(!is_empty(), "Cannot call forward() on an empty Sequential");
    AnyValue value = modules_.front().any_forward(std::forward<Inputs>(inputs)...);
    for (size_t i = 1; i < modules_.size(); ++i) value = modules_[i].any_forward(std::move(value));
    Result* result = value.template try_get<Result>();
    TORCH_CHECK(result != nullptr, "The type of the return value is ", detail::type_name(value.type_info()),
                ", but you asked for type ", detail::type_name(typeid(Result)));
    return std::move(*result);
  }

  template <class M>
  void push_back(M&& module) {
    push_back(std::to_string(modules_.size()), std::forward<M>(module));
  }
  template <class M>
  void push_back(std::string name, M&& module) {
    if constexpr (std::is_same_v<std::decay_t<M>, AnyModule>) {
      add(std::move(name), std::forward<M>(module));
    } else {
      add(std::move(name), AnyModule(std::forward<M>(module)));
    }
  }
  template <class Container>
  void extend(const Container& container) {
    for (const auto& module : container) push_back(module);
  }

  Iterator begin() { return modules_.begin(); }
  ConstIterator begin() const { return modules_.begin(); }
  Iterator end() { return modules_.end(); }
  ConstIterator end() const { return modules_.end(); }
  /// The module at `index` as a T; RuntimeError when it is of another type, IndexError when there is none.
  template <class T>
  decltype(auto) at(size_t index) const {
    return entry(index).template get<T>();
  }
  std::shared_ptr<Module> ptr(size_t index) const { return entry(index).ptr(); }
  template <class T>
  std::shared_ptr<T> ptr(size_t index) const {
    return entry(index).template ptr<T>();
  }
  std::shared_ptr<Module> operator[](size_t index) const { return ptr(index); }
  size_t size() const noexcept { return modules_.size(); }
  bool is_empty() const noexcept { return modules_.empty(); }

 private:
  void add(std::string name, AnyModule module);
  const AnyModule& entry(size_t index) const;

  std::vector<AnyModule> modules_;
};

class Sequential : public ModuleHolder<SequentialImpl> {
 public:
  using ModuleHolder<SequentialImpl>::ModuleHolder;
  Sequential() = default;
  Sequential(std::initializer_list<NamedAnyModule> named)
      : ModuleHolder<SequentialImpl>(std::make_shared<SequentialImpl>(named)) {}
};

}  // namespace tiny_torch::frontend::nn
