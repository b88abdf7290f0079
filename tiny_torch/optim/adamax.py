"""Adamax."""

from __future__ import annotations

import tiny_torch as torch
from tiny_torch.optim._elementwise import (
    ElementwiseOptimizer,
    as_number,
    as_real,
    check_betas,
    check_lr,
    check_not_negative,
    new_step,
    zeros_like,
)

__all__ = ["Adamax"]


class Adamax(ElementwiseOptimizer):
    """`Adam` with a decaying maximum in the place of the running square (Kingma and Ba, 2014); its arguments too."""

    _later_options = {"foreach": None, "maximize": False, "differentiable": False, "capturable": False}

    def __init__(
        self,
        params,
        lr=2e-3,
        betas=(0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        foreach=None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        capturable: bool = False,
    ):
        check_lr(lr)
        check_not_negative(epsilon=eps)
        check_betas(betas)
        check_not_negative(weight_decay=weight_decay)
        options = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
            "capturable": capturable,
        }
        super().__init__(params, options)

    def _new_state(self, group, param) -> dict:
        return {"step": new_step(group, param), "exp_avg": zeros_like(param), "exp_inf": zeros_like(param)}

    def _update(self, group, param, grad, state) -> None:
        beta1, beta2 = group["betas"]
        state["step"].add_(1)
        if group["weight_decay"] != 0:
            grad = grad.add(param, alpha=group["weight_decay"])
        param, grad, mean, greatest = as_real(param, grad, state["exp_avg"], state["exp_inf"])
        mean.lerp_(grad, 1 - beta1)
        greatest.copy_(torch.maximum(greatest.mul_(beta2), grad.abs().add_(group["eps"])))
        lr = as_number(group["lr"]) / (1 - beta1 ** state["step"].item())
        param.addcdiv_(mean, greatest, value=-lr)
