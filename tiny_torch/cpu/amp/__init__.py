"""Older names of ``torch.amp`` for the CPU."""

import tiny_torch as torch
from tiny_torch.amp._older_names import classes_for

__all__ = ["GradScaler", "autocast"]

autocast, GradScaler = classes_for("cpu", torch.bfloat16)
