// Gradients of the reductions.
#pragma once

#include "aten/core/TensorBase.h"

namespace tiny_torch::autodiff {

/// A reduced tensor with size 1 in place of the dims that were removed.
TensorBase restore_reduced_dims(const TensorBase& t, int64_t ndim, OptionalIntArrayRef dim, bool keepdim);
TensorBase mean_backward(const TensorBase& grad, IntArrayRef sizes, OptionalIntArrayRef dim, bool keepdim);
TensorBase prod_backward(const TensorBase& grad, const TensorBase& self, const TensorBase& result);
TensorBase prod_dim_backward(const TensorBase& grad, const TensorBase& self, const TensorBase& result, int64_t dim,
                             bool keepdim);
/// Of max() and min() over all elements: ties share the gradient.
TensorBase evenly_distribute(const TensorBase& grad, const TensorBase& self, const TensorBase& value);
/// Of amax and amin: ties share the gradient.
TensorBase extremum_backward(const TensorBase& grad, const TensorBase& self, const TensorBase& result, IntArrayRef dim,
                             bool keepdim);
/// The gradient at `indices` along `dim`, zero elsewhere.
TensorBase value_selecting_backward(const TensorBase& grad, int64_t dim, const TensorBase& indices, IntArrayRef sizes,
                                    bool keepdim);
TensorBase norm_backward(const TensorBase& grad, const TensorBase& self, const Scalar& ord, const TensorBase& result,
                         OptionalIntArrayRef dim, bool keepdim);
TensorBase var_backward(const TensorBase& grad, const TensorBase& self, OptionalIntArrayRef dim,
                        const std::optional<Scalar>& correction, bool keepdim);
TensorBase std_backward(const TensorBase& result, const TensorBase& grad, const TensorBase& self,
                        OptionalIntArrayRef dim, const std::optional<Scalar>& correction, bool keepdim);
TensorBase logsumexp_backward(const TensorBase& grad, const TensorBase& self, const TensorBase& result, IntArrayRef dim,
                              bool keepdim);
TensorBase cumsum_backward(const TensorBase& grad, int64_t dim);
TensorBase cumprod_backward(const TensorBase& grad, const TensorBase& self, int64_t dim, const TensorBase& result);

}  // namespace tiny_torch::autodiff
