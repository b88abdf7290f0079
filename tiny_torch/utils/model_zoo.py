"""Older names of :mod:`torch.hub`'s downloads."""

from tiny_torch.hub import load_state_dict_from_url as load_url

__all__ = ["load_url"]
