"""Older names of ``torch.amp`` for CUDA."""

import functools

import tiny_torch as torch
from tiny_torch import amp as _amp
from tiny_torch.amp._older_names import classes_for

__all__ = ["GradScaler", "autocast", "custom_bwd", "custom_fwd"]

autocast, GradScaler = classes_for("cuda", torch.float16)
custom_fwd = functools.partial(_amp.custom_fwd, device_type="cuda")
custom_bwd = functools.partial(_amp.custom_bwd, device_type="cuda")
