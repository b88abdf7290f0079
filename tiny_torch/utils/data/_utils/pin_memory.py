"""Copies the tensors of a batch into pinned memory, from which a GPU copies faster."""

import collections.abc

import tiny_torch as torch
from tiny_torch.utils.data._utils import collate


def pin_memory(data, device=None):
    """`data` with its tensors pinned; objects with a ``pin_memory`` method pin themselves."""
    if isinstance(data, torch.Tensor):
        return data.pin_memory()
    if hasattr(data, "pin_memory"):
        return data.pin_memory()
    if isinstance(data, (str, bytes)):
        return data
    if isinstance(data, (collections.abc.Mapping, collections.abc.Sequence)):
        return collate._map_container(data, pin_memory)
    return data
