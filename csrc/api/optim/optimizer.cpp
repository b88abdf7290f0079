#include "api/optim/optimizer.h"

#include "api/serialize/archive.h"
#include "generated/ops/copy.h"

namespace tiny_torch::frontend::optim {

using serialize::InputArchive;
using serialize::OutputArchive;

Optimizer::~Optimizer() = default;

std::unique_ptr<OptimizerParamState> Optimizer::new_state() const {
  TORCH_CHECK_NOT_IMPLEMENTED(false, "load() of this optimizer is not implemented");
  return nullptr;
}

Optimizer::Optimizer(const std::vector<OptimizerParamGroup>& groups, std::unique_ptr<OptimizerOptions> defaults)
    : defaults_(std::move(defaults)) {
  for (const OptimizerParamGroup& group : groups) add_param_group(group);
}

void Optimizer::add_param_group(const OptimizerParamGroup& group) {
  OptimizerParamGroup added(group);
  added.set_options(added.has_options() ? added.options().merged_over(*defaults_) : defaults_->clone());
  for (size_t i = 0; i < added.params().size(); ++i) {
    const Tensor& param = added.params()[i];
    TORCH_CHECK(param.defined(), "Optimizer: parameter ", i, " of the group is undefined");
    TORCH_CHECK(param.is_leaf(), "can't optimize a non-leaf Tensor");
    for (const OptimizerParamGroup& other : param_groups_) {
      for (const Tensor& taken : other.params()) {
        TORCH_CHECK(!taken.is_same(param), "some parameters appear in more than one parameter group");
      }
    }
  }
  param_groups_.push_back(std::move(added));
}

void Optimizer::add_parameters(const std::vector<Tensor>& parameters) {
  TORCH_CHECK(!param_groups_.empty(), "add_parameters(): the optimizer has no parameter group");
  std::vector<Tensor>& params = param_groups_[0].params();
  params.insert(params.end(), parameters.begin(), parameters.end());
}

size_t Optimizer::size() const {
  size_t count = 0;
  for (const OptimizerParamGroup& group : param_groups_) count += group.params().size();
  return count;
}

void Optimizer::zero_grad(bool set_to_none) {
  for (OptimizerParamGroup& group : param_groups_) {
    for (const Tensor& param : group.params()) {
      Tensor& grad = param.mutable_grad();
      if (!grad.defined()) continue;
      if (set_to_none) {
        grad.reset();
      } else {
        TensorBase zeroed = ops::detach(grad);
        ops::zero_(zeroed);
        grad = zeroed;
      }
    }
  }
}

Tensor Optimizer::evaluate(const LossClosure& closure) {
  if (!closure) return {};
  const AutoGradMode enabled(true);
  return closure();
}

// Names as in libtorch's files: parameters are known by numbers there, which here count them.
void Optimizer::save(OutputArchive& archive) const {
  OutputArchive states, groups;
  const auto write_size = [](OutputArchive& to, const std::string& name, size_t size) {
    to.write(name + "/size", Tensor(scalar_tensor_of(static_cast<int64_t>(size), kLong)));
  };
  int64_t number = 0;
  write_size(groups, "param_groups", param_groups_.size());
  for (size_t g = 0; g < param_groups_.size(); ++g) {
    const OptimizerParamGroup& group = param_groups_[g];
    OutputArchive saved, options;
    write_size(saved, "params", group.params().size());
    for (size_t p = 0; p < group.params().size(); ++p, ++number) {
      saved.write("params/" + std::to_string(p), IValue(std::to_string(number)));
      const auto found = state_.find(group.params()[p].impl());
      if (found == state_.end()) continue;
      OutputArchive one;
      found->second->serialize(one);
      states.write(std::to_string(number), one);
    }
    group.options().serialize(options);
    saved.write("options", options);
    groups.write("param_groups/" + std::to_string(g), saved);
  }
  archive.write("pytorch_version", IValue("1.5.0"));
  archive.write("state", states);
  archive.write("param_groups", groups);
}

void Optimizer::load(InputArchive& archive) {
  InputArchive states, groups;
  archive.read("state", states);
  archive.read("param_groups", groups);
  const auto read_size = [](InputArchive& from, const std::string& name) {
    Tensor size;
    from.read(name + "/size", size);
    return static_cast<size_t>(size.item<int64_t>());
  };
  TORCH_CHECK(read_size(groups, "param_groups") == param_groups_.size(),
              "loaded state dict has a different number of parameter groups");
  State loaded;
  std::vector<std::unique_ptr<OptimizerOptions>> loaded_options;
  for (size_t g = 0; g < param_groups_.size(); ++g) {
    const std::vector<Tensor>& params = param_groups_[g].params();
    InputArchive saved, options;
    groups.read("param_groups/" + std::to_string(g), saved);
    TORCH_CHECK(read_size(saved, "params") == params.size(),
                "loaded state dict contains a parameter group that doesn't match the size of optimizer's group");
    saved.read("options", options);
    loaded_options.push_back(param_groups_[g].options().clone());
    loaded_options.back()->serialize(options);
    for (size_t p = 0; p < params.size(); ++p) {
      IValue key;
      InputArchive one;
      saved.read("params/" + std::to_string(p), key);
      if (!states.try_read(key.to_string(), one)) continue;
      loaded[params[p].impl()] = new_state();
      loaded[params[p].impl()]->serialize(one);
    }
  }
  // Nothing has changed so far, so that a damaged archive leaves the optimizer as it was.
  for (size_t g = 0; g < param_groups_.size(); ++g) param_groups_[g].set_options(std::move(loaded_options[g]));
  state_ = std::move(loaded);
}

OutputArchive& operator<<(OutputArchive& archive, const Optimizer& optimizer) {
  optimizer.save(archive);
  return archive;
}
InputArchive& operator>>(InputArchive& archive, Optimizer& optimizer) {
  optimizer.load(archive);
  return archive;
}

}  // namespace tiny_torch::frontend::optim
