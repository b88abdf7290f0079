#include "api/nn/functional/normalization.h"

#include "api/nn/functional/helpers.h"
#include "generated/functions/creation.h"
#include "generated/functions/join.h"
#include "generated/functions/norm.h"

namespace tiny_torch::frontend::nn::functional {
Tensor batch_norm(const Tensor& input, const Tensor& running_mean, const Tensor& running_var,
                  const BatchNormFuncOptions& options) {
  if (options.training()) {
    TORCH_CHECK_VALUE(input.dim() >= 2, "batch_norm(): expected input with at least 2 dimensions, got ", input.dim());
    TORCH_CHECK_VALUE(input.numel() != input.size(1),
                      "Expected more than 1 value per channel when training, got input size ", input.sizes());
  }
  return tiny_torch::batch_norm(input, if_defined(options.weight()), if_defined(options.bias()),
                                if_defined(running_mean), if_defined(running_var), options.training(),
                                options.momentum().value_or(0), options.eps(), /*cudnn_enabled=*/false);
}
Tensor instance_norm(const Tensor& input, const InstanceNormFuncOptions& options) {
  return tiny_torch::instance_norm(input, if_defined(options.weight()), if_defined(options.bias()),
                                   if_defined(options.running_mean()), if_defined(options.running_var()),
                                   options.use_input_stats(), options.momentum(), options.eps(),
                                   /*cudnn_enabled=*/false);
}
Tensor layer_norm(const Tensor& input, const LayerNormFuncOptions& options) {
  return tiny_torch::layer_norm(input, options.normalized_shape(), if_defined(options.weight()),
                                if_defined(options.bias()), options.eps());
}
Tensor group_norm(const Tensor& input, const GroupNormFuncOptions& options) {
  return tiny_torch::group_norm(input, options.num_groups(), if_defined(options.weight()), if_defined(options.bias()),
                                options.eps());
}

Tensor local_response_norm(const Tensor& input, const LocalResponseNormFuncOptions& options) {
  TORCH_CHECK_VALUE(input.dim() >= 3, "Expected 3D or higher dimensionality input (got ", input.dim(), " dimensions)");
  // The mean over a window of `size` channels, zeros beyond both ends, from differences of running sums.
  const int64_t size = options.size(), before = size / 2, channels = input.size(1);
  std::vector<int64_t> front = input.sizes().vec(), back = front;
  front[1] = before + 1;
  back[1] = size - 1 - before;
  const Tensor squares = input * input;
  const Tensor padded = cat({zeros(front, input.options()), squares, zeros(back, input.options())}, 1);
  const Tensor sums = padded.cumsum(1);
  const Tensor window = sums.narrow(1, size, channels) - sums.narrow(1, 0, channels);
  return input / (window * (options.alpha() / static_cast<double>(size)) + options.k()).pow(options.beta());
}

Tensor normalize(const Tensor& input, NormalizeFuncOptions options) {
  const Tensor norms = input.norm(Scalar(options.p()), {options.dim()}, /*keepdim=*/true).clamp_min(options.eps());
  const Tensor result = input / norms.expand_as(input);
  if (!options.out().has_value()) return result;
  return options.out()->copy_(result);
}

}  // namespace tiny_torch::frontend::nn::functional
