#include "autograd/custom_function.h"

#include <algorithm>

#include "autograd/engine_ops.h"
#include "autograd/kernel_support.h"

namespace tiny_torch::autodiff {

TensorBase OutputInfo::zeros() const { return defined ? engine_ops().zeros(sizes, dtype, device) : TensorBase(); }

namespace {

bool contains(const std::vector<TensorImpl*>& list, const TensorBase& t) {
  return std::find(list.begin(), list.end(), t.impl()) != list.end();
}
bool contains(const variable_list& list, const TensorBase& t) {
  return std::any_of(list.begin(), list.end(), [&t](const TensorBase& one) { return one.is_same(t); });
}

/// A view of all of `t` that is not recorded.
TensorBase unrecorded_view(const TensorBase& t) {
  NoGradGuard no_grad;
  TensorBase view = alias_with(t, t.sizes(), t.strides(), t.storage_offset());
  as_view(t, view);
  set_creation_meta(view, CreationMeta::InCustomFunction);
  return view;
}

void record_dirty(const TensorBase& t, bool is_input, size_t tensors, const intrusive_ptr<Node>& node) {
  TORCH_CHECK(!(t.requires_grad() && is_leaf(t)),
              "a leaf Variable that requires grad has been used in an in-place operation.");
  if (!is_input) {
    TORCH_WARN(
        "Only input Tensors should be given to ctx.mark_dirty(). If a Tensor is not an input, there is no need to pass "
        "it to mark_dirty().");
  }
  TORCH_CHECK(!is_view(t) || tensors <= 1,
              "If your Function modifies inplace an input that is a view of another Tensor, your Function cannot "
              "return more than one Tensor. "
              "This is not supported by the current autograd engine. You should either make sure the input is not a "
              "view (using .clone() for "
              "example) or make your Function only return one Tensor (potentially splitting it into two Functions: one "
              "doing the inplace that "
              "returns a single Tensor and a second one that does the other operations).");
  AutoGradMode grad_mode(true);
  check_inplace(t, true);
  increment_version(t);
  rebase_history(t, node);
}

}  // namespace

variable_list wrap_custom_outputs(const variable_list& inputs, const variable_list& outputs,
                                  const CustomFunctionMarks& marks, const intrusive_ptr<Node>& node) {
  const auto tensors = static_cast<size_t>(
      std::count_if(outputs.begin(), outputs.end(), [](const TensorBase& t) { return t.defined(); }));
  variable_list results;
  results.reserve(outputs.size());
  std::vector<TensorImpl*> seen_dirty;
  for (const TensorBase& output : outputs) {
    if (!output.defined()) {
      if (node.defined()) node->add_undefined_input();
      results.emplace_back();
      continue;
    }
    const bool is_input = contains(inputs, output);
    const bool is_dirty = contains(marks.dirty, output);
    if (is_dirty) seen_dirty.push_back(output.impl());
    const bool differentiable =
        node.defined() && !contains(marks.non_differentiable, output) && is_differentiable_type(output.dtype());
    TensorBase result = output;
    if (!differentiable) {
      if (node.defined()) node->add_undefined_input();
      if (result.requires_grad()) {
        if (is_input) {
          result = unrecorded_view(result);
          result = detach(result);
        } else if (!is_view(result)) {
          detach_(result);
        }
      }
    } else if (is_dirty) {
      record_dirty(result, is_input, tensors, node);
    } else {
      if (is_input) {
        result = unrecorded_view(result);
      } else if (contains(results, result)) {
        // Returned twice: the second place in the graph belongs to a second tensor.
        result = detach(result);
      }
      set_history(result, node);
      set_creation_meta(result, CreationMeta::InCustomFunction);
    }
    results.push_back(std::move(result));
  }
  TORCH_CHECK(seen_dirty.size() >= marks.dirty.size(),
              "Some elements marked as dirty during the forward method were not returned as output. The inputs that "
              "are modified inplace must "
              "all be outputs of the Function.");
  return results;
}

}  // namespace tiny_torch::autodiff
