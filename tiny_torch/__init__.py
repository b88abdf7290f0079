"""tiny-torch: a deep-learning framework with PyTorch's interface.

Import it as ``import tiny_torch as torch``; unmodified PyTorch programs run through ``python -m tiny_torch program.py``
or after ``tiny_torch.install_as_torch()``.
"""

import math as _math

from tiny_torch import _C
from tiny_torch._alias import install_as_torch, name_core_types

# Our own version; once the package stands in for PyTorch `__version__` says which PyTorch, see tiny_torch/version.py.
TINY_TORCH_VERSION = __version__ = "0.1.0"

e, pi, inf, nan = _math.e, _math.pi, _math.inf, _math.nan
newaxis = None


def _publish(names, source):
    for name in names:
        globals()[name] = getattr(source, name)


# dtypes, device, Size, Generator, thread counts ...: every public name of the core.
_publish([name for name in dir(_C) if not name.startswith("_") and name not in ("TensorBase",)], _C)
# The operators; those with a leading underscore are reachable as in PyTorch.
_publish([name for name in dir(_C._VariableFunctions) if not name.startswith("__")], _C._VariableFunctions)

from tiny_torch._tensor import Tensor  # noqa: E402

_C._set_tensor_class(Tensor)

from tiny_torch import _grids, _queries  # noqa: E402
from tiny_torch import functional as _functional  # noqa: E402
from tiny_torch._defaults import (  # noqa: E402
    get_default_device,
    set_default_device,
    set_default_dtype,
    set_default_tensor_type,
)
from tiny_torch._tensor_str import set_printoptions  # noqa: E402
from tiny_torch.autograd import enable_grad, inference_mode, no_grad, set_grad_enabled  # noqa: E402
from tiny_torch.random import (  # noqa: E402
    get_rng_state,
    initial_seed,
    manual_seed,
    seed,
    set_rng_state,
)

_publish(_functional.__all__, _functional)
_publish(_grids.__all__, _grids)
_publish(_queries.__all__, _queries)


def typename(obj):
    """The full name of an object's type, 'torch.FloatTensor' for tensors."""
    if isinstance(obj, Tensor):
        return obj.type()
    module = getattr(type(obj), "__module__", "") or ""
    name = getattr(type(obj), "__qualname__", type(obj).__name__)
    return name if module in ("", "builtins") else f"{module}.{name}"


# Subpackages that cost import time are loaded when they are first asked for.
_LAZY = (
    "__config__",
    "fft",
    "func",
    "signal",
    "linalg",
    "special",
    "testing",
    "hub",
    "compiler",
    "backends",
    "library",
    "multiprocessing",
    "overrides",
    "amp",
    "return_types",
    "types",
    "version",
    "distributed",
    "cpu",
    "serialization",
    "storage",
    "accelerator",
    "mps",
    "xpu",
)


# Names from modules that are loaded when one of their names is first used.
_LAZY_NAMES = {
    **dict.fromkeys(("load", "save"), "serialization"),
    **dict.fromkeys(("TypedStorage",), "storage"),
    **dict.fromkeys(
        ("bartlett_window", "blackman_window", "hamming_window", "hann_window", "kaiser_window", "istft", "stft"),
        "_spectral",
    ),
    **dict.fromkeys(("svd_lowrank", "pca_lowrank"), "_lowrank"),
    **dict.fromkeys(("eig", "lstsq", "matrix_rank", "solve", "symeig"), "_removed"),
    "autocast": "amp.autocast_mode",
    "GradScaler": "amp.grad_scaler",
    **dict.fromkeys(
        (
            "is_autocast_cpu_enabled",
            "set_autocast_cpu_enabled",
            "get_autocast_cpu_dtype",
            "set_autocast_cpu_dtype",
            "get_autocast_gpu_dtype",
            "set_autocast_gpu_dtype",
        ),
        "amp.autocast_mode",
    ),
    "from_dlpack": "utils.dlpack",
    "ops": "_ops",
}
_ELEMENTS = (
    "Double",
    "Float",
    "Half",
    "BFloat16",
    "Long",
    "Int",
    "Short",
    "Char",
    "Byte",
    "Bool",
    "ComplexDouble",
    "ComplexFloat",
)
_LAZY_NAMES.update({f"{element}Storage": "storage" for element in _ELEMENTS})
_LAZY_NAMES.update({f"{element}Tensor": "_legacy_tensor" for element in (*_ELEMENTS, "UInt16", "UInt32", "UInt64")})


def __dir__():
    return sorted({*globals(), *_LAZY, *_LAZY_NAMES})


def __getattr__(name):
    if name in _LAZY_NAMES:
        import importlib

        value = getattr(importlib.import_module(f"{__name__}.{_LAZY_NAMES[name]}"), name)
        globals()[name] = value
        return value
    if name in _LAZY or name in ("nn", "optim", "utils", "autograd", "cuda"):
        import importlib

        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")


from tiny_torch import autograd, cuda, nn, random, storage, utils  # noqa: E402

name_core_types(_C)
# PyTorch's older word.
legacy_contiguous_format = contiguous_format  # noqa: F821
