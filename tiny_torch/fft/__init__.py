"""Fourier transforms of any length, in single and double precision, over one dimension, two or several.

``fft`` computes X[k] = sum_j x[j] exp(-2 pi i j k / n). Functions named ``r...`` take real input and return the first
half of the spectrum, ``ir...`` undo them, ``h...`` and ``ih...`` do the same for signals whose spectrum is real. `norm`
says where 1/n goes: "backward" (default) to the inverse, "forward" to the transform, "ortho" its square root to both.
Half types are refused with RuntimeError; integers are computed in the default dtype.

    >>> import tiny_torch as torch
    >>> torch.fft.rfft(torch.tensor([1.0, 2.0, 3.0, 4.0])).real
    tensor([10., -2., -2.])
"""

from tiny_torch import _C

# Every operator of the family is here under its name without the prefix; its docstring comes from the op list.
_PREFIX = "fft_"
__all__ = []
for _name in dir(_C._fft):
    if _name.startswith(_PREFIX):
        globals()[_name[len(_PREFIX) :]] = getattr(_C._fft, _name)
        __all__.append(_name[len(_PREFIX) :])
del _name
