"""Normalisation over features, groups of channels and neighbouring channels."""

from __future__ import annotations

import numbers

import tiny_torch as torch
from tiny_torch.nn import functional as F
from tiny_torch.nn import init
from tiny_torch.nn.modules.module import Module
from tiny_torch.nn.parameter import Parameter

__all__ = ["CrossMapLRN2d", "GroupNorm", "LayerNorm", "LocalResponseNorm", "RMSNorm"]


class LocalResponseNorm(Module):
    """Divides by the energy of `size` neighbouring channels (Krizhevsky et al., 2012); see `local_response_norm`."""

    __constants__ = ["size", "alpha", "beta", "k"]

    def __init__(self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0):
        super().__init__()
        self.size = size
        self.alpha = alpha
        self.beta = beta
        self.k = k

    def forward(self, input):
        return F.local_response_norm(input, self.size, self.alpha, self.beta, self.k)

    def extra_repr(self) -> str:
        return f"{self.size}, alpha={self.alpha}, beta={self.beta}, k={self.k}"


def _band(channels: int, first: int, last: int, like):
    """(C, C) ones where column - row is in [first, last]."""
    row = torch.arange(channels, device=like.device)
    distance = row.unsqueeze(0) - row.unsqueeze(1)
    return ((distance >= first) & (distance <= last)).to(like.dtype)


def _sum_channels(band, x):
    return torch.matmul(band, x.flatten(2)).reshape(x.shape)


class _CrossMapLRN(torch.autograd.Function):
    """The windows of PyTorch's CrossMapLRN2d: its first channel stays in every sum, its gradient looks back only."""

    @staticmethod
    def forward(ctx, input, size, alpha, beta, k):
        channels, reach = input.size(1), int((size - 1) / 2 + 1)
        band = _band(channels, 1 - reach, reach - 1, input)
        band[:, 0] = 1
        scale = _sum_channels(band, input * input) * (alpha / size) + k
        output = scale.pow(-beta) * input
        ctx.constants = size, alpha, beta
        ctx.save_for_backward(input, output, scale)
        return output

    @staticmethod
    def backward(ctx, grad_output):
        input, output, scale = ctx.saved_tensors
        size, alpha, beta = ctx.constants
        shift = int(size - (size - 1) / 2)
        band = _band(input.size(1), -shift, size - 1 - shift, input)
        ratios = _sum_channels(band, grad_output * output / scale)
        return scale.pow(-beta) * grad_output - 2 * alpha * beta / size * input * ratios, None, None, None, None


class CrossMapLRN2d(Module):
    """Divides (N, C, H, W) tensors by the energy of neighbouring channels, with the sums PyTorch makes."""

    def __init__(self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1):
        super().__init__()
        self.size = size
        self.alpha = alpha
        self.beta = beta
        self.k = k

    def forward(self, input):
        if input.dim() != 4:
            raise ValueError(f"CrossMapLRN2d: Expected input to be 4D, got {input.dim()}D instead.")
        return _CrossMapLRN.apply(input, self.size, self.alpha, self.beta, self.k)

    def extra_repr(self) -> str:
        return f"{self.size}, alpha={self.alpha}, beta={self.beta}, k={self.k}"


def _shape_of(normalized_shape) -> tuple:
    return (normalized_shape,) if isinstance(normalized_shape, numbers.Integral) else tuple(normalized_shape)


class LayerNorm(Module):
    """Normalises over the last dimensions (Ba et al., 2016).

    Args:
        normalized_shape: their sizes; one number for the last dimension alone.
        eps: added to the variance.
        elementwise_affine: multiply by a learned `weight` and add a learned `bias` of those sizes.
        bias: whether the affine map has a bias.

    Shape:
        (..., *normalized_shape) to the same.
    """

    __constants__ = ["normalized_shape", "eps", "elementwise_affine"]

    def __init__(
        self,
        normalized_shape,
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        device=None,
        dtype=None,
    ):
        super().__init__()
        self.normalized_shape = _shape_of(normalized_shape)
        self.eps = eps
        self.elementwise_affine = elementwise_affine
        for name, present in (("weight", elementwise_affine), ("bias", elementwise_affine and bias)):
            empty = Parameter(torch.empty(self.normalized_shape, device=device, dtype=dtype)) if present else None
            self.register_parameter(name, empty)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Makes the affine map the identity."""
        if self.elementwise_affine:
            init.ones_(self.weight)
            if self.bias is not None:
                init.zeros_(self.bias)

    def forward(self, input):
        return F.layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return (
            f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}, "
            f"bias={self.bias is not None}"
        )


class GroupNorm(Module):
    """Normalises groups of channels of each sample (Wu and He, 2018).

    Args:
        num_groups: number of groups; divides `num_channels`.
        num_channels: C.
        eps: added to the variance.
        affine: multiply by a learned `weight` and add a learned `bias`, each (C,).

    Shape:
        (N, C, ...) to the same.

    Raises:
        ValueError: `num_channels` is not divisible by `num_groups`.
    """

    __constants__ = ["num_groups", "num_channels", "eps", "affine"]

    def __init__(
        self,
        num_groups: int,
        num_channels: int,
        eps: float = 1e-5,
        affine: bool = True,
        device=None,
        dtype=None,
        *,
        bias: bool = True,
    ):
        super().__init__()
        if num_channels % num_groups != 0:
            raise ValueError(f"num_channels ({num_channels}) must be divisible by num_groups ({num_groups})")
        self.num_groups = num_groups
        self.num_channels = num_channels
        self.eps = eps
        self.affine = affine
        for name, present in (("weight", affine), ("bias", affine and bias)):
            empty = Parameter(torch.empty(num_channels, device=device, dtype=dtype)) if present else None
            self.register_parameter(name, empty)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Makes the affine map the identity."""
        if self.affine:
            init.ones_(self.weight)
            if self.bias is not None:
                init.zeros_(self.bias)

    def forward(self, input):
        return F.group_norm(input, self.num_groups, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return (
            f"{self.num_groups}, {self.num_channels}, eps={self.eps}, affine={self.affine}, "
            f"bias={self.bias is not None}"
        )


class RMSNorm(Module):
    """Divides by the root of the mean square over the last dimensions (Zhang and Sennrich, 2019).

    Args:
        normalized_shape: their sizes; one number for the last dimension alone.
        eps: added to the mean square; ``None`` takes the dtype's machine epsilon.
        elementwise_affine: multiply by a learned `weight` of those sizes.
    """

    __constants__ = ["normalized_shape", "eps", "elementwise_affine"]

    def __init__(self, normalized_shape, eps=None, elementwise_affine: bool = True, device=None, dtype=None):
        super().__init__()
        self.normalized_shape = _shape_of(normalized_shape)
        self.eps = eps
        self.elementwise_affine = elementwise_affine
        empty = torch.empty(self.normalized_shape, device=device, dtype=dtype) if elementwise_affine else None
        self.register_parameter("weight", None if empty is None else Parameter(empty))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Fills the weight with one."""
        if self.elementwise_affine:
            init.ones_(self.weight)

    def forward(self, input):
        return F.rms_norm(input, self.normalized_shape, self.weight, self.eps)

    def extra_repr(self) -> str:
        return f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}"
