#include "autograd/composite_double_backward.h"

#include "autograd/AutogradMeta.h"
#include "autograd/autograd.h"
#include "generated/ops/copy.h"
#include "generated/ops/shape.h"

namespace tiny_torch::autodiff {

namespace {
// An alias that requires grad: derivatives with respect to it stop there, while its own history goes on.
TensorBase entry(const TensorBase& t) {
  if (!t.defined()) return t;
  if (GradMode::is_enabled() && t.requires_grad()) return ops::view_as(t, t);
  TensorBase result = ops::detach(t);
  set_requires_grad(result, true);
  return result;
}

// `tensors` where `chosen` is defined.
variable_list where_defined(TensorList tensors, TensorList chosen) {
  variable_list result;
  for (size_t i = 0; i < tensors.size(); ++i)
    if (chosen[i].defined()) result.push_back(tensors[i]);
  return result;
}
}  // namespace

variable_list composite_double_backward(const std::function<variable_list(TensorList inputs)>& composite,
                                        TensorList grad_outputs, TensorList inputs, TensorList grads) {
  const bool again = GradMode::is_enabled();
  variable_list entries;
  for (const TensorList group : {grad_outputs, inputs})
    for (const TensorBase& t : group) entries.push_back(entry(t));
  const TensorList grad_entries(entries.data(), grad_outputs.size());
  const TensorList input_entries(entries.data() + grad_outputs.size(), inputs.size());

  const AutoGradMode with_grad(true);
  const variable_list outputs = composite(input_entries);
  const variable_list known_inputs = where_defined(input_entries, input_entries);
  const variable_list first = grad(where_defined(outputs, grad_entries), known_inputs,
                                   where_defined(grad_entries, grad_entries), true, true, /*allow_unused=*/true,
                                   /*materialize_grads=*/true);
  const variable_list known_grads = where_defined(grads, input_entries);
  variable_list reached, weights;
  for (size_t i = 0; i < first.size(); ++i) {
    if (!known_grads[i].defined() || !first[i].requires_grad()) continue;
    reached.push_back(first[i]);
    weights.push_back(again ? known_grads[i] : ops::detach(known_grads[i]));
  }
  variable_list result(entries.size());
  if (reached.empty()) return result;
  const variable_list second =
      grad(reached, where_defined(entries, entries), weights, std::nullopt, again, /*allow_unused=*/true);
  for (size_t i = 0, next = 0; i < entries.size(); ++i)
    if (entries[i].defined()) result[i] = second[next++];
  return result;
}

}  // namespace tiny_torch::autodiff
