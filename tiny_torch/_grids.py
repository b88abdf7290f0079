"""Functions of the top-level namespace that take any number of tensors."""

import tiny_torch as torch
from tiny_torch._queries import warn_once
from tiny_torch.overrides import handle_torch_function, has_torch_function

__all__ = ["atleast_1d", "atleast_2d", "atleast_3d", "meshgrid"]

_operators = torch._C._VariableFunctions


def _list_of(tensors):
    """The tensors, given one by one or as one sequence."""
    one = len(tensors) == 1 and not isinstance(tensors[0], torch.Tensor)
    return tuple(tensors[0]) if one and isinstance(tensors[0], (tuple, list)) else tensors


def _atleast(function, operator, tensors):
    if has_torch_function(tensors):
        return handle_torch_function(function, tensors, *tensors)
    if len(tensors) == 1:
        return operator(tensors[0])
    return operator(tensors)


def atleast_1d(*tensors):
    """Each tensor, 0-d ones as views of shape (1,). One tensor gives a tensor, several or a sequence a tuple."""
    return _atleast(atleast_1d, _operators.atleast_1d, tensors)


def atleast_2d(*tensors):
    """Each tensor with dimensions of size 1 put in front until there are two."""
    return _atleast(atleast_2d, _operators.atleast_2d, tensors)


def atleast_3d(*tensors):
    """Each tensor with dimensions of size 1 added until there are three: (n,) becomes (1, n, 1), (m, n) becomes (m, n, 1)."""
    return _atleast(atleast_3d, _operators.atleast_3d, tensors)


def meshgrid(*tensors, indexing=None):
    """The tensors (0-d or 1-d) expanded to the grid they span, as views.

    Args:
        indexing: "ij" (the default) keeps the order of the dimensions, "xy" swaps the first two.
    """
    tensors = _list_of(tensors)
    if has_torch_function(tensors):
        return handle_torch_function(meshgrid, tensors, *tensors, indexing=indexing)
    if indexing is not None:
        return _operators.meshgrid(tensors, indexing=indexing)
    grid = _operators.meshgrid(tensors)
    warn_once("torch.meshgrid: pass the indexing argument, which will be required; 'ij' is the default for now.")
    return grid
