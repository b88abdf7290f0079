#include "autograd/as_strided.h"

#include <algorithm>

#include "autograd/engine_ops.h"

namespace tiny_torch::autodiff {

namespace {

using Dims = SmallVector<int64_t, 6>;

/// Whether no two index tuples over `dims` can reach one element (sufficient, not necessary).
bool is_injective(const TensorGeometry& g, const Dims& dims) {
  Dims order(dims);
  std::sort(order.begin(), order.end(), [&g](int64_t a, int64_t b) { return g.strides[a] < g.strides[b]; });
  int64_t reach = 0;
  for (int64_t d : order) {
    if (g.sizes[d] == 1) continue;
    if (g.strides[d] <= reach) return false;
    reach += (g.sizes[d] - 1) * g.strides[d];
  }
  return true;
}

int64_t numel_of(const TensorGeometry& g) {
  int64_t n = 1;
  for (int64_t size : g.sizes) n *= size;
  return n;
}

int64_t extent(const TensorGeometry& g) {
  int64_t last = 0;
  for (size_t d = 0; d < g.sizes.size(); ++d) last += (g.sizes[d] - 1) * g.strides[d];
  return last + 1;
}

/// Adds `grad` into the part of the 1-d `memory` that `view` describes, walking index by index over `loop_dims`.
void add_into(const TensorBase& memory, const TensorBase& grad, const TensorGeometry& view, int64_t offset,
              const Dims& loop_dims, const Dims& kept_dims) {
  const EngineOps& ops = engine_ops();
  Dims sizes, view_strides, grad_strides;
  for (int64_t d : kept_dims) {
    sizes.push_back(view.sizes[d]);
    view_strides.push_back(view.strides[d]);
    grad_strides.push_back(grad.strides()[d]);
  }
  Dims index(loop_dims.size(), 0);
  while (true) {
    int64_t to = offset;
    int64_t from = grad.storage_offset();
    for (size_t i = 0; i < loop_dims.size(); ++i) {
      to += index[i] * view.strides[loop_dims[i]];
      from += index[i] * grad.strides()[loop_dims[i]];
    }
    TensorBase target = ops.as_strided(memory, sizes, view_strides, to);
    ops.add_(target, ops.as_strided(grad, sizes, grad_strides, from));
    size_t i = 0;
    while (i < index.size() && ++index[i] == view.sizes[loop_dims[i]]) index[i++] = 0;
    if (i == index.size()) return;
  }
}

/// Adds `grad`, of the shape of `view`, into a new 1-d memory of `length` elements of which the first is `start`.
TensorBase scatter_geometry(const TensorBase& grad, const TensorGeometry& view, int64_t start, int64_t length) {
  const EngineOps& ops = engine_ops();
  // Repeated elements (stride 0) first: one sum instead of many additions.
  TensorGeometry reduced = view;
  Dims repeated;
  for (size_t d = 0; d < view.sizes.size(); ++d) {
    if (view.strides[d] != 0 || view.sizes[d] == 1) continue;
    repeated.push_back(static_cast<int64_t>(d));
    reduced.sizes[d] = 1;
  }
  const TensorBase source = repeated.empty() ? grad : ops.sum_dims(grad, repeated, true);

  Dims kept, loop;
  for (size_t d = 0; d < reduced.sizes.size(); ++d) kept.push_back(static_cast<int64_t>(d));
  while (!is_injective(reduced, kept)) {
    auto smallest = std::min_element(kept.begin(), kept.end(), [&reduced](int64_t a, int64_t b) {
      return reduced.sizes[a] == 1 ? false : reduced.sizes[b] == 1 ? true : reduced.sizes[a] < reduced.sizes[b];
    });
    loop.push_back(*smallest);
    kept.erase(smallest);
  }
  TensorBase memory = ops.zeros({length}, grad.dtype(), grad.device());
  add_into(memory, source, reduced, view.storage_offset - start, loop, kept);
  return memory;
}

bool is_injective(const TensorGeometry& g) {
  Dims all;
  for (size_t d = 0; d < g.sizes.size(); ++d) all.push_back(static_cast<int64_t>(d));
  return is_injective(g, all);
}

}  // namespace

TensorBase as_strided_backward(const TensorBase& grad, const TensorGeometry& base, const TensorGeometry& view) {
  const EngineOps& ops = engine_ops();
  if (numel_of(base) == 0 || numel_of(view) == 0) return ops.zeros(base.sizes, grad.dtype(), grad.device());
  const int64_t start = std::min(base.storage_offset, view.storage_offset);
  const int64_t end = std::max(base.storage_offset + extent(base), view.storage_offset + extent(view));
  TensorBase memory = scatter_geometry(grad, view, start, end - start);
  if (!is_injective(base)) {
    // Elements of the base that share memory share its gradient, too.
    const TensorBase ones = ops.ones(base.sizes, grad.dtype(), grad.device());
    const TensorBase owners = scatter_geometry(ones, base, start, end - start);
    memory = ops.share(memory, owners);
  }
  return ops.as_strided(memory, base.sizes, base.strides, base.storage_offset - start);
}

variable_list AsStridedBackward::apply(variable_list&& grads) {
  variable_list results(1);
  if (grads[0].defined() && task_should_compute_output(0)) results[0] = as_strided_backward(grads[0], base_, view_);
  return results;
}

}  // namespace tiny_torch::autodiff
