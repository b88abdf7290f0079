"""Utilities; the submodules are imported when they are first used, which keeps ``import tiny_torch`` fast."""

import importlib

_SUBMODULES = ("checkpoint", "cpp_extension", "data", "dlpack", "hooks")


def __getattr__(name):
    if name in _SUBMODULES:
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")


def __dir__():
    return sorted({*globals(), *_SUBMODULES})
