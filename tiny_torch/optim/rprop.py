"""Resilient backpropagation."""

from __future__ import annotations

import tiny_torch as torch
from tiny_torch.optim._elementwise import ElementwiseOptimizer, as_number, as_real, check_lr, new_step, zeros_like

__all__ = ["Rprop"]


class Rprop(ElementwiseOptimizer):
    """Steps whose size depends only on whether the gradient kept its sign (Riedmiller and Braun, 1993).

    Args:
        params: see `Optimizer`.
        lr: first step size.
        etas: factors of the step size after a change of sign, in (0, 1), and without, above one.
        step_sizes: smallest and greatest step size.
        capturable, foreach, maximize, differentiable: see `Adam`.
    """

    _later_options = {"foreach": None, "maximize": False, "differentiable": False, "capturable": False}

    def __init__(
        self,
        params,
        lr=1e-2,
        etas=(0.5, 1.2),
        step_sizes=(1e-6, 50),
        *,
        capturable: bool = False,
        foreach=None,
        maximize: bool = False,
        differentiable: bool = False,
    ):
        check_lr(lr)
        if not 0.0 < etas[0] < 1.0 < etas[1]:
            raise ValueError(f"Invalid eta values: {etas[0]}, {etas[1]}")
        options = {
            "lr": lr,
            "etas": etas,
            "step_sizes": step_sizes,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
            "capturable": capturable,
        }
        super().__init__(params, options)

    def _new_state(self, group, param) -> dict:
        first = as_number(group["lr"])
        first = complex(first, first) if param.is_complex() else first
        return {
            "step": new_step(group, param),
            "prev": zeros_like(param),
            "step_size": torch.full_like(param, first, memory_format=torch.preserve_format),
        }

    def _update(self, group, param, grad, state) -> None:
        smaller, greater = group["etas"]
        state["step"].add_(1)
        param, grad, previous, size = as_real(param, grad, state["prev"], state["step_size"])
        agreement = grad.mul(previous).sign()
        turned = agreement < 0
        factor = torch.ones_like(agreement)
        factor = factor.masked_fill(agreement > 0, greater).masked_fill(turned, smaller)
        size.mul_(factor).clamp_(*group["step_sizes"])
        # After a change of sign the parameter rests for one step.
        grad = grad.masked_fill(turned, 0)
        param.addcmul_(grad.sign(), size, value=-1)
        previous.copy_(grad)
