"""Averaged stochastic gradient descent."""

from __future__ import annotations

import tiny_torch as torch
from tiny_torch.optim._elementwise import ElementwiseOptimizer, as_number, as_real, check_lr, new_step, zeros_like

__all__ = ["ASGD"]


class ASGD(ElementwiseOptimizer):
    """Gradient descent that averages the parameters on the way (Polyak and Juditsky, 1992).

    Args:
        params: see `Optimizer`.
        lr: learning rate; ``lr / (1 + lambd * lr * step) ** alpha`` in the end.
        lambd: decay of the parameters.
        alpha: power of the decay of the rate.
        t0: step from which on the average is taken.
        weight_decay: multiple of the parameter that is added to the gradient.
        foreach, maximize, differentiable, capturable: see `Adam`.

    The average is ``optimizer.state[param]["ax"]``.
    """

    _later_options = {"foreach": None, "maximize": False, "differentiable": False, "capturable": False}

    def __init__(
        self,
        params,
        lr=1e-2,
        lambd: float = 1e-4,
        alpha: float = 0.75,
        t0: float = 1e6,
        weight_decay: float = 0,
        foreach=None,
        maximize: bool = False,
        differentiable: bool = False,
        capturable: bool = False,
    ):
        check_lr(lr)
        if not 0.0 <= weight_decay:
            raise ValueError(f"Invalid weight_decay value: {weight_decay}")
        options = {
            "lr": lr,
            "lambd": lambd,
            "alpha": alpha,
            "t0": t0,
            "weight_decay": weight_decay,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
            "capturable": capturable,
        }
        super().__init__(params, options)

    def __setstate__(self, state) -> None:
        super().__setstate__(state)
        for group in self.param_groups:
            for param in group["params"]:
                own = self.state.get(param, None) or {}
                for name in ("eta", "mu"):
                    if name in own and not isinstance(own[name], torch.Tensor):
                        own[name] = new_step(group, param).fill_(own[name])

    def _new_state(self, group, param) -> dict:
        return {
            "step": new_step(group, param),
            "eta": new_step(group, param).fill_(as_number(group["lr"])),
            "mu": new_step(group, param).fill_(1),
            "ax": zeros_like(param),
        }

    def _update(self, group, param, grad, state) -> None:
        lr, lambd = as_number(group["lr"]), group["lambd"]
        step = state["step"].add_(1).item()
        rate, weight = state["eta"].item(), state["mu"].item()
        param, grad, average = as_real(param, grad, state["ax"])
        if group["weight_decay"] != 0:
            grad = grad.add(param, alpha=group["weight_decay"])
        param.mul_(1 - lambd * rate)
        param.add_(grad, alpha=-rate)
        if weight == 1:
            average.copy_(param)
        else:
            average.add_(param.sub(average).mul_(weight))
        state["eta"].fill_(lr / (1 + lambd * lr * step) ** group["alpha"])
        state["mu"].fill_(1 / max(1, step - group["t0"]))
