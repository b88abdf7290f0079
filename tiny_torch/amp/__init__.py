"""Automatic mixed precision: `autocast` chooses the dtype per operator, `GradScaler` keeps small gradients alive."""

from tiny_torch.amp.autocast_mode import autocast, custom_bwd, custom_fwd, is_autocast_available
from tiny_torch.amp.grad_scaler import GradScaler

__all__ = ["GradScaler", "autocast", "custom_bwd", "custom_fwd", "is_autocast_available"]
