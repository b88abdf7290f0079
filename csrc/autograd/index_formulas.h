// Gradients of the index operators.
#pragma once

#include <string_view>
#include <tuple>

#include "aten/core/TensorBase.h"

namespace tiny_torch::autodiff {

TensorBase index_backward(const TensorBase& grad, IntArrayRef sizes, ScalarType dtype, Device device,
                          const std::vector<std::optional<TensorBase>>& indices);
TensorBase index_put_grad_self(const TensorBase& grad, const std::vector<std::optional<TensorBase>>& indices,
                               bool accumulate);
TensorBase index_add_grad_source(const TensorBase& grad, int64_t dim, const TensorBase& index, IntArrayRef source_sizes,
                                 const Scalar& alpha);
inline int64_t weight_rows(IntArrayRef sizes) { return sizes[0]; }
/// Gradients of self and src. RuntimeError for a product or an extremum whose `src` is larger than `index`.
std::tuple<TensorBase, TensorBase> scatter_reduce_backward(const TensorBase& grad, const TensorBase& self, int64_t dim,
                                                           const TensorBase& index, const TensorBase& src,
                                                           std::string_view reduce, bool include_self,
                                                           const TensorBase& result);
TensorBase embedding_double_backward(const TensorBase& grad, const TensorBase& indices, int64_t padding_idx);

}  // namespace tiny_torch::autodiff
