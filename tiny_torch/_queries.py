"""Questions about tensors, and settings of the whole library, as functions of the top-level namespace."""

import tiny_torch as torch
from tiny_torch import _C

__all__ = [
    "are_deterministic_algorithms_enabled",
    "compiled_with_cxx11_abi",
    "get_deterministic_debug_mode",
    "get_device",
    "get_device_module",
    "get_float32_matmul_precision",
    "is_conj",
    "is_deterministic_algorithms_warn_only_enabled",
    "is_inference",
    "is_neg",
    "is_nonzero",
    "is_same_size",
    "is_signed",
    "is_vulkan_available",
    "is_warn_always_enabled",
    "set_deterministic_debug_mode",
    "set_float32_matmul_precision",
    "set_warn_always",
    "use_deterministic_algorithms",
]


_warned = set()


def warn_once(message, stacklevel=3):
    """A UserWarning the first time in a process, or each time after ``set_warn_always(True)``."""
    if message in _warned and not _settings["warn_always"]:
        return
    _warned.add(message)
    import warnings

    warnings.warn(message, stacklevel=stacklevel)


def _tensor(function, input):
    if not isinstance(input, torch.Tensor):
        raise TypeError(f"{function}(): argument 'input' (position 1) must be Tensor, not {type(input).__name__}")
    return input


def is_nonzero(input):
    """Whether the one element of a tensor is not zero; RuntimeError for another number of elements."""
    return bool(_tensor("is_nonzero", input))


def is_same_size(input, other):
    """Whether two tensors have one shape."""
    return _tensor("is_same_size", input).shape == _tensor("is_same_size", other).shape


def is_signed(input):
    """Whether the dtype has negative numbers."""
    return _tensor("is_signed", input).dtype.is_signed


def is_conj(input):
    """Whether this is a lazily conjugated view."""
    return _tensor("is_conj", input).is_conj()


def is_neg(input):
    """False: there are no lazily negated views."""
    _tensor("is_neg", input)
    return False


def get_device(input):
    """Index of the device; -1 for the CPU."""
    return _tensor("get_device", input).get_device()


def is_inference(input):
    """Whether the tensor was made in inference mode."""
    return _tensor("is_inference", input).is_inference()


# Every algorithm here gives the same result in each run, so these settings change nothing but what is read back.
_settings = {"warn_always": False}
_DEBUG_MODES = {"default": 0, "warn": 1, "error": 2}


def use_deterministic_algorithms(mode, *, warn_only=False):
    """Asks for algorithms whose results never differ between runs, as all of this library's are."""
    _C._set_deterministic_algorithms(mode, warn_only=warn_only)


def are_deterministic_algorithms_enabled():
    """What `use_deterministic_algorithms` set."""
    return _C._get_deterministic_algorithms()


def is_deterministic_algorithms_warn_only_enabled():
    """The `warn_only` of `use_deterministic_algorithms`."""
    return _C._get_deterministic_algorithms_warn_only()


def set_deterministic_debug_mode(debug_mode):
    """`use_deterministic_algorithms` by number or name: 0 "default", 1 "warn", 2 "error"."""
    if not isinstance(debug_mode, (int, str)):
        raise TypeError(f"debug_mode must be str or int, but got {type(debug_mode)}")
    number = _DEBUG_MODES.get(debug_mode, debug_mode) if isinstance(debug_mode, str) else debug_mode
    if number not in (0, 1, 2):
        raise RuntimeError(
            f"invalid value of debug_mode, expected 0, 1, 2, or one of default, warn, error, got {debug_mode}"
        )
    use_deterministic_algorithms(number > 0, warn_only=number == 1)


def get_deterministic_debug_mode():
    """0, 1 or 2, as in `set_deterministic_debug_mode`."""
    if not are_deterministic_algorithms_enabled():
        return 0
    return 1 if is_deterministic_algorithms_warn_only_enabled() else 2


def set_float32_matmul_precision(precision):
    """Allows less than float32's precision inside of matrix products: "highest" (none), "high", "medium". They stay exact here.

    Other words change nothing and give a UserWarning.

    Raises:
        RuntimeError: `precision` is no str.
    """
    if not isinstance(precision, str):
        raise RuntimeError(f"set_float32_matmul_precision expects a str, but got {type(precision).__name__}")
    if precision not in ("highest", "high", "medium"):
        import warnings

        warnings.warn(
            f"{precision} is not one of 'highest', 'high', or 'medium'; set_float32_matmul_precision() changes nothing.",
            stacklevel=2,
        )
        return
    _C._set_float32_matmul_precision(precision)


def get_float32_matmul_precision():
    """What `set_float32_matmul_precision` set."""
    return _C._get_float32_matmul_precision()


def set_warn_always(b, /):
    """Whether warnings that come once should come each time."""
    _settings["warn_always"] = bool(b)


def is_warn_always_enabled():
    """What `set_warn_always` set."""
    return _settings["warn_always"]


def get_device_module(device=None):
    """The module for a kind of device, such as `torch.cpu` and `torch.cuda`.

    Args:
        device: a device, the name of one, or None for the accelerator where there is one and the CPU elsewhere.

    Raises:
        RuntimeError: no such device, or no module for it.
    """
    if device is None:
        device = torch.accelerator.current_accelerator() if torch.accelerator.is_available() else "cpu"
    kind = torch.device(device).type
    if kind not in ("cpu", "cuda", "mps", "xpu"):
        raise RuntimeError(f"get_device_module(): there is no module 'torch.{kind}'")
    return getattr(torch, kind)


def compiled_with_cxx11_abi():
    """True: strings and lists of the C++ library are those of C++11."""
    return True


def is_vulkan_available():
    """False."""
    return False
