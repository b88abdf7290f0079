"""Older names of ``torch.amp`` for the CPU."""

import warnings

import tiny_torch as torch
from tiny_torch import amp as _amp

__all__ = ["GradScaler", "autocast"]


class autocast(_amp.autocast):
    """``torch.autocast("cpu", ...)``, to be preferred."""

    def __init__(self, enabled=True, dtype=torch.bfloat16, cache_enabled=True):
        warnings.warn("torch.cpu.amp.autocast is deprecated: use torch.amp.autocast('cpu').", FutureWarning, 2)
        super().__init__("cpu", enabled=enabled, dtype=dtype, cache_enabled=cache_enabled)


class GradScaler(_amp.GradScaler):
    """``torch.amp.GradScaler("cpu", ...)``, to be preferred."""

    def __init__(self, init_scale=2.0**16, growth_factor=2.0, backoff_factor=0.5, growth_interval=2000, enabled=True):
        warnings.warn("torch.cpu.amp.GradScaler is deprecated: use torch.amp.GradScaler('cpu').", FutureWarning, 2)
        super().__init__("cpu", init_scale, growth_factor, backoff_factor, growth_interval, enabled)
