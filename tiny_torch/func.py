"""Modules as functions of their state; source: ``torch.func``. Its function transforms (vmap, jvp ...) do not exist yet.

>>> import tiny_torch as torch
>>> layer = torch.nn.Linear(2, 1)
>>> zeros = {name: torch.zeros_like(p) for name, p in layer.named_parameters()}
>>> torch.func.functional_call(layer, zeros, torch.ones(3, 2)).tolist()
[[0.0], [0.0], [0.0]]
"""

import tiny_torch as torch
from tiny_torch.nn.utils.stateless import functional_call

__all__ = ["functional_call", "stack_module_state"]


def stack_module_state(models):
    """Parameters and buffers of several modules of one kind, stacked along a new first dimension.

    Args:
        models (list of Module): the same class, all in training mode or none.

    Returns:
        A pair of dicts from names to tensors of shape (len(models), ...). Parameters are leaves of their own.

    Raises:
        RuntimeError: no models, different classes or modes, parameters of which only some require grad.
    """
    if len(models) == 0:
        raise RuntimeError("stack_module_state: Expected at least one model, got 0.")
    if len({model.training for model in models}) > 1:
        raise RuntimeError("stack_module_state: Expected all models to have the same training/eval mode.")
    if any(type(model) is not type(models[0]) for model in models):
        raise RuntimeError("stack_module_state: Expected all models to be of the same class.")
    states = ([dict(model.named_parameters()) for model in models], [dict(model.named_buffers()) for model in models])
    return tuple({name: _stacked([state[name] for state in group], name) for name in group[0]} for group in states)


def _stacked(tensors, name):
    required = {tensor.requires_grad for tensor in tensors}
    if len(required) > 1:
        raise RuntimeError(f"Expected {name} from each model to have the same .requires_grad")
    return torch.stack(tensors).detach().requires_grad_(required.pop())
