"""Helpers of the layers."""

from __future__ import annotations

from tiny_torch.nn._sizes import (  # noqa: F401
    _list_with_default,
    _ntuple,
    _pair,
    _quadruple,
    _reverse_repeat_tuple,
    _single,
    _triple,
)

__all__ = ["consume_prefix_in_state_dict_if_present"]


def consume_prefix_in_state_dict_if_present(state_dict, prefix: str) -> None:
    """Strips `prefix` (such as ``"module."``) from the keys of `state_dict` that start with it, in place."""
    for key in list(state_dict.keys()):
        if key.startswith(prefix):
            state_dict[key[len(prefix) :]] = state_dict.pop(key)
    metadata = getattr(state_dict, "_metadata", None)
    if metadata is None:
        return
    stem = prefix.replace(".", "") if prefix.endswith(".") else prefix
    for key in list(metadata.keys()):
        if key == "" or not key.startswith(stem):
            continue
        # The entry of the stripped module itself becomes that of the root.
        metadata[key[len(prefix) :]] = metadata.pop(key)
