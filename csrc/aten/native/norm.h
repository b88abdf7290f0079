// Compute behind the normalisations. Tensors that are undefined were not given or are not wanted.
#pragma once

#include "aten/core/TensorBase.h"
#include "aten/core/stub.h"

namespace tiny_torch::native {

/// `input` and `out` are rows of `n` values in contiguous memory, `mean` and `rstd` have one value per row, weight and
/// bias n of them.
struct LayerNormCall {
  const TensorBase &out, &mean, &rstd, &input, &weight, &bias;
  int64_t n;
  double eps;
};
DECLARE_STUB(layer_norm_stub, void(const LayerNormCall& call));

struct LayerNormBackwardCall {
  const TensorBase &grad_input, &grad_weight, &grad_bias, &grad_out, &input, &mean, &rstd, &weight;
  int64_t n;
};
DECLARE_STUB(layer_norm_backward_stub, void(const LayerNormBackwardCall& call));

/// `input` and `out` lie in memory as (batch, channels, positions), or with `channels_last` as (batch, positions,
/// channels); everything else has one value per channel. In training save_mean and save_invstd are written and the
/// running statistics, where defined, updated; otherwise the latter are used.
struct BatchNormCall {
  const TensorBase &out, &save_mean, &save_invstd, &input, &weight, &bias, &running_mean, &running_var;
  bool training, channels_last;
  double momentum, eps;
};
DECLARE_STUB(batch_norm_stub, void(const BatchNormCall& call));

struct BatchNormBackwardCall {
  const TensorBase &grad_input, &grad_weight, &grad_bias, &grad_out, &input, &weight, &mean, &invstd;
  bool training, channels_last;
};
DECLARE_STUB(batch_norm_backward_stub, void(const BatchNormBackwardCall& call));

}  // namespace tiny_torch::native
