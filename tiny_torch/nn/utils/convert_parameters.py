"""All parameters as one vector."""

from __future__ import annotations

import tiny_torch as torch

__all__ = ["parameters_to_vector", "vector_to_parameters"]


def _check_device(param, device):
    """The device that all parameters have to be on; the first one settles it."""
    if device is not None and param.device != device:
        raise TypeError("Found two parameters on different devices, this is currently not supported.")
    return param.device


def parameters_to_vector(parameters):
    """Joins the elements of all tensors of an iterable into one vector.

    Raises:
        TypeError: they are on different devices.
    """
    device = None
    flat = []
    for param in parameters:
        device = _check_device(param, device)
        flat.append(param.view(-1))
    return torch.cat(flat)


def vector_to_parameters(vec, parameters) -> None:
    """Makes consecutive slices of `vec`, which they share memory with, the data of the tensors of an iterable.

    Raises:
        TypeError: `vec` is no tensor, or the tensors are on different devices.
    """
    if not isinstance(vec, torch.Tensor):
        raise TypeError(f"expected torch.Tensor, but got: {torch.typename(vec)}")
    device = None
    start = 0
    for param in parameters:
        device = _check_device(param, device)
        count = param.numel()
        param.data = vec[start : start + count].view_as(param).data
        start += count
