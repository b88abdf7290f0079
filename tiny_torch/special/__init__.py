"""Special functions: gamma, error and Bessel functions and their relatives, element by element.

Integers give results of the default dtype, half types are computed in float. Arguments outside of a function's range give
nan. Derivatives exist where the op table names one.

    >>> import tiny_torch as torch
    >>> torch.special.gammaln(torch.tensor([1.0, 5.0]))
    tensor([0.0000, 3.1781])
"""

from tiny_torch import _C

# Every operator of the family is here under its name without the prefix; its docstring comes from the op list.
_PREFIX = "special_"
__all__ = []
for _name in dir(_C._special):
    if _name.startswith(_PREFIX):
        globals()[_name[len(_PREFIX) :]] = getattr(_C._special, _name)
        __all__.append(_name[len(_PREFIX) :])
del _name
