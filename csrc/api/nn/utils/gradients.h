// torch::nn::utils: clipping of gradients; parameters as one vector.
#pragma once

#include <vector>

#include "aten/Tensor.h"

namespace tiny_torch::frontend::nn::utils {

/// Scales the gradients of all parameters together so that their norm is at most max_norm, and returns the norm they
/// had. RuntimeError with error_if_nonfinite for a norm that is no number or infinite.
TORCH_API double clip_grad_norm_(const std::vector<Tensor>& parameters, double max_norm, double norm_type = 2.0,
                                 bool error_if_nonfinite = false);
TORCH_API double clip_grad_norm_(Tensor parameter, double max_norm, double norm_type = 2.0,
                                 bool error_if_nonfinite = false);
/// Limits each gradient to [-clip_value, clip_value].
TORCH_API void clip_grad_value_(const std::vector<Tensor>& parameters, double clip_value);
TORCH_API void clip_grad_value_(Tensor parameter, double clip_value);

TORCH_API Tensor parameters_to_vector(const std::vector<Tensor>& parameters);
/// RuntimeError unless `vector` has as many elements as the parameters together.
TORCH_API void vector_to_parameters(const Tensor& vector, const std::vector<Tensor>& parameters);

}  // namespace tiny_torch::frontend::nn::utils
