#include "api/nn/modules/container/lists.h"
#include "api/nn/modules/container/sequential.h"

namespace tiny_torch::frontend::nn {

void check_argument_count(const Module& module, size_t given, size_t expected) {
  TORCH_CHECK(given == expected, module.name(), "'s forward() method expects ", expected, " argument(s), but received ",
              given, ". If ", module.name(),
              "'s forward() method has default arguments, please make sure the forward() "
              "method is declared with a corresponding `FORWARD_HAS_DEFAULT_ARGS` macro.");
}

std::shared_ptr<Module> SequentialImpl::clone(const std::optional<Device>& device) const {
  auto copy = std::make_shared<SequentialImpl>();
  const std::vector<std::string> names = named_children().keys();
  for (size_t i = 0; i < modules_.size(); ++i) copy->push_back(names[i], modules_[i].clone(device));
  copy->train(is_training());
  return copy;
}
void SequentialImpl::add(std::string name, AnyModule module) {
  register_module(std::move(name), module.ptr());
  modules_.push_back(std::move(module));
}
const AnyModule& SequentialImpl::entry(size_t index) const {
  TORCH_CHECK_INDEX(index < size(), "Index out of range: ", index, " of ", size(), " modules");
  return modules_[index];
}

std::shared_ptr<Module> ModuleListImpl::clone(const std::optional<Device>& device) const {
  auto copy = std::make_shared<ModuleListImpl>();
  for (const std::shared_ptr<Module>& module : modules_) copy->push_back(module->clone(device));
  return copy;
}
void ModuleListImpl::insert(size_t index, std::shared_ptr<Module> module) {
  TORCH_CHECK_INDEX(index <= size(), "Index out of range: ", index, " of ", size(), " modules");
  modules_.insert(modules_.begin() + static_cast<std::ptrdiff_t>(index), std::move(module));
  if (index + 1 == size()) {
    register_module(std::to_string(index), modules_[index]);
    return;
  }
  for (size_t i = index; i + 1 < size(); ++i) replace_module(std::to_string(i), modules_[i]);
  register_module(std::to_string(size() - 1), modules_.back());
}
std::shared_ptr<Module> ModuleListImpl::ptr(size_t index) const {
  TORCH_CHECK_INDEX(index < size(), "Index out of range: ", index, " of ", size(), " modules");
  return modules_[index];
}

std::shared_ptr<Module> ModuleDictImpl::clone(const std::optional<Device>& device) const {
  auto copy = std::make_shared<ModuleDictImpl>();
  for (const Item& item : items()) copy->register_module(item.first, item.second->clone(device));
  return copy;
}
void ModuleDictImpl::clear() {
  for (const std::string& key : keys()) unregister_module(key);
}
std::shared_ptr<Module> ModuleDictImpl::pop(const std::string& key) {
  std::shared_ptr<Module> module = (*this)[key];
  unregister_module(key);
  return module;
}
void ModuleDictImpl::update(const std::vector<Item>& modules) {
  for (const Item& item : modules) {
    if (contains(item.first)) {
      replace_module(item.first, item.second);
    } else {
      register_module(item.first, item.second);
    }
  }
}

}  // namespace tiny_torch::frontend::nn
