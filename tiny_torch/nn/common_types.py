"""Types for annotations: an int or a tuple of ints, as sizes are given; source: ``torch.nn.common_types``."""

from typing import Optional, Union

from tiny_torch import Tensor


def _of(element, count):
    """One `element`, or a tuple of `count` of them (Ellipsis: any number)."""
    return Union[element, tuple[(element, ...) if count is Ellipsis else (element,) * count]]


_size_any_t = _of(int, ...)
_size_1_t, _size_2_t, _size_3_t, _size_4_t, _size_5_t, _size_6_t = (_of(int, count) for count in range(1, 7))
_size_any_opt_t = _of(Optional[int], ...)
_size_2_opt_t, _size_3_opt_t = (_of(Optional[int], count) for count in (2, 3))
_ratio_any_t = _of(float, ...)
_ratio_2_t, _ratio_3_t = (_of(float, count) for count in (2, 3))
_tensor_list_t = _of(Tensor, ...)
_maybe_indices_t = _of(Tensor, 2)
