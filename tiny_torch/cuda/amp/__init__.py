"""Older names of ``torch.amp`` for CUDA."""

import functools
import warnings

import tiny_torch as torch
from tiny_torch import amp as _amp

__all__ = ["GradScaler", "autocast", "custom_bwd", "custom_fwd"]

custom_fwd = functools.partial(_amp.custom_fwd, device_type="cuda")
custom_bwd = functools.partial(_amp.custom_bwd, device_type="cuda")


class autocast(_amp.autocast):
    """``torch.autocast("cuda", ...)``, to be preferred."""

    def __init__(self, enabled=True, dtype=torch.float16, cache_enabled=True):
        warnings.warn("torch.cuda.amp.autocast is deprecated: use torch.amp.autocast('cuda').", FutureWarning, 2)
        super().__init__("cuda", enabled=enabled, dtype=dtype, cache_enabled=cache_enabled)


class GradScaler(_amp.GradScaler):
    """``torch.amp.GradScaler("cuda", ...)``, to be preferred."""

    def __init__(self, init_scale=2.0**16, growth_factor=2.0, backoff_factor=0.5, growth_interval=2000, enabled=True):
        warnings.warn("torch.cuda.amp.GradScaler is deprecated: use torch.amp.GradScaler('cuda').", FutureWarning, 2)
        super().__init__("cuda", init_scale, growth_factor, backoff_factor, growth_interval, enabled)
