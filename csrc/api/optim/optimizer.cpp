#include "api/optim/optimizer.h"

#include "generated/ops/copy.h"

namespace tiny_torch::optim {

OptimizerOptions::~OptimizerOptions() = default;
Optimizer::~Optimizer() = default;

Optimizer::Optimizer(std::vector<OptimizerParamGroup> groups, std::unique_ptr<OptimizerOptions> defaults)
    : defaults_(std::move(defaults)) {
  for (const OptimizerParamGroup& group : groups) add_param_group(group);
}

void Optimizer::add_param_group(const OptimizerParamGroup& group) {
  OptimizerParamGroup added(group);
  if (!added.has_options()) added.set_options(defaults_->clone());
  for (size_t i = 0; i < added.params().size(); ++i) {
    const Tensor& param = added.params()[i];
    TORCH_CHECK(param.defined(), "Optimizer: parameter ", i, " of the group is undefined");
    TORCH_CHECK(param.is_leaf(), "can't optimize a non-leaf Tensor");
    for (const OptimizerParamGroup& other : groups_) {
      for (const Tensor& taken : other.params()) {
        TORCH_CHECK(!taken.is_same(param), "some parameters appear in more than one parameter group");
      }
    }
  }
  groups_.push_back(std::move(added));
}

void Optimizer::zero_grad(bool set_to_none) {
  for (OptimizerParamGroup& group : groups_) {
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

}  // namespace tiny_torch::optim
