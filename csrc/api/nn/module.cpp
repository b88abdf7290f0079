#include "api/nn/module.h"

#include "api/serialize/archive.h"

namespace tiny_torch::frontend::nn {
namespace {

std::string join_name(const std::string& prefix, const std::string& name) {
  return prefix.empty() ? name : prefix + "." + name;
}

void check_name(const char* what, const std::string& name) {
  TORCH_CHECK(!name.empty(), what, " name must not be empty");
  TORCH_CHECK(name.find('.') == std::string::npos, what, " name must not contain a dot (got '", name, "')");
}

using TensorDict = OrderedDict<std::string, Tensor>;

/// Collects the tensors `own` gives for each module, under the module's path.
void collect(const Module& module, const std::string& prefix, bool recurse,
             const std::function<const TensorDict&(const Module&)>& own, TensorDict& result) {
  for (const auto& item : own(module)) {
    if (item.value().defined()) result.insert(join_name(prefix, item.key()), item.value());
  }
  if (!recurse) return;
  for (const auto& child : module.named_children()) {
    collect(*child.value(), join_name(prefix, child.key()), true, own, result);
  }
}

/// Calls f(path, module) for `module` and all below it.
template <class M, class F>
void walk(M& module, const std::string& prefix, const F& f) {
  f(prefix, module);
  for (const auto& child : module.named_children()) walk<M>(*child.value(), join_name(prefix, child.key()), f);
}

void walk_pointers(const std::shared_ptr<Module>& module, const std::string& prefix,
                   const Module::NamedModulePointerApplyFunction& f) {
  f(prefix, module);
  for (const auto& child : module->named_children()) walk_pointers(child.value(), join_name(prefix, child.key()), f);
}

/// Reads `key` into `tensor`, which keeps its identity.
void load_tensor(serialize::InputArchive& archive, const std::string& key, Tensor& tensor, bool is_buffer) {
  Tensor loaded;
  archive.read(key, loaded, is_buffer);
  TORCH_CHECK(loaded.sizes() == tensor.sizes(), "size mismatch for ", key, ": expected a tensor of shape ",
              tensor.sizes(), ", got one of shape ", loaded.sizes(), " from the archive");
  archive.read(key, tensor, is_buffer);
}

void copy_data(const TensorDict& from, TensorDict& to, const std::optional<Device>& device, const char* what) {
  TORCH_CHECK(to.size() == from.size(), "The cloned module does not have the same number of ", what,
              " as the original module after calling reset(). Are you sure you called register_",
              what[0] == 'p' ? "parameter" : "buffer", "() inside reset() and not the constructor?");
  for (const auto& item : from) {
    if (!item.value().defined()) continue;
    const bool elsewhere = device.has_value() && item.value().device() != *device;
    const Tensor data = elsewhere ? item.value().to(*device) : item.value().clone();
    to[item.key()].set_data(data.data());
  }
}

}  // namespace

Module::Module() : parameters_("Parameter"), buffers_("Buffer"), children_("Submodule") {}
Module::Module(std::string name) : Module() { name_ = std::move(name); }
Module::~Module() = default;

const std::string& Module::name() const {
  if (!name_.has_value()) name_ = tiny_torch::detail::type_name(typeid(*this));
  return *name_;
}

std::shared_ptr<Module> Module::clone(const std::optional<Device>&) const {
  TORCH_CHECK(false, "clone() has not been implemented for ", name(), ". Subclass torch::nn::Cloneable<", name(),
              "> instead of torch::nn::Module to inherit the ability to clone.");
}

void Module::clone_(Module&, const std::optional<Device>&) {}

void Module::clone_state(Module& copy, const std::optional<Device>& device) const {
  copy_data(parameters_, copy.parameters_, device, "parameters");
  copy_data(buffers_, copy.buffers_, device, "buffers");
  TORCH_CHECK(copy.children_.size() == children_.size(),
              "The cloned module does not have the same number of child modules as the original module after calling "
              "reset(). Are you sure you called register_module() inside reset() and not the constructor?");
  for (const auto& child : children_) copy.children_[child.key()]->clone_(*child.value(), device);
}

void Module::apply(const ModuleApplyFunction& function) {
  walk<Module>(*this, "", [&](const std::string&, Module& m) { function(m); });
}
void Module::apply(const ConstModuleApplyFunction& function) const {
  walk<const Module>(*this, "", [&](const std::string&, const Module& m) { function(m); });
}
void Module::apply(const NamedModuleApplyFunction& function, const std::string& name_prefix) {
  walk<Module>(*this, name_prefix, function);
}
void Module::apply(const ConstNamedModuleApplyFunction& function, const std::string& name_prefix) const {
  walk<const Module>(*this, name_prefix, function);
}
void Module::apply(const ModulePointerApplyFunction& function) const {
  walk_pointers(shared_from_this_checked(), "",
                [&](const std::string&, const std::shared_ptr<Module>& m) { function(m); });
}
void Module::apply(const NamedModulePointerApplyFunction& function, const std::string& name_prefix) const {
  walk_pointers(shared_from_this_checked(), name_prefix, function);
}

TensorDict Module::named_parameters(bool recurse) const {
  TensorDict result;
  collect(*this, "", recurse, [](const Module& m) -> const TensorDict& { return m.parameters_; }, result);
  return result;
}
TensorDict Module::named_buffers(bool recurse) const {
  TensorDict result;
  collect(*this, "", recurse, [](const Module& m) -> const TensorDict& { return m.buffers_; }, result);
  return result;
}
std::vector<Tensor> Module::parameters(bool recurse) const { return named_parameters(recurse).values(); }
std::vector<Tensor> Module::buffers(bool recurse) const { return named_buffers(recurse).values(); }

OrderedDict<std::string, std::shared_ptr<Module>> Module::named_modules(const std::string& name_prefix,
                                                                        bool include_self) const {
  OrderedDict<std::string, std::shared_ptr<Module>> result;
  const auto add = [&](const std::string& path, const std::shared_ptr<Module>& m) { result.insert(path, m); };
  if (include_self) {
    walk_pointers(shared_from_this_checked(), name_prefix, add);
  } else {
    for (const auto& child : children_) walk_pointers(child.value(), join_name(name_prefix, child.key()), add);
  }
  return result;
}
std::vector<std::shared_ptr<Module>> Module::modules(bool include_self) const {
  return named_modules("", include_self).values();
}
std::vector<std::shared_ptr<Module>> Module::children() const { return children_.values(); }
OrderedDict<std::string, std::shared_ptr<Module>> Module::named_children() const { return children_; }

void Module::train(bool on) {
  for (const auto& child : children_) child.value()->train(on);
  is_training_ = on;
}

void Module::move(std::optional<Device> device, std::optional<ScalarType> dtype, bool non_blocking) {
  for (const TensorDict* tensors : {&parameters_, &buffers_}) {
    for (const auto& item : *tensors) {
      const Tensor& t = item.value();
      if (!t.defined()) continue;
      const bool takes_dtype = dtype.has_value() && (t.is_floating_point() || t.is_complex());
      t.set_data(t.data().to(device.value_or(t.device()), takes_dtype ? *dtype : t.scalar_type(), non_blocking));
    }
  }
}
void Module::to(Device device, ScalarType dtype, bool non_blocking) {
  for (const auto& child : children_) child.value()->to(device, dtype, non_blocking);
  move(device, dtype, non_blocking);
}
void Module::to(ScalarType dtype, bool non_blocking) {
  for (const auto& child : children_) child.value()->to(dtype, non_blocking);
  move(std::nullopt, dtype, non_blocking);
}
void Module::to(Device device, bool non_blocking) {
  for (const auto& child : children_) child.value()->to(device, non_blocking);
  move(device, std::nullopt, non_blocking);
}

void Module::zero_grad(bool set_to_none) {
  for (const auto& child : children_) child.value()->zero_grad(set_to_none);
  for (const auto& item : parameters_) {
    if (!item.value().defined()) continue;
    Tensor& grad = item.value().mutable_grad();
    if (!grad.defined()) continue;
    grad = set_to_none ? Tensor() : grad.detach().zero_();
  }
}

Tensor& Module::register_parameter(std::string name, Tensor tensor, bool requires_grad) {
  check_name("Parameter", name);
  if (!tensor.defined()) {
    if (requires_grad) {
      TORCH_WARN("An undefined tensor cannot require grad. Ignoring the `requires_grad=true` function parameter.");
    }
  } else {
    tensor.set_requires_grad(requires_grad);
  }
  return parameters_.insert(std::move(name), std::move(tensor));
}
Tensor& Module::register_buffer(std::string name, Tensor tensor) {
  check_name("Buffer", name);
  return buffers_.insert(std::move(name), std::move(tensor));
}
void Module::add_child(std::string name, std::shared_ptr<Module> module) {
  check_name("Submodule", name);
  TORCH_CHECK(module != nullptr, "register_module(): the module '", name, "' is empty");
  children_.insert(std::move(name), std::move(module));
}
void Module::unregister_module(const std::string& name) {
  TORCH_CHECK(children_.contains(name), "No Module with name `", name, "` is registered");
  children_.erase(name);
}

unsigned int Module::_forward_num_required_args() {
  TORCH_CHECK(false,
              "torch::nn::Module subclass that has default arguments in `forward` method must override "
              "`_forward_num_required_args` method. Please use `FORWARD_HAS_DEFAULT_ARGS` macro to do so.");
}
std::vector<AnyValue> Module::_forward_populate_default_args(std::vector<AnyValue>&&) {
  TORCH_CHECK(false,
              "torch::nn::Module subclass that has default arguments in `forward` method must override "
              "`_forward_populate_default_args` method. Please use `FORWARD_HAS_DEFAULT_ARGS` macro to do so.");
}

void Module::save(serialize::OutputArchive& archive) const {
  for (const auto& item : parameters_) {
    if (item.value().defined()) archive.write(item.key(), item.value());
  }
  for (const auto& item : buffers_) {
    if (item.value().defined()) archive.write(item.key(), item.value(), /*is_buffer=*/true);
  }
  for (const auto& child : children_) {
    if (!child.value()->is_serializable()) continue;
    serialize::OutputArchive below;
    child.value()->save(below);
    archive.write(child.key(), below);
  }
}
void Module::load(serialize::InputArchive& archive) {
  for (auto& item : parameters_) {
    if (item.value().defined()) load_tensor(archive, item.key(), item.value(), /*is_buffer=*/false);
  }
  for (auto& item : buffers_) {
    if (item.value().defined()) load_tensor(archive, item.key(), item.value(), /*is_buffer=*/true);
  }
  for (const auto& child : children_) {
    if (!child.value()->is_serializable()) continue;
    serialize::InputArchive below;
    archive.read(child.key(), below);
    child.value()->load(below);
  }
}

void Module::pretty_print(std::ostream& stream) const { stream << name(); }

void Module::print_below(std::ostream& stream, const std::string& indentation) const {
  pretty_print(stream);
  if (children_.is_empty()) return;
  const std::string deeper = indentation + "  ";
  stream << "(\n";
  for (const auto& child : children_) {
    stream << deeper << "(" << child.key() << "): ";
    child.value()->print_below(stream, deeper);
    stream << '\n';
  }
  stream << indentation << ")";
}

std::shared_ptr<Module> Module::shared_from_this_checked() const {
  const std::shared_ptr<const Module> self = weak_from_this().lock();
  TORCH_CHECK(
      self != nullptr,
      "It looks like you attempted to retrieve your top-level module as a shared_ptr, but it is not stored in a "
      "shared_ptr. Use std::make_shared<",
      name(),
      "> instead of creating your module on the stack, or don't "
      "call modules(), named_modules() or apply() with functions over pointers.");
  return std::const_pointer_cast<Module>(self);
}

std::ostream& operator<<(std::ostream& stream, const Module& module) {
  module.print_below(stream, "");
  return stream;
}
serialize::OutputArchive& operator<<(serialize::OutputArchive& archive, const std::shared_ptr<Module>& module) {
  TORCH_CHECK(module != nullptr, "Cannot serialize empty module");
  module->save(archive);
  return archive;
}
serialize::InputArchive& operator>>(serialize::InputArchive& archive, const std::shared_ptr<Module>& module) {
  TORCH_CHECK(module != nullptr, "Cannot deserialize empty module");
  module->load(archive);
  return archive;
}

}  // namespace tiny_torch::frontend::nn
