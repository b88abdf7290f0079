// ModuleList, ModuleDict, ParameterList, ParameterDict: modules and parameters held by position or by name.
#pragma once

#include "api/nn/module.h"

namespace tiny_torch::frontend::nn {

class TORCH_API ModuleListImpl : public Cloneable<ModuleListImpl> {
 public:
  ModuleListImpl() = default;
  template <class First, class... Rest, class = std::enable_if_t<!std::is_same_v<std::decay_t<First>, ModuleListImpl>>>
  explicit ModuleListImpl(First&& first, Rest&&... rest) {
    push_back(std::forward<First>(first));
    (push_back(std::forward<Rest>(rest)), ...);
  }

  std::shared_ptr<Module> clone(const std::optional<Device>& device = std::nullopt) const override;
  void reset() override {}
  void pretty_print(std::ostream& stream) const override { stream << "torch::nn::ModuleList"; }

  void push_back(std::shared_ptr<Module> module) { insert(size(), std::move(module)); }
  template <class M>
  void push_back(const ModuleHolder<M>& holder) {
    push_back(std::shared_ptr<Module>(holder.ptr()));
  }
  template <class M, class = std::enable_if_t<std::is_base_of_v<Module, std::decay_t<M>>>>
  void push_back(M&& module) {
    push_back(std::shared_ptr<Module>(std::make_shared<std::decay_t<M>>(std::forward<M>(module))));
  }
  template <class Container>
  void extend(const Container& container) {
    for (const auto& module : container) push_back(module);
  }
  /// IndexError unless index <= size().
  void insert(size_t index, std::shared_ptr<Module> module);
  template <class M>
  void insert(size_t index, const ModuleHolder<M>& holder) {
    insert(index, std::shared_ptr<Module>(holder.ptr()));
  }

  auto begin() { return modules_.begin(); }
  auto begin() const { return modules_.begin(); }
  auto end() { return modules_.end(); }
  auto end() const { return modules_.end(); }
  std::shared_ptr<Module> ptr(size_t index) const;
  template <class T>
  std::shared_ptr<T> ptr(size_t index) const {
    return std::dynamic_pointer_cast<T>(ptr(index));
  }
  template <class T>
  T& at(size_t index) const {
    T* module = ptr(index)->template as<T>();
    TORCH_CHECK(module != nullptr, "Unable to cast module[", index, "] to ", detail::type_name(typeid(T)));
    return *module;
  }
  std::shared_ptr<Module> operator[](size_t index) const { return ptr(index); }
  size_t size() const noexcept { return modules_.size(); }
  bool is_empty() const noexcept { return modules_.empty(); }

 private:
  std::vector<std::shared_ptr<Module>> modules_;
};
TORCH_MODULE(ModuleList);

class TORCH_API ModuleDictImpl : public Cloneable<ModuleDictImpl> {
 public:
  using Item = std::pair<std::string, std::shared_ptr<Module>>;

  ModuleDictImpl() = default;
  explicit ModuleDictImpl(const std::vector<Item>& modules) { update(modules); }
  explicit ModuleDictImpl(const OrderedDict<std::string, std::shared_ptr<Module>>& modules) { update(modules); }

  std::shared_ptr<Module> clone(const std::optional<Device>& device = std::nullopt) const override;
  void reset() override {}
  void pretty_print(std::ostream& stream) const override { stream << "torch::nn::ModuleDict"; }

  /// Over items with key() and value().
  auto begin() { return children_.begin(); }
  auto begin() const { return children_.begin(); }
  auto end() { return children_.end(); }
  auto end() const { return children_.end(); }
  std::vector<Item> items() const { return named_children().pairs(); }
  std::vector<std::string> keys() const { return named_children().keys(); }
  std::vector<std::shared_ptr<Module>> values() const { return children(); }
  size_t size() const { return children().size(); }
  bool empty() const { return size() == 0; }
  bool contains(const std::string& key) const { return named_children().contains(key); }
  /// RuntimeError when there is no such module.
  std::shared_ptr<Module> operator[](const std::string& key) const { return named_children()[key]; }
  template <class T>
  T& at(const std::string& key) const {
    T* module = (*this)[key]->template as<T>();
    TORCH_CHECK(module != nullptr, "Unable to cast module[", key, "] to ", detail::type_name(typeid(T)));
    return *module;
  }
  void clear();
  /// Removes the module `key` and returns it.
  std::shared_ptr<Module> pop(const std::string& key);
  /// Adds modules and replaces those of the same names.
  void update(const std::vector<Item>& modules);
  void update(const OrderedDict<std::string, std::shared_ptr<Module>>& modules) { update(modules.pairs()); }
  template <class Container>
  void update(const Container& container) {
    update(container.items());
  }
};
TORCH_MODULE(ModuleDict);

/// What ParameterList and ParameterDict share: tensors among parameters_, printed one to a line.
template <class Derived>
class ParameterContainer : public Cloneable<Derived> {
 public:
  void reset() override {}
  std::shared_ptr<Module> clone(const std::optional<Device>& device = std::nullopt) const override {
    auto copy = std::make_shared<Derived>();
    copy->train(this->is_training());
    for (const auto& item : this->parameters_) {
      const Tensor& t = item.value();
      copy->register_parameter(item.key(), (device.has_value() ? t.detach().to(*device) : t.detach()).clone(),
                               t.requires_grad());
    }
    return copy;
  }
  void pretty_print(std::ostream& stream) const override {
    stream << "torch::nn::" << Derived::kName << "(\n";
    for (const auto& item : this->parameters_) {
      stream << "(" << item.key() << "): Parameter containing: [" << to_string(item.value().scalar_type())
             << " of size " << item.value().sizes() << "]\n";
    }
    stream << ")";
  }
  size_t size() const { return this->parameters_.size(); }
  bool empty() const { return size() == 0; }
};

class TORCH_API ParameterListImpl : public ParameterContainer<ParameterListImpl> {
 public:
  static constexpr const char* kName = "ParameterList";

  ParameterListImpl() = default;
  template <class... Tensors, class = std::enable_if_t<(std::is_same_v<std::decay_t<Tensors>, Tensor> && ...)>>
  explicit ParameterListImpl(Tensors&&... tensors) {
    (append(std::forward<Tensors>(tensors)), ...);
  }
  /// Keeps the tensor's own requires_grad.
  void append(Tensor parameter) {
    const bool requires_grad = parameter.requires_grad();
    register_parameter(std::to_string(size()), std::move(parameter), requires_grad);
  }
  template <class Container>
  void extend(const Container& container) {
    for (const auto& one : container) append(one);
  }
  auto begin() { return parameters_.begin(); }
  auto end() { return parameters_.end(); }
  Tensor& at(size_t index) {
    TORCH_CHECK_INDEX(index < size(), "Index out of range: ", index, " of ", size(), " parameters");
    return parameters_[std::to_string(index)];
  }
  Tensor& operator[](size_t index) { return at(index); }
};
TORCH_MODULE(ParameterList);

class TORCH_API ParameterDictImpl : public ParameterContainer<ParameterDictImpl> {
 public:
  static constexpr const char* kName = "ParameterDict";

  ParameterDictImpl() = default;
  explicit ParameterDictImpl(const OrderedDict<std::string, Tensor>& tensors) { update(tensors); }
  Tensor& insert(std::string key, Tensor parameter) {
    const bool requires_grad = parameter.requires_grad();
    return register_parameter(std::move(key), std::move(parameter), requires_grad);
  }
  void update(const OrderedDict<std::string, Tensor>& tensors) {
    for (const auto& item : tensors) {
      if (contains(item.key())) {
        parameters_[item.key()] = item.value();
      } else {
        insert(item.key(), item.value());
      }
    }
  }
  Tensor pop(const std::string& key) {
    Tensor result = parameters_[key];
    parameters_.erase(key);
    return result;
  }
  void clear() { parameters_.clear(); }
  bool contains(const std::string& key) const { return parameters_.contains(key); }
  Tensor& get(const std::string& key) { return parameters_[key]; }
  Tensor& operator[](const std::string& key) { return get(key); }
  const Tensor& operator[](const std::string& key) const { return parameters_[key]; }
  std::vector<std::string> keys() const { return parameters_.keys(); }
  std::vector<Tensor> values() const { return parameters_.values(); }
  auto begin() { return parameters_.begin(); }
  auto end() { return parameters_.end(); }
};
TORCH_MODULE(ParameterDict);

/// A function as a module; further arguments than the input are bound when it is made.
class TORCH_API FunctionalImpl : public Cloneable<FunctionalImpl> {
 public:
  using Function = std::function<Tensor(Tensor)>;
  explicit FunctionalImpl(Function function) : function_(std::move(function)) {}
  template <class F, class... Args, class = std::enable_if_t<(sizeof...(Args) > 0)>>
  explicit FunctionalImpl(F original, Args&&... args)
      : function_([original, args...](Tensor input) { return original(std::move(input), args...); }) {}
  void reset() override {}
  void pretty_print(std::ostream& stream) const override { stream << "torch::nn::Functional()"; }
  Tensor forward(Tensor input) { return function_(std::move(input)); }
  Tensor operator()(Tensor input) { return forward(std::move(input)); }
  bool is_serializable() const override { return false; }

 private:
  Function function_;
};
TORCH_MODULE(Functional);

}  // namespace tiny_torch::frontend::nn
