"""Pooling over windows and its inverses, and sliding blocks.

Sizes such as `kernel_size` are one number or one per spatial dimension; `stride` is `kernel_size` where it is None.
"""

from __future__ import annotations

import tiny_torch as torch
from tiny_torch.nn._sizes import _list_with_default, _pair, _single, _triple

_VF = torch._C._VariableFunctions
_nn = torch._C._nn

__all__ = [
    f"{kind}{n}d{suffix}"
    for kind in ("max_pool", "adaptive_max_pool")
    for n in (1, 2, 3)
    for suffix in ("", "_with_indices")
]
__all__ += [f"fractional_max_pool{n}d{suffix}" for n in (2, 3) for suffix in ("", "_with_indices")]
__all__ += [f"{kind}{n}d" for kind in ("lp_pool", "max_unpool") for n in (1, 2, 3)]
__all__ += ["adaptive_avg_pool2d", "adaptive_avg_pool3d", "fold", "unfold"]


def max_pool1d_with_indices(
    input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode: bool = False, return_indices: bool = False
):
    """`max_pool1d` that also gives the flat position of each maximum."""
    stride = kernel_size if stride is None else stride
    return _VF.max_pool1d_with_indices(input, kernel_size, stride, padding, dilation, ceil_mode)


def max_pool1d(
    input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode: bool = False, return_indices: bool = False
):
    """Maximum over windows of a (N, C, L) or (C, L) tensor.

    Args:
        kernel_size, stride, padding, dilation: the windows; padding counts as negative infinity.
        ceil_mode: let the last window reach over the edge.
        return_indices: give a pair with the flat position of each maximum.
    """
    stride = kernel_size if stride is None else stride
    if return_indices:
        return _VF.max_pool1d_with_indices(input, kernel_size, stride, padding, dilation, ceil_mode)
    return _VF.max_pool1d(input, kernel_size, stride, padding, dilation, ceil_mode)


def max_pool2d_with_indices(
    input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode: bool = False, return_indices: bool = False
):
    """`max_pool2d` that also gives the flat position of each maximum."""
    stride = kernel_size if stride is None else stride
    return _nn.max_pool2d_with_indices(input, kernel_size, stride, padding, dilation, ceil_mode)


def max_pool2d(
    input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode: bool = False, return_indices: bool = False
):
    """Maximum over windows of a (N, C, H, W) or (C, H, W) tensor; the arguments are those of `max_pool1d`."""
    stride = kernel_size if stride is None else stride
    if return_indices:
        return _nn.max_pool2d_with_indices(input, kernel_size, stride, padding, dilation, ceil_mode)
    return _VF.max_pool2d(input, kernel_size, stride, padding, dilation, ceil_mode)


def max_pool3d_with_indices(
    input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode: bool = False, return_indices: bool = False
):
    """`max_pool3d` that also gives the flat position of each maximum."""
    stride = kernel_size if stride is None else stride
    return _nn.max_pool3d_with_indices(input, kernel_size, stride, padding, dilation, ceil_mode)


def max_pool3d(
    input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode: bool = False, return_indices: bool = False
):
    """Maximum over windows of a (N, C, D, H, W) or (C, D, H, W) tensor; the arguments are those of `max_pool1d`."""
    stride = kernel_size if stride is None else stride
    if return_indices:
        return _nn.max_pool3d_with_indices(input, kernel_size, stride, padding, dilation, ceil_mode)
    return _VF.max_pool3d(input, kernel_size, stride, padding, dilation, ceil_mode)


def adaptive_max_pool1d_with_indices(input, output_size, return_indices: bool = False):
    """`adaptive_max_pool1d` that also gives the flat position of each maximum."""
    return _VF.adaptive_max_pool1d(input, output_size)


def adaptive_max_pool1d(input, output_size, return_indices: bool = False):
    """Maximum over `output_size` windows that cover a (N, C, L) or (C, L) tensor evenly."""
    result = _VF.adaptive_max_pool1d(input, output_size)
    return result if return_indices else result[0]


def adaptive_max_pool2d_with_indices(input, output_size, return_indices: bool = False):
    """`adaptive_max_pool2d` that also gives the flat position of each maximum."""
    return _nn.adaptive_max_pool2d(input, _list_with_default(output_size, input.size()))


def adaptive_max_pool2d(input, output_size, return_indices: bool = False):
    """Maximum over windows that cover a (N, C, H, W) or (C, H, W) tensor evenly.

    `output_size` is one number or a pair; ``None`` in it keeps that size.
    """
    result = adaptive_max_pool2d_with_indices(input, output_size)
    return result if return_indices else result[0]


def adaptive_max_pool3d_with_indices(input, output_size, return_indices: bool = False):
    """`adaptive_max_pool3d` that also gives the flat position of each maximum."""
    return _nn.adaptive_max_pool3d(input, _list_with_default(output_size, input.size()))


def adaptive_max_pool3d(input, output_size, return_indices: bool = False):
    """The three-dimensional form of `adaptive_max_pool2d`."""
    result = adaptive_max_pool3d_with_indices(input, output_size)
    return result if return_indices else result[0]


def adaptive_avg_pool2d(input, output_size):
    """Mean over windows that cover a (N, C, H, W) or (C, H, W) tensor evenly.

    `output_size` is one number or a pair; ``None`` in it keeps that size.
    """
    return _nn.adaptive_avg_pool2d(input, _list_with_default(output_size, input.size()))


def adaptive_avg_pool3d(input, output_size):
    """The three-dimensional form of `adaptive_avg_pool2d`."""
    return _nn.adaptive_avg_pool3d(input, _list_with_default(output_size, input.size()))


def _fractional_arguments(name, ntuple, input, output_size, output_ratio, random_samples):
    dims = len(ntuple(0))
    if output_size is None and output_ratio is None:
        raise ValueError(f"{name} requires specifying either an output_size or an output_ratio")
    if output_size is None:
        ratios = ntuple(output_ratio)
        if len(ratios) > dims:
            raise ValueError(f"{name} requires output_ratio to either be a single Int or tuple of Ints.")
        output_size = [int(n * ratio) for n, ratio in zip(input.size()[-dims:], ratios)]
    if random_samples is None:
        batch = 1 if input.dim() == dims + 1 else input.size(0)
        random_samples = torch.rand(batch, input.size(-dims - 1), dims, dtype=input.dtype, device=input.device)
    return output_size, random_samples


def fractional_max_pool2d_with_indices(
    input, kernel_size, output_size=None, output_ratio=None, return_indices: bool = False, _random_samples=None
):
    """`fractional_max_pool2d` that also gives the flat position of each maximum."""
    output_size, samples = _fractional_arguments(
        "fractional_max_pool2d", _pair, input, output_size, output_ratio, _random_samples
    )
    return _nn.fractional_max_pool2d(input, kernel_size, output_size, samples)


def fractional_max_pool2d(
    input, kernel_size, output_size=None, output_ratio=None, return_indices: bool = False, _random_samples=None
):
    """Maximum over windows at pseudo-random steps (Graham, 2015).

    Args:
        input: (N, C, H, W) or (C, H, W).
        output_size: the size of the result, or
        output_ratio: its ratio to that of the input, in (0, 1).
    """
    result = fractional_max_pool2d_with_indices(input, kernel_size, output_size, output_ratio, True, _random_samples)
    return result if return_indices else result[0]


def fractional_max_pool3d_with_indices(
    input, kernel_size, output_size=None, output_ratio=None, return_indices: bool = False, _random_samples=None
):
    """`fractional_max_pool3d` that also gives the flat position of each maximum."""
    output_size, samples = _fractional_arguments(
        "fractional_max_pool3d", _triple, input, output_size, output_ratio, _random_samples
    )
    return _nn.fractional_max_pool3d(input, kernel_size, output_size, samples)


def fractional_max_pool3d(
    input, kernel_size, output_size=None, output_ratio=None, return_indices: bool = False, _random_samples=None
):
    """The three-dimensional form of `fractional_max_pool2d`."""
    result = fractional_max_pool3d_with_indices(input, kernel_size, output_size, output_ratio, True, _random_samples)
    return result if return_indices else result[0]


def _unpool_output_size(input, kernel_size, stride, padding, output_size):
    """The size to unpool to: the smallest one, or `output_size` if it lies within a stride of that."""
    dims = len(kernel_size)
    sizes = input.size()
    default = [(sizes[d - dims] - 1) * stride[d] + kernel_size[d] - 2 * padding[d] for d in range(dims)]
    if output_size is None:
        return default
    if len(output_size) == dims + 2:
        output_size = output_size[2:]
    if len(output_size) != dims:
        raise ValueError(
            "output_size should be a sequence containing "
            f"{dims} or {dims + 2} elements, but it has a length of '{len(output_size)}'"
        )
    for d in range(dims):
        low, high = default[d] - stride[d], default[d] + stride[d]
        if not low < output_size[d] < high:
            raise ValueError(f'invalid output_size "{output_size}" (dim {d} must be between {low} and {high})')
    return output_size


def _unpool_windows(ntuple, kernel_size, stride, padding):
    kernel_size = ntuple(kernel_size)
    return kernel_size, kernel_size if stride is None else ntuple(stride), ntuple(padding)


def max_unpool1d(input, indices, kernel_size, stride=None, padding=0, output_size=None):
    """Puts the maxima of `max_pool1d` back where `indices` say they came from, zeros elsewhere."""
    kernel_size, stride, padding = _unpool_windows(_single, kernel_size, stride, padding)
    size = [*_unpool_output_size(input, kernel_size, stride, padding, output_size), 1]
    return _nn.max_unpool2d(input.unsqueeze(-1), indices.unsqueeze(-1), size).squeeze(-1)


def max_unpool2d(input, indices, kernel_size, stride=None, padding=0, output_size=None):
    """Puts the maxima of `max_pool2d` back where `indices` say they came from, zeros elsewhere."""
    kernel_size, stride, padding = _unpool_windows(_pair, kernel_size, stride, padding)
    size = _unpool_output_size(input, kernel_size, stride, padding, output_size)
    return _nn.max_unpool2d(input, indices, size)


def max_unpool3d(input, indices, kernel_size, stride=None, padding=0, output_size=None):
    """Puts the maxima of `max_pool3d` back where `indices` say they came from, zeros elsewhere."""
    kernel_size, stride, padding = _unpool_windows(_triple, kernel_size, stride, padding)
    size = _unpool_output_size(input, kernel_size, stride, padding, output_size)
    return _nn.max_unpool3d(input, indices, size, stride, padding)


def _lp_pool(average, input, norm_type, kernel_size, stride, ceil_mode, window):
    mean = average(input.pow(norm_type), kernel_size, stride, 0, ceil_mode)
    # A negative mean (odd norm_type) gives zero.
    return (torch.sign(mean) * torch.relu(torch.abs(mean))).mul(window).pow(1.0 / norm_type)


def lp_pool1d(input, norm_type, kernel_size: int, stride=None, ceil_mode: bool = False):
    """``sum(x ** norm_type) ** (1 / norm_type)`` over windows of a (N, C, L) or (C, L) tensor."""
    return _lp_pool(_VF.avg_pool1d, input, norm_type, kernel_size, _given(stride), ceil_mode, kernel_size)


def lp_pool2d(input, norm_type, kernel_size, stride=None, ceil_mode: bool = False):
    """The two-dimensional form of `lp_pool1d`."""
    kw, kh = _pair(kernel_size)
    return _lp_pool(_nn.avg_pool2d, input, norm_type, kernel_size, _given(stride), ceil_mode, kw * kh)


def lp_pool3d(input, norm_type, kernel_size, stride=None, ceil_mode: bool = False):
    """The three-dimensional form of `lp_pool1d`."""
    kd, kw, kh = _triple(kernel_size)
    return _lp_pool(_nn.avg_pool3d, input, norm_type, kernel_size, _given(stride), ceil_mode, kd * kw * kh)


def _given(stride):
    return () if stride is None else stride


def unfold(input, kernel_size, dilation=1, padding=0, stride=1):
    """Lists the sliding blocks of a (N, C, H, W) or (C, H, W) tensor as columns: (N, C * window, blocks)."""
    return _nn.im2col(input, _pair(kernel_size), _pair(dilation), _pair(padding), _pair(stride))


def fold(input, output_size, kernel_size, dilation=1, padding=0, stride=1):
    """Adds sliding blocks, as `unfold` lists them, up to a (N, C, *output_size) tensor."""
    return _nn.col2im(input, _pair(output_size), _pair(kernel_size), _pair(dilation), _pair(padding), _pair(stride))
