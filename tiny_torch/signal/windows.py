"""Window functions: 1-d tensors of M weights.

With `sym` (the default) a window is symmetric, for filters; without it one period of a periodic window, for spectra.
All take `dtype` (float32 or float64, by default the default dtype), `layout` (strided), `device` and `requires_grad`, and
raise ValueError for a negative M or a parameter out of its range. Harris (1978) describes most of them.
"""

from __future__ import annotations

import math

import tiny_torch as torch

__all__ = [
    "bartlett",
    "blackman",
    "cosine",
    "exponential",
    "gaussian",
    "general_cosine",
    "general_hamming",
    "hamming",
    "hann",
    "kaiser",
    "nuttall",
]


def _window(name, M, of_points, dtype=None, layout=None, device=None, requires_grad=False):
    """`of_points`(count) computes the window in float64; lengths 0 and 1 and all checks are the same for every one."""
    dtype = torch.get_default_dtype() if dtype is None else dtype
    if M < 0:
        raise ValueError(f"{name} requires non-negative window length, got M={M}")
    if layout not in (None, torch.strided):
        raise ValueError(f"{name} is implemented for strided tensors only, got: {layout}")
    if dtype not in (torch.float32, torch.float64):
        raise ValueError(f"{name} expects float32 or float64 dtypes, got: {dtype}")
    values = torch.ones(M, dtype=torch.float64) if M < 2 else of_points()
    return values.to(dtype=dtype, device=device).requires_grad_(requires_grad)


def _points(start, step, M):
    return torch.arange(M, dtype=torch.float64) * step + start


def _period(M, sym):
    return M - 1 if sym else M


def general_cosine(M, *, a, sym=True, dtype=None, layout=None, device=None, requires_grad=False):
    """Sum of (-1)^i a_i cos(2 pi i k / (M - 1)); `a` lists at least one coefficient."""
    coefficients = list(a) if hasattr(a, "__iter__") else None
    if coefficients is None:
        raise TypeError("Coefficients must be a list/tuple")
    if not coefficients:
        raise ValueError("Coefficients cannot be empty")

    def of_points():
        k = _points(0, 2 * math.pi / _period(M, sym), M)
        return sum((-1) ** i * c * (k * i).cos() for i, c in enumerate(coefficients))

    return _window("general_cosine", M, of_points, dtype, layout, device, requires_grad)


def general_hamming(M, *, alpha=0.54, sym=True, dtype=None, layout=None, device=None, requires_grad=False):
    """alpha - (1 - alpha) cos(2 pi k / (M - 1))."""
    return general_cosine(
        M, a=[alpha, 1 - alpha], sym=sym, dtype=dtype, layout=layout, device=device, requires_grad=requires_grad
    )


def hamming(M, *, sym=True, dtype=None, layout=None, device=None, requires_grad=False):
    """general_hamming with alpha 0.54."""
    return general_hamming(M, sym=sym, dtype=dtype, layout=layout, device=device, requires_grad=requires_grad)


def hann(M, *, sym=True, dtype=None, layout=None, device=None, requires_grad=False):
    """general_hamming with alpha 0.5: sin^2(pi k / (M - 1))."""
    return general_hamming(
        M, alpha=0.5, sym=sym, dtype=dtype, layout=layout, device=device, requires_grad=requires_grad
    )


def blackman(M, *, sym=True, dtype=None, layout=None, device=None, requires_grad=False):
    """Three cosines: 0.42, 0.5, 0.08."""
    return general_cosine(
        M, a=[0.42, 0.5, 0.08], sym=sym, dtype=dtype, layout=layout, device=device, requires_grad=requires_grad
    )


def nuttall(M, *, sym=True, dtype=None, layout=None, device=None, requires_grad=False):
    """Nuttall's four cosines of minimum sidelobes (1981)."""
    a = [0.3635819, 0.4891775, 0.1365995, 0.0106411]
    return general_cosine(M, a=a, sym=sym, dtype=dtype, layout=layout, device=device, requires_grad=requires_grad)


def bartlett(M, *, sym=True, dtype=None, layout=None, device=None, requires_grad=False):
    """A triangle that is zero at the ends."""
    of_points = lambda: 1 - _points(-1, 2 / _period(M, sym), M).abs()
    return _window("bartlett", M, of_points, dtype, layout, device, requires_grad)


def cosine(M, *, sym=True, dtype=None, layout=None, device=None, requires_grad=False):
    """sin(pi (k + 0.5) / M)."""
    step = math.pi / (M if sym else M + 1) if M else 0.0
    return _window("cosine", M, lambda: _points(0.5 * step, step, M).sin(), dtype, layout, device, requires_grad)


def exponential(M, *, center=None, tau=1.0, sym=True, dtype=None, layout=None, device=None, requires_grad=False):
    """exp(-|k - center| / tau); `center` may be given for periodic windows only, and is the middle otherwise."""
    if tau <= 0:
        raise ValueError(f"Tau must be positive, got: {tau} instead.")
    if sym and center is not None:
        raise ValueError("Center must be None for symmetric windows")
    middle = _period(M, sym) / 2 if center is None else center
    of_points = lambda: (-_points(-middle / tau, 1 / tau, M).abs()).exp()
    return _window("exponential", M, of_points, dtype, layout, device, requires_grad)


def gaussian(M, *, std=1.0, sym=True, dtype=None, layout=None, device=None, requires_grad=False):
    """exp(-(k - middle)^2 / (2 std^2))."""
    if std <= 0:
        raise ValueError(f"Standard deviation must be positive, got: {std} instead.")
    scale = 1 / (std * math.sqrt(2))
    of_points = lambda: (-(_points(-_period(M, sym) / 2 * scale, scale, M) ** 2)).exp()
    return _window("gaussian", M, of_points, dtype, layout, device, requires_grad)


def _bessel_i0(x):
    """The modified Bessel function of order 0 by its power series, in float64."""
    quarter = x * x / 4
    term = total = torch.ones_like(x)
    for k in range(1, 2000):
        term = term * quarter / (k * k)
        total = total + term
        if bool((term <= total * 1e-17).all()):
            break
    return total


def kaiser(M, *, beta=12.0, sym=True, dtype=None, layout=None, device=None, requires_grad=False):
    """I0(beta sqrt(1 - x^2)) / I0(beta) for x from -1 to 1 (Kaiser and Schafer, 1980)."""
    if beta < 0:
        raise ValueError(f"beta must be non-negative, got: {beta} instead.")

    def of_points():
        x = _points(-1, 2 / _period(M, sym), M)
        return _bessel_i0(beta * (1 - x * x).clamp(min=0).sqrt()) / _bessel_i0(
            torch.tensor([float(beta)], dtype=torch.float64)
        )

    return _window("kaiser", M, of_points, dtype, layout, device, requires_grad)
