#include "autograd/view_formulas.h"

#include <algorithm>

#include "autograd/formulas.h"
#include "generated/ops/join.h"

namespace tiny_torch::autodiff {

TensorBase permute_backward(const TensorBase& grad, IntArrayRef dims) {
  DimVector inverse(dims.size());
  for (size_t i = 0; i < dims.size(); ++i)
    inverse[static_cast<size_t>(maybe_wrap_dim(dims[i], grad.dim()))] = static_cast<int64_t>(i);
  return ops::permute(grad, inverse);
}

TensorBase split_with_sizes_backward(const variable_list& grads, IntArrayRef sizes, ScalarType dtype, Device device,
                                     IntArrayRef split_sizes, int64_t dim) {
  const auto d = static_cast<size_t>(maybe_wrap_dim(dim, static_cast<int64_t>(sizes.size())));
  std::vector<TensorBase> pieces;
  for (size_t i = 0; i < grads.size(); ++i) {
    DimVector shape(sizes);
    shape[d] = split_sizes[i];
    pieces.push_back(grads[i].defined() ? grads[i] : ops::zeros(shape, dtype, std::nullopt, device));
  }
  return ops::cat(pieces, static_cast<int64_t>(d));
}

TensorBase split_backward(const variable_list& grads, IntArrayRef sizes, ScalarType dtype, Device device,
                          int64_t split_size, int64_t dim) {
  const auto d = static_cast<size_t>(maybe_wrap_dim(dim, static_cast<int64_t>(sizes.size())));
  DimVector split_sizes(grads.size(), split_size);
  if (!grads.empty()) split_sizes.back() = sizes[d] - split_size * (static_cast<int64_t>(grads.size()) - 1);
  return split_with_sizes_backward(grads, sizes, dtype, device, split_sizes, static_cast<int64_t>(d));
}

TensorBase unbind_backward(const variable_list& grads, IntArrayRef sizes, ScalarType dtype, Device device,
                           int64_t dim) {
  const auto d = static_cast<size_t>(maybe_wrap_dim(dim, static_cast<int64_t>(sizes.size())));
  DimVector shape(sizes);
  shape.erase(shape.begin() + d);
  std::vector<TensorBase> slices;
  for (size_t i = 0; i < grads.size(); ++i)
    slices.push_back(grads[i].defined() ? grads[i] : ops::zeros(shape, dtype, std::nullopt, device));
  if (slices.empty()) return ops::zeros(sizes, dtype, std::nullopt, device);
  return ops::stack(slices, static_cast<int64_t>(d));
}

}  // namespace tiny_torch::autodiff
