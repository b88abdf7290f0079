"""Limits on the size of gradients."""

from __future__ import annotations

import warnings

import tiny_torch as torch

__all__ = ["clip_grad_norm", "clip_grad_norm_", "clip_grad_value_", "clip_grads_with_norm_", "get_total_norm"]


def _grads(parameters) -> list:
    parameters = [parameters] if isinstance(parameters, torch.Tensor) else parameters
    return [param.grad for param in parameters if param.grad is not None]


def _listed(parameters) -> list:
    """All parameters as a list, since an iterator can be walked only once."""
    if isinstance(parameters, torch.Tensor):
        return [parameters]
    parameters = list(parameters)
    if not parameters:
        warnings.warn("`parameters` is an empty generator, no gradient clipping will occur.", stacklevel=3)
    return parameters


def get_total_norm(tensors, norm_type: float = 2.0, error_if_nonfinite: bool = False, foreach=None):
    """The norm of all tensors taken as one vector, a tensor without dimensions.

    Args:
        tensors: a tensor or an iterable of them.
        norm_type: the p of the norm; infinity for the greatest absolute value.
        error_if_nonfinite: raise RuntimeError where the norm is infinite or not a number.
        foreach: accepted for compatibility.
    """
    tensors = [tensors] if isinstance(tensors, torch.Tensor) else list(tensors)
    if not tensors:
        return torch.tensor(0.0)
    norm_type = float(norm_type)
    with torch.no_grad():
        device = tensors[0].device
        norms = [tensor.norm(norm_type).to(device) for tensor in tensors]
        total = torch.stack(norms).norm(norm_type)
    if error_if_nonfinite and bool(torch.logical_or(total.isnan(), total.isinf())):
        raise RuntimeError(
            f"The total norm of order {norm_type} for gradients from `parameters` is non-finite, so it cannot be "
            "clipped. To disable this error and scale the gradients by the non-finite norm anyway, set "
            "`error_if_nonfinite=False`"
        )
    return total


def clip_grads_with_norm_(parameters, max_norm: float, total_norm, foreach=None) -> None:
    """Scales all gradients by ``max_norm / (total_norm + 1e-6)``, or by one where that is greater, in place."""
    with torch.no_grad():
        # Without a branch on the norm's value, which would have to wait for a device.
        scale = torch.clamp(float(max_norm) / (total_norm + 1e-6), max=1.0)
        for grad in _grads(parameters):
            grad.mul_(scale.to(grad.device))


def clip_grad_norm_(
    parameters, max_norm: float, norm_type: float = 2.0, error_if_nonfinite: bool = False, foreach=None
):
    """Scales all gradients, in place, so that their norm as one vector is at most `max_norm`.

    Args:
        parameters: a tensor or an iterable of tensors; those without gradient are left out.
        max_norm: the limit.
        norm_type: the p of the norm; infinity for the greatest absolute value.
        error_if_nonfinite: raise RuntimeError where the norm is infinite or not a number.
        foreach: accepted for compatibility.

    Returns:
        The norm before clipping, a tensor without dimensions.

    Examples:
        >>> weight = torch.zeros(2, requires_grad=True)
        >>> weight.grad = torch.tensor([3.0, 4.0])
        >>> nn.utils.clip_grad_norm_(weight, max_norm=1.0)
        tensor(5.)
        >>> weight.grad
        tensor([0.6000, 0.8000])
    """
    parameters = _listed(parameters)
    total_norm = get_total_norm(_grads(parameters), norm_type, error_if_nonfinite, foreach)
    clip_grads_with_norm_(parameters, max_norm, total_norm, foreach)
    return total_norm


def clip_grad_norm(parameters, max_norm: float, norm_type: float = 2.0, error_if_nonfinite=False, foreach=None):
    """Deprecated name of `clip_grad_norm_`."""
    warnings.warn(
        "`torch.nn.utils.clip_grad_norm` is now deprecated in favor of `torch.nn.utils.clip_grad_norm_`.",
        FutureWarning,
        stacklevel=2,
    )
    return clip_grad_norm_(parameters, max_norm, norm_type, error_if_nonfinite, foreach)


def clip_grad_value_(parameters, clip_value: float, foreach=None) -> None:
    """Clamps every element of the gradients to [-clip_value, clip_value], in place."""
    clip_value = float(clip_value)
    with torch.no_grad():
        for grad in _grads(parameters):
            grad.clamp_(min=-clip_value, max=clip_value)
