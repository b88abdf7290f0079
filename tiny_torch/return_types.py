"""The classes of results with several names, as ``torch.max(x, 0)`` gives them; source: ``torch.return_types``.

>>> import tiny_torch as torch
>>> isinstance(torch.ones(2, 3).max(0), torch.return_types.max)
True
"""

from tiny_torch import _C

_C._make_return_types()
globals().update(_C._return_types)
__all__ = [*sorted(_C._return_types), "all_return_types"]
all_return_types = list(_C._return_types.values())
