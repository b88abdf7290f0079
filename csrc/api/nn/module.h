// Module: the base of all modules: named parameters, buffers and submodules, and what is done to all of them.
//
// Example:
//   struct NetImpl : torch::nn::Module {
//     NetImpl() : fc(register_module("fc", torch::nn::Linear(3, 1))) {}
//     torch::Tensor forward(torch::Tensor x) { return fc(x).relu(); }
//     torch::nn::Linear fc;
//   };
//   TORCH_MODULE(Net);
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "api/arg.h"
#include "api/nn/any_value.h"
#include "api/nn/pimpl.h"
#include "api/ordered_dict.h"
#include "aten/Tensor.h"

namespace tiny_torch::frontend::nn {

class TORCH_API Module : public std::enable_shared_from_this<Module> {
 public:
  using ModuleApplyFunction = std::function<void(Module&)>;
  using ConstModuleApplyFunction = std::function<void(const Module&)>;
  using NamedModuleApplyFunction = std::function<void(const std::string&, Module&)>;
  using ConstNamedModuleApplyFunction = std::function<void(const std::string&, const Module&)>;
  using ModulePointerApplyFunction = std::function<void(const std::shared_ptr<Module>&)>;
  using NamedModulePointerApplyFunction = std::function<void(const std::string&, const std::shared_ptr<Module>&)>;

  Module();
  /// `name` is what name() returns and prints show; without it that is the C++ type.
  explicit Module(std::string name);
  Module(const Module&) = default;
  Module& operator=(const Module&) = default;
  Module(Module&&) noexcept = default;
  Module& operator=(Module&&) noexcept = default;
  virtual ~Module();

  const std::string& name() const;

  /// A copy with parameters and buffers of its own, on `device` if given. RuntimeError unless the class derives from
  /// Cloneable or overrides this.
  virtual std::shared_ptr<Module> clone(const std::optional<Device>& device = std::nullopt) const;

  /// Calls `function` with this module and all below it, parents first.
  void apply(const ModuleApplyFunction& function);
  void apply(const ConstModuleApplyFunction& function) const;
  void apply(const NamedModuleApplyFunction& function, const std::string& name_prefix = std::string());
  void apply(const ConstNamedModuleApplyFunction& function, const std::string& name_prefix = std::string()) const;
  void apply(const ModulePointerApplyFunction& function) const;
  void apply(const NamedModulePointerApplyFunction& function, const std::string& name_prefix = std::string()) const;

  /// Parameters of this module and, with `recurse`, of all below it; a name is the path to it, joined by dots.
  std::vector<Tensor> parameters(bool recurse = true) const;
  OrderedDict<std::string, Tensor> named_parameters(bool recurse = true) const;
  std::vector<Tensor> buffers(bool recurse = true) const;
  OrderedDict<std::string, Tensor> named_buffers(bool recurse = true) const;
  /// With `include_self` the module must be held by a shared_ptr, as a TORCH_MODULE is.
  std::vector<std::shared_ptr<Module>> modules(bool include_self = true) const;
  OrderedDict<std::string, std::shared_ptr<Module>> named_modules(const std::string& name_prefix = std::string(),
                                                                  bool include_self = true) const;
  std::vector<std::shared_ptr<Module>> children() const;
  OrderedDict<std::string, std::shared_ptr<Module>> named_children() const;

  /// Training mode decides what Dropout and BatchNorm do.
  virtual void train(bool on = true);
  void eval() { train(false); }
  virtual bool is_training() const noexcept { return is_training_; }

  /// Moves parameters and buffers; a dtype is taken by those of floating dtype only.
  virtual void to(Device device, ScalarType dtype, bool non_blocking = false);
  virtual void to(ScalarType dtype, bool non_blocking = false);
  virtual void to(Device device, bool non_blocking = false);

  virtual void zero_grad(bool set_to_none = true);

  virtual void save(serialize::OutputArchive& archive) const;
  /// RuntimeError for a parameter that the archive does not have.
  virtual void load(serialize::InputArchive& archive);
  virtual void pretty_print(std::ostream& stream) const;
  virtual bool is_serializable() const { return true; }

  /// This module as a M (an implementation or a holder), or nullptr.
  template <class M>
  auto as() noexcept {
    if constexpr (detail::is_module_holder_v<M>) {
      return dynamic_cast<typename M::ContainedType*>(this);
    } else {
      return dynamic_cast<M*>(this);
    }
  }
  template <class M>
  auto as() const noexcept {
    if constexpr (detail::is_module_holder_v<M>) {
      return dynamic_cast<const typename M::ContainedType*>(this);
    } else {
      return dynamic_cast<const M*>(this);
    }
  }

  /// Gives a parameter its name; an undefined one keeps its place. RuntimeError for a name that is empty, has a dot or
  /// is taken.
  Tensor& register_parameter(std::string name, Tensor tensor, bool requires_grad = true);
  /// A tensor that belongs to the state but is not trained.
  Tensor& register_buffer(std::string name, Tensor tensor);
  template <class M>
  std::shared_ptr<M> register_module(std::string name, std::shared_ptr<M> module) {
    add_child(std::move(name), module);
    return module;
  }
  template <class M>
  std::shared_ptr<M> register_module(std::string name, ModuleHolder<M> holder) {
    return register_module(std::move(name), holder.ptr());
  }
  /// RuntimeError when there is no submodule of this name.
  template <class M>
  std::shared_ptr<M> replace_module(const std::string& name, std::shared_ptr<M> module) {
    children_[name] = module;
    return module;
  }
  template <class M>
  std::shared_ptr<M> replace_module(const std::string& name, ModuleHolder<M> holder) {
    return replace_module(name, holder.ptr());
  }
  void unregister_module(const std::string& name);

 protected:
  virtual bool _forward_has_default_args() { return false; }
  virtual unsigned int _forward_num_required_args();
  virtual std::vector<AnyValue> _forward_populate_default_args(std::vector<AnyValue>&& arguments);

  OrderedDict<std::string, Tensor> parameters_;

 private:
  template <class Derived>
  friend class Cloneable;
  template <class M, class... Args>
  friend struct AnyModuleHolder;
  friend class ModuleDictImpl;
  friend TORCH_API std::ostream& operator<<(std::ostream& stream, const Module& module);

  virtual void clone_(Module& other, const std::optional<Device>& device);
  /// Fills `copy`, whose reset() has run, with copies of our state.
  void clone_state(Module& copy, const std::optional<Device>& device) const;
  void add_child(std::string name, std::shared_ptr<Module> module);
  void move(std::optional<Device> device, std::optional<ScalarType> dtype, bool non_blocking);
  void print_below(std::ostream& stream, const std::string& indentation) const;
  std::shared_ptr<Module> shared_from_this_checked() const;

  OrderedDict<std::string, Tensor> buffers_;
  OrderedDict<std::string, std::shared_ptr<Module>> children_;
  mutable std::optional<std::string> name_;
  bool is_training_ = true;
};

TORCH_API std::ostream& operator<<(std::ostream& stream, const Module& module);
TORCH_API serialize::OutputArchive& operator<<(serialize::OutputArchive& archive,
                                               const std::shared_ptr<Module>& module);
TORCH_API serialize::InputArchive& operator>>(serialize::InputArchive& archive, const std::shared_ptr<Module>& module);

/// Base of modules that can be copied: reset() registers parameters, buffers and submodules anew.
template <class Derived>
class Cloneable : public Module {
 public:
  using Module::Module;

  virtual void reset() = 0;

  std::shared_ptr<Module> clone(const std::optional<Device>& device = std::nullopt) const override {
    const NoGradGuard no_grad;
    auto copy = std::make_shared<Derived>(static_cast<const Derived&>(*this));
    copy->parameters_.clear();
    copy->buffers_.clear();
    copy->children_.clear();
    copy->reset();
    clone_state(*copy, device);
    return copy;
  }

 private:
  void clone_(Module& other, const std::optional<Device>& device) final {
    auto copy = std::dynamic_pointer_cast<Derived>(other.clone(device));
    TORCH_CHECK(
        copy != nullptr,
        "Attempted to clone submodule, but it is of a different type than the submodule it was to be cloned into");
    static_cast<Derived&>(*this) = *copy;
  }
};

/// For modules whose forward() has default arguments: pairs of an argument's position and its value as AnyValue, so that
/// Sequential and AnyModule can leave them out.
#define FORWARD_HAS_DEFAULT_ARGS(...)                                                         \
 protected:                                                                                   \
  bool _forward_has_default_args() override { return true; }                                  \
  unsigned int _forward_num_required_args() override {                                        \
    std::pair<unsigned int, ::tiny_torch::frontend::nn::AnyValue> defaults[] = {__VA_ARGS__}; \
    return defaults[0].first;                                                                 \
  }                                                                                           \
  std::vector<::tiny_torch::frontend::nn::AnyValue> _forward_populate_default_args(           \
      std::vector<::tiny_torch::frontend::nn::AnyValue>&& arguments) override {               \
    std::pair<unsigned int, ::tiny_torch::frontend::nn::AnyValue> defaults[] = {__VA_ARGS__}; \
    for (auto& one : defaults) {                                                              \
      if (one.first >= arguments.size()) arguments.push_back(std::move(one.second));          \
    }                                                                                         \
    return std::move(arguments);                                                              \
  }

}  // namespace tiny_torch::frontend::nn
