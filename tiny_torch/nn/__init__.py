"""Layers, containers and losses, and what they are made of."""

from tiny_torch.nn.parameter import (  # noqa: F401, I001
    Buffer,
    Parameter,
    UninitializedBuffer,
    UninitializedParameter,
)
from tiny_torch.nn import functional, init  # noqa: F401
from tiny_torch.nn.modules import *  # noqa: F403
from tiny_torch.nn import modules, utils  # noqa: F401


# Loaded when first asked for.
_FILES = ("attention", "common_types", "grad", "parallel")


def __getattr__(name):
    import importlib

    if name in _FILES:
        return importlib.import_module(f"{__name__}.{name}")
    if name == "DataParallel":
        return importlib.import_module(f"{__name__}.parallel").DataParallel
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")


def __dir__():
    return sorted({*globals(), *_FILES, "DataParallel"})
