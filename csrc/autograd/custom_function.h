// What custom functions of both languages share: their results get a place in the graph.
#pragma once

#include "autograd/AutogradMeta.h"

namespace tiny_torch::autodiff {

/// What is needed to stand in zeros for the gradient of one output.
struct OutputInfo {
  OutputInfo() = default;
  explicit OutputInfo(const TensorBase& t) : sizes(t.sizes()), dtype(t.dtype()), device(t.device()), defined(true) {}
  TORCH_API TensorBase zeros() const;

  DimVector sizes;
  ScalarType dtype = ScalarType::Undefined;
  Device device;
  bool defined = false;
};

/// What the author of a custom function said about its tensors.
struct CustomFunctionMarks {
  std::vector<TensorImpl*> non_differentiable;
  std::vector<TensorImpl*> dirty;
};

/// Makes `outputs` (undefined ones are no tensors) the outputs of `node`, which is null when nothing is recorded.
/// An input returned as it is comes back as a view, unless it was marked dirty.
/// RuntimeError for dirty leaves that require grad and for dirty tensors that are no outputs.
TORCH_API variable_list wrap_custom_outputs(const variable_list& inputs, const variable_list& outputs,
                                            const CustomFunctionMarks& marks, const intrusive_ptr<Node>& node);

}  // namespace tiny_torch::autodiff
