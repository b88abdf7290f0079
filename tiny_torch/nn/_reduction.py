"""The `reduction` argument of the losses, and the two older arguments it replaced."""

from __future__ import annotations

import warnings

_ENUM = {"none": 0, "mean": 1, "sum": 2}


def get_enum(reduction: str) -> int:
    """The number operators know a reduction by: none 0, mean 1, sum 2. Anything else raises ValueError."""
    if reduction == "elementwise_mean":
        warnings.warn("reduction='elementwise_mean' is deprecated. Please use reduction='mean' instead.", stacklevel=3)
        return 1
    if not isinstance(reduction, str) or reduction not in _ENUM:
        raise ValueError(f"{reduction} is not a valid value for reduction")
    return _ENUM[reduction]


def legacy_get_string(size_average, reduce, emit_warning: bool = True) -> str:
    """Translates the deprecated `size_average` and `reduce` into a `reduction`; ``None`` counts as ``True``."""
    if reduce is False:
        reduction = "none"
    else:
        reduction = "sum" if size_average is False else "mean"
    if emit_warning:
        warnings.warn(
            f"size_average and reduce args will be deprecated, please use reduction='{reduction}' instead.",
            stacklevel=3,
        )
    return reduction


def legacy_get_enum(size_average, reduce, emit_warning: bool = True) -> int:
    """`legacy_get_string` as the operators' number."""
    return get_enum(legacy_get_string(size_average, reduce, emit_warning))
