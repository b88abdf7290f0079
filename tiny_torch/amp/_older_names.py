"""The classes of ``torch.cpu.amp`` and ``torch.cuda.amp``: those of ``torch.amp`` for one device, with a warning."""

import warnings

import tiny_torch as torch
from tiny_torch import amp

__all__ = ["classes_for"]


def _warn(device, name):
    message = f"`torch.{device}.amp.{name}(args...)` is deprecated. Please use `torch.amp.{name}('{device}', args...)` instead."
    warnings.warn(message, FutureWarning, stacklevel=3)


def classes_for(device, short):
    """(autocast, GradScaler) of ``torch.<device>.amp``; `short` is the dtype that autocast computes in by default."""

    class autocast(amp.autocast):
        __doc__ = f"``torch.amp.autocast('{device}', ...)``, to be preferred."

        def __init__(self, enabled=True, dtype=short, cache_enabled=True):
            _warn(device, "autocast")
            super().__init__(device, enabled=enabled, dtype=dtype, cache_enabled=cache_enabled)

    class GradScaler(amp.GradScaler):
        __doc__ = f"``torch.amp.GradScaler('{device}', ...)``, to be preferred."

        def __init__(
            self, init_scale=2.0**16, growth_factor=2.0, backoff_factor=0.5, growth_interval=2000, enabled=True
        ):
            _warn(device, "GradScaler")
            super().__init__(device, init_scale, growth_factor, backoff_factor, growth_interval, enabled)

    for cls in (autocast, GradScaler):
        # Pickles look for them there.
        cls.__module__, cls.__qualname__ = f"{torch.__name__}.{device}.amp", cls.__name__
    return autocast, GradScaler
