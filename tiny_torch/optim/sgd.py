"""Stochastic gradient descent."""

from __future__ import annotations

import tiny_torch as torch
from tiny_torch.optim._elementwise import (
    ElementwiseOptimizer,
    as_number,
    check_lr,
    check_not_negative,
    operator_or_none,
)

__all__ = ["SGD"]

_fused_sgd_ = operator_or_none("_fused_sgd_")


class SGD(ElementwiseOptimizer):
    """Gradient descent with momentum (Sutskever et al., 2013).

    ``buf = momentum * buf + (1 - dampening) * g`` and ``p -= lr * buf``, where the first `buf` is the gradient itself.

    Args:
        params: see `Optimizer`.
        lr: learning rate, not negative.
        momentum: weight of the buffer.
        dampening: part of the gradient that does not enter the buffer.
        weight_decay: multiple of the parameter that is added to the gradient.
        nesterov: use ``g + momentum * buf``; needs momentum and no dampening.
        maximize: go up the gradient.
        foreach, fused: accepted; one operator for all parameters is used wherever it can be, unless one is ``False``.
        differentiable: let autograd record the step.

    Raises:
        ValueError: an option is out of its range.

    Examples:
        >>> weight = torch.tensor([4.0], requires_grad=True)
        >>> optimizer = torch.optim.SGD([weight], lr=0.25)
        >>> for _ in range(3):
        ...     optimizer.zero_grad()
        ...     (weight**2).sum().backward()
        ...     optimizer.step()
        >>> weight.item()
        0.5
    """

    _takes_sparse_grads = True
    _later_options = {
        "nesterov": False,
        "maximize": False,
        "foreach": None,
        "differentiable": False,
        "fused": None,
    }

    def __init__(
        self,
        params,
        lr=1e-3,
        momentum: float = 0,
        dampening: float = 0,
        weight_decay=0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
        foreach=None,
        differentiable: bool = False,
        fused=None,
    ):
        if isinstance(lr, torch.Tensor) and lr.numel() != 1:
            raise ValueError("Tensor lr must be 1-element")
        check_lr(lr)
        check_not_negative(momentum=momentum, weight_decay=weight_decay)
        if nesterov and (momentum <= 0 or dampening != 0):
            raise ValueError("Nesterov momentum requires a momentum and zero dampening")
        options = {
            "lr": lr,
            "momentum": momentum,
            "dampening": dampening,
            "weight_decay": weight_decay,
            "nesterov": nesterov,
            "maximize": maximize,
            "foreach": foreach,
            "differentiable": differentiable,
            "fused": fused,
        }
        super().__init__(params, options)
        self._check_fused(fused, foreach, differentiable)

    def _keeps_state(self, group) -> bool:
        return group["momentum"] != 0

    def _new_state(self, group, param) -> dict:
        # The buffer is made from the first gradient.
        return {}

    def _update(self, group, param, grad, state) -> None:
        lr, momentum = as_number(group["lr"]), group["momentum"]
        weight_decay = as_number(group["weight_decay"])
        if weight_decay != 0:
            grad = grad.add(param, alpha=weight_decay)
        if momentum != 0:
            buffer = state.get("momentum_buffer")
            if buffer is None:
                buffer = state["momentum_buffer"] = grad.detach().clone()
            else:
                buffer.mul_(momentum).add_(grad, alpha=1 - group["dampening"])
            grad = grad.add(buffer, alpha=momentum) if group["nesterov"] else buffer
        param.add_(grad, alpha=-lr)

    def _fused_step(self, group, params, grads, states) -> bool:
        if _fused_sgd_ is None or not self._may_fuse(group, params, grads):
            return False
        if group["momentum"] == 0:
            self._call_fused(group, params, grads, [], False)
            return True
        # Parameters may have got their first gradient in different steps.
        new = [i for i, state in enumerate(states) if state.get("momentum_buffer") is None]
        old = [i for i, state in enumerate(states) if state.get("momentum_buffer") is not None]
        for i in new:
            states[i]["momentum_buffer"] = torch.empty_like(grads[i])
        for chosen in (new, old):
            if chosen:
                buffers = [states[i]["momentum_buffer"] for i in chosen]
                self._call_fused(group, [params[i] for i in chosen], [grads[i] for i in chosen], buffers, chosen is new)
        return True

    def _call_fused(self, group, params, grads, buffers, first) -> None:
        _fused_sgd_(
            params,
            grads,
            buffers,
            weight_decay=as_number(group["weight_decay"]),
            momentum=group["momentum"],
            lr=as_number(group["lr"]),
            dampening=group["dampening"],
            nesterov=group["nesterov"],
            maximize=group["maximize"],
            is_first_step=first,
            grad_scale=getattr(self, "grad_scale", None),
            found_inf=getattr(self, "found_inf", None),
        )
