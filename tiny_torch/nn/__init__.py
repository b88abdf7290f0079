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


def __getattr__(name):
    if name != "attention":
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    import importlib

    return importlib.import_module(f"{__name__}.{name}")
