"""Normalisation and dropout."""

from __future__ import annotations

import warnings

import tiny_torch as torch

_VF = torch._C._VariableFunctions
# The operators take this flag; on the CPU it changes nothing.
_CUDNN_ENABLED = True

__all__ = [
    "alpha_dropout",
    "batch_norm",
    "dropout",
    "dropout1d",
    "dropout2d",
    "dropout3d",
    "feature_alpha_dropout",
    "group_norm",
    "instance_norm",
    "layer_norm",
    "local_response_norm",
    "normalize",
    "rms_norm",
]


def _check_probability(p: float) -> None:
    if p < 0.0 or p > 1.0:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")


def dropout(input, p: float = 0.5, training: bool = True, inplace: bool = False):
    """Zeroes each element with probability `p` in training and scales the others by ``1 / (1 - p)``.

    Args:
        input: floating tensor of any shape.
        training: without it `input` comes back as it is.
        inplace: overwrite `input`.

    Raises:
        ValueError: `p` is outside [0, 1].
    """
    _check_probability(p)
    return (_VF.dropout_ if inplace else _VF.dropout)(input, p, training)


def alpha_dropout(input, p: float = 0.5, training: bool = False, inplace: bool = False):
    """Dropout that keeps the mean and variance of a `selu` network (Klambauer et al., 2017)."""
    _check_probability(p)
    return (_VF.alpha_dropout_ if inplace else _VF.alpha_dropout)(input, p, training)


def feature_alpha_dropout(input, p: float = 0.5, training: bool = False, inplace: bool = False):
    """`alpha_dropout` that masks whole channels of a (N, C, ...) tensor."""
    _check_probability(p)
    return (_VF.feature_alpha_dropout_ if inplace else _VF.feature_alpha_dropout)(input, p, training)


def _feature_dropout(input, p, training, inplace, unbatched):
    if unbatched:
        input = input.unsqueeze_(0) if inplace else input.unsqueeze(0)
    result = (_VF.feature_dropout_ if inplace else _VF.feature_dropout)(input, p, training)
    if unbatched:
        result = result.squeeze_(0) if inplace else result.squeeze(0)
    return result


def _warn_dims(name: str, dims: int, spatial: int) -> None:
    warnings.warn(
        f"{name}: Received a {dims}-D input to {name}, which is deprecated. It drops channels of inputs with {spatial} "
        f"spatial dimensions, that is {spatial + 1}-D or {spatial + 2}-D ones; use dropout for others.",
        stacklevel=4,
    )


def dropout1d(input, p: float = 0.5, training: bool = True, inplace: bool = False):
    """Zeroes whole channels of a (N, C, L) or (C, L) tensor with probability `p` and scales the others.

    Raises:
        RuntimeError: `input` has neither two nor three dimensions.
        ValueError: `p` is outside [0, 1].
    """
    _check_probability(p)
    dims = input.dim()
    if dims not in (2, 3):
        raise RuntimeError(
            f"dropout1d: Expected 2D or 3D input, but received a {dims}D input. Note that dropout1d exists to provide "
            "channel-wise dropout on inputs with 1 spatial dimension, a channel dimension, and an optional batch "
            "dimension (i.e. 2D or 3D inputs)."
        )
    return _feature_dropout(input, p, training, inplace, dims == 2)


def dropout2d(input, p: float = 0.5, training: bool = True, inplace: bool = False):
    """Zeroes whole channels of a (N, C, H, W) tensor with probability `p` and scales the others.

    A (C, H, W) tensor is taken as (N, C, L), so its rows are dropped, not its channels.
    """
    _check_probability(p)
    dims = input.dim()
    if dims == 3:
        warnings.warn(
            "dropout2d: Received a 3D input to dropout2d, which is taken as (N, C, L); use dropout1d to say so.",
            stacklevel=3,
        )
    elif dims != 4:
        _warn_dims("dropout2d", dims, 2)
    return _feature_dropout(input, p, training, inplace, False)


def dropout3d(input, p: float = 0.5, training: bool = True, inplace: bool = False):
    """Zeroes whole channels of a (N, C, D, H, W) or (C, D, H, W) tensor with probability `p`, scaling the others."""
    _check_probability(p)
    dims = input.dim()
    if dims not in (4, 5):
        _warn_dims("dropout3d", dims, 3)
    return _feature_dropout(input, p, training, inplace, dims == 4)


def _check_values_per_channel(size, per_channel: int) -> None:
    if per_channel == 1:
        raise ValueError(f"Expected more than 1 value per channel when training, got input size {size}")


def _batch_values(size) -> int:
    count = size[0]
    for length in size[2:]:
        count *= length
    return count


def batch_norm(
    input,
    running_mean,
    running_var,
    weight=None,
    bias=None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
):
    """Normalises each channel over batch and positions (Ioffe and Szegedy, 2015).

    Args:
        input: (N, C, ...), floating.
        running_mean, running_var: (C,); updated in training, used for normalising otherwise.
        weight, bias: (C,), the affine map afterwards, or ``None``.
        training: normalise by the statistics of this batch.
        momentum: weight of the new batch in the running statistics.
        eps: added to the variance.

    Raises:
        ValueError: training with one value per channel.
    """
    if eps < 0.0 and not training:
        raise ValueError(f"batch_norm eps must be non-negative, but got {eps}")
    if training:
        if eps <= 0.0:
            raise ValueError(f"batch_norm eps must be positive during training, but got {eps}")
        _check_values_per_channel(input.size(), _batch_values(input.size()))
    return _VF.batch_norm(input, weight, bias, running_mean, running_var, training, momentum, eps, _CUDNN_ENABLED)


def instance_norm(
    input,
    running_mean=None,
    running_var=None,
    weight=None,
    bias=None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
):
    """Normalises each channel of each sample over its positions (Ulyanov et al., 2016).

    The arguments are those of `batch_norm`, with `use_input_stats` in the place of `training`.
    """
    if use_input_stats:
        size = input.size()
        count = 1
        for length in size[2:]:
            count *= length
        if count == 1:
            raise ValueError(f"Expected more than 1 spatial element when training, got input size {size}")
    return _VF.instance_norm(
        input, weight, bias, running_mean, running_var, use_input_stats, momentum, eps, _CUDNN_ENABLED
    )


def layer_norm(input, normalized_shape, weight=None, bias=None, eps: float = 1e-5):
    """Normalises over the last dimensions, which are `normalized_shape` (Ba et al., 2016).

    Args:
        input: (..., *normalized_shape), floating.
        weight, bias: of shape `normalized_shape`, the affine map afterwards, or ``None``.
        eps: added to the variance.
    """
    return _VF.layer_norm(input, normalized_shape, weight, bias, eps)


def rms_norm(input, normalized_shape, weight=None, eps=None):
    """Divides by the root of the mean square over the last dimensions (Zhang and Sennrich, 2019).

    `eps` is the dtype's machine epsilon where it is ``None``.
    """
    return _VF.rms_norm(input, normalized_shape, weight, eps)


def group_norm(input, num_groups: int, weight=None, bias=None, eps: float = 1e-5):
    """Normalises each of `num_groups` groups of channels of each sample (Wu and He, 2018).

    Args:
        input: (N, C, ...), floating, with C divisible by `num_groups`.
        weight, bias: (C,), or ``None``.

    Raises:
        RuntimeError: `input` has fewer than two dimensions.
        ValueError: one value per group.
    """
    if input.dim() < 2:
        raise RuntimeError(f"Expected at least 2 dimensions for input tensor but received {input.dim()}")
    sizes = [input.size(0) * input.size(1) // num_groups, num_groups, *input.size()[2:]]
    _check_values_per_channel(sizes, _batch_values(sizes))
    return _VF.group_norm(input, num_groups, weight, bias, eps, _CUDNN_ENABLED)


def local_response_norm(input, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0):
    """Divides each element by the energy of `size` neighbouring channels (Krizhevsky et al., 2012).

    Args:
        input: (N, C, ...) with at least three dimensions.
        size: number of channels that count as neighbours.
        alpha, beta, k: the divisor is ``(k + alpha * mean_square) ** beta``.
    """
    from tiny_torch.nn import functional as F

    dim = input.dim()
    if dim < 3:
        raise ValueError(f"Expected 3D or higher dimensionality input (got {dim} dimensions)")
    if input.numel() == 0:
        return input
    square = input.mul(input)
    if dim == 3:
        square = F.pad(square.unsqueeze(1), (0, 0, size // 2, (size - 1) // 2))
        energy = F.avg_pool2d(square, (size, 1), stride=1).squeeze(1)
    else:
        sizes = input.size()
        square = square.view(sizes[0], 1, sizes[1], sizes[2], -1)
        square = F.pad(square, (0, 0, 0, 0, size // 2, (size - 1) // 2))
        energy = F.avg_pool3d(square, (size, 1, 1), stride=1).squeeze(1).view(sizes)
    return input / energy.mul(alpha).add(k).pow(beta)


def normalize(input, p: float = 2.0, dim: int = 1, eps: float = 1e-12, out=None):
    """Divides each slice along `dim` by its p-norm, or by `eps` where that is greater."""
    if out is None:
        return input / input.norm(p, dim, keepdim=True).clamp_min(eps).expand_as(input)
    return torch.div(input, input.norm(p, dim, keepdim=True).clamp_min_(eps).expand_as(input), out=out)
