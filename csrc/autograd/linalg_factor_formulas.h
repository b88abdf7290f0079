// Gradients of factorisations (Giles, 2008; Seeger et al., arXiv 1710.08717).
#pragma once

#include <string>

#include "aten/core/TensorBase.h"

namespace tiny_torch::autodiff {

TensorBase cholesky_backward(const TensorBase& grad, bool upper, const TensorBase& factor);
TensorBase lu_factor_backward(const TensorBase& grad, const TensorBase& lu, const TensorBase& pivots);
/// Each gradient may be undefined. RuntimeError for the complete Q of tall matrices.
TensorBase qr_backward(const TensorBase& grad_q, const TensorBase& grad_r, const TensorBase& q, const TensorBase& r);
TensorBase eigh_backward(const TensorBase& grad_values, const TensorBase& grad_vectors, const TensorBase& values,
                         const TensorBase& vectors, const TensorBase& a, const std::string& uplo, bool has_vectors);
TensorBase eig_backward(const TensorBase& grad_values, const TensorBase& grad_vectors, const TensorBase& values,
                        const TensorBase& vectors, bool complex_input);
TensorBase svd_backward(const TensorBase& grad_u, const TensorBase& grad_s, const TensorBase& grad_vh,
                        const TensorBase& u, const TensorBase& s, const TensorBase& vh, const TensorBase& a,
                        bool full_matrices, bool has_vectors);

}  // namespace tiny_torch::autodiff
