"""Mixes groups of channels."""

from __future__ import annotations

from tiny_torch.nn import functional as F
from tiny_torch.nn.modules.module import Module

__all__ = ["ChannelShuffle"]


class ChannelShuffle(Module):
    """Reorders (N, C, ...) so that neighbouring channels come from different ones of `groups` groups."""

    __constants__ = ["groups"]

    def __init__(self, groups: int):
        super().__init__()
        self.groups = groups

    def forward(self, input):
        return F.channel_shuffle(input, self.groups)

    def extra_repr(self) -> str:
        return f"groups={self.groups}"
