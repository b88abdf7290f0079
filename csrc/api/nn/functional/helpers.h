// What the functions of several families share.
#pragma once

#include "api/enum.h"
#include "aten/Tensor.h"

namespace tiny_torch::frontend::nn::functional {

/// A tensor as operators take optional ones.
inline std::optional<Tensor> if_defined(const Tensor& t) {
  return t.defined() ? std::optional<Tensor>(t) : std::nullopt;
}

/// The number operators know a loss's reduction by.
template <class Options>
int64_t reduction(const Options& options) {
  return enumtype::reduction_get_enum(options.reduction());
}

}  // namespace tiny_torch::frontend::nn::functional
