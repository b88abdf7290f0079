// Gradients of linear systems, inverses and determinants.
#pragma once

#include <tuple>

#include "aten/core/TensorBase.h"

namespace tiny_torch::autodiff {

std::tuple<TensorBase, TensorBase> solve_backward(const TensorBase& grad, const TensorBase& result, const TensorBase& a,
                                                  const TensorBase& lu, const TensorBase& pivots, bool left);
TensorBase inverse_backward(const TensorBase& grad, const TensorBase& inverse);
TensorBase lu_solve_backward(const TensorBase& grad, const TensorBase& x, const TensorBase& lu,
                             const TensorBase& pivots, bool left, bool adjoint_system);
std::tuple<TensorBase, TensorBase> solve_triangular_backward(const TensorBase& grad, const TensorBase& a,
                                                             const TensorBase& x, bool upper, bool left, bool unit);
std::tuple<TensorBase, TensorBase> cholesky_solve_backward(const TensorBase& grad, const TensorBase& x,
                                                           const TensorBase& factor, bool upper);
TensorBase det_backward(const TensorBase& grad, const TensorBase& det, const TensorBase& a, const TensorBase& lu,
                        const TensorBase& pivots);
TensorBase slogdet_backward(const TensorBase& grad_logabsdet, const TensorBase& a, const TensorBase& lu,
                            const TensorBase& pivots);
std::tuple<TensorBase, TensorBase> lstsq_backward(const TensorBase& grad, const TensorBase& a, const TensorBase& b);

}  // namespace tiny_torch::autodiff
