"""Modules without starting values."""

from __future__ import annotations

import tiny_torch as torch

__all__ = ["skip_init"]


def skip_init(module_cls, *args, **kwargs):
    """Makes a module whose parameters and buffers are uninitialised memory.

    Args:
        module_cls: a module class whose constructor takes `device`.
        *args, **kwargs: arguments of the constructor; `device` is where the memory is.

    Raises:
        RuntimeError: the class is no module class, or takes no `device`.
    """
    if not issubclass(module_cls, torch.nn.Module):
        raise RuntimeError(f"Expected a Module; got {module_cls}")
    device = kwargs.pop("device", "cpu")
    try:
        module = module_cls(*args, device="meta", **kwargs)
    except TypeError as error:
        if "device" not in str(error):
            raise
        raise RuntimeError("Module must support a 'device' arg to skip initialization") from None
    return module.to_empty(device=device)
