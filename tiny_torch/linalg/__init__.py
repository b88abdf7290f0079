"""Linear algebra: factorisations, linear systems, norms and products of matrices.

A matrix is the last two dimensions of a tensor and all dimensions before them are a batch, so ``inv`` of a tensor of
shape (5, 3, 3) inverts five matrices. Everything takes float32 and float64, most functions complex64 and complex128 as
well; half types are refused with RuntimeError. What a factorisation cannot treat (a singular matrix to be inverted, an
indefinite one for ``cholesky``) raises :class:`LinAlgError`, a RuntimeError that names the batch element; the functions
ending in ``_ex`` return LAPACK's verdicts instead. All are differentiable, twice where the result is unique.

    >>> import tiny_torch as torch
    >>> a = torch.tensor([[2.0, 1.0], [1.0, 3.0]])
    >>> torch.linalg.solve(a, torch.tensor([3.0, 5.0]))
    tensor([0.8000, 1.4000])
"""

from tiny_torch import _C

LinAlgError = _C._LinAlgError

# Every operator of the family is here under its name without the prefix; its docstring comes from the op list.
_PREFIX = "linalg_"
__all__ = ["LinAlgError"]
for _name in dir(_C._linalg):
    if _name.startswith(_PREFIX):
        globals()[_name[len(_PREFIX) :]] = getattr(_C._linalg, _name)
        __all__.append(_name[len(_PREFIX) :])
del _name
