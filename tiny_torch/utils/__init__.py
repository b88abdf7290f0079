"""Utilities; the submodules are imported when they are first used, which keeps ``import tiny_torch`` fast."""

import importlib
import os

_SUBMODULES = ("checkpoint", "data", "dlpack", "hooks", "model_zoo")

# What CMAKE_PREFIX_PATH has to be for find_package(Torch) in a C++ program.
cmake_prefix_path = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "share", "cmake")


def __getattr__(name):
    if name in _SUBMODULES:
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")


def __dir__():
    return sorted({*globals(), *_SUBMODULES})
