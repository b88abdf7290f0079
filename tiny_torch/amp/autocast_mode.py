"""`autocast` and its helpers for custom autograd functions."""

import functools
import warnings

import tiny_torch as torch

__all__ = ["autocast", "custom_bwd", "custom_fwd", "is_autocast_available"]

_DEVICES = ("cpu", "cuda")
_SHORT_DTYPES = (torch.bfloat16, torch.float16)


def is_autocast_available(device_type):
    """Whether `device_type`, a str such as "cpu", has operators that know autocast.

    Raises:
        RuntimeError: `device_type` names no device.
    """
    return torch.device(device_type).type in _DEVICES


class autocast:
    """Inside, operators choose their dtypes: matrix products and convolutions the short one, sensitive ones float32.

    A context manager and a decorator. It is meant for the forward pass and the loss; backward computes in the dtypes
    that forward chose. float64 tensors, integers, in-place operations and `out=` are left as they are.

    Args:
        device_type (str): "cpu" or "cuda".
        dtype (dtype): the short dtype, bfloat16 or float16; ``torch.get_autocast_dtype(device_type)`` by default.
        enabled (bool): False makes a region without autocast inside one with it.
        cache_enabled (bool): whether the casts of weights are kept until the outermost region ends.

    Raises:
        ValueError: `device_type` is no str.
        RuntimeError: `device_type` has no autocast.

    Example::

        >>> weight = torch.ones(2, 3, requires_grad=True)
        >>> with torch.autocast("cpu"):
        ...     y = torch.ones(4, 2) @ weight
        >>> y.dtype
        torch.bfloat16
        >>> y.sum().backward()
        >>> weight.grad.dtype
        torch.float32

    Source: torch.autocast.
    """

    def __init__(self, device_type, dtype=None, enabled=True, cache_enabled=None):
        if not isinstance(device_type, str):
            raise ValueError(f"Expected `device_type` of type `str`, got: `{type(device_type)}`")
        self.fast_dtype = torch.get_autocast_dtype(device_type) if dtype is None else dtype
        self.device = device_type
        if not is_autocast_available(device_type):
            raise RuntimeError(f"User specified an unsupported autocast device_type '{device_type}'")
        self._cache_enabled = torch.is_autocast_cache_enabled() if cache_enabled is None else cache_enabled
        if enabled and device_type == "cuda" and not torch.cuda.is_available():
            warnings.warn("autocast: CUDA is not available. Disabling autocast.", stacklevel=2)
            enabled = False
        elif enabled and self.fast_dtype not in _SHORT_DTYPES:
            warnings.warn(
                f"In {device_type.upper()} autocast, but the target dtype is not supported. Disabling autocast.\n"
                f"{device_type.upper()} autocast supports {', '.join(map(str, _SHORT_DTYPES))}.",
                stacklevel=2,
            )
            enabled = False
        self._enabled = enabled

    def __enter__(self):
        self.prev = torch.is_autocast_enabled(self.device)
        self.prev_fastdtype = torch.get_autocast_dtype(self.device)
        self.prev_cache_enabled = torch.is_autocast_cache_enabled()
        torch.set_autocast_enabled(self.device, self._enabled)
        torch.set_autocast_dtype(self.device, self.fast_dtype)
        torch.set_autocast_cache_enabled(self._cache_enabled)
        torch.autocast_increment_nesting()
        return self

    def __exit__(self, exc_type, exc_value, traceback):
        if torch.autocast_decrement_nesting() == 0:
            torch.clear_autocast_cache()
        torch.set_autocast_enabled(self.device, self.prev)
        torch.set_autocast_dtype(self.device, self.prev_fastdtype)
        torch.set_autocast_cache_enabled(self.prev_cache_enabled)
        return False

    def __call__(self, func):
        if not callable(func):
            raise TypeError(
                f"autocast()(func) requires a callable, but got {type(func).__name__}; "
                "for a region of code write `with torch.autocast(device_type=...):`"
            )

        @functools.wraps(func)
        def decorated(*args, **kwargs):
            with self:
                return func(*args, **kwargs)

        decorated.__script_unsupported = "@autocast() decorator is not supported in script mode"
        return decorated


def _cast(value, device_type, dtype):
    """`value` with the floating-point tensors in it, in mappings and sequences too, cast to `dtype`; not float64."""
    if isinstance(value, torch.Tensor):
        eligible = value.is_floating_point() and value.device.type == device_type and value.dtype != torch.float64
        return value.to(dtype) if eligible else value
    if isinstance(value, dict):
        return {_cast(k, device_type, dtype): _cast(v, device_type, dtype) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        cast = (_cast(v, device_type, dtype) for v in value)
        return type(value)(*cast) if hasattr(value, "_fields") else type(value)(cast)
    return value


def custom_fwd(fwd=None, *, device_type, cast_inputs=None):
    """Decorator of the forward of a custom autograd function, for use under autocast.

    With `cast_inputs`, a dtype, arguments are cast to it and forward runs without autocast; without it forward runs
    as its caller does. The backward, decorated with `custom_bwd`, then runs in the same state.

    Raises:
        ValueError: `device_type` is no str.

    Source: torch.amp.custom_fwd.
    """
    if not isinstance(device_type, str):
        raise ValueError(f"Expected `device_type` of type `str`, got: `{type(device_type)}`")
    if fwd is None:
        return functools.partial(custom_fwd, device_type=device_type, cast_inputs=cast_inputs)

    @functools.wraps(fwd)
    def decorated(*args, **kwargs):
        ctx = args[0]
        ctx._dtype = torch.get_autocast_dtype(device_type)
        enabled = torch.is_autocast_enabled(device_type)
        if cast_inputs is None or not enabled:
            ctx._fwd_used_autocast = enabled
            return fwd(*args, **kwargs)
        ctx._fwd_used_autocast = False
        with autocast(device_type=device_type, enabled=False):
            return fwd(*_cast(args, device_type, cast_inputs), **_cast(kwargs, device_type, cast_inputs))

    return decorated


def custom_bwd(bwd=None, *, device_type):
    """Decorator of the backward that belongs to a forward with `custom_fwd`: runs it in the state forward ran in.

    Raises:
        ValueError: `device_type` is no str.

    Source: torch.amp.custom_bwd.
    """
    if not isinstance(device_type, str):
        raise ValueError(f"Expected `device_type` of type `str`, got: `{type(device_type)}`")
    if bwd is None:
        return functools.partial(custom_bwd, device_type=device_type)

    @functools.wraps(bwd)
    def decorated(*args, **kwargs):
        ctx = args[0]
        with autocast(device_type=device_type, enabled=ctx._fwd_used_autocast, dtype=ctx._dtype):
            return bwd(*args, **kwargs)

    return decorated


def _deprecated(old, new):
    warnings.warn(f"torch.{old} is deprecated. Please use torch.{new} instead.", DeprecationWarning, stacklevel=3)


def is_autocast_cpu_enabled():
    """`torch.is_autocast_enabled("cpu")` under its older name, with a DeprecationWarning."""
    _deprecated("is_autocast_cpu_enabled()", "is_autocast_enabled('cpu')")
    return torch.is_autocast_enabled("cpu")


def set_autocast_cpu_enabled(enabled):
    """`torch.set_autocast_enabled("cpu", enabled)` under its older name, with a DeprecationWarning."""
    _deprecated("set_autocast_cpu_enabled(enabled)", "set_autocast_enabled('cpu', enabled)")
    torch.set_autocast_enabled("cpu", enabled)


def get_autocast_cpu_dtype():
    """`torch.get_autocast_dtype("cpu")` under its older name, with a DeprecationWarning."""
    _deprecated("get_autocast_cpu_dtype()", "get_autocast_dtype('cpu')")
    return torch.get_autocast_dtype("cpu")


def set_autocast_cpu_dtype(dtype):
    """`torch.set_autocast_dtype("cpu", dtype)` under its older name, with a DeprecationWarning."""
    _deprecated("set_autocast_cpu_dtype(dtype)", "set_autocast_dtype('cpu', dtype)")
    torch.set_autocast_dtype("cpu", dtype)


def get_autocast_gpu_dtype():
    """`torch.get_autocast_dtype("cuda")` under its older name, with a DeprecationWarning."""
    _deprecated("get_autocast_gpu_dtype()", "get_autocast_dtype('cuda')")
    return torch.get_autocast_dtype("cuda")


def set_autocast_gpu_dtype(dtype):
    """`torch.set_autocast_dtype("cuda", dtype)` under its older name, with a DeprecationWarning."""
    _deprecated("set_autocast_gpu_dtype(dtype)", "set_autocast_dtype('cuda', dtype)")
    torch.set_autocast_dtype("cuda", dtype)
