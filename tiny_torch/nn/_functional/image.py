"""Resizing and resampling of images, volumes and signals."""

from __future__ import annotations

import math
import warnings

import tiny_torch as torch

_VF = torch._C._VariableFunctions
_nn = torch._C._nn

__all__ = ["affine_grid", "grid_sample", "interpolate", "upsample", "upsample_bilinear", "upsample_nearest"]

# mode -> operator by number of spatial dimensions
_NEAREST = {
    "nearest": {1: "upsample_nearest1d", 2: "upsample_nearest2d", 3: "upsample_nearest3d"},
    "nearest-exact": {1: "_upsample_nearest_exact1d", 2: "_upsample_nearest_exact2d", 3: "_upsample_nearest_exact3d"},
}
_SMOOTH = {
    "linear": {1: "upsample_linear1d"},
    "bilinear": {2: "upsample_bilinear2d"},
    "bicubic": {2: "upsample_bicubic2d"},
    "trilinear": {3: "upsample_trilinear3d"},
}
_ANTIALIASED = {
    "bilinear": "_upsample_bilinear2d_aa",
    "bicubic": "_upsample_bicubic2d_aa",
    "lanczos": "_upsample_lanczos2d_aa",
}


def _target_size(input, size, scale_factor, dim):
    """Checks that exactly one of the two is given and lists it per dimension."""
    if size is not None and scale_factor is not None:
        raise ValueError("only one of size or scale_factor should be defined")
    if size is None and scale_factor is None:
        raise ValueError("either size or scale_factor should be defined")
    given, what = (size, "size") if size is not None else (scale_factor, "scale_factor")
    if not isinstance(given, (list, tuple)):
        given = [given] * dim
    elif len(given) != dim:
        expected = "output size" if what == "size" else "scale_factor"
        raise ValueError(
            f"Input and {what} must have the same number of spatial dimensions, but got input with spatial dimensions "
            f"of {list(input.shape[2:])} and {what} of shape {tuple(given)}. Please provide input tensor in (N, C, "
            f"d1, d2, ...,dK) format and {expected} in (o1, o2, ...,oK) format."
        )
    if what == "size":
        if not all(isinstance(n, int) for n in given):
            raise TypeError(
                f"expected size to be one of int or Tuple[int] or Tuple[int, int] or Tuple[int, int, int], but got "
                f"size with types {[type(n) for n in given]}"
            )
        return list(given), None
    return None, list(given)


def interpolate(
    input,
    size=None,
    scale_factor=None,
    mode: str = "nearest",
    align_corners=None,
    recompute_scale_factor=None,
    antialias: bool = False,
):
    """Resizes the spatial dimensions of a (N, C, ...) tensor.

    Args:
        size: new spatial size, one number or one per dimension; or
        scale_factor: its ratio to the old one.
        mode: ``"nearest"``, ``"nearest-exact"``, ``"linear"`` (3-D), ``"bilinear"``, ``"bicubic"`` (4-D),
            ``"trilinear"`` (5-D), ``"area"``.
        align_corners: let the corner samples coincide, instead of the corners of the corner samples.
        recompute_scale_factor: use the ratio of the sizes, which were rounded, instead of `scale_factor`.
        antialias: smooth when making smaller (bilinear and bicubic).

    Raises:
        NotImplementedError: the mode does not go with the number of dimensions.
        ValueError: arguments that exclude each other.
    """
    if mode in ("nearest", "area", "nearest-exact"):
        if align_corners is not None:
            raise ValueError(
                "align_corners option can only be set with the interpolating modes: "
                "linear | bilinear | bicubic | trilinear"
            )
    elif align_corners is None:
        align_corners = False
    dim = input.dim() - 2
    size, factors = _target_size(input, size, scale_factor, dim)
    if recompute_scale_factor and size is not None:
        raise ValueError("recompute_scale_factor is not meaningful with an explicit size.")
    if mode == "area" and size is None:
        recompute_scale_factor = True
    if recompute_scale_factor:
        size = [math.floor(float(input.size(d + 2) * factors[d])) for d in range(dim)]
        factors = None
    if antialias and not (mode in _ANTIALIASED and input.ndim == 4):
        raise ValueError(
            "Anti-alias option is restricted to bilinear, bicubic, and lanczos modes and requires a 4-D tensor as input"
        )
    if dim in _NEAREST.get(mode, ()):
        return getattr(_nn, _NEAREST[mode][dim])(input, size, factors)
    if mode == "area" and dim in (1, 2, 3):
        pool = (_VF.adaptive_avg_pool1d, _nn.adaptive_avg_pool2d, _nn.adaptive_avg_pool3d)[dim - 1]
        return pool(input, size)
    if antialias:
        return getattr(_nn, _ANTIALIASED[mode])(input, size, align_corners, factors)
    if dim in _SMOOTH.get(mode, ()):
        return getattr(_nn, _SMOOTH[mode][dim])(input, size, align_corners, factors)
    if mode in _SMOOTH and dim in (1, 2, 3):
        wanted = next(iter(_SMOOTH[mode])) + 2
        raise NotImplementedError(f"Got {input.dim()}D input, but {mode} mode needs {wanted}D input")
    raise NotImplementedError(
        "Input Error: Only 3D, 4D and 5D input Tensors supported "
        f"(got {input.dim()}D) for the modes: nearest | linear | bilinear | bicubic | trilinear | area | nearest-exact "
        f"(got {mode})"
    )


def upsample(input, size=None, scale_factor=None, mode="nearest", align_corners=None):
    """Deprecated name of `interpolate`."""
    warnings.warn("`nn.functional.upsample` is deprecated. Use `nn.functional.interpolate` instead.", stacklevel=3)
    return interpolate(input, size, scale_factor, mode, align_corners)


def upsample_nearest(input, size=None, scale_factor=None):
    """Deprecated: `interpolate` with mode ``"nearest"``."""
    warnings.warn(
        "`nn.functional.upsample_nearest` is deprecated. Use `nn.functional.interpolate` instead.", stacklevel=3
    )
    return interpolate(input, size, scale_factor, mode="nearest")


def upsample_bilinear(input, size=None, scale_factor=None):
    """Deprecated: `interpolate` with mode ``"bilinear"`` and aligned corners."""
    warnings.warn(
        "`nn.functional.upsample_bilinear` is deprecated. Use `nn.functional.interpolate` instead.", stacklevel=3
    )
    return interpolate(input, size, scale_factor, mode="bilinear", align_corners=True)


_GRID_MODES = {"bilinear": 0, "nearest": 1, "bicubic": 2}
_GRID_PADDING = {"zeros": 0, "border": 1, "reflection": 2}


def grid_sample(input, grid, mode: str = "bilinear", padding_mode: str = "zeros", align_corners=None):
    """Samples `input` at the positions in `grid`.

    Args:
        input: (N, C, H, W) or (N, C, D, H, W), floating.
        grid: (N, H_out, W_out, 2) with x and y in [-1, 1], or (N, D_out, H_out, W_out, 3) with x, y and z.
        mode: ``"bilinear"``, ``"nearest"`` or, for images, ``"bicubic"``.
        padding_mode: what lies outside: ``"zeros"``, ``"border"`` or ``"reflection"``.
        align_corners: whether -1 and 1 are the centres of the corner samples or their outer edges.
    """
    if mode not in _GRID_MODES:
        raise ValueError(
            f"nn.functional.grid_sample(): expected mode to be 'bilinear', 'nearest' or 'bicubic', but got: '{mode}'"
        )
    if padding_mode not in _GRID_PADDING:
        raise ValueError(
            "nn.functional.grid_sample(): expected padding_mode to be 'zeros', 'border', or 'reflection', "
            f"but got: '{padding_mode}'"
        )
    if align_corners is None:
        _warn_align_corners("grid_sample")
        align_corners = False
    return _VF.grid_sampler(input, grid, _GRID_MODES[mode], _GRID_PADDING[padding_mode], align_corners)


def _warn_align_corners(name: str) -> None:
    warnings.warn(
        f"Default {name} behavior is align_corners=False; pass the argument to say which is meant.", stacklevel=4
    )


def affine_grid(theta, size, align_corners=None):
    """Makes the grid of an affine map, for `grid_sample`.

    Args:
        theta: (N, 2, 3) for images, (N, 3, 4) for volumes, floating.
        size: size of the result of `grid_sample`, (N, C, H, W) or (N, C, D, H, W).
        align_corners: as in `grid_sample`.

    Returns:
        (N, H, W, 2) or (N, D, H, W, 3).

    Raises:
        NotImplementedError: `size` has neither four nor five entries.
        ValueError: `theta` is not floating or of another shape, or a size is not positive.
    """
    if align_corners is None:
        _warn_align_corners("affine_grid")
        align_corners = False
    if not theta.is_floating_point():
        raise ValueError(f"Expected theta to have floating point type, but got {theta.dtype}")
    spatial = len(size) - 2
    if spatial not in (2, 3):
        raise NotImplementedError(
            "affine_grid only supports 4D and 5D sizes, for 2D and 3D affine transforms, respectively. "
            f"Got size {size}."
        )
    if theta.dim() != 3 or theta.shape[-2] != spatial or theta.shape[-1] != spatial + 1:
        raise ValueError(
            f"Expected a batch of {spatial}D affine matrices of shape Nx{spatial}x{spatial + 1} for size {size}. "
            f"Got {theta.shape}."
        )
    if min(size) <= 0:
        raise ValueError(f"Expected non-zero, positive output size. Got {size}")
    return _VF.affine_grid_generator(theta, size, align_corners)
