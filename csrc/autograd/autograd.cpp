#include "autograd/autograd.h"

#include "autograd/AutogradMeta.h"
#include "autograd/basic_nodes.h"
#include "autograd/engine_ops.h"

namespace tiny_torch::autodiff {

namespace {

std::string torch_size(IntArrayRef sizes) {
  std::ostringstream out;
  out << "torch.Size([";
  for (size_t i = 0; i < sizes.size(); ++i) out << (i == 0 ? "" : ", ") << sizes[i];
  out << "])";
  return out.str();
}

/// Ones for what the caller left out; checks what was given.
variable_list make_grads(TensorList outputs, TensorList grads) {
  TORCH_CHECK(grads.empty() || grads.size() == outputs.size(), "got ", outputs.size(), " tensors and ", grads.size(),
              " gradients");
  variable_list result;
  result.reserve(outputs.size());
  for (size_t i = 0; i < outputs.size(); ++i) {
    const TensorBase& output = outputs[i];
    if (grads.empty() || !grads[i].defined()) {
      if (!output.requires_grad()) {
        result.emplace_back();
        continue;
      }
      TORCH_CHECK(output.numel() == 1, "grad can be implicitly created only for scalar outputs");
      TORCH_CHECK(is_floating_point(output.dtype()),
                  "grad can be implicitly created only for real scalar outputs but got torch.",
                  python_name(output.dtype()));
      result.push_back(engine_ops().ones(output.sizes(), output.dtype(), output.device()));
      continue;
    }
    const TensorBase& grad = grads[i];
    TORCH_CHECK(grad.sizes() == output.sizes(), "Mismatch in shape: grad_output[", i, "] has a shape of ",
                torch_size(grad.sizes()), " and output[", i, "] has a shape of ", torch_size(output.sizes()), ".");
    TORCH_CHECK(grad.is_complex() == output.is_complex(),
                "For complex Tensors, both grad_output and output are required to have the same dtype. Mismatch in "
                "dtype: grad_output[",
                i, "] has a dtype of torch.", python_name(grad.dtype()), " and output[", i, "] has a dtype of torch.",
                python_name(output.dtype()), ".");
    result.push_back(grad);
  }
  return result;
}

edge_list root_edges(TensorList tensors) {
  edge_list roots;
  roots.reserve(tensors.size());
  for (size_t i = 0; i < tensors.size(); ++i) {
    TORCH_CHECK(tensors[i].defined(), "element ", i, " of tensors is undefined");
    Edge edge = gradient_edge(tensors[i]);
    TORCH_CHECK(edge.is_valid(), "element ", i, " of tensors does not require grad and does not have a grad_fn");
    roots.push_back(std::move(edge));
  }
  return roots;
}

edge_list input_edges(TensorList inputs, bool accumulate_grad) {
  edge_list edges;
  edges.reserve(inputs.size());
  for (const TensorBase& input : inputs) {
    TORCH_CHECK(input.defined() && input.requires_grad(), "One of the differentiated Tensors does not require grad");
    if (accumulate_grad) retain_grad(input);
    Edge edge = gradient_edge(input);
    edges.push_back(edge.is_valid() ? std::move(edge) : Edge(make_intrusive<Identity>(), 0));
  }
  return edges;
}

}  // namespace

void backward(TensorList tensors, TensorList grad_tensors, std::optional<bool> retain_graph, bool create_graph,
              std::optional<TensorList> inputs) {
  TORCH_CHECK(!inputs.has_value() || !inputs->empty(), "`inputs` argument to `backward()` cannot be empty.");
  variable_list grads = make_grads(tensors, grad_tensors);
  const edge_list roots = root_edges(tensors);
  const edge_list outputs = inputs.has_value() ? input_edges(*inputs, true) : edge_list();
  Engine::get().run_backward(roots, std::move(grads), retain_graph.value_or(create_graph), create_graph, outputs, true);
}

variable_list grad(TensorList outputs, TensorList inputs, TensorList grad_outputs, std::optional<bool> retain_graph,
                   bool create_graph, bool allow_unused, bool materialize_grads) {
  TORCH_CHECK_VALUE(!inputs.empty(), "grad requires non-empty inputs.");
  variable_list grads = make_grads(outputs, grad_outputs);
  const edge_list roots = root_edges(outputs);
  const edge_list wanted = input_edges(inputs, false);
  variable_list result = Engine::get().run_backward(roots, std::move(grads), retain_graph.value_or(create_graph),
                                                    create_graph, wanted, false);
  for (size_t i = 0; i < result.size(); ++i) {
    if (result[i].defined()) continue;
    if (materialize_grads) {
      result[i] = engine_ops().zeros(inputs[i].sizes(), inputs[i].dtype(), inputs[i].device());
      continue;
    }
    TORCH_CHECK(allow_unused, "The differentiated Tensor at index ", i,
                " appears to not have been used in the graph. Set allow_unused=True if this is the desired behavior.");
  }
  return result;
}

}  // namespace tiny_torch::autodiff
