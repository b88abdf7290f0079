"""Activations: functions of one element, and the softmax family."""

from __future__ import annotations

import warnings

import tiny_torch as torch

_VF = torch._C._VariableFunctions
_nn = torch._C._nn

__all__ = [
    "celu",
    "elu",
    "glu",
    "gumbel_softmax",
    "hardsigmoid",
    "hardswish",
    "hardtanh",
    "leaky_relu",
    "log_softmax",
    "mish",
    "relu",
    "relu6",
    "rrelu",
    "selu",
    "sigmoid",
    "silu",
    "softmax",
    "softmin",
    "softsign",
    "tanh",
    "tanhshrink",
    "threshold",
]


def threshold(input, threshold: float, value: float, inplace: bool = False):
    """``input`` where it is greater than `threshold`, else `value`. Any shape, real dtypes."""
    return (_VF.threshold_ if inplace else _VF.threshold)(input, threshold, value)


def relu(input, inplace: bool = False):
    """``max(input, 0)`` per element. Any shape, real dtypes; `inplace` overwrites `input`."""
    return _VF.relu_(input) if inplace else _VF.relu(input)


def relu6(input, inplace: bool = False):
    """``min(max(input, 0), 6)`` per element. Any shape, real dtypes."""
    return (_nn.relu6_ if inplace else _nn.relu6)(input)


def hardtanh(input, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False):
    """Clamps each element to [min_val, max_val]. Any shape, real dtypes.

    Raises:
        ValueError: `min_val` is greater than `max_val`.
    """
    if min_val > max_val:
        raise ValueError("min_val cannot be greater than max_val")
    return (_nn.hardtanh_ if inplace else _nn.hardtanh)(input, min_val, max_val)


def elu(input, alpha: float = 1.0, inplace: bool = False):
    """``x if x > 0 else alpha * (exp(x) - 1)`` per element (Clevert et al., 2015). Floating dtypes."""
    return (_nn.elu_ if inplace else _nn.elu)(input, alpha)


def selu(input, inplace: bool = False):
    """`elu` with the two constants that keep mean and variance (Klambauer et al., 2017). Floating dtypes."""
    return (_VF.selu_ if inplace else _VF.selu)(input)


def celu(input, alpha: float = 1.0, inplace: bool = False):
    """``max(0, x) + min(0, alpha * (exp(x / alpha) - 1))`` per element (Barron, 2017). Floating dtypes."""
    return (_VF.celu_ if inplace else _VF.celu)(input, alpha)


def leaky_relu(input, negative_slope: float = 0.01, inplace: bool = False):
    """``x if x > 0 else negative_slope * x`` per element. Floating dtypes."""
    return (_nn.leaky_relu_ if inplace else _nn.leaky_relu)(input, negative_slope)


def rrelu(input, lower: float = 1.0 / 8, upper: float = 1.0 / 3, training: bool = False, inplace: bool = False):
    """`leaky_relu` whose slope is drawn from [lower, upper) per element in training and their mean otherwise."""
    return (_VF.rrelu_ if inplace else _VF.rrelu)(input, lower, upper, training)


def silu(input, inplace: bool = False):
    """``x * sigmoid(x)`` per element (Elfwing et al., 2017). Floating dtypes."""
    return (_nn.silu_ if inplace else _nn.silu)(input)


def mish(input, inplace: bool = False):
    """``x * tanh(softplus(x))`` per element (Misra, 2019). Floating dtypes."""
    return (_nn.mish_ if inplace else _nn.mish)(input)


def hardsigmoid(input, inplace: bool = False):
    """``clamp(x + 3, 0, 6) / 6`` per element. Floating dtypes."""
    return (_nn.hardsigmoid_ if inplace else _nn.hardsigmoid)(input)


def hardswish(input, inplace: bool = False):
    """``x * hardsigmoid(x)`` per element (Howard et al., 2019). Floating dtypes."""
    return (_nn.hardswish_ if inplace else _nn.hardswish)(input)


def sigmoid(input):
    """``1 / (1 + exp(-x))`` per element. Integers give the default floating dtype."""
    return input.sigmoid()


def tanh(input):
    """Hyperbolic tangent per element. Integers give the default floating dtype."""
    return input.tanh()


def tanhshrink(input):
    """``x - tanh(x)`` per element."""
    return input - input.tanh()


def softsign(input):
    """``x / (1 + |x|)`` per element."""
    return input / (input.abs() + 1)


def glu(input, dim: int = -1):
    """Gated linear unit: the first half along `dim` times the sigmoid of the second (Dauphin et al., 2016).

    Raises:
        RuntimeError: `input` has no dimension, or the size of `dim` is odd.
    """
    if input.dim() == 0:
        raise RuntimeError("glu does not support scalars because halving size must be even")
    return _nn.glu(input, dim)


def _get_softmax_dim(name: str, ndim: int, stacklevel: int) -> int:
    """The dimension that ``dim=None`` once meant, with a warning."""
    warnings.warn(
        f"Implicit dimension choice for {name} has been deprecated. Change the call to include dim=X as an argument.",
        stacklevel=stacklevel,
    )
    return 0 if ndim in (0, 1, 3) else 1


def softmax(input, dim=None, _stacklevel: int = 3, dtype=None):
    """``exp(x) / sum(exp(x))`` along `dim`, so that each slice adds up to one.

    Args:
        input: floating tensor of any shape.
        dim: dimension of the slices; leaving it out is deprecated.
        dtype: cast the input to it first, against overflow.
    """
    if dim is None:
        dim = _get_softmax_dim("softmax", input.dim(), _stacklevel + 1)
    return input.softmax(dim) if dtype is None else input.softmax(dim, dtype=dtype)


def softmin(input, dim=None, _stacklevel: int = 3, dtype=None):
    """``softmax(-input)``; the arguments are those of `softmax`."""
    if dim is None:
        dim = _get_softmax_dim("softmin", input.dim(), _stacklevel + 1)
    return (-input).softmax(dim) if dtype is None else (-input).softmax(dim, dtype=dtype)


def log_softmax(input, dim=None, _stacklevel: int = 3, dtype=None):
    """``log(softmax(input))`` along `dim` without its loss of precision; the arguments are those of `softmax`."""
    if dim is None:
        dim = _get_softmax_dim("log_softmax", input.dim(), _stacklevel + 1)
    return input.log_softmax(dim) if dtype is None else input.log_softmax(dim, dtype=dtype)


def gumbel_softmax(logits, tau: float = 1, hard: bool = False, eps: float = 1e-10, dim: int = -1):
    """Samples from the Gumbel-Softmax distribution (Jang et al., 2016), differentiably.

    Args:
        logits: unnormalised log probabilities, any shape, floating.
        tau: temperature, above zero; the smaller, the nearer to one-hot.
        hard: give one-hot samples whose gradient is that of the soft ones.
        eps: without effect, deprecated.
        dim: dimension of the categories.
    """
    if eps != 1e-10:
        warnings.warn("`eps` parameter is deprecated and has no effect.", stacklevel=3)
    noise = -torch.empty_like(logits, memory_format=torch.legacy_contiguous_format).exponential_().log()
    soft = ((logits + noise) / tau).softmax(dim)
    if not hard:
        return soft
    index = soft.max(dim, keepdim=True)[1]
    one_hot = torch.zeros_like(logits, memory_format=torch.legacy_contiguous_format).scatter_(dim, index, 1.0)
    return one_hot - soft.detach() + soft
