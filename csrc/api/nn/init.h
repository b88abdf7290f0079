// torch::nn::init: fills parameters in place, without recording gradients; each returns its tensor.
#pragma once

#include <variant>

#include "api/enum.h"
#include "aten/Tensor.h"

namespace tiny_torch::frontend::nn::init {

using NonlinearityType =
    std::variant<enumtype::kLinear, enumtype::kConv1D, enumtype::kConv2D, enumtype::kConv3D, enumtype::kConvTranspose1D,
                 enumtype::kConvTranspose2D, enumtype::kConvTranspose3D, enumtype::kSigmoid, enumtype::kTanh,
                 enumtype::kReLU, enumtype::kLeakyReLU>;
using FanModeType = std::variant<enumtype::kFanIn, enumtype::kFanOut>;

/// The standard deviation that keeps activations of this kind at scale; `param` is the slope of a leaky ReLU.
TORCH_API double calculate_gain(NonlinearityType nonlinearity, double param = 0.01);
/// Inputs and outputs of one unit of a weight. RuntimeError for tensors with fewer than 2 dimensions.
TORCH_API std::tuple<int64_t, int64_t> _calculate_fan_in_and_fan_out(const Tensor& tensor);

TORCH_API Tensor constant_(Tensor tensor, Scalar value);
TORCH_API Tensor ones_(Tensor tensor);
TORCH_API Tensor zeros_(Tensor tensor);
TORCH_API Tensor normal_(Tensor tensor, double mean = 0, double std = 1);
TORCH_API Tensor trunc_normal_(Tensor tensor, double mean = 0, double std = 1, double a = -2, double b = 2);
TORCH_API Tensor uniform_(Tensor tensor, double low = 0, double high = 1);
/// The identity matrix; RuntimeError unless 2-d.
TORCH_API Tensor eye_(Tensor matrix);
/// The identity of a convolution; RuntimeError unless 3-d to 5-d.
TORCH_API Tensor dirac_(Tensor tensor);
/// A matrix of `gain` times orthonormal rows or columns, whichever are fewer (Saxe et al., 2013); dimensions after the
/// first count as columns. RuntimeError for fewer than 2 dimensions.
TORCH_API Tensor orthogonal_(Tensor tensor, double gain = 1.0);
/// `sparsity` of each column is zero, the rest is normal; RuntimeError unless 2-d.
TORCH_API Tensor sparse_(Tensor tensor, double sparsity, double std = 0.01);
TORCH_API Tensor kaiming_normal_(Tensor tensor, double a = 0, FanModeType mode = kFanIn,
                                 NonlinearityType nonlinearity = kLeakyReLU);
TORCH_API Tensor kaiming_uniform_(Tensor tensor, double a = 0, FanModeType mode = kFanIn,
                                  NonlinearityType nonlinearity = kLeakyReLU);
TORCH_API Tensor xavier_normal_(Tensor tensor, double gain = 1.0);
TORCH_API Tensor xavier_uniform_(Tensor tensor, double gain = 1.0);

}  // namespace tiny_torch::frontend::nn::init
