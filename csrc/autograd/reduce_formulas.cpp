#include "autograd/reduce_formulas.h"

#include "autograd/formulas.h"
#include "generated/ops/compare.h"
#include "generated/ops/index.h"
#include "generated/ops/join.h"
#include "generated/ops/transcendental.h"

namespace tiny_torch::autodiff {

namespace {
int64_t count_reduced(IntArrayRef sizes, OptionalIntArrayRef dim) {
  int64_t n = 1;
  if (!dim.has_value() || dim->empty()) {
    for (int64_t s : sizes) n *= s;
    return n;
  }
  for (int64_t d : *dim) {
    if (!sizes.empty()) n *= sizes[static_cast<size_t>(maybe_wrap_dim(d, static_cast<int64_t>(sizes.size())))];
  }
  return n;
}
bool has_zero(const TensorBase& t) {
  return !t.is_meta() && read_scalar(ops::any(ops::eq(t, wrapped_scalar(0)))).to_bool();
}
}  // namespace

TensorBase restore_reduced_dims(const TensorBase& t, int64_t ndim, OptionalIntArrayRef dim, bool keepdim) {
  if (keepdim || ndim == 0) return t;
  DimVector shape;
  SmallVector<bool, 8> reduced(static_cast<size_t>(ndim), !dim.has_value() || dim->empty());
  if (dim.has_value()) {
    for (int64_t d : *dim) reduced[static_cast<size_t>(maybe_wrap_dim(d, ndim))] = true;
  }
  size_t next = 0;
  for (bool r : reduced) shape.push_back(r ? 1 : t.sizes()[next++]);
  return ops::reshape(t, shape);
}

TensorBase mean_backward(const TensorBase& grad, IntArrayRef sizes, OptionalIntArrayRef dim, bool keepdim) {
  return sum_backward(grad, sizes, dim, keepdim) / Scalar(count_reduced(sizes, dim));
}

// Products of all others, from the left and from the right: exact where elements are zero.
TensorBase prod_dim_backward(const TensorBase& grad, const TensorBase& input, const TensorBase& result, int64_t dim,
                             bool keepdim) {
  const TensorBase self = ops::to(input, grad.scalar_type());
  if (self.dim() == 0) return grad;
  const int64_t d = maybe_wrap_dim(dim, self.dim());
  const TensorBase g = keepdim ? grad : ops::unsqueeze(grad, d);
  const TensorBase r = keepdim ? result : ops::unsqueeze(result, d);
  if (!has_zero(self)) return g * (r / self);
  DimVector one_shape(self.sizes());
  one_shape[static_cast<size_t>(d)] = 1;
  const int64_t n = self.size(d);
  const TensorBase one = ops::ones(one_shape, self.scalar_type(), std::nullopt, self.device());
  const TensorBase left = ops::cumprod(ops::cat(std::vector<TensorBase>{one, ops::narrow(self, d, 0, n - 1)}, d), d);
  const TensorBase reversed = ops::flip(ops::narrow(self, d, 1, n - 1), IntArrayRef(d));
  const TensorBase right =
      ops::flip(ops::cumprod(ops::cat(std::vector<TensorBase>{one, reversed}, d), d), IntArrayRef(d));
  return g * left * right;
}

TensorBase prod_backward(const TensorBase& grad, const TensorBase& input, const TensorBase& result) {
  const TensorBase self = ops::to(input, grad.scalar_type());
  if (self.dim() == 0) return grad;
  if (!has_zero(self)) return grad * (result / self);
  return ops::reshape(prod_dim_backward(grad, ops::reshape(self, {-1}), result, 0, false), self.sizes());
}

TensorBase extremum_backward(const TensorBase& grad, const TensorBase& self, const TensorBase& result, IntArrayRef dim,
                             bool keepdim) {
  const TensorBase value = restore_reduced_dims(result, self.dim(), dim, keepdim);
  const TensorBase ties = ops::to(ops::eq(self, value), grad.scalar_type());
  return restore_reduced_dims(grad, self.dim(), dim, keepdim) * ties / ops::sum(ties, OptionalIntArrayRef(dim), true);
}

TensorBase evenly_distribute(const TensorBase& grad, const TensorBase& self, const TensorBase& value) {
  TensorBase mask = ops::eq(self, value);
  if (self.is_floating_point()) mask = ops::logical_or(mask, ops::logical_and(ops::isnan(self), ops::isnan(value)));
  return ops::where(mask, grad / ops::sum(mask), wrapped_scalar(0.0));
}

TensorBase value_selecting_backward(const TensorBase& grad, int64_t dim, const TensorBase& indices, IntArrayRef sizes,
                                    bool keepdim) {
  const bool squeezed = !keepdim && !sizes.empty();
  const TensorBase g = squeezed ? ops::unsqueeze(grad, dim) : grad;
  const TensorBase i = squeezed ? ops::unsqueeze(indices, dim) : indices;
  return ops::scatter(ops::zeros(sizes, grad.scalar_type(), std::nullopt, grad.device()), dim, i, g);
}

TensorBase norm_backward(const TensorBase& grad_in, const TensorBase& self, const Scalar& ord, const TensorBase& result,
                         OptionalIntArrayRef dim, bool keepdim) {
  const double p = ord.to_double();
  const TensorBase grad = restore_reduced_dims(grad_in, self.dim(), dim, keepdim);
  const TensorBase norm = restore_reduced_dims(result, self.dim(), dim, keepdim);
  const auto zero_where = [](const TensorBase& mask, const TensorBase& t) {
    return ops::where(mask, wrapped_scalar(0.0), t);
  };
  if (p == 0) return TensorBase();
  if (p == 1) return ops::sgn(self) * grad;
  if (p == 2) return grad * zero_where(ops::eq(norm, wrapped_scalar(0)), self / norm);
  if (std::isinf(p)) {
    const TensorBase hit = ops::eq(ops::abs(self), norm);
    const TensorBase ties = ops::to(hit, grad.scalar_type());
    return ops::sgn(self) * (grad * ties / ops::sum(ties, dim, true));
  }
  if (p < 1) {
    // The power of the ratio: that of a small element overflows where the norm does not.
    const TensorBase powers = ops::pow(norm / ops::abs(self), Scalar(1 - p));
    return ops::sgn(self) * zero_where(ops::eq(self, wrapped_scalar(0)), powers) * grad;
  }
  const TensorBase scaled =
      p < 2 ? ops::sgn(self) * ops::pow(ops::abs(self), Scalar(p - 1)) : self * ops::pow(ops::abs(self), Scalar(p - 2));
  return scaled * zero_where(ops::eq(norm, wrapped_scalar(0)), grad / ops::pow(norm, Scalar(p - 1)));
}

TensorBase var_backward(const TensorBase& grad, const TensorBase& self, OptionalIntArrayRef dim,
                        const std::optional<Scalar>& correction, bool keepdim) {
  const double divisor =
      static_cast<double>(count_reduced(self.sizes(), dim)) - (correction.has_value() ? correction->to_double() : 1.0);
  const TensorBase g = restore_reduced_dims(grad, self.dim(), dim, keepdim);
  if (divisor <= 0) return g * ops::full_like(self, Scalar(std::nan("")));
  return g * Scalar(2.0 / divisor) * (self - ops::mean(self, dim, true));
}

TensorBase std_backward(const TensorBase& result, const TensorBase& grad, const TensorBase& self,
                        OptionalIntArrayRef dim, const std::optional<Scalar>& correction, bool keepdim) {
  const TensorBase halved =
      ops::where(ops::eq(result, wrapped_scalar(0)), wrapped_scalar(0.0), grad / (result * Scalar(2)));
  return var_backward(halved, self, dim, correction, keepdim);
}

TensorBase logsumexp_backward(const TensorBase& grad, const TensorBase& self, const TensorBase& result, IntArrayRef dim,
                              bool keepdim) {
  return restore_reduced_dims(grad, self.dim(), dim, keepdim) *
         ops::exp(self - restore_reduced_dims(result, self.dim(), dim, keepdim));
}

TensorBase cumsum_backward(const TensorBase& grad, int64_t dim) {
  if (grad.dim() == 0 || grad.numel() <= 1) return grad;
  return ops::flip(ops::cumsum(ops::flip(grad, IntArrayRef(dim)), dim), IntArrayRef(dim));
}

TensorBase cumprod_backward(const TensorBase& grad_in, const TensorBase& self, int64_t dim, const TensorBase& result) {
  const TensorBase grad = ops::to(grad_in, self.scalar_type());
  if (self.dim() == 0 || self.numel() <= 1) return grad;
  if (!has_zero(self)) return cumsum_backward(grad * result, dim) / self;
  // Each input's share of each output, one input position at a time.
  const int64_t d = maybe_wrap_dim(dim, self.dim()), n = self.size(d);
  std::vector<TensorBase> columns;
  for (int64_t k = 0; k < n; ++k) {
    DimVector one_shape(self.sizes());
    one_shape[static_cast<size_t>(d)] = 1;
    TensorBase others = k == 0 ? ops::ones(one_shape, self.scalar_type(), std::nullopt, self.device())
                               : ops::prod(ops::narrow(self, d, 0, k), d, true);
    TensorBase share = ops::narrow(grad, d, k, 1) * others;
    if (k + 1 < n) {
      const TensorBase after = ops::cumprod(ops::narrow(self, d, k + 1, n - k - 1), d);
      share = share + ops::sum(ops::narrow(grad, d, k + 1, n - k - 1) * (others * after),
                               OptionalIntArrayRef(IntArrayRef(d)), true);
    }
    columns.push_back(share);
  }
  return ops::cat(columns, d);
}

}  // namespace tiny_torch::autodiff
