// Gradients of scatter_reduce, made of differentiable operators.
#include "autograd/formulas.h"
#include "autograd/index_formulas.h"
#include "generated/ops/binary.h"
#include "generated/ops/compare.h"
#include "generated/ops/index.h"

namespace tiny_torch::autodiff {

namespace {

using Pair = std::tuple<TensorBase, TensorBase>;

struct Positions {
  int64_t dim;
  const TensorBase& index;

  TensorBase at(const TensorBase& t) const { return ops::gather(t, dim, index); }
  TensorBase add(const TensorBase& self, const TensorBase& src) const {
    return ops::scatter_add(self, dim, index, src);
  }
  TensorBase clear(const TensorBase& t) const { return ops::scatter(t, dim, index, Scalar(0)); }
};

TensorBase as_number(const TensorBase& condition, const TensorBase& like) {
  return ops::to(condition, like.scalar_type());
}

Pair mean_backward(const TensorBase& grad, const Positions& p, const TensorBase& src, bool include_self) {
  const TensorBase start = include_self ? ops::ones_like(grad) : ops::zeros_like(grad);
  const TensorBase shared = grad / ops::clamp_min(p.add(start, ops::ones_like(src)), Scalar(1));
  return {shared, p.at(shared)};
}

// A factor that is zero gets the product of the others if it is the only zero, else nothing.
Pair prod_backward(const TensorBase& grad, const Positions& p, const TensorBase& self, const TensorBase& src,
                   bool include_self, const TensorBase& result) {
  const TensorBase zero = wrapped_scalar(0);
  const TensorBase self_without_zeros = ops::masked_fill(self, ops::eq(self, zero), Scalar(1));
  const TensorBase others_of_self = ops::scatter_reduce(self_without_zeros, p.dim, p.index, src, "prod", include_self);
  const TensorBase grad_self = grad * others_of_self / self_without_zeros;

  const TensorBase is_zero = ops::eq(src, zero);
  const TensorBase zeros = p.at(p.add(ops::zeros_like(self), as_number(is_zero, self)));
  const TensorBase only_zero = ops::logical_and(is_zero, ops::eq(zeros, wrapped_scalar(1)));
  const TensorBase others_of_zero =
      ops::scatter_reduce(self, p.dim, p.index, ops::masked_fill(src, only_zero, Scalar(1)), "prod", include_self);
  const TensorBase usual = p.at(grad * result) / ops::masked_fill(src, is_zero, Scalar(1));
  return {grad_self, ops::where(only_zero, p.at(grad * others_of_zero), usual)};
}

// All that equal the extremum share its gradient.
Pair extremum_backward(const TensorBase& grad, const Positions& p, const TensorBase& self, const TensorBase& src,
                       const TensorBase& result) {
  const TensorBase self_wins = as_number(ops::eq(self, result), self);
  const TensorBase src_wins = as_number(ops::eq(src, p.at(result)), src);
  const TensorBase share = grad / ops::clamp_min(p.add(self_wins, src_wins), Scalar(1));
  return {self_wins * share, src_wins * p.at(share)};
}

}  // namespace

Pair scatter_reduce_backward(const TensorBase& grad, const TensorBase& self, int64_t dim, const TensorBase& index,
                             const TensorBase& src, std::string_view reduce, bool include_self,
                             const TensorBase& result) {
  const Positions p{dim, index};
  if (index.numel() == 0) return {grad, ops::zeros_like(src)};
  TORCH_CHECK(index.sizes() == src.sizes(), "scatter_reduce(): the gradient needs index and src of one shape, got ",
              index.sizes(), " and ", src.sizes());
  Pair both{grad, TensorBase()};
  if (reduce == "sum") {
    std::get<1>(both) = p.at(grad);
  } else if (reduce == "mean") {
    both = mean_backward(grad, p, src, include_self);
  } else if (reduce == "prod") {
    both = prod_backward(grad, p, self, src, include_self, result);
  } else {
    both = extremum_backward(grad, p, self, src, result);
  }
  if (!include_self) std::get<0>(both) = p.clear(std::get<0>(both));
  return both;
}

}  // namespace tiny_torch::autodiff
